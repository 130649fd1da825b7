// What the transform.tconv operations refuse.
// RUN: tconv-opt %s --transform-interpreter --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs weights that a tconv.pack_weights of the same function writes into a buffer of their own}}
    transform.tconv.set_packing %phases channels %two rows %two : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @nothing() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be one operation, got 0}}
    transform.tconv.set_packing %phases channels %two rows %two : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @other() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %other = transform.structured.match ops{["func.return"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be tconv.phases, got func.return}}
    transform.tconv.set_packing %other channels %two rows %two : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %zero = transform.param.constant 0 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{columns must be one number of at least 1}}
    %c = transform.tconv.split_phases %phases columns %zero vectors <positions> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a tile of tconv.phases whose input is packed}}
    %c = transform.tconv.split_phases %phases columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

func.func @loops(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %loop = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs four nested loops}}
    %a, %b = transform.tconv.map_tasks %loop : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// The tiling interface is for buffers.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @tensors(%x: tensor<?x3x?xf32>, %p: tensor<6xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  // expected-error @+3 {{is tiled on buffers; run tconv-bufferize-layer first}}
  // expected-error @+2 {{tile operation}}
  // expected-error @+1 {{failed to generate tiling loops}}
  %0 = tconv.phases ins(%x, %p : tensor<?x3x?xf32>, tensor<6xf32>) outs(%y : tensor<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %phases tile_sizes [1] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
