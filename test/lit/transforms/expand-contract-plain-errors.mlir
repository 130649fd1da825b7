// RUN: tconv-opt %s --tconv-expand-contract-plain=lanes=8 --split-input-file --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-contract-plain=lanes=0 --split-input-file 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got 0

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @panel(%p: memref<3x3x24xf32>, %w: memref<24xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{needs a multiple of 8 lanes along its vectors, got 12}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 12, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<24xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @scratch(%p: memref<3x3x24xf32>, %w: memref<24xf32>, %s: memref<6x20xf32>, %i: index) {
  // expected-error @+1 {{needs a multiple of 8 lanes along its vectors, got 20}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 24, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<24xf32>, memref<6x20xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @rows(%p: memref<3x3x24xf32>, %w: memref<48xf32>, %s: memref<24x12xf32>, %i: index) {
  // expected-error @+1 {{needs a multiple of 8 lanes along its vectors, got 4}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<rows>, panel_columns = 24, decomposition = #map, packing = #tconv.packing<channels = 4, rows = 4, outputs = 2>} : memref<3x3x24xf32>, memref<48xf32>, memref<24x12xf32>
  return
}
