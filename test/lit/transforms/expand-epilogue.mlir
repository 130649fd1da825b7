// RUN: tconv-opt %s --tconv-expand-epilogue=lanes=4 --split-input-file | FileCheck %s
// RUN: tconv-opt %s --tconv-expand-epilogue=lanes=8 --split-input-file | FileCheck %s --check-prefix=WIDE

// Stride 2: one interleaving of two vectors inside y, single elements at its
// ends; the bias is read once a channel.
// CHECK-LABEL: @two
// CHECK: memref.load %{{.*}} : memref<2xf32>
// CHECK: scf.if
// CHECK-COUNT-2: vector.load {{.*}} : memref<4x8xf32>, vector<4xf32>
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [0, 4, 1, 5]
// CHECK: vector.shuffle %{{.*}}, %{{.*}} [2, 6, 3, 7]
// CHECK-COUNT-2: vector.store {{.*}} : memref<?x2x?xf32>, vector<4xf32>
// CHECK: } else {
// CHECK: memref.store {{.*}} : memref<?x2x?xf32>
func.func @two(%s: memref<4x8xf32>, %b: memref<2xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.epilogue %s, %y bias %b at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x8xf32>, memref<?x2x?xf32>, memref<2xf32>
  return
}

// -----

// Stride 1 without a bias: a copy.
// CHECK-LABEL: @one
// CHECK-NOT: arith.addf
// CHECK-NOT: vector.shuffle
// CHECK: vector.store {{.*}} : memref<?x2x?xf32>, vector<4xf32>
func.func @one(%s: memref<2x8xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 1, crop = 0, first_rows = array<i64: 0>, row_steps = array<i64: 1>} : memref<2x8xf32>, memref<?x2x?xf32>
  return
}

// -----

// An odd stride takes one source after the other: 2 shuffles a result.
// CHECK-LABEL: @three
// CHECK-COUNT-6: vector.shuffle
// CHECK-NOT: vector.shuffle
// CHECK-COUNT-3: vector.store {{.*}} : memref<?x2x?xf32>, vector<4xf32>
func.func @three(%s: memref<6x8xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 3, crop = 0, first_rows = array<i64: 0, 1, 2>, row_steps = array<i64: 3, 3, 3>} : memref<6x8xf32>, memref<?x2x?xf32>
  return
}

// -----

// A stride beyond the lanes: square blocks, the last one overlapping. Within
// them, 7 is filled up to 8, for an odd number takes many shuffles: 8 positions
// are stored with an eighth element, which the next one overwrites, and the last
// one in pieces.
// CHECK-LABEL: @seven
// CHECK: scf.if
// CHECK-COUNT-8: vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// CHECK-COUNT-8: vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// CHECK-NOT: vector.store
// WIDE-LABEL: @seven
// WIDE: %[[ROW0:.*]] = vector.load {{.*}} : memref<7x8xf32>, vector<8xf32>
// WIDE-COUNT-6: vector.load {{.*}} : memref<7x8xf32>, vector<8xf32>
// The first interleaving is with what fills up.
// WIDE: vector.shuffle %[[ROW0]], %{{.*}} [0, 8, 1, 9, 2, 10, 3, 11]
// WIDE-COUNT-23: vector.shuffle
// WIDE-NOT: vector.shuffle
// WIDE-COUNT-7: vector.store {{.*}} : memref<?x1x?xf32>, vector<8xf32>
// WIDE-NOT: vector<8xf32>
// WIDE: vector.extract_strided_slice %[[LAST:.*]] {offsets = [0], sizes = [4]
// WIDE: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// WIDE: vector.extract_strided_slice %[[LAST]] {offsets = [4], sizes = [2]
// WIDE: vector.store {{.*}} : memref<?x1x?xf32>, vector<2xf32>
// WIDE: vector.extract_strided_slice %[[LAST]] {offsets = [6], sizes = [1]
// WIDE: vector.store {{.*}} : memref<?x1x?xf32>, vector<1xf32>
// WIDE-NOT: vector.store
func.func @seven(%s: memref<7x8xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 7, crop = 0, first_rows = array<i64: 0, 1, 2, 3, 4, 5, 6>, row_steps = array<i64: 7, 7, 7, 7, 7, 7, 7>} : memref<7x8xf32>, memref<?x1x?xf32>
  return
}

// -----

// Half a vector of phases where that leaves no overlap: 3 blocks of 2 phases.
// In a wide vector 6 is no odd number, and not filled up.
// CHECK-LABEL: @six
// CHECK: scf.if
// CHECK: scf.for %[[PHASE:.*]] = %c0{{.*}} to %c5{{.*}} step %c2
// CHECK-COUNT-2: vector.shuffle
// CHECK-NOT: vector.shuffle
// CHECK: vector.extract_strided_slice %[[LOW:.*]] {offsets = [0], sizes = [2]
// CHECK: vector.store {{.*}} : memref<?x1x?xf32>, vector<2xf32>
// CHECK: vector.extract_strided_slice %[[LOW]] {offsets = [2], sizes = [2]
// CHECK: vector.store {{.*}} : memref<?x1x?xf32>, vector<2xf32>
// CHECK-COUNT-2: vector.store {{.*}} : memref<?x1x?xf32>, vector<2xf32>
// CHECK-NOT: vector.store
// WIDE-LABEL: @six
// WIDE-NOT: vector.extract_strided_slice
// WIDE-COUNT-6: vector.store {{.*}} : memref<?x1x?xf32>, vector<8xf32>
// WIDE-NOT: vector.store
// WIDE: return
func.func @six(%s: memref<6x8xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 6, crop = 0, first_rows = array<i64: 0, 1, 2, 3, 4, 5>, row_steps = array<i64: 6, 6, 6, 6, 6, 6>} : memref<6x8xf32>, memref<?x1x?xf32>
  return
}

// -----

// A phase without taps: zeros are interleaved.
// CHECK-LABEL: @tapless
// CHECK: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<4xf32>
// CHECK: vector.shuffle %{{.*}}, %[[ZERO]] [0, 4, 1, 5]
func.func @tapless(%s: memref<2x8xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 0, first_rows = array<i64: 0, -1>, row_steps = array<i64: 1, 0>} : memref<2x8xf32>, memref<?x2x?xf32>
  return
}

// -----

// Vectors along the rows: a position's phases lie in order; 7 are a vector of
// 4 and one that overlaps it.
// CHECK-LABEL: @rows
// CHECK: scf.if
// CHECK: vector.load {{.*}} : memref<5x7xf32>, vector<4xf32>
// CHECK: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// CHECK: vector.load {{.*}} : memref<5x7xf32>, vector<4xf32>
// CHECK: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// CHECK-NOT: vector.shuffle
func.func @rows(%s: memref<5x7xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<rows>, stride = 7, crop = 0, first_rows = array<i64: 0, 1, 2, 3, 4, 5, 6>, row_steps = array<i64: 7, 7, 7, 7, 7, 7, 7>} : memref<5x7xf32>, memref<?x1x?xf32>
  return
}

// -----

// 3 phases: a vector of 2 and one of 1.
// CHECK-LABEL: @rows_of_three
// CHECK: vector.store {{.*}} : memref<?x1x?xf32>, vector<2xf32>
// CHECK: vector.store {{.*}} : memref<?x1x?xf32>, vector<1xf32>
func.func @rows_of_three(%s: memref<5x3xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<rows>, stride = 3, crop = 0, first_rows = array<i64: 0, 1, 2>, row_steps = array<i64: 3, 3, 3>} : memref<5x3xf32>, memref<?x1x?xf32>
  return
}
