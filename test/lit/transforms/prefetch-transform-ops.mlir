// What contractions bring of the next part of their weights.
// RUN: tconv-opt %s --transform-interpreter --split-input-file | FileCheck %s

// From beyond L2 the windows along all positions share what is brought.
// CHECK-LABEL: @far
// CHECK: tconv.contract {{.*}} prefetch_positions %c8 {{.*}} prefetch = 8 : i64, prefetch_part = 8 : i64
module attributes {transform.with_named_sequence, tconv.machine = {l2_bytes = 4096 : i64}} {
  func.func @far(%p: memref<1x24x8xf32>, %w: memref<768xf32>, %s: memref<8x32xf32>) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c32 = arith.constant 32 : index
    tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c8, %c8] {vectors = #tconv.vectors<rows>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<1x24x8xf32>, memref<768xf32>, memref<8x32xf32>
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %contract = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.prefetch_weights %contract ahead %eight part %eight : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// Weights that half of L2 holds need not be brought.
// CHECK-LABEL: @near
// CHECK: tconv.contract
// CHECK-NOT: prefetch_part
// CHECK-SAME: prefetch = 8 : i64
// CHECK-NOT: prefetch_part
module attributes {transform.with_named_sequence, tconv.machine = {l2_bytes = 8192 : i64}} {
  func.func @near(%p: memref<1x24x8xf32>, %w: memref<768xf32>, %s: memref<8x32xf32>) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c32 = arith.constant 32 : index
    tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c8, %c8] {vectors = #tconv.vectors<rows>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<1x24x8xf32>, memref<768xf32>, memref<8x32xf32>
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %contract = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.prefetch_weights %contract ahead %eight part %eight : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// Nothing but the part.
// CHECK-LABEL: @instead
// CHECK: tconv.contract
// CHECK-NOT: prefetch = 
// CHECK-SAME: prefetch_part = 8 : i64
module attributes {transform.with_named_sequence, tconv.machine = {l2_bytes = 4096 : i64}} {
  func.func @instead(%p: memref<1x24x8xf32>, %w: memref<768xf32>, %s: memref<8x32xf32>) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c32 = arith.constant 32 : index
    tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c8, %c8] {vectors = #tconv.vectors<rows>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<1x24x8xf32>, memref<768xf32>, memref<8x32xf32>
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %contract = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.prefetch_weights %contract ahead %eight part %eight instead : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}

// -----

// As without.
// CHECK-LABEL: @instead_near
// CHECK: tconv.contract
// CHECK-NOT: prefetch_part
// CHECK-SAME: prefetch = 8 : i64
// CHECK-NOT: prefetch_part
module attributes {transform.with_named_sequence, tconv.machine = {l2_bytes = 8192 : i64}} {
  func.func @instead_near(%p: memref<1x24x8xf32>, %w: memref<768xf32>, %s: memref<8x32xf32>) {
    %c0 = arith.constant 0 : index
    %c8 = arith.constant 8 : index
    %c32 = arith.constant 32 : index
    tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c32, %c8, %c8] {vectors = #tconv.vectors<rows>, rows = 32, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>} : memref<1x24x8xf32>, memref<768xf32>, memref<8x32xf32>
    return
  }
  transform.named_sequence @__transform_main(%root: !transform.any_op {transform.readonly}) {
    %eight = transform.param.constant 8 : i64 -> !transform.param<i64>
    %contract = transform.structured.match ops{["tconv.contract"]} in %root : (!transform.any_op) -> !transform.any_op
    transform.tconv.prefetch_weights %contract ahead %eight part %eight instead : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}
