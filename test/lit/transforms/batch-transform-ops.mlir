// RUN: tconv-opt %s --transform-interpreter --split-input-file | FileCheck %s

// Batch items become one row where the new argument says how far apart they
// lie, and stay rows of their own with the largest number. Columns are 3
// positions, of which x is read from 1 before them on.
#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>
#packing = #tconv.packing<channels = 2, rows = 4, outputs = 3>

// CHECK-DAG: #[[POSITIONS:.*]] = affine_map<()[s0] -> (s0 ceildiv 2)>
// CHECK-DAG: #[[COLUMNS:.*]] = affine_map<()[s0] -> (s0 floordiv 3)>
// CHECK-LABEL: func.func @fold(
// CHECK-SAME: %[[X:.*]]: memref<?x32x?xf32>, %{{.*}}: memref<{{.*}}>, %[[Y:.*]]: memref<?x4x?xf32>, %[[ITEMS:.*]]: index, %{{.*}}: index, %{{.*}}: index)
// CHECK-SAME: tconv.item_after = 0 : i64, tconv.item_before = 1 : i64, tconv.item_granule = 3 : i64
// CHECK-DAG: %[[LENGTH:.*]] = memref.dim %[[Y]], %c2
// CHECK-DAG: %[[BATCH:.*]] = memref.dim %[[Y]], %c0
// CHECK-DAG: %[[OWN:.*]] = affine.apply #[[POSITIONS]]()[%[[LENGTH]]]
// CHECK-DAG: %[[APART:.*]] = arith.cmpi eq, %[[ITEMS]], %c9223372036854775807
// CHECK-DAG: %[[OTHERS:.*]] = arith.subi %[[BATCH]], %c1
// CHECK-DAG: %[[BEFORE:.*]] = arith.muli %[[OTHERS]], %[[ITEMS]]
// CHECK-DAG: %[[ALL:.*]] = arith.addi %[[BEFORE]], %[[OWN]]
// CHECK: %[[LAST:.*]] = arith.select %[[APART]], %[[OWN]], %[[ALL]]
// CHECK: arith.ceildivui %[[LAST]], %c12
// CHECK: scf.for
// CHECK:   affine.min {{.*}}[%[[LAST]]]
// CHECK:   tconv.transform_input %[[X]], {{.*}} items %[[ITEMS]] {
// CHECK:   tconv.transform_input %[[X]], {{.*}} items %[[ITEMS]] {{{.*}}plain
// CHECK:   %[[DISTANCE:.*]] = affine.apply #[[COLUMNS]]()[%[[ITEMS]]]
// CHECK:   tconv.epilogue {{.*}} items %[[DISTANCE]] {
func.func @fold(%x: memref<?x32x?xf32>, %p: memref<1792xf32>, %y: memref<?x4x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<1792xf32>) outs(%y : memref<?x4x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %channels = transform.param.constant 2 : i64 -> !transform.param<i64>
    %positions = transform.param.constant 12 : i64 -> !transform.param<i64>
    %columns = transform.param.constant 4 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.fold_batch %phases : !transform.any_op
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.pack_input %block before %tasks positions %positions panel %positions granule %columns
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %contracts = transform.tconv.split_phases %block positions %positions vectors <rows>
        : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

// A direct kernel has no columns. A crop of a whole stride leaves positions
// whose taps reach to the right: what they read belongs to the item, too.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = -2>]>

// CHECK-LABEL: func.func @direct(
// CHECK-SAME: tconv.item_after = 2 : i64, tconv.item_before = 0 : i64, tconv.item_granule = 1 : i64
// CHECK: tconv.phases {{.*}} items %{{.*}} {
func.func @direct(%x: memref<?x3x?xf32>, %p: memref<18xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.fold_batch %phases : !transform.any_op
    transform.yield
  }
}

// -----

// Few: not of functions that expect many positions.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>

// CHECK-LABEL: func.func @many(
// CHECK-NOT: items
func.func @many(%x: memref<?x3x?xf32>, %p: memref<18xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.fold_batch %phases few : !transform.any_op
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>

// CHECK-LABEL: func.func @few(
// CHECK-SAME: tconv.item_granule = 1 : i64
// CHECK: tconv.phases {{.*}} items %{{.*}} {
func.func @few(%x: memref<?x3x?xf32>, %p: memref<18xf32>, %y: memref<?x2x?xf32>) attributes {tconv.expected_positions = 64 : i64} {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 2>}
  return
}

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.fold_batch %phases few : !transform.any_op
    transform.yield
  }
}
