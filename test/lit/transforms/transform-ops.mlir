// The transform.tconv operations, one after the other, on a layer whose block
// sizes are given.
// RUN: tconv-opt %s --transform-interpreter --canonicalize | FileCheck %s

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>
#packing = #tconv.packing<channels = 4, rows = 1>

// Two arguments more: the range of tasks.
// CHECK-LABEL: func.func @layer(
// CHECK-SAME: index, %{{[a-z0-9]*}}: index) attributes
// CHECK-SAME: tconv.task_columns = 2 : i64, tconv.task_positions = 16 : i64
// Buffers of the function: sums of 16 positions, panels, packed weights.
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<4x16xf32>
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<2x3x16xf32>
// CHECK-DAG: memref.alloc() : memref<36xf32>
// CHECK: tconv.pack_weights {{.*}} packing = #tconv.packing<channels = 2, rows = 2>
// CHECK: scf.for
// CHECK:   tconv.pack_input {{.*}} {granule = 8 : i64, max_shift = 1 : i64, panel_positions = 8 : i64, span = 1 : i64}
// CHECK:   scf.for
// CHECK:     tconv.contract {{.*}}first_tile = 0 : i64{{.*}} taps = 2 : i64, tiles = 1 : i64
// CHECK:     tconv.contract {{.*}}first_tile = 1 : i64{{.*}} taps = 1 : i64, tiles = 1 : i64
// CHECK:     tconv.epilogue {{.*}} first_rows = array<i64: 0, 2>, row_steps = array<i64: 1, 1>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x4x3xf32>, %y: memref<?x4x?xf32>)
    attributes {tconv.blocks = {channels = 2 : i64, positions = 16 : i64, depth = 3 : i64, panel = 8 : i64}} {
  %p = memref.alloc() : memref<36xf32>
  tconv.pack_weights ins(%w : memref<3x4x3xf32>) outs(%p : memref<36xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<36xf32>) outs(%y : memref<?x4x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %rows = transform.param.constant 2 : i64 -> !transform.param<i64>
    %columns = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %channels, %positions, %depth, %panel = transform.tconv.choose_blocks %phases
        rows %rows columns %columns vectors <positions>
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.set_packing %phases channels %channels rows %rows
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.pack_input %block before %tasks positions %positions panel %panel granule %columns
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %contracts = transform.tconv.split_phases %block columns %positions vectors <positions>
        : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}
