// RUN: tconv-opt %s --tconv-expand-pack-weights | FileCheck %s

// One section, no padding but that of the last tile: arithmetic, no table.
// CHECK-LABEL: @one
// CHECK-NOT: memref.get_global
// CHECK: scf.if
// CHECK:   memref.load %{{.*}} : memref<3x2x4xf32>
// CHECK: } else {
// CHECK:   memref.store %cst
func.func @one(%w: memref<3x2x4xf32>, %p: memref<36xf32>) {
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<36xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 6>}
  return
}

// Two sections with as many taps: one loop, which looks up its rows.
// CHECK-LABEL: @two
// CHECK: memref.get_global
// CHECK-NOT: tconv.pack_weights
func.func @two(%w: memref<3x2x2xf32>, %p: memref<24xf32>) {
  tconv.pack_weights ins(%w : memref<3x2x2xf32>) outs(%p : memref<24xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 3, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 1>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}
