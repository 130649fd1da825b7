// RUN: tconv-opt %s --tconv-expand-contract-compact --split-input-file | FileCheck %s

// Two taps, two positions: all eight vectors of rows at once, whose 16 sums
// begin with zeros. The lower bits and the exponents of a step come once.
// CHECK-LABEL: @few
// CHECK: scf.for %{{.*}} iter_args({{.*}}) -> ({{.*}}vector<16xf32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c2{{.*}} iter_args
// Six lines of weights, 704 words ahead.
// CHECK-COUNT-6: memref.prefetch %{{.*}}, read, locality<3>
// CHECK: vector.load %{{.*}} : memref<1408xf32>, vector<16xf32>
// CHECK: vector.load %{{.*}} : memref<1408xf32>, vector<8xf32>
// CHECK: vector.bitcast %{{.*}} : vector<8xf32> to vector<16xi16>
// CHECK: arith.extui
// CHECK-COUNT-2: vector.broadcast
// CHECK-COUNT-8: arith.sitofp
// CHECK-COUNT-2: vector.fma
// CHECK-NOT: vector.fma
// CHECK: scf.yield
// CHECK-COUNT-16: vector.store %{{.*}} : memref<2x128xf32>, vector<16xf32>
// CHECK-NOT: vector.store
func.func @few(%p: memref<1x8x3xf32>, %w: memref<1408xf32>, %s: memref<2x128xf32>) {
  %c0 = arith.constant 0 : index
  %c2 = arith.constant 2 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c128, %c2, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 2, shifts = array<i64: 0>, prefetch = 704, bits = 22} : memref<1x8x3xf32>, memref<1408xf32>, memref<2x128xf32>
  return
}

// -----

// Three positions: twice four vectors, since 24 sums leave too few registers.
// Each part brings half of the 16 steps that follow the window: the first one
// from its 1408th word on, the other from 704 later on, 44 for each of its own.
// CHECK-LABEL: @parts
// CHECK-SAME: %[[BEGIN:[a-z0-9]+]]: index)
// CHECK: scf.for %[[CHANNEL:.*]] = %[[BEGIN]]
// CHECK: scf.for %[[TAP:.*]] = %c0{{.*}} to %c2
// CHECK: %[[FIRST:.*]] = arith.muli %[[BEGIN]], %c2
// CHECK: %[[NEXT:.*]] = arith.addi %[[FIRST]], %c16
// CHECK: %[[WINDOW:.*]] = arith.muli %[[NEXT]], %c88
// CHECK: %[[STEPS:.*]] = arith.subi %{{.*}}, %[[FIRST]]
// CHECK: %[[SHARE:.*]] = arith.muli %[[STEPS]], %c44
// CHECK: arith.addi %[[WINDOW]], %[[SHARE]]
// CHECK-COUNT-3: memref.prefetch %{{.*}}, read, locality<3>
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-12: vector.fma
// CHECK-NOT: vector.fma
// CHECK-COUNT-12: vector.store %{{.*}} : memref<3x128xf32>, vector<16xf32>
// CHECK: scf.for
// CHECK: scf.for
// CHECK: %[[WINDOW:.*]] = arith.muli %{{.*}}, %c88
// CHECK: %[[HALF:.*]] = arith.addi %[[WINDOW]], %c704
// CHECK: arith.addi %[[HALF]], %{{.*}}
// CHECK-COUNT-3: memref.prefetch %{{.*}}, read, locality<3>
// CHECK-NOT: memref.prefetch
// CHECK-COUNT-12: vector.store %{{.*}} : memref<3x128xf32>, vector<16xf32>
// CHECK-NOT: vector.store
func.func @parts(%p: memref<1x16x4xf32>, %w: memref<2816xf32>, %s: memref<3x128xf32>, %begin: index) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %begin, %c128, %c3, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 3, shifts = array<i64: 0>, prefetch = 704, bits = 22} : memref<1x16x4xf32>, memref<2816xf32>, memref<3x128xf32>
  return
}

// -----

// Eight positions at most: for the default two vectors at a time, in four
// parts; one tap needs no loop. Later parts of the depth go on.
// CHECK-LABEL: @many
// CHECK: scf.index_switch
// CHECK: case 1 {
// CHECK: case 7 {
// CHECK: default {
// CHECK-COUNT-4: scf.for
// CHECK-NOT: scf.for
// CHECK: return
func.func @many(%p: memref<1x8x8xf32>, %w: memref<704xf32>, %s: memref<8x128xf32>, %n: index) {
  %c0 = arith.constant 0 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  %count = affine.min affine_map<(d0) -> (d0, 8)>(%n)
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c128, %count, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 1, first_tile = 0, tiles = 1, max_shift = 0, shift_step = 1, panel_positions = 8, shifts = array<i64: 0>, bits = 22} : memref<1x8x8xf32>, memref<704xf32>, memref<8x128xf32>
  return
}
