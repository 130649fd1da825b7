// Every refusal of the layer's verifier.
// RUN: tconv-opt %s --split-input-file --verify-diagnostics

func.func @rank(%x: tensor<4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{x must have rank 3, got 'tensor<4x?xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @unranked(%x: memref<*xf32>, %w: memref<4x3x2xf32>, %y: memref<?x3x?xf32>) {
  // expected-error @+1 {{x must have rank 3}}
  tconv.conv1d_transpose ins(%x, %w : memref<*xf32>, memref<4x3x2xf32>) outs(%y : memref<?x3x?xf32>)
  return
}

// -----

func.func @dynamic_channels(%x: tensor<?x?x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{axis 1 of x must be static}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x?x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @dynamic_weight(%x: tensor<?x4x?xf32>, %w: tensor<4x3x?xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{axis 2 of weight must be static}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x?xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @element(%x: tensor<?x4x?xf64>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{computes f32, f16 or bf16, got 'tensor<?x4x?xf64>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf64>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @mixed(%x: memref<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{mixes tensors and buffers}}
  %0 = tconv.conv1d_transpose ins(%x, %w : memref<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @no_result(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{on tensors must return the new value of its destination}}
  tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>)
  return
}

// -----

func.func @result_type(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{differs from its destination's}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<1x3x?xf32>
  return
}

// -----

func.func @stride(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{stride must be at least 1, got 0}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) {stride = 0} -> tensor<?x3x?xf32>
  return
}

// -----

func.func @dilation(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{dilation must be at least 1, got -2}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) {dilation = -2} -> tensor<?x3x?xf32>
  return
}

// -----

func.func @groups(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x9x?xf32>) {
  // expected-error @+1 {{groups must divide the input channels, got 3 for 4}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x9x?xf32>) {groups = 3} -> tensor<?x9x?xf32>
  return
}

// -----

func.func @groups_out(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x9x?xf32>) {
  // expected-error @+1 {{groups must divide the output channels, got 2 for 9}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x9x?xf32>) {groups = 2} -> tensor<?x9x?xf32>
  return
}

// -----

func.func @weight(%x: tensor<?x4x?xf32>, %w: tensor<4x2x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{weight must be (Cin, Cout / groups, K) = (4, 3, K >= 1), got 'tensor<4x2x2xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x2x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @no_taps(%x: tensor<?x4x?xf32>, %w: tensor<4x3x0xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{weight must be}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x0xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @bias(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %b: tensor<4xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{bias must be (Cout) = (3), got 'tensor<4xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x4x?xf32>, tensor<4x3x2xf32>, tensor<4xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @batch(%x: tensor<2x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<3x3x?xf32>) {
  // expected-error @+1 {{x and y differ in their batch}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<2x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<3x3x?xf32>) -> tensor<3x3x?xf32>
  return
}

// -----

func.func @length(%x: tensor<1x4x5xf32>, %w: tensor<4x3x2xf32>, %y: tensor<1x3x7xf32>) {
  // expected-error @+1 {{y must have length 10, got 'tensor<1x3x7xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<1x4x5xf32>, tensor<4x3x2xf32>) outs(%y : tensor<1x3x7xf32>) {stride = 2} -> tensor<1x3x7xf32>
  return
}

// -----

func.func @cropped_away(%x: tensor<1x4x1xf32>, %w: tensor<4x3x2xf32>, %y: tensor<1x3x?xf32>) {
  // expected-error @+1 {{nothing is left of 2 outputs after crop_begin 1 and crop_end 1}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<1x4x1xf32>, tensor<4x3x2xf32>) outs(%y : tensor<1x3x?xf32>) {crop_begin = 1, crop_end = 1} -> tensor<1x3x?xf32>
  return
}

// -----

func.func @no_positions(%x: tensor<1x4x0xf32>, %w: tensor<4x3x2xf32>, %y: tensor<1x3x?xf32>) {
  // expected-error @+1 {{x needs at least one position}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<1x4x0xf32>, tensor<4x3x2xf32>) outs(%y : tensor<1x3x?xf32>) -> tensor<1x3x?xf32>
  return
}

// -----

func.func @overflow(%x: tensor<1x4x3xf32>, %w: tensor<4x3x2xf32>, %y: tensor<1x3x?xf32>) {
  // expected-error @+1 {{sizes do not fit 64 bits}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<1x4x3xf32>, tensor<4x3x2xf32>) outs(%y : tensor<1x3x?xf32>) {stride = 9223372036854775807} -> tensor<1x3x?xf32>
  return
}

// -----

func.func @overflow_dilation(%x: tensor<1x4x3xf32>, %w: tensor<4x3x3xf32>, %y: tensor<1x3x?xf32>) {
  // expected-error @+1 {{sizes do not fit 64 bits}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<1x4x3xf32>, tensor<4x3x3xf32>) outs(%y : tensor<1x3x?xf32>) {dilation = 9223372036854775807} -> tensor<1x3x?xf32>
  return
}

// -----

func.func @no_inputs(%x: tensor<?x0x?xf32>, %w: tensor<0x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{axis 1 of x must not be empty, got 'tensor<?x0x?xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x0x?xf32>, tensor<0x3x2xf32>) outs(%y : tensor<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @no_outputs(%x: tensor<?x4x?xf32>, %w: tensor<4x0x2xf32>, %y: tensor<?x0x?xf32>) {
  // expected-error @+1 {{axis 1 of y must not be empty, got 'tensor<?x0x?xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x0x2xf32>) outs(%y : tensor<?x0x?xf32>) -> tensor<?x0x?xf32>
  return
}

// -----

func.func @no_length(%x: tensor<1x4x3xf32>, %w: tensor<4x3x2xf32>, %y: tensor<1x3x0xf32>) {
  // expected-error @+1 {{axis 2 of y must not be empty, got 'tensor<1x3x0xf32>'}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<1x4x3xf32>, tensor<4x3x2xf32>) outs(%y : tensor<1x3x0xf32>) {any_length} -> tensor<1x3x0xf32>
  return
}

// -----

func.func @overflow_reach(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{sizes do not fit 64 bits}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) {dilation = 9223372036854775807} -> tensor<?x3x?xf32>
  return
}

// -----

func.func @overflow_crop(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>, %y: tensor<?x3x?xf32>) {
  // expected-error @+1 {{sizes do not fit 64 bits}}
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x4x?xf32>, tensor<4x3x2xf32>) outs(%y : tensor<?x3x?xf32>) {crop_begin = -9223372036854775808} -> tensor<?x3x?xf32>
  return
}

// -----

func.func @result_of_buffers(%x: memref<?x4x?xf32>, %w: memref<4x3x2xf32>, %y: memref<?x3x?xf32>) {
  // expected-error @+1 {{on buffers must return nothing}}
  %0 = tconv.conv1d_transpose ins(%x, %w : memref<?x4x?xf32>, memref<4x3x2xf32>) outs(%y : memref<?x3x?xf32>) -> tensor<?x3x?xf32>
  return
}

// -----

func.func @results(%x: tensor<1x1x3xf32>, %w: tensor<1x1x1xf32>, %y: tensor<1x1x3xf32>) {
  // expected-error @+1 {{has one result at most, got 2}}
  %0:2 = "tconv.conv1d_transpose"(%x, %w, %y) : (tensor<1x1x3xf32>, tensor<1x1x1xf32>, tensor<1x1x3xf32>) -> (tensor<1x1x3xf32>, tensor<1x1x3xf32>)
  return
}

// -----

func.func @scalar_bias(%x: memref<?x4x?xf32>, %w: memref<4x3x2xf32>, %b: memref<f32>, %y: memref<?x3x?xf32>) {
  // expected-error @+1 {{bias must be (Cout) = (3), got 'memref<f32>'}}
  tconv.conv1d_transpose ins(%x, %w, %b : memref<?x4x?xf32>, memref<4x3x2xf32>, memref<f32>) outs(%y : memref<?x3x?xf32>)
  return
}

// -----

func.func @prefetch_positions(%p: memref<1x8x8xf32>, %w: memref<64xf32>, %s: memref<8x8xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  // expected-error @+1 {{prefetch_positions needs a prefetch_part}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c8, %c8, %c8] prefetch_positions %c8 {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<1x8x8xf32>, memref<64xf32>, memref<8x8xf32>
  return
}
