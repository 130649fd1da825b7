// What becomes no kernel for Ascend.
// RUN: tconv-opt %s --tconv-expand-cores --split-input-file --verify-diagnostics

// expected-error @+1 {{needs a function layer with tconv.phases in it}}
module {
  func.func @other() {
    return
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{must be mapped to cores by transform.tconv.map_cores}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{tconv.cores lacks positions}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>, tconv.cores = {unit = "cube", rows = 2}}
  return
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  // expected-error @+1 {{has 3 input channels in a group, which a depth of 2 does not divide}}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>, tconv.cores = {unit = "cube", rows = 2, positions = 16, depth = 2, weights = 1, store_positions = 16, store_phases = 1, store_channels = 1}}
  return
}
