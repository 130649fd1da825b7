// What the transform.tconv operations refuse.
// RUN: tconv-opt %s --transform-interpreter --split-input-file --verify-diagnostics

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs weights that a tconv.pack_weights of the same function writes into a buffer of their own}}
    transform.tconv.set_packing %phases channels %two rows %two outputs %one : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @nothing() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be one operation, got 0}}
    transform.tconv.set_packing %phases channels %two rows %two outputs %one : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @other() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %other = transform.structured.match ops{["func.return"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be tconv.phases, got func.return}}
    transform.tconv.set_packing %other channels %two rows %two outputs %one : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
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
    // expected-error @+1 {{positions must be one number of at least 1}}
    %c = transform.tconv.split_phases %phases positions %zero vectors <positions> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
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
    %c = transform.tconv.split_phases %phases positions %eight vectors <positions> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
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

// -----

// Numbers that no buffer of a kernel could have.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %huge = transform.param.constant 4611686018427387904 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{rows must be one number of at least 1 and at most 2147483647}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %huge columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %huge = transform.param.constant 4611686018427387904 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{columns must be one number of at least 1}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %eight columns %huge vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

// Taps so far apart that a panel can not be counted.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 288230376151711744, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x3xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<18xf32>
  tconv.pack_weights ins(%w : memref<3x2x3xf32>) outs(%p : memref<18xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<18xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a layer whose blocks fit 64 bits}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %one vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {channels = -2 : i64}} {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{channels of tconv.blocks must be a number of at least 1 and at most 2147483647, got -2 : i64}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {panel = "wide"}} {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{panel of tconv.blocks must be a number of at least 1 and at most 2147483647, got "wide"}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %both = transform.merge_handles %one, %two : !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{channels must be one number of at least 1}}
    transform.tconv.set_packing %phases channels %both rows %one outputs %one : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3000000000x?xf32>, %w: memref<3000000000x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6000000000xf32>
  tconv.pack_weights ins(%w : memref<3000000000x2x1xf32>) outs(%p : memref<6000000000xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3000000000x?xf32>, memref<6000000000xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %most = transform.param.constant 2147483647 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{packed weights in blocks of 2147483647 channels and 2147483647 rows do not fit 64 bits}}
    transform.tconv.set_packing %phases channels %most rows %most outputs %one : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @loops(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.for %k = %c0 to %n step %c1 {
        scf.for %l = %c0 to %n step %c2 {
        }
      }
    }
    func.call @effect() : () -> ()
  }
  return
}
func.func private @effect()
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs four perfectly nested loops}}
    %b, %t = transform.tconv.map_tasks %l#3 : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @loops(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.for %k = %c0 to %i step %c1 {
        scf.for %l = %c0 to %n step %c2 {
        }
      }
    }
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs loops from 0 whose bounds do not depend on each other}}
    %b, %t = transform.tconv.map_tasks %l#3 : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @loops(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.for %k = %c0 to %n step %c1 {
        scf.for %l = %c0 to %n step %c0 {
        }
      }
    }
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs loops with a step of at least 1}}
    %b, %t = transform.tconv.map_tasks %l#3 : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @loops(%n: i32) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c2 = arith.constant 2 : i32
  scf.for %i = %c0 to %n step %c1 : i32 {
    scf.for %j = %c0 to %n step %c1 : i32 {
      scf.for %k = %c0 to %n step %c1 : i32 {
        scf.for %l = %c0 to %n step %c2 : i32 {
        }
      }
    }
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs loops over indices that carry no values}}
    %b, %t = transform.tconv.map_tasks %l#3 : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @carried(%n: index) -> f32 {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %z = arith.constant 0.0 : f32
  %r0 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %z) -> (f32) {
    %r1 = scf.for %j = %c0 to %n step %c1 iter_args(%b = %a) -> (f32) {
      %r2 = scf.for %k = %c0 to %n step %c1 iter_args(%c = %b) -> (f32) {
        %r3 = scf.for %l = %c0 to %n step %c1 iter_args(%d = %c) -> (f32) {
          scf.yield %d : f32
        }
        scf.yield %r3 : f32
      }
      scf.yield %r2 : f32
    }
    scf.yield %r1 : f32
  }
  return %r0 : f32
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs loops over indices that carry no values}}
    %b, %t = transform.tconv.map_tasks %l#3 : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %c1 step %c1 {
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %l = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a tile of tconv.phases that is not packed yet}}
    transform.tconv.pack_input %phases before %l positions %eight panel %eight granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %three = transform.param.constant 3 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{positions must be a multiple of panel, and panel of granule columns, got 8, 8 and 3 of 1 positions}}
    transform.tconv.pack_input %t before %ch positions %eight panel %eight granule %three : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{the tile's batch, group and positions change in the loop}}
    transform.tconv.pack_input %t before %q positions %eight panel %eight granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %c1 step %c1 {
  } {apart}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %l = transform.structured.match ops{["scf.for"]} attributes{apart} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a loop around the tile}}
    transform.tconv.pack_input %t before %l positions %eight panel %eight granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// Too small a buffer would be written past its end.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %four = transform.param.constant 4 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{positions must be at least the tile's 8, got 4}}
    transform.tconv.pack_input %t before %ch positions %four panel %four granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x300000000x?xf32>, %w: memref<300000000x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<600000000xf32>
  tconv.pack_weights ins(%w : memref<300000000x2x1xf32>) outs(%p : memref<600000000xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x300000000x?xf32>, memref<600000000xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %most = transform.param.constant 2147483647 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{panels of 2147483647 positions and a span of 0 do not fit 64 bits}}
    transform.tconv.pack_input %t before %ch positions %most panel %most granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<6xf32>
  tconv.pack_weights ins(%w : memref<3x2x1xf32>) outs(%p : memref<6xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %four = transform.param.constant 4 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.tconv.pack_input %t before %ch positions %eight panel %eight granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    // expected-error @+1 {{positions must be at least the tile's 8, got 4}}
    %cs = transform.tconv.split_phases %t positions %four vectors <positions> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x600000000x1xf32>, %y: memref<?x600000000x?xf32>) {
  %p = memref.alloc() : memref<1800000000xf32>
  tconv.pack_weights ins(%w : memref<3x600000000x1xf32>) outs(%p : memref<1800000000xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 600000000, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<1800000000xf32>) outs(%y : memref<?x600000000x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 600000000, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %most = transform.param.constant 2147483647 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.tconv.pack_input %t before %ch positions %eight panel %eight granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    // expected-error @+1 {{sums of 600000000 rows and 2147483647 columns do not fit 64 bits}}
    %cs = transform.tconv.split_phases %t positions %most vectors <rows> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x600000000x1xf32>, %y: memref<?x600000000x?xf32>) {
  %p = memref.alloc() : memref<1800000000xf32>
  tconv.pack_weights ins(%w : memref<3x600000000x1xf32>) outs(%p : memref<1800000000xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 600000000, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<1800000000xf32>) outs(%y : memref<?x600000000x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 600000000, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %most = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    transform.tconv.pack_input %t before %ch positions %eight panel %eight granule %one : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    // expected-error @+1 {{a block of 600000000 channels has 600000000 register tiles; it may have 33554432}}
    %cs = transform.tconv.split_phases %t positions %most vectors <rows> : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.yield
  }
}

// -----

// A tile of phases whose weights are packed in tiles of 4 rows.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @filter_packing(%x: memref<?x2x?xf32>, %p: memref<8xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.phases ins(%x, %p : memref<?x2x?xf32>, memref<8xf32>) outs(%y : memref<?x2x?xf32>) window[%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 1, rows = 4>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %sums = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs weights packed with 1 channel and 1 row, got 1 and 4}}
    transform.tconv.filter_phases %phases sums %sums : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @filter_untiled(%x: memref<?x2x?xf32>, %p: memref<2xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x2x?xf32>, memref<2xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %sums = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a tile of tconv.phases whose input is not packed}}
    transform.tconv.filter_phases %phases sums %sums : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @filter_sums(%x: memref<?x2x?xf32>, %p: memref<2xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.phases ins(%x, %p : memref<?x2x?xf32>, memref<2xf32>) outs(%y : memref<?x2x?xf32>) window[%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %sums = transform.param.constant 300 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{sums must be at most 256, got 300}}
    transform.tconv.filter_phases %phases sums %sums : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @task_blocks(%x: memref<?x2x?xf32>, %p: memref<2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {groups = 0 : i64}} {
  tconv.phases ins(%x, %p : memref<?x2x?xf32>, memref<2xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 2 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{groups of tconv.blocks must be a number of at least 1 and at most 2147483647, got 0 : i64}}
    %groups, %channels, %positions = transform.tconv.choose_tasks %phases : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

func.func @other() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %func = transform.structured.match ops{["func.func"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be tconv.contract, got func.func}}
    transform.tconv.prefetch_weights %func ahead %one : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @none() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %zero = transform.param.constant 0 : i64 -> !transform.param<i64>
    %contracts = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{ahead must be one number of at least 1}}
    transform.tconv.prefetch_weights %contracts ahead %zero : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %contracts = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{'transform.tconv.prefetch_weights' op instead needs a part}}
    transform.tconv.prefetch_weights %contracts ahead %one instead : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @other() {
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %func = transform.structured.match ops{["func.func"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be tconv.contract, got func.func}}
    transform.tconv.prefetch_tensors %func of %func positions %one channels %one depth %one
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @alone(%p: memref<1x8x32xf32>, %w: memref<64xf32>, %s: memref<4x24xf32>, %i: index) {
  tconv.contract %p, %w, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, rows = 4, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %contracts = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs contractions, what packs their input and their epilogue}}
    transform.tconv.prefetch_tensors %contracts of %contracts positions %one channels %one depth %one
        : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

func.func @loops(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c8 = arith.constant 8 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.for %k = %c0 to %n step %c8 {
        scf.for %l = %c0 to %n step %c1 {
        }
      }
    }
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs a tile of tconv.phases, and a constant number of positions in each}}
    %b, %t = transform.tconv.map_tasks %l#3 granule %eight : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Every tile is whole, and says so instead of asking.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x32xf32>, %p: memref<6xf32>, %y: memref<?x2x32xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x32xf32>, memref<6xf32>) outs(%y : memref<?x2x32xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, 2, 16] interchange = [0, 1, 3, 2]
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{needs blocks of positions that end where the layer's do}}
    %b, %t = transform.tconv.map_tasks %n granule %eight : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

func.func @loops(%n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    scf.for %j = %c0 to %n step %c1 {
      scf.for %k = %c0 to %n step %c1 {
        scf.for %l = %c0 to %n step %c1 {
        }
      }
    }
  }
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %zero = transform.param.constant 0 : i64 -> !transform.param<i64>
    %all = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    %l:4 = transform.split_handle %all : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{granule must be one number of at least 1}}
    %b, %t = transform.tconv.map_tasks %l#3 granule %zero : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}

// -----

// Batch items are laid one after the other once, where their columns are known.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x3x?xf32>, %p: memref<6xf32>, %y: memref<?x2x?xf32>) {
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<6xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.fold_batch %phases : !transform.any_op
    // expected-error @+1 {{needs tconv.phases on buffers that is neither tiled nor folded yet}}
    transform.tconv.fold_batch %phases : !transform.any_op
    transform.yield
  }
}
