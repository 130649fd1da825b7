// RUN: tconv-opt %s --tconv-expand-epilogue=lanes=8 --split-input-file --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-epilogue=lanes=-8 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got -8

func.func @columns(%s: memref<4x12xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{needs a multiple of 8 positions, got 12}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x12xf32>, memref<?x2x?xf32>
  return
}

// -----

// A vector of an item's part may begin at its last position.
func.func @room(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  %c17 = arith.constant 17 : index
  // expected-error @+1 {{needs room for 8 positions more, where batch items lie one after the other, in a scratch of 24}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %c17] items %i {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}
