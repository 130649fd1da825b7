// Tiling by MLIR's own transforms: a tile is the same op with a window.
// RUN: tconv-opt %s --transform-interpreter --canonicalize --cse --split-input-file | FileCheck %s

#map = #tconv.decomposition<stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>

// Positions of y: its length and the crop, in whole strides; the last tile is
// shorter. x and y stay whole.
// CHECK-DAG: #[[POSITIONS:.*]] = affine_map<()[s0] -> ((s0 + 1) ceildiv 2)>
// CHECK-DAG: #[[REST:.*]] = affine_map<(d0)[s0] -> (-d0 + (s0 + 1) ceildiv 2, 16)>
// CHECK-LABEL: @positions
// CHECK-SAME: %[[X:.*]]: memref<?x3x?xf32>, %{{.*}}: memref<24xf32>, %[[Y:.*]]: memref<?x2x?xf32>
// CHECK: %[[LENGTH:.*]] = memref.dim %[[Y]], %c2
// CHECK: %[[N:.*]] = affine.apply #[[POSITIONS]]()[%[[LENGTH]]]
// CHECK: scf.for %[[Q:.*]] = %c0 to %[[N]] step %c16
// CHECK:   %[[SIZE:.*]] = affine.min #[[REST]](%[[Q]])[%[[LENGTH]]]
// CHECK:   tconv.phases ins(%[[X]], %{{.*}}) outs(%[[Y]] : {{.*}}) window[%c0, %c0, %c0, %[[Q]], %{{.*}}, %c1, %c2, %[[SIZE]]]
func.func @positions(%x: memref<?x3x?xf32>, %w: memref<24xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %w : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %tile, %loop = transform.structured.tile_using_for %phases tile_sizes [0, 0, 0, 16] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>

// A tile of a tile: its offsets are counted from the layer's beginning. y of 48
// outputs has 24 positions, which 8 divide: no shorter tile.
// CHECK-LABEL: @again
// CHECK-NOT: affine.min
// CHECK: scf.for %[[OUTER:.*]] = %c0 to %c24 step %c8
// CHECK:   scf.for %[[INNER:.*]] = %c0 to %c8 step %c4
// CHECK:     %[[Q:.*]] = affine.apply #{{.*}}(%[[OUTER]], %[[INNER]])
// CHECK:     tconv.phases {{.*}} window[%c0, %c0, %c0, %[[Q]], %{{.*}}, %c1, %c2, %c4]
func.func @again(%x: memref<?x3x?xf32>, %w: memref<24xf32>, %y: memref<?x2x48xf32>) {
  tconv.phases ins(%x, %w : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x48xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %tile, %outer = transform.structured.tile_using_for %phases tile_sizes [0, 0, 0, 8] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %small, %inner = transform.structured.tile_using_for %tile tile_sizes [0, 0, 0, 4] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The axes of a group: 2 groups of 3 channels each, tiled by 1 and by 2.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
// CHECK: #[[LAST:.*]] = affine_map<(d0) -> (-d0 + 3, 2)>
// CHECK-LABEL: @groups
// CHECK: scf.for %[[G:.*]] = %c0 to %c2 step %c1
// CHECK:   scf.for %[[C:.*]] = %c0 to %c3 step %c2
// CHECK:     %[[SIZE:.*]] = affine.min #[[LAST]](%[[C]])
// CHECK:     tconv.phases {{.*}} window[%c0, %[[G]], %[[C]], %c0, %{{.*}}, %c1, %[[SIZE]], %{{.*}}]
func.func @groups(%x: memref<?x4x?xf32>, %w: memref<12xf32>, %y: memref<?x6x?xf32>) {
  tconv.phases ins(%x, %w : memref<?x4x?xf32>, memref<12xf32>) outs(%y : memref<?x6x?xf32>) {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 3, rows = 1>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %tile, %loops:2 = transform.structured.tile_using_for %phases tile_sizes [0, 1, 2, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// A contraction: rows and positions are parallel, the depth is a reduction; the
// loops in the order of the interchange.
// CHECK-LABEL: @contract
// CHECK: scf.for %[[K:.*]] = %c0 to %c8 step %c4
// CHECK:   scf.for %[[Q:.*]] = %c0 to %c24 step %c8
// CHECK:     scf.for %[[R:.*]] = %c0 to %c8 step %c4
// CHECK:       tconv.contract {{.*}} window[%[[R]], %[[Q]], %[[K]], %c4, %c8, %c4]
func.func @contract(%p: memref<1x8x32xf32>, %w: memref<128xf32>, %s: memref<8x24xf32>) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c24 = arith.constant 24 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c8, %c24, %c8] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 2, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<128xf32>, memref<8x24xf32>
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %contract = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    %tile, %loops:3 = transform.structured.tile_using_for %contract tile_sizes [4, 8, 4] interchange = [2, 1, 0] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.yield
  }
}
