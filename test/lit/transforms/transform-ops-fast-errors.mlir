// What the transform.tconv operations refuse to do by fast algorithms.
// RUN: tconv-opt %s --transform-interpreter --split-input-file --verify-diagnostics

// There are F(2, r), F(3, r) and F(4, r).
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 5 : i64}} {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{outputs of tconv.blocks must be a number of at least 1 and at most 4, got 5 : i64}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

// Taps that do not read neighbours.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 2, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 2 : i64}} {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{outputs of tconv.blocks is 2, but no fast algorithm of so many outputs computes this layer, or not exactly enough}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

// Too few channels for two filters of six points.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 5, shift = 0>]>
func.func @layer(%x: memref<?x15x?xf32>, %w: memref<15x2x5xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 4 : i64}} {
  %p = memref.alloc() : memref<150xf32>
  tconv.pack_weights ins(%w : memref<15x2x5xf32>) outs(%p : memref<150xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x15x?xf32>, memref<150xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{outputs of tconv.blocks is 4, but no fast algorithm of so many outputs computes this layer, or not exactly enough}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

// Too few channels for six points.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>
func.func @layer(%x: memref<?x31x?xf32>, %w: memref<31x2x3xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 4 : i64}} {
  %p = memref.alloc() : memref<186xf32>
  tconv.pack_weights ins(%w : memref<31x2x3xf32>) outs(%p : memref<186xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x31x?xf32>, memref<186xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{outputs of tconv.blocks is 4, but no fast algorithm of so many outputs computes this layer, or not exactly enough}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %one columns %eight vectors <positions> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 1 : i64}} {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %five = transform.param.constant 5 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{outputs must be from 1 to 4, and 1 for a layer that no fast algorithm computes, got 5}}
    transform.tconv.set_packing %phases channels %one rows %one outputs %five : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 2, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 1 : i64}} {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{outputs must be from 1 to 4, and 1 for a layer that no fast algorithm computes, got 2}}
    transform.tconv.set_packing %phases channels %one rows %one outputs %two : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 1 : i64}} {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %both = transform.merge_handles %one, %two : !transform.param<i64>
    // expected-error @+1 {{outputs must be one number of at least 1}}
    transform.tconv.set_packing %phases channels %one rows %one outputs %both : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// A panel holds whole granules of columns, here of 2 positions.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) attributes {tconv.blocks = {outputs = 1 : i64}} {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.set_packing %phases channels %two rows %one outputs %two : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    %t, %n, %g, %q, %ch = transform.structured.tile_using_for %phases tile_sizes [1, 1, 2, 8] interchange = [0, 1, 3, 2] : (!transform.any_op) -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    // expected-error @+1 {{positions must be a multiple of panel, and panel of granule columns, got 8, 8 and 8 of 2 positions}}
    transform.tconv.pack_input %t before %ch positions %eight panel %eight granule %eight : !transform.any_op, !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// A step of tile registers would be mostly zeros.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>]>
func.func @layer(%x: memref<?x31x?xf32>, %w: memref<31x2x1xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<62xf32>
  tconv.pack_weights ins(%w : memref<31x2x1xf32>) outs(%p : memref<62xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x31x?xf32>, memref<62xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %rows = transform.param.constant 32 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{pieces = 3 need phases that a fast algorithm could compute, and 32 input channels a group at least}}
    %a, %b, %c, %d, %e = transform.tconv.choose_blocks %phases rows %rows columns %rows vectors <positions> {pieces = 3} : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x32x?xf32>, %w: memref<32x2x2xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<128xf32>
  tconv.pack_weights ins(%w : memref<32x2x2xf32>) outs(%p : memref<128xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<128xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 1>}
  return
}
module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    %two = transform.param.constant 2 : i64 -> !transform.param<i64>
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{a packing of 3 pieces needs a multiple of 16 rows, got rows = 1}}
    transform.tconv.set_packing %phases channels %two rows %one outputs %two {pieces = 3} : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}
