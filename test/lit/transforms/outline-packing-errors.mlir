// RUN: tconv-opt %s --tconv-outline-packing --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func @own_buffer(%w: memref<3x2x4xf32>, %p: memref<24xf32>) {
  // expected-error @+1 {{must read an argument of its function and write a buffer of its own to be outlined}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
func.func private @layer_pack()
func.func @layer(%w: memref<3x2x4xf32>) {
  %p = memref.alloc() : memref<24xf32>
  // expected-error @+1 {{can't be outlined: layer_pack exists}}
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}
