// What the transform operations of Ascend's schedules refuse.
// RUN: tconv-opt %s --transform-interpreter --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a module with a known tconv.ascend}}
    %n:7 = transform.tconv.choose_core_tile %phases unit "cube" : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence, tconv.ascend = "310p"} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a module with a known tconv.ascend}}
    %n:7 = transform.tconv.choose_core_tile %phases unit "cube" : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence, tconv.ascend = "910b3"} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{unit must be cube or vector, got "scalar"}}
    %n:7 = transform.tconv.choose_core_tile %phases unit "scalar" : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence, tconv.ascend = "910b3"} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %p0 = transform.param.constant 2 : i64 -> !transform.param<i64>
    %p1 = transform.param.constant 16 : i64 -> !transform.param<i64>
    %p2 = transform.param.constant 3 : i64 -> !transform.param<i64>
    %p3 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p4 = transform.param.constant 16 : i64 -> !transform.param<i64>
    %p5 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p6 = transform.param.constant 1 : i64 -> !transform.param<i64>
    // expected-error @+1 {{unit must be cube or vector, got "scalar"}}
    transform.tconv.map_cores %phases unit "scalar" product [%p0, %p1, %p2] weights %p3 store [%p4, %p5, %p6] : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>) -> ()
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence, tconv.ascend = "910b3"} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %p0 = transform.param.constant 2 : i64 -> !transform.param<i64>
    %p1 = transform.param.constant 16 : i64 -> !transform.param<i64>
    %p2 = transform.param.constant 3 : i64 -> !transform.param<i64>
    %p3 = transform.param.constant 3 : i64 -> !transform.param<i64>
    %p4 = transform.param.constant 16 : i64 -> !transform.param<i64>
    %p5 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p6 = transform.param.constant 1 : i64 -> !transform.param<i64>
    // expected-error @+1 {{weights must be 1 or 2, got 3}}
    transform.tconv.map_cores %phases unit "cube" product [%p0, %p1, %p2] weights %p3 store [%p4, %p5, %p6] : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>) -> ()
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence, tconv.ascend = "910b3"} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %p0 = transform.param.constant 2 : i64 -> !transform.param<i64>
    %p1 = transform.param.constant 4096 : i64 -> !transform.param<i64>
    %p2 = transform.param.constant 3 : i64 -> !transform.param<i64>
    %p3 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p4 = transform.param.constant 16 : i64 -> !transform.param<i64>
    %p5 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p6 = transform.param.constant 1 : i64 -> !transform.param<i64>
    // expected-error @+1 {{the memories or instructions of a core can't hold 2 rows x 4096 positions x 3 deep}}
    transform.tconv.map_cores %phases unit "cube" product [%p0, %p1, %p2] weights %p3 store [%p4, %p5, %p6] : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>) -> ()
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence, tconv.ascend = "910b3"} {
  func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
    tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %p0 = transform.param.constant 256 : i64 -> !transform.param<i64>
    %p1 = transform.param.constant 256 : i64 -> !transform.param<i64>
    %p2 = transform.param.constant 3 : i64 -> !transform.param<i64>
    %p3 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p4 = transform.param.constant 16 : i64 -> !transform.param<i64>
    %p5 = transform.param.constant 1 : i64 -> !transform.param<i64>
    %p6 = transform.param.constant 1 : i64 -> !transform.param<i64>
    // expected-error @+1 {{the memories or instructions of a core can't hold 256 rows x 256 positions x 3 deep}}
    transform.tconv.map_cores %phases unit "cube" product [%p0, %p1, %p2] weights %p3 store [%p4, %p5, %p6] : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>) -> ()
    transform.yield
  }
}
