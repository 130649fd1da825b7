// RUN: tconv-opt %s
// The layers that every schedule is applied to.
func.func @dense(%x: tensor<?x64x?xf32>, %w: tensor<64x32x4xf32>, %b: tensor<32xf32>, %y: tensor<?x32x?xf32>) -> tensor<?x32x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x64x?xf32>, tensor<64x32x4xf32>, tensor<32xf32>) outs(%y : tensor<?x32x?xf32>) {stride = 2, crop_begin = 1, crop_end = 1} -> tensor<?x32x?xf32>
  return %0 : tensor<?x32x?xf32>
}
func.func @depthwise(%x: tensor<?x6x?xf32>, %w: tensor<6x1x12xf32>, %y: tensor<?x6x?xf32>) -> tensor<?x6x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x6x?xf32>, tensor<6x1x12xf32>) outs(%y : tensor<?x6x?xf32>) {stride = 2, groups = 6} -> tensor<?x6x?xf32>
  return %0 : tensor<?x6x?xf32>
}
func.func @odd_taps(%x: tensor<?x9x?xf32>, %w: tensor<9x5x11xf32>, %y: tensor<?x5x?xf32>) -> tensor<?x5x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x9x?xf32>, tensor<9x5x11xf32>) outs(%y : tensor<?x5x?xf32>) {stride = 5} -> tensor<?x5x?xf32>
  return %0 : tensor<?x5x?xf32>
}
func.func @dilated(%x: tensor<?x4x?xf32>, %w: tensor<4x2x30xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x2x30xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 6, dilation = 9} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}
