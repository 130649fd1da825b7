// Packing: a block for each chunk of each column. Of the phases here, three
// have two taps and one has three, so that columns differ.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="kind=gemm" --tconv-nvptx-expand="architecture=75" | FileCheck %s

// CHECK: gpu.func @tconv_kernel_main_pack(
// CHECK-SAME: tconv.block_count = 6 : i64
// CHECK-SAME: tconv.packed_bytes = 5120 : i64
// The column with fewer taps leaves a block idle.
// CHECK: arith.cmpi slt
// CHECK: scf.if
// CHECK: scf.for
// CHECK: llvm.load {{.*}} invariant
// CHECK: llvm.store
module attributes {tconv.architecture = 75 : i64} {
  func.func @layer(%x: tensor<?x8x?xf32>, %w: tensor<8x5x9xf32>, %y: tensor<?x5x?xf32>) -> tensor<?x5x?xf32> attributes {tconv.blocks = {row_warps = 1, position_warps = 1, depth = 8}} {
    %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x8x?xf32>, tensor<8x5x9xf32>) outs(%y : tensor<?x5x?xf32>) {stride = 4} -> tensor<?x5x?xf32>
    return %0 : tensor<?x5x?xf32>
  }
}
