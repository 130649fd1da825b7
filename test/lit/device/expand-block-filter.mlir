// A depthwise layer: every thread sums both phases of four positions.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="kind=small" --tconv-nvptx-expand="architecture=75" | FileCheck %s

// CHECK: gpu.func @tconv_kernel_main_run(
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// One channel of x: no loop. 4 taps by 4 positions.
// CHECK-NOT: scf.for
// CHECK-COUNT-16: llvm.intr.fma
// CHECK-NOT: llvm.intr.fma
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK: scf.if
// A sum that is NaN, where x ends, is added up again.
// CHECK: arith.cmpf uno
// CHECK: llvm.intr.fma
// CHECK: gpu.func @tconv_kernel_main_pack(
// CHECK-SAME: tconv.block_count = 5 : i64
// CHECK-NOT: tconv.block_filter
module attributes {tconv.architecture = 75 : i64} {
  func.func @layer(%x: tensor<?x300x?xf32>, %w: tensor<300x1x4xf32>, %y: tensor<?x300x?xf32>) -> tensor<?x300x?xf32> {
    %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x300x?xf32>, tensor<300x1x4xf32>) outs(%y : tensor<?x300x?xf32>) {stride = 2, groups = 300} -> tensor<?x300x?xf32>
    return %0 : tensor<?x300x?xf32>
  }
}
