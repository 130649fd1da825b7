// RUN: tconv-opt %s --tconv-expand-filter=lanes=8 --verify-diagnostics
// RUN: not tconv-opt %s --tconv-expand-filter=lanes=3 2>&1 | FileCheck %s --check-prefix=LANES
// LANES: error: lanes must be a power of two, got 3

#map = #tconv.decomposition<stride = 65537, crop = 0, tap_step = 65537, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @phases(%x: memref<?x1x?xf32>, %w: memref<1xf32>, %y: memref<?x1x?xf32>, %i: index) {
  // expected-error @+1 {{keeps tables of its phases, 65537 of them, more than 65536}}
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 1 : i64, sums = 8 : i64} : memref<?x1x?xf32>, memref<1xf32>, memref<?x1x?xf32>
  return
}
