// RUN: tconv-opt %s --tconv-bufferize-layer --canonicalize | FileCheck %s

// x and y get rows at any distance, y is written in place, nothing is copied.
// CHECK-LABEL: func.func @layer(
// CHECK-SAME: %[[X:.*]]: memref<?x3x?xf32, strided<[?, ?, 1]>>, %[[W:.*]]: memref<3x2x4xf32>, %[[B:.*]]: memref<2xf32>, %[[Y:.*]]: memref<?x2x?xf32, strided<[?, ?, 1]>>) {
// CHECK: tconv.conv1d_transpose ins(%[[X]], %[[W]], %[[B]]
// CHECK-SAME: outs(%[[Y]] :
// CHECK-NOT: memref.copy
// CHECK-NOT: memref.alloc
// CHECK: return
func.func @layer(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>, %b: tensor<2xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x3x?xf32>, tensor<3x2x4xf32>, tensor<2xf32>) outs(%y : tensor<?x2x?xf32>) -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

// A function on buffers stays as it is.
// CHECK-LABEL: func.func @buffers(%{{.*}}: memref<3xf32>)
func.func @buffers(%x: memref<3xf32>) {
  return
}
