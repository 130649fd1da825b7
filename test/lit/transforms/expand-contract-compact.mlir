// RUN: tconv-opt %s --tconv-expand-contract-compact --split-input-file | FileCheck %s

// Two taps, three positions: all eight vectors of rows at once, whose 24 sums
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
// CHECK-COUNT-3: vector.broadcast
// CHECK-COUNT-8: arith.sitofp
// CHECK-COUNT-3: vector.fma
// CHECK-NOT: vector.fma
// CHECK: scf.yield
// CHECK-COUNT-24: vector.store %{{.*}} : memref<3x128xf32>, vector<16xf32>
// CHECK-NOT: vector.store
func.func @few(%p: memref<1x8x4xf32>, %w: memref<1408xf32>, %s: memref<3x128xf32>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %c8 = arith.constant 8 : index
  %c128 = arith.constant 128 : index
  tconv.contract %p, %w, %s at [%c0, %c0] window [%c0, %c0, %c0, %c128, %c3, %c8] {vectors = #tconv.vectors<rows>, rows = 128, taps = 2, first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1, panel_positions = 3, shifts = array<i64: 0>, prefetch = 704, bits = 22} : memref<1x8x4xf32>, memref<1408xf32>, memref<3x128xf32>
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
