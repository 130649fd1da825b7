// Every refusal that has to do with fast algorithms.
// RUN: tconv-opt %s --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 2, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @steps(%w: memref<3x2x2xf32>, %p: memref<18xf32>) {
  // expected-error @+1 {{fast algorithms need phases that all begin at the same position and step by 1, got #tconv.decomposition}}
  tconv.pack_weights ins(%w : memref<3x2x2xf32>) outs(%p : memref<18xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>}
  return
}

// -----

// Two filters of 3 taps: for 3 channels 6 inputs, of 4 points and a tap besides.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 5, shift = 0>]>
func.func @taps(%w: memref<3x2x5xf32>, %p: memref<54xf32>) {
  // expected-error @+1 {{packed weights of this layer and packing have 60 elements, got 'memref<54xf32>'}}
  tconv.pack_weights ins(%w : memref<3x2x5xf32>) outs(%p : memref<54xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 1>]>
func.func @shifts(%w: memref<3x2x2xf32>, %p: memref<24xf32>) {
  // expected-error @+1 {{fast algorithms need phases that all begin at the same position and step by 1, got #tconv.decomposition}}
  tconv.pack_weights ins(%w : memref<3x2x2xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>}
  return
}

// -----

// Taps that are no point take room behind the points: 4 and 1 of 2 rows and 3
// channels.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>
func.func @fast_size(%w: memref<3x2x3xf32>, %p: memref<24xf32>) {
  // expected-error @+1 {{packed weights of this layer and packing have 30 elements, got 'memref<24xf32>'}}
  tconv.pack_weights ins(%w : memref<3x2x3xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @no_regular(%x: memref<3x3x16xf32>, %p: memref<18xf32>, %y: memref<?x2x?xf32>, %i: index) {
  // expected-error @+1 {{needs regular where its input is packed for a fast algorithm, and only there}}
  tconv.phases ins(%x, %p : memref<3x3x16xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) panel_origin %i {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>, panel_positions = 32 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @not_packed(%x: memref<?x3x?xf32>, %p: memref<18xf32>, %y: memref<?x2x?xf32>, %r: i1) {
  // expected-error @+1 {{needs regular where its input is packed for a fast algorithm, and only there}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) regular %r {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @direct(%x: memref<1x3x17xf32>, %p: memref<12xf32>, %y: memref<?x2x?xf32>, %i: index, %r: i1) {
  // expected-error @+1 {{needs regular where its input is packed for a fast algorithm, and only there}}
  tconv.phases ins(%x, %p : memref<1x3x17xf32>, memref<12xf32>) outs(%y : memref<?x2x?xf32>) panel_origin %i regular %r {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2>, panel_positions = 16 : i64}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 2, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @phases_steps(%x: memref<?x3x?xf32>, %p: memref<18xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{fast algorithms need phases that all begin at the same position and step by 1, got #tconv.decomposition}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>}
  return
}

// -----

func.func @x_rank(%x: memref<8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{x must have rank 3, got 'memref<8x?xf32>'}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @panel_rank(%x: memref<?x8x?xf32>, %p: memref<4x64xf32>, %i: index) {
  // expected-error @+1 {{panel must have rank 3, got 'memref<4x64xf32>'}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x64xf32>
  return
}

// -----

func.func @x_channels(%x: memref<?x?x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of x must be static, got 'memref<?x?x?xf32>'}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x?x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @x_elements(%x: memref<?x8x?xf64>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{computes f32 only so far, got 'memref<?x8x?xf64>'}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf64>, memref<4x4x16xf32>
  return
}

// -----

func.func @dynamic_panel(%x: memref<?x8x?xf32>, %p: memref<?x4x16xf32>, %i: index) {
  // expected-error @+1 {{axis 0 of panel must be static, got 'memref<?x4x16xf32>'}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<?x4x16xf32>
  return
}

// -----

func.func @empty_panel(%x: memref<?x8x?xf32>, %p: memref<0x4x16xf32>, %i: index) {
  // expected-error @+1 {{axis 0 of panel must not be empty, got 'memref<0x4x16xf32>'}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<0x4x16xf32>
  return
}

// -----

func.func @no_columns(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{panel_columns must be at least 1, got 0}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 0, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @no_granule(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{granule must be at least 1, got 0}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 0} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @one_output(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{outputs must be from 2 to 4, got 1}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 1, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @five_outputs(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{outputs must be from 2 to 4, got 5}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 5, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @no_filter(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{needs the taps of one filter at least}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @no_taps(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{taps must fall from 4 at most to 1 at least, got 0}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2, 0>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @five_taps(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{taps must fall from 4 at most to 1 at least, got 5}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 5>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @same_taps(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{taps must fall from 4 at most to 1 at least, got 2}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2, 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @rising_taps(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{taps must fall from 4 at most to 1 at least, got 3}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2, 3>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @channels(%x: memref<?x9x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{a panel holds the channels of one group, got 4 of 9}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x9x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @no_filters(%x: memref<?x8x?xf32>, %p: memref<4x8x16xf32>, %i: index) {
  // expected-error @+1 {{filters must be 1 at least, and 1 where filters have different numbers of taps, got 0}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {filters = 0, outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x8x16xf32>
  return
}

// -----

func.func @mixed_filters(%x: memref<?x8x?xf32>, %p: memref<9x8x16xf32>, %i: index) {
  // expected-error @+1 {{filters must be 1 at least, and 1 where filters have different numbers of taps, got 2}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {filters = 2, outputs = 3, taps = array<i64: 3, 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<9x8x16xf32>
  return
}

// -----

func.func @filters_of_channels(%x: memref<?x8x?xf32>, %p: memref<4x9x16xf32>, %i: index) {
  // expected-error @+1 {{a panel holds the channels of one group, each for every filter, got 9 of 8}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {filters = 2, outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x9x16xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 5, shift = 0>]>
func.func @plain_filters(%p: memref<4x3x24xf32>, %w: memref<60xf32>, %s: memref<8x24xf32>, %i: index) {
  // expected-error @+1 {{a panel holds every channel for each of 2 filters, got 3}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<4x3x24xf32>, memref<60xf32>, memref<8x24xf32>
  return
}

// -----

func.func @points(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{needs as many panels for each of 7 points, got 4}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2, 1>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @granule(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{granule must divide panel_columns, got 5 for 16}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 5} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @width(%x: memref<?x8x?xf32>, %p: memref<4x4x16xf32>, %i: index) {
  // expected-error @+1 {{a panel of 16 columns can't hold 32}}
  %regular = tconv.transform_input %x, %p at [%i, %i, %i, %i] {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 32, granule = 16} : memref<?x8x?xf32>, memref<4x4x16xf32>
  return
}

// -----

func.func @panels(%p: memref<2x8x32xf32>, %w: memref<192xf32>, %s: memref<12x24xf32>, %i: index) {
  // expected-error @+1 {{needs one number of panels, or one for each of 3 tiles, got 2}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 3, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>, panels = array<i64: 0, 1>} : memref<2x8x32xf32>, memref<192xf32>, memref<12x24xf32>
  return
}

// -----

func.func @no_panels(%p: memref<2x8x32xf32>, %w: memref<192xf32>, %s: memref<12x24xf32>, %i: index) {
  // expected-error @+1 {{needs one number of panels, or one for each of 3 tiles, got 0}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 3, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>, panels = array<i64>} : memref<2x8x32xf32>, memref<192xf32>, memref<12x24xf32>
  return
}

// -----

func.func @panel(%p: memref<2x8x32xf32>, %w: memref<192xf32>, %s: memref<12x24xf32>, %i: index) {
  // expected-error @+1 {{panel 2 is outside a buffer of 2}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 3, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>, panels = array<i64: 0, 1, 2>} : memref<2x8x32xf32>, memref<192xf32>, memref<12x24xf32>
  return
}

// -----

func.func @negative_panel(%p: memref<2x8x32xf32>, %w: memref<192xf32>, %s: memref<12x24xf32>, %i: index) {
  // expected-error @+1 {{panel -1 is outside a buffer of 2}}
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 3, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>, panels = array<i64: -1>} : memref<2x8x32xf32>, memref<192xf32>, memref<12x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_rank(%s: memref<6xf32>, %i: index) {
  // expected-error @+1 {{scratch must have rank 2, got 'memref<6xf32>'}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<6xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_dynamic(%s: memref<6x?xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of scratch must be static, got 'memref<6x?xf32>'}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<6x?xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_empty(%s: memref<0x24xf32>, %i: index) {
  // expected-error @+1 {{axis 0 of scratch must not be empty, got 'memref<0x24xf32>'}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<0x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 2, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_steps(%s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{fast algorithms need phases that all begin at the same position and step by 1, got #tconv.decomposition}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_direct(%s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{needs a packing for a fast algorithm, got #tconv.packing<channels = 2, rows = 2>}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2>} : memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_overflow(%s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{packed weights do not fit 64 bits}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 4611686018427387904, rows = 2, outputs = 2>} : memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_rows(%s: memref<5x24xf32>, %i: index) {
  // expected-error @+1 {{scratch has 5 rows, needs 6}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<5x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @combine_row_axis(%s: memref<24x5xf32>, %i: index) {
  // expected-error @+1 {{scratch has 5 rows, needs 6}}
  tconv.combine %s at [%i] {vectors = #tconv.vectors<rows>, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<24x5xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_panel_rank(%p: memref<72x3xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{panel must have rank 3, got 'memref<72x3xf32>'}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<72x3xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_weights_rank(%p: memref<3x3x24xf32>, %w: memref<6x3xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{weights must have rank 1, got 'memref<6x3xf32>'}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<6x3xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_dynamic(%p: memref<3x3x?xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{axis 2 of panel must be static, got 'memref<3x3x?xf32>'}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x?xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_empty(%p: memref<3x0x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{axis 1 of panel must not be empty, got 'memref<3x0x24xf32>'}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x0x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_columns(%p: memref<3x3x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{panel_columns must be at least 1, got -1}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = -1, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_scratch(%p: memref<3x3x24xf32>, %w: memref<18xf32>, %s: memref<5x24xf32>, %i: index) {
  // expected-error @+1 {{scratch has 5 rows, needs 6}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<18xf32>, memref<5x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 2, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_steps(%p: memref<3x3x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{fast algorithms need phases that all begin at the same position and step by 1, got #tconv.decomposition}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_direct(%p: memref<3x3x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{needs a packing for a fast algorithm, got #tconv.packing<channels = 2, rows = 2>}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2>} : memref<3x3x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_overflow(%p: memref<3x2305843009213693952x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{packed weights do not fit 64 bits}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x2305843009213693952x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_points(%p: memref<4x3x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{needs as many panels for each of 3 points, got 4}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<4x3x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @plain_width(%p: memref<3x3x24xf32>, %w: memref<18xf32>, %s: memref<6x24xf32>, %i: index) {
  // expected-error @+1 {{a panel of 24 columns can't hold 25}}
  tconv.contract_plain %p, %w, %s at [%i, %i, %i] {vectors = #tconv.vectors<positions>, panel_columns = 25, decomposition = #map, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<3x3x24xf32>, memref<18xf32>, memref<6x24xf32>
  return
}
