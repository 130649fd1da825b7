// Every refusal of the operations that a schedule makes.
// RUN: tconv-opt %s --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @packed_size(%w: memref<3x2x4xf32>, %p: memref<25xf32>) {
  // expected-error @+1 {{packed weights of this layer and packing have 24 elements, got 'memref<25xf32>'}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<25xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @tap(%w: memref<3x2x3xf32>, %p: memref<24xf32>) {
  // expected-error @+1 {{tap 3 is outside a kernel of 3}}
  tconv.pack_weights ins(%w : memref<3x2x3xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @window(%x: memref<?x3x?xf32>, %p: memref<24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{a window has 4 offsets and 4 sizes, got 2 numbers}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) window[%i, %i] {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @origin(%x: memref<?x3x?xf32>, %p: memref<24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{needs panel_origin and panel_positions together}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) panel_origin %i {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @phases_groups(%x: memref<?x3x?xf32>, %p: memref<24xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{groups must divide the input channels, got 2 for 3}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

func.func @panel(%x: memref<?x3x?xf32>, %p: memref<1x3x16xf32>, %i: index) {
  // expected-error @+1 {{a panel of 16 columns can't hold 16 positions and a span of 1}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 16, max_shift = 1, span = 1, granule = 8} : memref<?x3x?xf32>, memref<1x3x16xf32>
  return
}

// -----

func.func @granule(%x: memref<?x3x?xf32>, %p: memref<1x3x32xf32>, %i: index) {
  // expected-error @+1 {{granule must divide panel_positions, got 5 for 16}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 16, max_shift = 1, span = 1, granule = 5} : memref<?x3x?xf32>, memref<1x3x32xf32>
  return
}

// -----

func.func @dynamic_panel(%x: memref<?x3x?xf32>, %p: memref<?x3x32xf32>, %i: index) {
  // expected-error @+1 {{axis 0 of panel must be static}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 16, max_shift = 1, span = 1, granule = 8} : memref<?x3x?xf32>, memref<?x3x32xf32>
  return
}

// -----

func.func @scratch(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{scratch has 4 rows, needs 8}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 2, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @shifts(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<12x24xf32>, %i: index) {
  // expected-error @+1 {{needs one shift, or one for each of 3 tiles, got 2}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 3, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0, 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<12x24xf32>
  return
}

// -----

func.func @far_shift(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{shift 2 of the last tap is beyond max_shift 1}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 1>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @contract_window(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{a window has 3 offsets and 3 sizes, got 1 numbers}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @rows(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{row 4 is outside a scratch of 4}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 4>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}

// -----

func.func @tables(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{needs a first row and a row step for each of 2 phases, got 1 and 2}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}

// -----

func.func @crop(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{crop must be in [0, stride), got 2 with stride 2}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 2, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}
