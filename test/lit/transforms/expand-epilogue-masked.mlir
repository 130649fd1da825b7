// RUN: tconv-opt %s --tconv-expand-epilogue=lanes=16 --split-input-file | FileCheck %s

// Two vectors are interleaved once, and stored as they are or, at the ends of y,
// under masks: lane i of the second one is output 16 + i.
// CHECK-LABEL: @two
// CHECK: %[[LENGTH:.*]] = memref.dim
// CHECK: scf.for
// CHECK: %[[FIRST:.*]] = arith.subi
// CHECK: %[[INSIDE:.*]] = arith.andi
// CHECK: %[[BEFORE:.*]] = arith.subi %{{.*}}, %[[FIRST]] : index
// CHECK: %[[LEAST:.*]] = arith.maxsi %[[BEFORE]]
// CHECK: %[[LOW:.*]] = arith.minsi %[[LEAST]]
// CHECK: %[[AFTER:.*]] = arith.subi %[[LENGTH]], %[[FIRST]] : index
// CHECK: %[[MOST:.*]] = arith.maxsi %[[AFTER]]
// CHECK: %[[HIGH:.*]] = arith.minsi %[[MOST]]
// CHECK: %[[NUMBER:.*]] = arith.subi %[[HIGH]], %[[LOW]] : index
// CHECK: %[[V0:.*]] = vector.shuffle
// CHECK: %[[V1:.*]] = vector.shuffle
// CHECK: %[[AT:.*]] = arith.constant 16 : index
// CHECK-NEXT: scf.if %[[INSIDE]]
// CHECK: vector.store %[[V0]], {{.*}} : memref<?x2x?xf32>, vector<16xf32>
// CHECK: vector.store %[[V1]], {{.*}} : memref<?x2x?xf32>, vector<16xf32>
// CHECK: } else {
// CHECK: vector.maskedstore {{.*}}, %[[V0]] : memref<?x2x?xf32>, vector<16xi1>, vector<16xf32>
// CHECK: %[[BEGIN:.*]] = arith.subi %[[AT]], %[[LOW]] : index
// CHECK: %[[LANES:.*]] = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]> : vector<16xi32>
// CHECK: %[[BEGIN32:.*]] = arith.index_cast %[[BEGIN]] : index to i32
// CHECK: %[[BEGINS:.*]] = vector.broadcast %[[BEGIN32]]
// CHECK: %[[PLACES:.*]] = arith.addi %[[LANES]], %[[BEGINS]] : vector<16xi32>
// CHECK: %[[NUMBER32:.*]] = arith.index_cast %[[NUMBER]] : index to i32
// CHECK: %[[NUMBERS:.*]] = vector.broadcast %[[NUMBER32]]
// CHECK: %[[MASK:.*]] = arith.cmpi ult, %[[PLACES]], %[[NUMBERS]] : vector<16xi32>
// CHECK: vector.maskedstore {{.*}}, %[[MASK]], %[[V1]]
// CHECK-NOT: memref.store
// CHECK-NOT: vector.store
func.func @two(%s: memref<4x16xf32>, %y: memref<?x2x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 2, crop = 1, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x16xf32>, memref<?x2x?xf32>
  return
}

// -----

// 11 phases are filled up to 16. Under masks what fills up the last position is
// beyond these outputs, and not taken apart.
// CHECK-LABEL: @eleven
// CHECK: scf.if
// CHECK-COUNT-15: vector.store {{.*}}, vector<16xf32>
// CHECK: vector.store {{.*}}, vector<8xf32>
// CHECK: vector.store {{.*}}, vector<2xf32>
// CHECK: vector.store {{.*}}, vector<1xf32>
// CHECK-NOT: vector.store
// CHECK: } else {
// CHECK-COUNT-16: vector.maskedstore {{.*}}, vector<16xi1>, vector<16xf32>
// CHECK-NOT: vector.maskedstore
// CHECK-NOT: memref.store
func.func @eleven(%s: memref<11x16xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<positions>, stride = 11, crop = 0, first_rows = array<i64: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10>, row_steps = array<i64: 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11>} : memref<11x16xf32>, memref<?x1x?xf32>
  return
}

// -----

// Vectors along the rows have one position at an end of y, and no masks.
// CHECK-LABEL: @rows
// CHECK-NOT: vector.maskedstore
func.func @rows(%s: memref<5x8xf32>, %y: memref<?x1x?xf32>, %i: index) {
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i] {vectors = #tconv.vectors<rows>, stride = 8, crop = 0, first_rows = array<i64: 0, 1, 2, 3, 4, 5, 6, 7>, row_steps = array<i64: 8, 8, 8, 8, 8, 8, 8, 8>} : memref<5x8xf32>, memref<?x1x?xf32>
  return
}
