// What the transform operations of GPU schedules refuse.
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
    // expected-error @+1 {{needs a module with a known tconv.architecture}}
    %a, %b, %c, %d = transform.tconv.choose_tile %phases math "fma" stages %two : (!transform.any_op, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
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
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{math must be fma, mma or tf32, got "wgmma"}}
    %a, %b, %c, %d = transform.tconv.choose_tile %phases math "wgmma" stages %two : (!transform.any_op, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
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
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a whole layer on buffers whose weights a tconv.pack_weights of the same function packs}}
    %f = transform.tconv.make_filter %phases threads %two each %two : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

func.func @layer(%n: index) {
  scf.forall (%i) in (%n) {
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %loop = transform.structured.match ops{["scf.forall"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a loop over three axes from 0, without results, in a function}}
    transform.tconv.map_blocks %loop positions %two : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}
