// TF32: x is rounded as it is read from shared memory, weights when they are
// packed, ties away from zero.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/sm_80 kind=tf32" --tconv-nvptx-expand="architecture=80" | FileCheck %s

// CHECK: gpu.func @tconv_kernel_main_run(
// CHECK: scf.for
// CHECK: nvvm.convert.float.to.tf32 {{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
// CHECK: nvgpu.mma.sync{{.*}} {mmaShape = [16, 8, 8], tf32Enabled}
// CHECK: gpu.func @tconv_kernel_main_pack(
// CHECK: nvvm.convert.float.to.tf32 {{.*}} {rnd = #nvvm.fp_rnd_mode<rna>}
module attributes {tconv.architecture = 80 : i64} {
  func.func @layer(%x: tensor<?x16x?xf32>, %w: tensor<16x12x8xf32>, %y: tensor<?x12x?xf32>) -> tensor<?x12x?xf32> {
    %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x16x?xf32>, tensor<16x12x8xf32>) outs(%y : tensor<?x12x?xf32>) {stride = 4} -> tensor<?x12x?xf32>
    return %0 : tensor<?x12x?xf32>
  }
}
