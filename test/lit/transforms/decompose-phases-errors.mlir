// RUN: tconv-opt %s --tconv-decompose-phases --split-input-file --verify-diagnostics

func.func @buffers(%x: memref<?x3x?xf32>, %w: memref<3x2x4xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{is decomposed on tensors}}
  tconv.conv1d_transpose ins(%x, %w : memref<?x3x?xf32>, memref<3x2x4xf32>) outs(%y : memref<?x2x?xf32>)
  return
}

// -----

// More phases than a kernel has tables for.
func.func @stride(%x: tensor<?x1x?xf32>, %w: tensor<1x1x100000000000xf32>, %y: tensor<?x1x?xf32>) -> tensor<?x1x?xf32> {
  // expected-error @+1 {{stride must be at most 4194304, got 100000000000}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x1x?xf32>, tensor<1x1x100000000000xf32>) outs(%y : tensor<?x1x?xf32>) {stride = 100000000000} -> tensor<?x1x?xf32>
  return %0 : tensor<?x1x?xf32>
}

// -----

func.func @shift(%x: tensor<?x2x?xf32>, %w: tensor<2x1x2xf32>, %y: tensor<?x1x?xf32>) -> tensor<?x1x?xf32> {
  // expected-error @+1 {{shift -4611686018427387903 of 1 taps, 1 apart, lies too far out}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x2x?xf32>, tensor<2x1x2xf32>) outs(%y : tensor<?x1x?xf32>) {stride = 2, crop_begin = 9223372036854775807, any_length} -> tensor<?x1x?xf32>
  return %0 : tensor<?x1x?xf32>
}

// -----

func.func @weights(%x: tensor<?x4611686018427387904x?xf32>, %w: tensor<4611686018427387904x4x2xf32>, %y: tensor<?x4x?xf32>) -> tensor<?x4x?xf32> {
  // expected-error @+1 {{packed weights do not fit 64 bits}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4611686018427387904x?xf32>, tensor<4611686018427387904x4x2xf32>) outs(%y : tensor<?x4x?xf32>) -> tensor<?x4x?xf32>
  return %0 : tensor<?x4x?xf32>
}
