// RUN: tconv-opt %s --split-input-file --tconv-emit-kernel="symbol=up description=made target=cpu:x86-64-v3 length-class=1" | FileCheck %s

// CHECK-LABEL: func.func private @layer_pack
// CHECK: func.func private @layer
// The fields that a launch passes are read at their places in kernel_abi.h.
// CHECK: llvm.func internal @up_run(%{{.*}}: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
// CHECK: llvm.load
// CHECK: call @layer
// CHECK: llvm.func internal @up_pack(%{{.*}}: !llvm.ptr)
// CHECK: call @layer_pack
// CHECK: llvm.mlir.global internal constant @up_description("made\00")
// CHECK-SAME: section = ".tconv.kernels"
// CHECK: llvm.mlir.global internal constant @up_target("cpu:x86-64-v3\00")
// CHECK: llvm.mlir.global external constant @up()
// CHECK-DAG: llvm.mlir.constant(24 : i64)
// CHECK-DAG: llvm.mlir.addressof @up_pack
// CHECK-DAG: llvm.mlir.addressof @up_run
// CHECK-DAG: llvm.mlir.addressof @up_description
// CHECK-DAG: llvm.mlir.addressof @up_target
func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %ws: memref<64xi8>) attributes {
    tconv.in_channels = 1 : i64, tconv.out_channels = 2 : i64, tconv.kernel_size = 3 : i64, tconv.stride = 1 : i64, tconv.dilation = 1 : i64, tconv.groups = 1 : i64, tconv.crop_begin = 0 : i64,
    tconv.workspace_bytes = 64 : i64, tconv.task_positions = 24 : i64, tconv.task_columns = 1 : i64} {
  return
}

// -----

// A launch says how many positions a task has, or leaves it to the kernel.
// CHECK-LABEL: func.func private @layer_pack
// CHECK: llvm.func internal @up_run(%[[ARGS:.*]]: !llvm.ptr, %{{.*}}: i64, %{{.*}}: i64)
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[ARGS]][128] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: %[[SAID:.*]] = llvm.load %[[AT]]
// CHECK: %[[NONE:.*]] = arith.cmpi eq, %[[SAID]], %c0_i64
// CHECK: %[[OWN:.*]] = arith.constant 24 : i64
// CHECK: %[[CHOSEN:.*]] = arith.select %[[NONE]], %[[OWN]], %[[SAID]]
// CHECK: %[[POSITIONS:.*]] = arith.index_cast %[[CHOSEN]] : i64 to index
// CHECK: call @layer({{.*}}, %[[POSITIONS]], %{{[^,]*}})
// CHECK: llvm.mlir.global external constant @up()
// CHECK: llvm.mlir.constant(8 : i64)
func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %begin: index, %end: index, %positions: index, %ws: memref<64xi8>) attributes {
    tconv.in_channels = 1 : i64, tconv.out_channels = 2 : i64, tconv.kernel_size = 3 : i64, tconv.stride = 1 : i64, tconv.dilation = 1 : i64, tconv.groups = 1 : i64, tconv.crop_begin = 0 : i64,
    tconv.workspace_bytes = 64 : i64, tconv.task_positions = 24 : i64, tconv.task_granule = 8 : i64, tconv.task_columns = 1 : i64} {
  return
}

// -----

// ... and how far apart batch items lie, or leaves them rows of their own.
// CHECK-LABEL: func.func private @layer_pack
// CHECK: llvm.func internal @up_run(%[[ARGS:.*]]: !llvm.ptr, %[[BEGIN:.*]]: i64, %{{.*}}: i64)
// CHECK: %[[AT:.*]] = llvm.getelementptr %[[ARGS]][136] : (!llvm.ptr) -> !llvm.ptr, i8
// CHECK: %[[SAID:.*]] = llvm.load %[[AT]]
// CHECK: %[[NONE:.*]] = arith.cmpi eq, %[[SAID]], %c0_i64
// CHECK: %[[APART:.*]] = arith.constant 9223372036854775807 : i64
// CHECK: %[[CHOSEN:.*]] = arith.select %[[NONE]], %[[APART]], %[[SAID]]
// CHECK: %[[ITEMS:.*]] = arith.index_cast %[[CHOSEN]] : i64 to index
// CHECK: %[[FROM:.*]] = arith.index_cast %[[BEGIN]] : i64 to index
// CHECK: call @layer({{.*}}, %[[ITEMS]], %[[FROM]], %{{[^,]*}}, %{{[^,]*}}, %{{[^,]*}})
// The last three fields.
// CHECK: llvm.mlir.global external constant @up()
// CHECK: llvm.mlir.constant(8 : i64)
// CHECK: llvm.mlir.constant(5 : i64)
// CHECK: llvm.mlir.constant(7 : i64)
// CHECK: llvm.mlir.constant(3 : i64)
// CHECK-NEXT: llvm.insertvalue
// CHECK-NEXT: llvm.return
func.func @layer_pack(%w: memref<1x2x3xf32>, %p: memref<6xf32>) {
  return
}
func.func @layer(%x: memref<?x1x?xf32, strided<[?, ?, 1]>>, %p: memref<6xf32>, %y: memref<?x2x?xf32, strided<[?, ?, 1]>>, %items: index, %begin: index, %end: index, %positions: index, %ws: memref<64xi8>) attributes {
    tconv.in_channels = 1 : i64, tconv.out_channels = 2 : i64, tconv.kernel_size = 3 : i64, tconv.stride = 1 : i64, tconv.dilation = 1 : i64, tconv.groups = 1 : i64, tconv.crop_begin = 0 : i64,
    tconv.item_before = 5 : i64, tconv.item_after = 7 : i64, tconv.item_granule = 3 : i64,
    tconv.workspace_bytes = 64 : i64, tconv.task_positions = 24 : i64, tconv.task_granule = 8 : i64, tconv.task_columns = 1 : i64} {
  return
}
