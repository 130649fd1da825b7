// RUN: tconv-opt %s --tconv-expand-epilogue=lanes=8 --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-epilogue=lanes=-8 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got -8

func.func @columns(%s: memref<4x12xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{needs a multiple of 8 positions, got 12}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x12xf32>, memref<?x2x?xf32>
  return
}
