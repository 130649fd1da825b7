// RUN: tconv-opt %s --tconv-expand-contract=lanes=8 --split-input-file --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-contract=lanes=0 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got 0

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

// -----

func.func @no_positions(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = arith.constant 0 : index
  // expected-error @+1 {{covers 0 positions of a scratch of 24}}
  tconv.contract %p, %w, %s at [%i, %i] window [%c0, %c0, %c0, %c4, %n, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @negative(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = affine.min affine_map<()[s0] -> (-1, s0)>()[%i]
  // expected-error @+1 {{covers -1 positions of a scratch of 24}}
  tconv.contract %p, %w, %s at [%i, %i] window [%c0, %c0, %c0, %c4, %n, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @beyond(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = arith.constant 32 : index
  // expected-error @+1 {{covers 32 positions of a scratch of 24}}
  tconv.contract %p, %w, %s at [%i, %i] window [%c0, %c0, %c0, %c4, %n, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @sums(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x800000xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %n = arith.constant 800000 : index
  // expected-error @+1 {{needs more than 256 sums for 4 rows and 800000 positions}}
  tconv.contract %p, %w, %s at [%i, %i] window [%c0, %c0, %c0, %c4, %n, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x800000xf32>
  return
}

// -----

// Columns 12 to 17 lie in both panels.
func.func @panels(%p: memref<2x8x16xf32>, %w: memref<128xf32>, %s: memref<30x8xf32>, %i: index) {
  %c0 = arith.constant 0 : index
  %n = arith.constant 6 : index
  %c8 = arith.constant 8 : index
  // expected-error @+1 {{has register tiles of 6 columns across panels of 15}}
  tconv.contract %p, %w, %s at [%i, %i] window [%c0, %c0, %c0, %c8, %n, %i] {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 15, shifts = array<i64: 0>} : memref<2x8x16xf32>, memref<128xf32>, memref<30x8xf32>
  return
}
