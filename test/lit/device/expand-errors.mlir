// A block operation outside of a kernel can't be expanded.
// RUN: tconv-opt %s --tconv-expand-block-product --verify-diagnostics

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @packed(%x: memref<?x8x?xf32>, %w: memref<256xf32>, %y: memref<?x8x?xf32>, %z: index) {
  // expected-error @+1 {{must be in a kernel of tconv-outline-device}}
  tconv.block_product ins(%x, %w : memref<?x8x?xf32>, memref<256xf32>) outs(%y : memref<?x8x?xf32>) window [%z, %z, %z, %z, %z, %z] {decomposition = #map, groups = 1 : i64, math = "fma", row_warps = 1 : i64, position_warps = 1 : i64, depth = 8 : i64, stages = 2 : i64}
  return
}
