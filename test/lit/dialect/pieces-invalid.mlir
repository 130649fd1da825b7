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

func.func @contract_streams(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %y: memref<?x3x?xf32>, %i: index) {
  // expected-error @+1 {{needs 3 indices and 3 sizes for each of 1 streams, got 2 and 0}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] streams %y at [%i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>, memref<?x3x?xf32>
  return
}

// -----

func.func @contract_prefetch(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{prefetch must be at least 0, got -1}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>, prefetch = -1} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
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

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @weights_overflow(%w: memref<3x2x4xf32>, %p: memref<0xf32>) {
  // expected-error @+1 {{packed weights do not fit 64 bits}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<0xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 4611686018427387904, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @rows_overflow(%w: memref<3x2x4xf32>, %p: memref<0xf32>) {
  // expected-error @+1 {{packed weights do not fit 64 bits}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<0xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1152921504606846976>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @empty_weights(%w: memref<3x0x4xf32>, %p: memref<0xf32>) {
  // expected-error @+1 {{axis 1 of weight must not be empty, got 'memref<3x0x4xf32>'}}
  tconv.pack_weights ins(%w : memref<3x0x4xf32>) outs(%p : memref<0xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @weight_groups(%w: memref<3x2x4xf32>, %p: memref<24xf32>) {
  // expected-error @+1 {{groups must divide the input channels, got 2 for 3}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @no_groups(%w: memref<3x2x4xf32>, %p: memref<24xf32>) {
  // expected-error @+1 {{groups must be at least 1, got 0}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 0 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @phases_outputs(%x: memref<?x3x?xf32>, %p: memref<24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{groups must divide the output channels, got 3 for 2}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 3 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @phases_bias(%x: memref<?x3x?xf32>, %p: memref<24xf32>, %b: memref<3xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{bias must be (Cout) = (2), got 'memref<3xf32>'}}
  tconv.phases ins(%x, %p, %b : memref<?x3x?xf32>, memref<24xf32>, memref<3xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @phases_batch(%x: memref<2x3x?xf32>, %p: memref<24xf32>, %y: memref<3x2x?xf32>, %i: index) {
  // expected-error @+1 {{x and y differ in their batch: 'memref<2x3x?xf32>' and 'memref<3x2x?xf32>'}}
  tconv.phases ins(%x, %p : memref<2x3x?xf32>, memref<24xf32>) outs(%y : memref<3x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @phases_empty(%x: memref<?x0x?xf32>, %p: memref<0xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of x must not be empty, got 'memref<?x0x?xf32>'}}
  tconv.phases ins(%x, %p : memref<?x0x?xf32>, memref<0xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @phases_weights(%x: memref<?x3x?xf32>, %p: memref<*xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{packed weights of this layer and packing have 24 elements, got 'memref<*xf32>'}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<*xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @dynamic_panels(%x: memref<?x3x32xf32>, %p: memref<24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{axis 0 of x must be static, got 'memref<?x3x32xf32>'}}
  tconv.phases ins(%x, %p : memref<?x3x32xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) panel_origin %i {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>, panel_positions = 24 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @no_panel_positions(%x: memref<2x3x32xf32>, %p: memref<24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{panel_positions must be at least 1, got 0}}
  tconv.phases ins(%x, %p : memref<2x3x32xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) panel_origin %i {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>, panel_positions = 0 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @tiled_tensors(%x: tensor<?x3x?xf32>, %p: tensor<24xf32>, %y: tensor<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{is tiled and packed on buffers only}}
  %0 = tconv.phases ins(%x, %p : tensor<?x3x?xf32>, tensor<24xf32>) outs(%y : tensor<?x2x?xf32>) window[%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>} -> tensor<?x2x?xf32>
  return
}

// -----

func.func @panel_overflow(%x: memref<?x8x?xf32>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{can't hold 9223372036854775807 positions and a span of 9223372036854775807}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 9223372036854775807, max_shift = 1, span = 9223372036854775807, granule = 1} : memref<?x8x?xf32>, memref<2x8x32xf32>
  return
}

// -----

func.func @panel_channels(%x: memref<?x9x?xf32>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{a panel holds the channels of one group, got 8 of 9}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x9x?xf32>, memref<2x8x32xf32>
  return
}

// -----

func.func @empty_panel(%x: memref<?x8x?xf32>, %p: memref<2x0x32xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of panel must not be empty, got 'memref<2x0x32xf32>'}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x8x?xf32>, memref<2x0x32xf32>
  return
}

// -----

func.func @dynamic_x(%x: memref<?x?x?xf32>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of x must be static, got 'memref<?x?x?xf32>'}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x?x?xf32>, memref<2x8x32xf32>
  return
}

// -----

func.func @x_rows(%x: memref<?x8x?xf32, strided<[?, ?, 2]>>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{the last axis of x must be contiguous, got 'memref<?x8x?xf32, strided<[?, ?, 2]>>'}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x8x?xf32, strided<[?, ?, 2]>>, memref<2x8x32xf32>
  return
}

// -----

func.func @x_elements(%x: memref<?x8x?xf64>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{computes f32 only so far, got 'memref<?x8x?xf64>'}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x8x?xf64>, memref<2x8x32xf32>
  return
}

// -----

func.func @no_granule(%x: memref<?x8x?xf32>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{granule must be at least 1, got 0}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = 1, granule = 0} : memref<?x8x?xf32>, memref<2x8x32xf32>
  return
}

// -----

func.func @negative_span(%x: memref<?x8x?xf32>, %p: memref<2x8x32xf32>, %i: index) {
  // expected-error @+1 {{span must be at least 0, got -1}}
  tconv.pack_input %x, %p at [%i, %i, %i, %i] {panel_positions = 24, max_shift = 1, span = -1, granule = 24} : memref<?x8x?xf32>, memref<2x8x32xf32>
  return
}

// -----

func.func @contract_elements(%p: memref<1x8x32xf32>, %w: memref<64xi32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{computes f32 only so far, got 'memref<64xi32>'}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xi32>, memref<4x24xf32>
  return
}

// -----

func.func @contract_rank(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<96xf32>, %i: index) {
  // expected-error @+1 {{scratch must have rank 2, got 'memref<96xf32>'}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<96xf32>
  return
}

// -----

func.func @contract_rows(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32, strided<[64, 2]>>, %i: index) {
  // expected-error @+1 {{the last axis of scratch must be contiguous, got 'memref<4x24xf32, strided<[64, 2]>>'}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32, strided<[64, 2]>>
  return
}

// -----

func.func @empty_scratch(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x0xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of scratch must not be empty, got 'memref<4x0xf32>'}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x0xf32>
  return
}

// -----

func.func @tile_overflow(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{rows do not fit 64 bits}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 9223372036854775807, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @row_overflow(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{rows do not fit 64 bits}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4611686018427387904, taps = 2, first_tile = 0, tiles = 4, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @shift_overflow(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{shifts do not fit 64 bits}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 3, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 9223372036854775807, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @shift_step(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{shift_step must be at least 1, got -1}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = -1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @narrow_panel(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{shift -9 reads 34 columns of a panel of 32}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: -9>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @no_shifts(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  // expected-error @+1 {{needs one shift, or one for each of 1 tiles, got 0}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}

// -----

func.func @negative_crop(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{crop must be in [0, stride), got -1 with stride 2}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = -1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}

// -----

func.func @epilogue_bias(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %b: memref<3xf32>, %i: index) {
  // expected-error @+1 {{bias must be (Cout) = (2), got 'memref<3xf32>'}}
  tconv.epilogue %s, %y bias %b at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>, memref<3xf32>
  return
}

// -----

func.func @epilogue_bias_rank(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %b: memref<f32>, %i: index) {
  // expected-error @+1 {{bias must have rank 1, got 'memref<f32>'}}
  tconv.epilogue %s, %y bias %b at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>, memref<f32>
  return
}

// -----

func.func @epilogue_y(%s: memref<4x24xf32>, %y: memref<?x?x?xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of y must be static, got 'memref<?x?x?xf32>'}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x?x?xf32>
  return
}

// -----

func.func @epilogue_elements(%s: memref<4x24xi8>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{computes f32 only so far, got 'memref<4x24xi8>'}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xi8>, memref<?x2x?xf32>
  return
}

// -----

func.func @row_step(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{row step -5 is outside a scratch of 4}}
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: -5, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_window(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{a window has 4 offsets and 4 sizes, got 6 numbers}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_groups(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{groups must be at least 1, got 0}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 0 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_inputs(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{groups must divide the input channels, got 4 for 6}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 4 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_outputs(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x7x?xf32>, %i: index) {
  // expected-error @+1 {{groups must divide the output channels, got 6 for 7}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x7x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_sums(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{sums must be at most 256, got 257}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 257 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_no_sums(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{sums must be at least 1, got 0}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 0 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_weights(%x: memref<?x6x?xf32>, %w: memref<25xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{packed weights of this layer and packing have 24 elements, got 'memref<25xf32>'}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<25xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_bias(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %b: memref<5xf32>, %i: index) {
  // expected-error @+1 {{bias must be (Cout) = (6), got 'memref<5xf32>'}}
  tconv.filter %x, %w, %y bias %b window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>, memref<5xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_type(%x: memref<?x6x?xf16>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{computes f32 only so far, got 'memref<?x6x?xf16>'}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf16>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_batch(%x: memref<2x6x?xf32>, %w: memref<24xf32>, %y: memref<3x6x?xf32>, %i: index) {
  // expected-error @+1 {{x and y differ in their batch: 'memref<2x6x?xf32>' and 'memref<3x6x?xf32>'}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<2x6x?xf32>, memref<24xf32>, memref<3x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_rows(%x: memref<?x6x?xf32, strided<[?, ?, 2]>>, %w: memref<24xf32>, %y: memref<?x6x?xf32>, %i: index) {
  // expected-error @+1 {{the last axis of x must be contiguous, got 'memref<?x6x?xf32, strided<[?, ?, 2]>>'}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf32, strided<[?, ?, 2]>>, memref<24xf32>, memref<?x6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @filter_channels(%x: memref<?x6x?xf32>, %w: memref<24xf32>, %y: memref<?x?x?xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of y must be static, got 'memref<?x?x?xf32>'}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 6 : i64, sums = 8 : i64} : memref<?x6x?xf32>, memref<24xf32>, memref<?x?x?xf32>
  return
}
