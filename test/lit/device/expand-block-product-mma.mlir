// Products on tensor cores.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/sm_80 kind=mma" --tconv-nvptx-expand="architecture=80" | FileCheck %s --check-prefixes=CHECK,SM80
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/portable kind=mma" --tconv-nvptx-expand="architecture=75" | FileCheck %s --check-prefixes=CHECK,SM75

// CHECK: gpu.func @tconv_kernel_main_run(
// SM80: nvgpu.device_async_copy {{.*}}, 4 {bypassL1}
// SM75-NOT: async
// CHECK: scf.for
// Three stages: one group of copies may be under way.
// SM80: nvgpu.device_async_wait {{.*}} {numGroups = 1 : i32}
// CHECK: gpu.barrier
// The next x, which both taps read, comes with the first of them.
// CHECK: scf.if
// CHECK: llvm.load {{.*}} i16
// Weights lie as rows of the tile, x as rows of channels.
// CHECK-COUNT-2: nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32, transpose = true}
// CHECK-COUNT-4: nvgpu.ldmatrix {{.*}} {numTiles = 4 : i32, transpose = false}
// SM80-COUNT-16: nvgpu.mma.sync{{.*}} {mmaShape = [16, 8, 16]}
// SM75-COUNT-32: nvgpu.mma.sync{{.*}} {mmaShape = [16, 8, 8]}
// CHECK: scf.yield
module attributes {tconv.architecture = 80 : i64} {
  func.func @layer(%x: tensor<?x16x?xf16>, %w: tensor<16x12x8xf16>, %b: tensor<12xf16>, %y: tensor<?x12x?xf16>) -> tensor<?x12x?xf16> attributes {tconv.blocks = {row_warps = 1, position_warps = 1, depth = 16}} {
    %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x16x?xf16>, tensor<16x12x8xf16>, tensor<12xf16>) outs(%y : tensor<?x12x?xf16>) {stride = 4, crop_begin = 2, crop_end = 2} -> tensor<?x12x?xf16>
    return %0 : tensor<?x12x?xf16>
  }
}
