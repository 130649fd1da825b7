// The transform.tconv operations, one after the other, on a layer whose block
// sizes are given.
// RUN: tconv-opt %s --transform-interpreter --canonicalize --split-input-file | FileCheck %s

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>
#packing = #tconv.packing<channels = 4, rows = 1>

// Two arguments more: the range of tasks.
// CHECK-LABEL: func.func @layer(
// CHECK-SAME: memref<?x4x?xf32>, %{{[a-z0-9]*}}: index, %{{[a-z0-9]*}}: index) attributes
// CHECK-SAME: tconv.task_columns = 2 : i64, tconv.task_positions = 16 : i64
// Buffers of the function: sums of 16 positions, panels, packed weights.
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<4x16xf32>
// CHECK-DAG: memref.alloc() {alignment = 64 : i64} : memref<2x3x16xf32>
// CHECK-DAG: memref.alloc() : memref<36xf32>
// CHECK: tconv.pack_weights {{.*}} packing = #tconv.packing<channels = 2, rows = 2>
// CHECK: scf.for
// CHECK:   tconv.pack_input {{.*}} {granule = 8 : i64, max_shift = 1 : i64, panel_positions = 8 : i64, span = 1 : i64}
// CHECK:   scf.for
// The longer contraction brings the next block's x and this one's y.
// CHECK:     tconv.contract {{.*}} streams %arg0, %arg2 at[%[[N:.*]], %c0, %{{.*}}, %[[N]], %{{.*}}, %{{.*}}] {first_tile = 0 : i64{{.*}} prefetch = 8 : i64, rows = 2 : i64{{.*}} stream_sizes = array<i64: 3, 16, 0, 2, 32, 1>, taps = 2 : i64, tiles = 1 : i64
// CHECK:     tconv.contract
// CHECK-NOT: streams
// CHECK-SAME: first_tile = 1 : i64{{.*}} prefetch = 8 : i64{{.*}} taps = 1 : i64, tiles = 1 : i64
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
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases
        rows %rows columns %columns vectors <positions>
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.set_packing %phases channels %channels rows %rows outputs %outputs
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.pack_input %block before %tasks positions %positions panel %panel granule %columns
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %contracts = transform.tconv.split_phases %block positions %positions vectors <positions>
        : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.tconv.prefetch_weights %contracts ahead %columns part %depth
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    %tensors = transform.structured.match ops{["tconv.pack_input", "tconv.epilogue"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.prefetch_tensors %contracts of %tensors positions %positions channels %channels depth %depth
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// The same with a fast algorithm: x becomes points, or stays as it is where it
// holds values that must not be mixed; what follows depends on it. A launch says
// how many positions a block has, in granules of 8 columns of 3.
#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>
#packing = #tconv.packing<channels = 4, rows = 1>

// CHECK-DAG: #[[LEAST:.*]] = affine_map<(d0)[s0, s1] -> (-d0 + s0 ceildiv 2, 48, s1)>
// CHECK-DAG: #[[OFFSET:.*]] = affine_map<(d0) -> ((d0 floordiv 2) * 448)>
// CHECK-DAG: #[[COLUMN:.*]] = affine_map<(d0) -> (d0 floordiv 3)>
// CHECK-DAG: #[[COLUMNS:.*]] = affine_map<(d0) -> (d0 ceildiv 3)>
// CHECK-LABEL: func.func @fast(
// CHECK-SAME: %[[X:.*]]: memref<?x32x?xf32>, %{{.*}}: memref<32x4x3xf32>, %[[Y:.*]]: memref<?x4x?xf32>, %{{.*}}: index, %{{.*}}: index, %[[BLOCK:.*]]: index)
// CHECK-SAME: tconv.algorithm = "F(3, 2) and F(3, 1)"
// CHECK-SAME: tconv.task_columns = 2 : i64, tconv.task_granule = 24 : i64, tconv.task_positions = 48 : i64
// Sums of 7 points with 2 rows, in 16 columns of 3 positions; 2 panels a point.
// CHECK-DAG: %[[S:.*]] = memref.alloc() {alignment = 64 : i64} : memref<14x16xf32>
// CHECK-DAG: %[[P:.*]] = memref.alloc() {alignment = 64 : i64} : memref<14x32x16xf32>
// CHECK-DAG: %[[W:.*]] = memref.alloc() : memref<896xf32>
// CHECK: tconv.pack_weights {{.*}} packing = #tconv.packing<channels = 2, rows = 2, outputs = 3>
// CHECK: %[[BLOCKS:.*]] = arith.ceildivui %{{.*}}, %[[BLOCK]]
// CHECK: scf.for
// CHECK:   arith.remui %{{.*}}, %[[BLOCKS]]
// CHECK:   %[[Q:.*]] = arith.muli %{{.*}}, %[[BLOCK]]
// CHECK:   %[[NQ:.*]] = affine.min #[[LEAST]](%[[Q]])[%{{.*}}, %[[BLOCK]]]
// CHECK:   %[[REGULAR:.*]] = tconv.transform_input %[[X]], %[[P]] at[%{{.*}}, %{{.*}}, %[[Q]], %[[NQ]]] {granule = 8 : i64, outputs = 3 : i64, panel_columns = 8 : i64, shift = 0 : i64, taps = array<i64: 2, 1>}
// CHECK:   scf.if %[[REGULAR]] {
// CHECK-NEXT: } else {
// CHECK:     tconv.transform_input %[[X]], %[[P]] at[%{{.*}}, %{{.*}}, %[[Q]], %[[NQ]]] {granule = 8 : i64, outputs = 3 : i64, panel_columns = 8 : i64, plain, shift = 0 : i64, taps = array<i64: 2, 1>}
// CHECK:   scf.for %[[TASK:.*]] = {{.*}} {
// CHECK:     %[[CHANNEL:.*]] = arith.muli %[[TASK]], %c2
// CHECK:     %[[AT:.*]] = affine.apply #[[OFFSET]](%[[CHANNEL]])
// CHECK:     %[[FIRST:.*]] = affine.apply #[[COLUMN]](%[[Q]])
// CHECK:     %[[N:.*]] = affine.apply #[[COLUMNS]](%[[NQ]])
// CHECK:     scf.if %[[REGULAR]] {
// CHECK:       tconv.contract %[[P]], %[[W]], %[[S]] at[%{{.*}}, %c0] window[%c0, %c0, %c0, %c14, %[[N]], %c32] {first_tile = 0 : i64, max_shift = 0 : i64, panel_positions = 8 : i64, panels = array<i64: 0, 2, 4, 6, 8, 10, 12>, rows = 2 : i64, shift_step = 1 : i64, shifts = array<i64: 0>, taps = 1 : i64, tiles = 7 : i64, vectors = #tconv.vectors<positions>}
// CHECK:       tconv.combine %[[S]] at[%[[N]]] {{.*}} packing = #tconv.packing<channels = 2, rows = 2, outputs = 3>, vectors = #tconv.vectors<positions>}
// CHECK:     } else {
// CHECK:       tconv.contract_plain %[[P]], %[[W]], %[[S]] at[%[[AT]], %c0, %[[N]]] {{.*}} packing = #tconv.packing<channels = 2, rows = 2, outputs = 3>, panel_columns = 8 : i64, vectors = #tconv.vectors<positions>}
// CHECK:     }
// 3 positions of 2 phases: the outputs lie where points 0 to 2 were.
// CHECK:     tconv.epilogue %[[S]], %[[Y]] at[%{{.*}}, %[[CHANNEL]], %c2, %[[FIRST]], %[[N]]] {crop = 0 : i64, first_rows = array<i64: 0, 8, 2, 10, 4, 12>, row_steps = array<i64: 1, 1, 1, 1, 1, 1>, stride = 6 : i64, vectors = #tconv.vectors<positions>}
func.func @fast(%x: memref<?x32x?xf32>, %w: memref<32x4x3xf32>, %y: memref<?x4x?xf32>)
    attributes {tconv.blocks = {channels = 2 : i64, positions = 48 : i64, depth = 32 : i64, panel = 24 : i64, outputs = 3 : i64}} {
  %p = memref.alloc() : memref<384xf32>
  tconv.pack_weights ins(%w : memref<32x4x3xf32>) outs(%p : memref<384xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<384xf32>) outs(%y : memref<?x4x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %rows = transform.param.constant 2 : i64 -> !transform.param<i64>
    %columns = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases
        rows %rows columns %columns vectors <positions>
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.set_packing %phases channels %channels rows %rows outputs %outputs
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n granule %columns
        : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.pack_input %block before %tasks positions %positions panel %panel granule %columns
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %contracts = transform.tconv.split_phases %block positions %positions vectors <positions>
        : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

// Blocks that are no multiple of the granule stay as they are.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>

// CHECK-LABEL: func.func @blocks_of_their_own(
// CHECK-SAME: memref<?x2x?xf32>, %{{[a-z0-9]*}}: index, %{{[a-z0-9]*}}: index) attributes
// CHECK-NOT: tconv.task_granule
// CHECK-SAME: tconv.task_positions = 12 : i64
func.func @blocks_of_their_own(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, 2, 12] interchange = [0, 1, 3, 2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n granule %eight
        : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
