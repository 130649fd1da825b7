// RUN: tconv-opt %s --tconv-emit-kernel="symbol=up description=made target=cpu:x86-64-v3" | FileCheck %s

// A kernel says which engine made it, where that isn't this compiler's own.
// CHECK: llvm.mlir.global internal constant @up_engine("halide:Adams2019\00")
// CHECK: llvm.mlir.global external constant @up()
// CHECK: llvm.mlir.addressof @up_target
// CHECK: %[[ENGINE:.*]] = llvm.mlir.addressof @up_engine
// CHECK-NEXT: llvm.insertvalue %[[ENGINE]], %{{.*}}[23]
// It is no kernel for a GPU.
// CHECK: %[[NULL:.*]] = llvm.mlir.zero
// CHECK-NEXT: llvm.insertvalue %[[NULL]], %{{.*}}[24]
func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) attributes {
    tconv.engine = "halide:Adams2019",
    tconv.in_channels = 1 : i64, tconv.out_channels = 2 : i64, tconv.kernel_size = 3 : i64, tconv.stride = 1 : i64, tconv.dilation = 1 : i64, tconv.groups = 1 : i64, tconv.crop_begin = 0 : i64,
    tconv.workspace_bytes = 64 : i64, tconv.task_positions = 24 : i64, tconv.task_columns = 1 : i64} {
  return
}
