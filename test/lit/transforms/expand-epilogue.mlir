// RUN: tconv-opt %s --tconv-expand-epilogue=lanes=4 --split-input-file | FileCheck %s

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

// A stride beyond the lanes: square blocks, the last one overlapping.
// CHECK-LABEL: @six
// CHECK: scf.if
// CHECK-COUNT-8: vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// CHECK-COUNT-8: vector.shuffle
// CHECK-COUNT-4: vector.store {{.*}} : memref<?x1x?xf32>, vector<4xf32>
// CHECK-NOT: vector.store
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
