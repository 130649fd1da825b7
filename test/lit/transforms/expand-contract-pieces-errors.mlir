// RUN: tconv-opt %s --tconv-expand-contract-pieces=lanes=8 --split-input-file --verify-diagnostics

func.func @rows(%p: memref<1x32x96xf32>, %w: memref<3072xf32>, %s: memref<64x32xf32>) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c64 = arith.constant 64 : index
  // expected-error @+1 {{of pieces must be tiled to its rows, 32 at most, got 64}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c64, %c32, %c32] {vectors = #tconv.vectors<positions>, rows = 64, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<1x32x96xf32>, memref<3072xf32>, memref<64x32xf32>
  return
}

// -----

func.func @columns(%p: memref<1x32x96xf32>, %w: memref<1536xf32>, %s: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c32 = arith.constant 32 : index
  // expected-error @+1 {{of pieces must be tiled to 16 or 32 columns that divide a panel, got 8 of 32}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c8, %c32] {vectors = #tconv.vectors<positions>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<1x32x96xf32>, memref<1536xf32>, memref<32x32xf32>
  return
}

// -----

func.func @depth(%p: memref<1x64x96xf32>, %w: memref<3072xf32>, %s: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  %c48 = arith.constant 48 : index
  // expected-error @+1 {{of pieces must be tiled to whole steps of 32 channels, got 48}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c32, %c48] {vectors = #tconv.vectors<positions>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<1x64x96xf32>, memref<3072xf32>, memref<32x32xf32>
  return
}

// -----

func.func @taps(%p: memref<1x32x96xf32>, %w: memref<3072xf32>, %s: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  // expected-error @+1 {{of pieces has one tap and vectors along the positions}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c32, %c32] {vectors = #tconv.vectors<positions>, rows = 32, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<1x32x96xf32>, memref<3072xf32>, memref<32x32xf32>
  return
}

// -----

// Verified at any stage.
func.func @panel(%p: memref<1x32x32xf32>, %w: memref<1536xf32>, %s: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  // expected-error @+1 {{a panel of 32 words for each channel can't hold the pieces of 32 columns, which take 48}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c32, %c32] {vectors = #tconv.vectors<positions>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 3} : memref<1x32x32xf32>, memref<1536xf32>, memref<32x32xf32>
  return
}

// -----

func.func @pieces(%p: memref<1x32x96xf32>, %w: memref<1536xf32>, %s: memref<32x32xf32>) {
  %c0 = arith.constant 0 : index
  %c32 = arith.constant 32 : index
  // expected-error @+1 {{pieces must be 1 or 3, got 2}}
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c32, %c32] {vectors = #tconv.vectors<positions>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 32, shifts = array<i64: 0>, pieces = 2} : memref<1x32x96xf32>, memref<1536xf32>, memref<32x32xf32>
  return
}

// -----

// expected-error @+1 {{a packing of 3 pieces needs a multiple of 16 rows, got rows = 8}}
func.func private @few_rows() attributes {p = #tconv.packing<channels = 2, rows = 8, outputs = 2, pieces = 3>}
