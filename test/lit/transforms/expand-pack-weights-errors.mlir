// RUN: tconv-opt %s --tconv-expand-pack-weights --split-input-file --verify-diagnostics

func.func @tensors(%w: tensor<3x2x4xf32>, %p: tensor<24xf32>) {
  // expected-error @+1 {{is expanded on buffers}}
  %0 = tconv.pack_weights ins(%w : tensor<3x2x4xf32>) outs(%p : tensor<24xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>} -> tensor<24xf32>
  return
}

// -----

// Sections that share their taps need a table with every row of their tiles.
func.func @table(%w: memref<1x1x4xf32>, %p: memref<1000000000xf32>) {
  // expected-error @+1 {{needs a table of 2 tiles of 500000000 rows, more than 16777216}}
  tconv.pack_weights ins(%w : memref<1x1x4xf32>) outs(%p : memref<1000000000xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 1>]>, groups = 1 : i64, packing = #tconv.packing<channels = 1, rows = 500000000>}
  return
}

// -----

func.func @rows(%w: memref<1x1x4xf32>, %p: memref<4097xf32>) {
  // expected-error @+1 {{packs at most 4096 rows a tile, got 4097}}
  tconv.pack_weights ins(%w : memref<1x1x4xf32>) outs(%p : memref<4097xf32>) {decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 1, rows = 4097>}
  return
}
