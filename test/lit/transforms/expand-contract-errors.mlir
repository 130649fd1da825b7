// RUN: tconv-opt %s --tconv-expand-contract=lanes=8 --split-input-file --verify-diagnostics

func.func @rows(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{must be tiled to its 4 rows before it is expanded}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @positions(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  %c4 = arith.constant 4 : index
  // expected-error @+1 {{must be tiled along its positions before it is expanded}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %c4, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @lanes(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  %c4 = arith.constant 4 : index
  %c12 = arith.constant 12 : index
  // expected-error @+1 {{needs a multiple of 8 lanes along its vectors, got 12}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %c4, %c12, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}
