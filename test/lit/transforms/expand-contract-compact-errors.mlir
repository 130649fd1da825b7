// RUN: tconv-opt %s --tconv-expand-contract-compact --split-input-file --verify-diagnostics

func.func @rows(%p: memref<1x8x4xf32>, %w: memref<1408xf32>, %s: memref<3x256xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %c256 = arith.constant 256 : index
  // expected-error @+1 {{of compact weights must be tiled to its rows, 128, got 256}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c256, %c3, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 1, first_tile = 0, tiles = 2, max_shift = 0, shift_step = 1, panel_positions = 3, shifts = array<i64: 0>, bits = 22} : memref<1x8x4xf32>, memref<1408xf32>, memref<3x256xf32>
  return
}

// -----

func.func @positions(%p: memref<1x8x32xf32>, %w: memref<704xf32>, %s: memref<32x128xf32>) {
  %c0 = arith.constant 0 : index
  %c25 = arith.constant 25 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  // expected-error @+1 {{of compact weights must be tiled to positions that its scratch has, 24 at most, got 25}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c128, %c25, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, bits = 22} : memref<1x8x32xf32>, memref<704xf32>, memref<32x128xf32>
  return
}

// -----

func.func @bits(%p: memref<1x8x4xf32>, %w: memref<704xf32>, %s: memref<3x128xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{bits must be 32 or 22, got 21}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c0, %c0, %c0] {vectors = #tconv.vectors<rows>, rows = 128, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 3, shifts = array<i64: 0>, bits = 21} : memref<1x8x4xf32>, memref<704xf32>, memref<3x128xf32>
  return
}

// -----

func.func @vectors(%p: memref<1x8x4xf32>, %w: memref<704xf32>, %s: memref<128x3xf32>) {
  %c0 = arith.constant 0 : index
  // expected-error @+1 {{of 22 bits needs vectors along 128 rows, and one piece}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c0, %c0, %c0] {vectors = #tconv.vectors<positions>, rows = 128, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 3, shifts = array<i64: 0>, bits = 22} : memref<1x8x4xf32>, memref<704xf32>, memref<128x3xf32>
  return
}

// -----

// expected-error @+1 {{bits of a packing must be 32 or 22, got 16}}
func.func private @packing(memref<1xf32>) attributes {p = #tconv.packing<channels = 1, rows = 128, bits = 16>}

// -----

// expected-error @+1 {{a packing of 22 bits needs 128 rows, one output and one piece, got rows = 48, outputs = 1 and pieces = 1}}
func.func private @packing_rows(memref<1xf32>) attributes {p = #tconv.packing<channels = 1, rows = 48, bits = 22>}

// -----

func.func @panels(%p: memref<2x8x16xf32>, %w: memref<704xf32>, %s: memref<20x128xf32>) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  // expected-error @+1 {{has register tiles of 4 columns across panels of 10}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c128, %c4, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 10, shifts = array<i64: 0>, bits = 22} : memref<2x8x16xf32>, memref<704xf32>, memref<20x128xf32>
  return
}
