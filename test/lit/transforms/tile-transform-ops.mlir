// How large register tiles are.
// RUN: tconv-opt %s --transform-interpreter --split-input-file --verify-diagnostics | FileCheck %s

// 64 rows of one phase fill 2 tiles of 32, but 1 1/3 of 48.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
module attributes {transform.with_named_sequence} {
  func.func @fits_32(%x: memref<?x64x?xf32>, %p: memref<8192xf32>, %y: memref<?x64x?xf32>) attributes {tconv.expected_positions = 64 : i64} {
    tconv.phases ins(%x, %p : memref<?x64x?xf32>, memref<8192xf32>) outs(%y : memref<?x64x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %rows, %columns = transform.tconv.choose_register_tile %phases rows [48, 32] columns [8, 8] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    // expected-remark @+1 {{rows 32 : i64}}
    transform.debug.emit_param_as_remark %rows, "rows" : !transform.param<i64>
    transform.yield
  }
}

// -----

// 48 rows in each of 8 groups: the other way round, though the other one comes
// first.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
module attributes {transform.with_named_sequence} {
  func.func @fits_48(%x: memref<?x512x?xf32>, %p: memref<49152xf32>, %y: memref<?x384x?xf32>) attributes {tconv.expected_positions = 64 : i64} {
    tconv.phases ins(%x, %p : memref<?x512x?xf32>, memref<49152xf32>) outs(%y : memref<?x384x?xf32>) {decomposition = #map, groups = 8 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %rows, %columns = transform.tconv.choose_register_tile %phases rows [32, 48] columns [8, 6] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    // expected-remark @+1 {{rows 48 : i64}}
    transform.debug.emit_param_as_remark %rows, "rows" : !transform.param<i64>
    // expected-remark @+1 {{columns 6 : i64}}
    transform.debug.emit_param_as_remark %columns, "columns" : !transform.param<i64>
    transform.yield
  }
}

// -----

// Phases of two and of one tap have tiles of their own. Blocks of 16 channels would
// fill half of each; larger ones fill them, and with blocks of positions there are
// still enough for some threads.
#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>
module attributes {transform.with_named_sequence} {
  func.func @unequal(%x: memref<?x64x?xf32>, %p: memref<24576xf32>, %y: memref<?x128x?xf32>) attributes {tconv.expected_positions = 64 : i64} {
    tconv.phases ins(%x, %p : memref<?x64x?xf32>, memref<24576xf32>) outs(%y : memref<?x128x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %rows, %columns = transform.tconv.choose_register_tile %phases rows [32] columns [8] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases rows %rows columns %columns vectors <rows> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    // expected-remark @+1 {{channels 32 : i64}}
    transform.debug.emit_param_as_remark %channels, "channels" : !transform.param<i64>
    transform.yield
  }
}

// -----

// So little work that a second thread would gain nothing: one block, though two of 24
// channels would have as many tiles.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
module attributes {transform.with_named_sequence} {
  func.func @little(%x: memref<?x32x?xf32>, %p: memref<3072xf32>, %y: memref<?x48x?xf32>) attributes {tconv.expected_positions = 64 : i64} {
    tconv.phases ins(%x, %p : memref<?x32x?xf32>, memref<3072xf32>) outs(%y : memref<?x48x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 1, rows = 1>}
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %root : (!transform.any_op) -> !transform.any_op
    %rows, %columns = transform.tconv.choose_register_tile %phases rows [32] columns [8] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases rows %rows columns %columns vectors <rows> : (!transform.any_op, !transform.param<i64>, !transform.param<i64>) -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    // expected-remark @+1 {{channels 48 : i64}}
    transform.debug.emit_param_as_remark %channels, "channels" : !transform.param<i64>
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    // expected-error @+1 {{needs as many columns as rows, and at least one, got 2 rows and 1 columns}}
    %rows, %columns = transform.tconv.choose_register_tile %root rows [32, 48] columns [8] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    // expected-error @+1 {{has sizes from 1 to 1024, got 0}}
    %rows, %columns = transform.tconv.choose_register_tile %root rows [32] columns [0] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  func.func @no_layer() {
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %func = transform.structured.match ops{["func.func"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{target must be tconv.phases, got func.func}}
    %rows, %columns = transform.tconv.choose_register_tile %func rows [32] columns [8] vectors <rows> : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    transform.yield
  }
}

// -----

// As many tiles as before, but none is lower than the others by more than it must.
// CHECK-LABEL: @balanced
// CHECK-SAME: memref<24x8xf32>, %[[N:[a-z0-9]+]]: index
// CHECK: %[[TILES:.*]] = arith.ceildivui %[[N]], %{{.*}}
// CHECK: %[[SOME:.*]] = arith.maxui %[[TILES]], %{{.*}}
// CHECK: %[[STEP:.*]] = arith.ceildivui %[[N]], %[[SOME]]
// CHECK: %[[MOST:.*]] = arith.maxui %[[STEP]], %{{.*}}
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[N]] step %[[MOST]]
// CHECK:   %[[SIZE:.*]] = affine.min #{{.*}}(%[[I]])[%[[N]], %[[MOST]]]
// CHECK:   tconv.contract {{.*}} window[%{{.*}}, %[[I]], %{{.*}}, %{{.*}}, %[[SIZE]], %{{.*}}]
#left = affine_map<(d0)[s0] -> (-d0 + s0, 8)>
module attributes {transform.with_named_sequence} {
  func.func @balanced(%p: memref<1x8x24xf32>, %w: memref<64xf32>, %s: memref<24x8xf32>, %n: index) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    scf.for %i = %c0 to %n step %c8 {
      %size = affine.min #left(%i)[%n]
      tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %i, %c0, %c8, %size, %c8] {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 24, shifts = array<i64: 0>} : memref<1x8x24xf32>, memref<64xf32>, memref<24x8xf32>
    }
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %loop = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.balance_tiles %loop : !transform.any_op
    transform.yield
  }
}

// -----

// Where a block has several panels, a lower tile could begin in one and end in
// another.
// CHECK-LABEL: @panels
// CHECK: scf.for %{{.*}} = %{{.*}} to %{{.*}} step %c8
#left = affine_map<(d0)[s0] -> (-d0 + s0, 8)>
module attributes {transform.with_named_sequence} {
  func.func @panels(%p: memref<3x8x8xf32>, %w: memref<64xf32>, %s: memref<24x8xf32>, %n: index) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    scf.for %i = %c0 to %n step %c8 {
      %size = affine.min #left(%i)[%n]
      tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %i, %c0, %c8, %size, %c8] {vectors = #tconv.vectors<rows>, rows = 8, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<3x8x8xf32>, memref<64xf32>, memref<24x8xf32>
    }
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %loop = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.balance_tiles %loop : !transform.any_op
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  func.func @no_size(%n: index, %m: memref<?xindex>) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    scf.for %i = %c0 to %n step %c8 {
      memref.store %i, %m[%i] : memref<?xindex>
    }
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %loop = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs tiles that end where the loop does}}
    transform.tconv.balance_tiles %loop : !transform.any_op
    transform.yield
  }
}

// -----

module attributes {transform.with_named_sequence} {
  func.func @no_step(%n: index, %m: memref<?xindex>) {
    %c0 = arith.constant 0 : index
    scf.for %i = %c0 to %n step %n {
      memref.store %i, %m[%i] : memref<?xindex>
    }
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %loop = transform.structured.match ops{["scf.for"]} in %root : (!transform.any_op) -> !transform.any_op
    // expected-error @+1 {{needs a loop from 0 whose step is a constant of at least 1}}
    transform.tconv.balance_tiles %loop : !transform.any_op
    transform.yield
  }
}
