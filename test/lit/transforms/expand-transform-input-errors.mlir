// RUN: tconv-opt %s --tconv-expand-transform-input=lanes=8 --split-input-file --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-transform-input=lanes=0 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got 0

func.func @width(%x: memref<?x8x?xf32>, %p: memref<4x4x12xf32>, %i: index) {
  // expected-error @+1 {{needs panels of a multiple of 8 columns, got 12}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 12, granule = 4} : memref<?x8x?xf32>, memref<4x4x12xf32>
  return
}

// -----

// The row that such a panel goes through would not fit 64 bits.
func.func @columns(%x: memref<?x8x?xf32>, %p: memref<4x4x4611686018427387904xf32>, %i: index) {
  // expected-error @+1 {{packs panels of at most 16777216 columns, got 4611686018427387904}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 4611686018427387904, granule = 16} : memref<?x8x?xf32>, memref<4x4x4611686018427387904xf32>
  return
}
