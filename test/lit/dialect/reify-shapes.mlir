// The one shape formula, for dynamic and for static sizes.
// RUN: tconv-opt %s --resolve-ranked-shaped-type-result-dims --canonicalize | FileCheck %s --check-prefix=DIM

// DIM: #[[LENGTH:.*]] = affine_map<()[s0] -> (s0 * 8)>
// DIM-LABEL: @length
// DIM: %[[L:.*]] = tensor.dim %arg0, %c2
// DIM: affine.apply #[[LENGTH]]()[%[[L]]]
func.func @length(%x: tensor<?x512x?xf32>, %w: tensor<512x256x16xf32>,
                  %y: tensor<?x256x?xf32>) -> index {
  %c2 = arith.constant 2 : index
  %0 = tconv.conv1d_transpose
      ins(%x, %w : tensor<?x512x?xf32>, tensor<512x256x16xf32>)
      outs(%y : tensor<?x256x?xf32>)
      {stride = 8, crop_begin = 4, crop_end = 4} -> tensor<?x256x?xf32>
  %1 = tensor.dim %0, %c2 : tensor<?x256x?xf32>
  return %1 : index
}

// Any length: that of the destination.
// DIM-LABEL: @any_length
// DIM: tensor.dim %arg2, %c2
func.func @any_length(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>,
                      %y: tensor<?x2x?xf32>) -> index {
  %c2 = arith.constant 2 : index
  %0 = tconv.conv1d_transpose
      ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x4xf32>)
      outs(%y : tensor<?x2x?xf32>) {any_length} -> tensor<?x2x?xf32>
  %1 = tensor.dim %0, %c2 : tensor<?x2x?xf32>
  return %1 : index
}

// The batch is x's.
// DIM-LABEL: @batch
// DIM: tensor.dim %arg0, %c0
func.func @batch(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>,
                 %y: tensor<?x2x?xf32>) -> index {
  %c0 = arith.constant 0 : index
  %0 = tconv.conv1d_transpose
      ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x4xf32>)
      outs(%y : tensor<?x2x?xf32>) -> tensor<?x2x?xf32>
  %1 = tensor.dim %0, %c0 : tensor<?x2x?xf32>
  return %1 : index
}
