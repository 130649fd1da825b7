// RUN: tconv-opt %s --tconv-expand-filter=lanes=4 --canonicalize --split-input-file | FileCheck %s

#two = #tconv.decomposition<stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>

// 4 sums for 2 phases: 2 vectors of positions a round. Each vector of x serves
// both phases; the sums begin at zero, and the bias comes last.
// CHECK-LABEL: @two
// CHECK: scf.for
// CHECK-COUNT-2: vector.load %{{.*}} : memref<?x3x?xf32>, vector<4xf32>
// CHECK: memref.load %{{.*}} : memref<12xf32>
// CHECK-COUNT-2: vector.fma %{{.*}}, %{{.*}}, %cst
// CHECK: memref.load %{{.*}} : memref<12xf32>
// CHECK-COUNT-2: vector.fma %{{.*}}, %{{.*}}, %cst
// CHECK-COUNT-2: vector.load %{{.*}} : memref<?x3x?xf32>, vector<4xf32>
// CHECK-COUNT-4: vector.fma
// CHECK: memref.load %{{.*}} : memref<3xf32>
// CHECK-COUNT-4: arith.addf
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 4, 1, 5]
// CHECK-COUNT-4: vector.store %{{.*}} : memref<?x3x?xf32>, vector<4xf32>
// One vector of positions a round.
// CHECK: scf.for
// CHECK-COUNT-2: vector.load %{{.*}} : memref<?x3x?xf32>, vector<4xf32>
// CHECK-COUNT-2: vector.store %{{.*}} : memref<?x3x?xf32>, vector<4xf32>
// Both ends: x under masks, y too where it ends.
// CHECK: scf.for
// CHECK: scf.for
// CHECK-COUNT-2: vector.maskedload
// CHECK: scf.if
// CHECK-COUNT-2: vector.store
// CHECK: } else {
// CHECK-COUNT-2: vector.maskedstore
// CHECK-NOT: vector.store
func.func @two(%x: memref<?x3x?xf32>, %w: memref<12xf32>, %b: memref<3xf32>, %y: memref<?x3x?xf32>, %i: index) {
  tconv.filter %x, %w, %y bias %b window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #two, groups = 3 : i64, sums = 4 : i64} : memref<?x3x?xf32>, memref<12xf32>, memref<?x3x?xf32>, memref<3xf32>
  return
}

// -----

// Without a bias nothing is added, and stride 1 needs no shuffles.
// CHECK-LABEL: @one
// CHECK-NOT: arith.addf
// CHECK-NOT: vector.shuffle
// CHECK: vector.store
#one = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>
func.func @one(%x: memref<?x3x?xf32>, %w: memref<9xf32>, %y: memref<?x3x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #one, groups = 3 : i64, sums = 4 : i64} : memref<?x3x?xf32>, memref<9xf32>, memref<?x3x?xf32>
  return
}

// -----

// Many taps are a loop, within one over the input channels of the group.
// CHECK-LABEL: @long
// CHECK: scf.for {{.*}} iter_args
// CHECK-NEXT: scf.for {{.*}} iter_args
// CHECK-COUNT-4: vector.fma
// CHECK-NOT: vector.fma
// CHECK: scf.yield
#long = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 1000, shift = 0>]>
func.func @long(%x: memref<?x2x?xf32>, %w: memref<2000xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #long, groups = 1 : i64, sums = 4 : i64} : memref<?x2x?xf32>, memref<2000xf32>, memref<?x1x?xf32>
  return
}

// -----

// More phases than lanes: a loop over them, whose taps, shift and weights come
// from tables; the outputs are stored one by one. Phase 4 has no taps.
// CHECK: memref.global "private" constant @{{.*}} : memref<5xi64> = dense<[1, 1, 0, 1, 0]>
// CHECK-LABEL: @five
// CHECK: %[[TAPS:.*]] = memref.load {{.*}} : memref<5xi64>
// CHECK: scf.for {{.*}} iter_args
// CHECK: vector.load
// CHECK: vector.fma
// CHECK-COUNT-8: memref.store {{.*}} : memref<?x1x?xf32>
// CHECK-NOT: vector.store
#five = #tconv.decomposition<stride = 5, crop = 0, tap_step = 5, shift_step = 3, sections = [<phases = [0, 3], first_taps = [0, 1], taps = 1, shift = 0>, <phases = [1], first_taps = [2], taps = 1, shift = 1>]>
func.func @five(%x: memref<?x1x?xf32>, %w: memref<3xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #five, groups = 1 : i64, sums = 2 : i64} : memref<?x1x?xf32>, memref<3xf32>, memref<?x1x?xf32>
  return
}

// -----

#ahead = #tconv.decomposition<stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>

// Rounds of 8 positions: a line of x and one of y, 64 positions further on. The
// rounds of one vector and the ends of a row bring nothing.
// CHECK-LABEL: func.func private @prefetch_filter
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x3x?xf32>, %{{[a-z0-9]+}}: memref<12xf32>, %[[Y:[a-z0-9]+]]: memref<?x3x?xf32>
// CHECK: scf.for %[[Q:.*]] = %{{.*}} to %{{.*}} step %c8
// CHECK: %[[T:.*]] = arith.muli %[[Q]], %c2
// CHECK: %[[IN:.*]] = arith.addi %[[Q]], %c64
// CHECK: memref.prefetch %[[X]][%{{.*}}, %{{.*}}, %[[IN]]], read, locality<3>, data
// CHECK: %[[OUT:.*]] = arith.addi %[[T]], %c127
// CHECK: memref.prefetch %[[Y]][%{{.*}}, %{{.*}}, %[[OUT]]], write, locality<3>, data
// CHECK-NOT: memref.prefetch
func.func @prefetch(%x: memref<?x3x?xf32>, %w: memref<12xf32>, %y: memref<?x3x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #ahead, groups = 3 : i64, sums = 4 : i64, prefetch = 64} : memref<?x3x?xf32>, memref<12xf32>, memref<?x3x?xf32>
  return
}

// -----

#many = #tconv.decomposition<stride = 2, crop = 1, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>

// Of more channels, one in 32 has its turn in a round, and is brought for the 32
// rounds of 8 positions after this one.
// CHECK-LABEL: func.func private @many_filter
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<?x32x?xf32>
// CHECK: scf.for %[[Q:.*]] = %[[BULK:.*]] to %{{.*}} step %c8
// CHECK:   scf.for %[[INPUT:.*]] = %c0 to %c32
// CHECK:     %[[DONE:.*]] = arith.subi %[[Q]], %[[BULK]]
// CHECK:     %[[ROUND:.*]] = arith.divui %[[DONE]], %c8
// CHECK:     %[[SUM:.*]] = arith.addi %[[ROUND]], %[[INPUT]]
// CHECK:     %[[TURN:.*]] = arith.remui %[[SUM]], %c32
// CHECK:     %[[ITS:.*]] = arith.cmpi eq, %[[TURN]], %c0
// CHECK:     scf.if %[[ITS]] {
// CHECK:       %[[ROW:.*]] = arith.addi %{{.*}}, %[[INPUT]]
// CHECK:       %[[NEXT:.*]] = arith.addi %[[Q]], %c8
// CHECK:       memref.prefetch %[[X]][%{{.*}}, %[[ROW]], %[[NEXT]]], read, locality<2>, data
// CHECK-COUNT-15: memref.prefetch %[[X]]
// CHECK-NOT:   memref.prefetch
// CHECK:     }
// CHECK:   memref.prefetch {{.*}}, write, locality<3>, data
// CHECK-NOT: memref.prefetch
func.func @many(%x: memref<?x32x?xf32>, %w: memref<128xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #many, groups = 1 : i64, sums = 4 : i64, prefetch = 64} : memref<?x32x?xf32>, memref<128xf32>, memref<?x1x?xf32>
  return
}

// -----

#three = #tconv.decomposition<stride = 3, crop = 0, tap_step = 3, shift_step = 1, sections = [<phases = [0, 1, 2], first_taps = [0, 1, 2], taps = 1, shift = 0>]>

// Four inputs: two vectors of positions share each weight, for six sums instead
// of four.
// CHECK-LABEL: func.func private @shared_filter
// CHECK: scf.for {{.*}} step %c8
// CHECK: func.func @shared
func.func @shared(%x: memref<?x4x?xf32>, %w: memref<12xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #three, groups = 1 : i64, sums = 4 : i64} : memref<?x4x?xf32>, memref<12xf32>, memref<?x1x?xf32>
  return
}

// One input: a round has a vector.
// CHECK-LABEL: func.func private @alone_filter
// CHECK-NOT: step %c8
// CHECK: func.func @alone
func.func @alone(%x: memref<?x1x?xf32>, %w: memref<3xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.filter %x, %w, %y window [%i, %i, %i, %i, %i, %i, %i, %i] {decomposition = #three, groups = 1 : i64, sums = 4 : i64} : memref<?x1x?xf32>, memref<3xf32>, memref<?x1x?xf32>
  return
}
