// RUN: tconv-opt %s --tconv-decompose-phases --verify-diagnostics

func.func @buffers(%x: memref<?x3x?xf32>, %w: memref<3x2x4xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{is decomposed on tensors}}
  tconv.conv1d_transpose ins(%x, %w : memref<?x3x?xf32>, memref<3x2x4xf32>) outs(%y : memref<?x2x?xf32>)
  return
}
