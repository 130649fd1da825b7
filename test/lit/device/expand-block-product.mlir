// One block of a product, thread by thread.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/sm_80 kind=gemm" --tconv-nvptx-expand="architecture=80" | FileCheck %s --check-prefixes=CHECK,ASYNC
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/portable kind=gemm" --tconv-nvptx-expand="architecture=75" | FileCheck %s --check-prefixes=CHECK,SYNC

// CHECK: gpu.module @tconv_device
// Shared memory: two stages of 16 rows of 32 weights and 64 positions.
// CHECK: llvm.mlir.global internal @tconv_kernel_main_run_shared() {addr_space = 3 : i32, alignment = 128 : i64} : !llvm.array<12288 x i8>
// CHECK: gpu.func @tconv_kernel_main_run(
// CHECK-SAME: kernel
// CHECK-SAME: known_block_size = array<i32: 32, 1, 1>
// The first chunk is on its way before the loop.
// ASYNC: nvgpu.device_async_copy {{.*}}, 4 {bypassL1} : memref<4xf32, 1> to memref<4xf32, 3>
// ASYNC: nvgpu.device_async_copy {{.*}}, 1, %{{.*}} : memref<1xf32, 1> to memref<1xf32, 3>
// ASYNC: nvgpu.device_async_create_group
// SYNC-NOT: async
// CHECK: scf.for
// What was copied has arrived, and all are done with what is overwritten.
// ASYNC: nvgpu.device_async_wait {{.*}} {numGroups = 0 : i32}
// CHECK: gpu.barrier
// CHECK-COUNT-1024: llvm.intr.fma
// SYNC: llvm.store
// CHECK: scf.yield
// The sums go through shared memory.
// CHECK: gpu.barrier
// CHECK: llvm.store {{.*}} : vector<4xf32>, !llvm.ptr<3>
// CHECK: gpu.barrier
// CHECK: scf.for
// CHECK: scf.if
// A sum that is NaN, where x ends, is added up again.
// CHECK: arith.cmpf uno
// CHECK: scf.if
// CHECK: scf.for
// CHECK: scf.for
// CHECK: llvm.intr.fma
// CHECK: llvm.store {{.*}} : i32, !llvm.ptr<1>
// CHECK-NOT: tconv.block_product
module attributes {tconv.architecture = 80 : i64} {
  func.func @layer(%x: tensor<?x16x?xf32>, %w: tensor<16x12x8xf32>, %b: tensor<12xf32>, %y: tensor<?x12x?xf32>) -> tensor<?x12x?xf32> attributes {tconv.blocks = {row_warps = 1, position_warps = 1, depth = 16}} {
    %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x16x?xf32>, tensor<16x12x8xf32>, tensor<12xf32>) outs(%y : tensor<?x12x?xf32>) {stride = 4, crop_begin = 2, crop_end = 2} -> tensor<?x12x?xf32>
    return %0 : tensor<?x12x?xf32>
  }
}
