// RUN: tconv-opt %s --tconv-expand-combine=lanes=8 --split-input-file --canonicalize --cse | FileCheck %s

// F(2, 3) and F(2, 2): the outputs of a column are
//   y0 = p0 + p1 + p2, y1 = p1 - p2 + p3 of rows 0 to 7, and
//   y0 = p0 + p1,      y1 = p1 + p2      of rows 8 to 13,
// in the places of points 0 and 1.
// CHECK-LABEL: @positions
// CHECK-SAME: %[[S:.*]]: memref<14x24xf32>, %[[COLUMNS:.*]]: index
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c2 step %c1
// CHECK:   scf.for %[[COLUMN:.*]] = %c0 to %[[COLUMNS]] step %c8
// CHECK:     %[[P0:.*]] = vector.load %[[S]][%[[ROW]], %[[COLUMN]]]
// CHECK:     %[[ROW1:.*]] = arith.addi %[[ROW]], %c2
// CHECK:     %[[P1:.*]] = vector.load %[[S]][%[[ROW1]], %[[COLUMN]]]
// CHECK:     %[[ROW2:.*]] = arith.addi %[[ROW]], %c4
// CHECK:     %[[P2:.*]] = vector.load %[[S]][%[[ROW2]], %[[COLUMN]]]
// CHECK:     %[[ROW3:.*]] = arith.addi %[[ROW]], %c6
// CHECK:     %[[P3:.*]] = vector.load %[[S]][%[[ROW3]], %[[COLUMN]]]
// CHECK:     %[[A:.*]] = arith.addf %[[P0]], %[[P1]]
// CHECK:     %[[Y0:.*]] = arith.addf %[[A]], %[[P2]]
// CHECK:     vector.store %[[Y0]], %[[S]][%[[ROW]], %[[COLUMN]]]
// CHECK:     %[[B:.*]] = arith.addf %[[P1]], %[[P3]]
// CHECK:     %[[Y1:.*]] = arith.subf %[[B]], %[[P2]]
// CHECK:     vector.store %[[Y1]], %[[S]][%[[ROW1]], %[[COLUMN]]]
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c2 step %c1
// CHECK:   scf.for %[[COLUMN:.*]] = %c0 to %[[COLUMNS]] step %c8
// CHECK:     %[[ROW0:.*]] = arith.addi %[[ROW]], %c8
// CHECK:     %[[P0:.*]] = vector.load %[[S]][%[[ROW0]], %[[COLUMN]]]
// CHECK:     %[[ROW1:.*]] = arith.addi %[[ROW]], %c10
// CHECK:     %[[P1:.*]] = vector.load %[[S]][%[[ROW1]], %[[COLUMN]]]
// CHECK:     %[[ROW2:.*]] = arith.addi %[[ROW]], %c12
// CHECK:     %[[P2:.*]] = vector.load %[[S]][%[[ROW2]], %[[COLUMN]]]
// CHECK:     %[[Y0:.*]] = arith.addf %[[P0]], %[[P1]]
// CHECK:     vector.store %[[Y0]], %[[S]][%[[ROW0]], %[[COLUMN]]]
// CHECK:     %[[Y1:.*]] = arith.addf %[[P1]], %[[P2]]
// CHECK:     vector.store %[[Y1]], %[[S]][%[[ROW1]], %[[COLUMN]]]
// CHECK-NOT: vector.store
func.func @positions(%s: memref<14x24xf32>, %columns: index) {
  tconv.combine %s at [%columns] {vectors = #tconv.vectors<positions>, decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>, <phases = [1], first_taps = [1], taps = 2, shift = 0>]>, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<14x24xf32>
  return
}

// -----

// F(4, 2): powers of the points 1, -1 and -2. Factors of 1 cost no product,
// others are fused with the addition.
// CHECK-LABEL: @powers
// CHECK-DAG: %[[MINUS_TWO:.*]] = arith.constant dense<-2.000000e+00> : vector<8xf32>
// CHECK-DAG: %[[FOUR:.*]] = arith.constant dense<4.000000e+00> : vector<8xf32>
// CHECK-DAG: %[[MINUS_EIGHT:.*]] = arith.constant dense<-8.000000e+00> : vector<8xf32>
// CHECK: %[[P0:.*]] = vector.load
// CHECK: %[[P1:.*]] = vector.load
// CHECK: %[[P2:.*]] = vector.load
// CHECK: %[[P3:.*]] = vector.load
// CHECK: %[[P4:.*]] = vector.load
// CHECK: %[[A0:.*]] = arith.addf %[[P0]], %[[P1]]
// CHECK: %[[A1:.*]] = arith.addf %[[A0]], %[[P2]]
// CHECK: %[[Y0:.*]] = arith.addf %[[A1]], %[[P3]]
// CHECK: vector.store %[[Y0]]
// CHECK: %[[B0:.*]] = arith.subf %[[P1]], %[[P2]]
// CHECK: %[[Y1:.*]] = vector.fma %[[P3]], %[[MINUS_TWO]], %[[B0]]
// CHECK: vector.store %[[Y1]]
// CHECK: %[[C0:.*]] = arith.addf %[[P1]], %[[P2]]
// CHECK: %[[Y2:.*]] = vector.fma %[[P3]], %[[FOUR]], %[[C0]]
// CHECK: vector.store %[[Y2]]
// CHECK: %[[E0:.*]] = arith.addf %[[P1]], %[[P4]]
// CHECK: %[[E1:.*]] = arith.subf %[[E0]], %[[P2]]
// CHECK: %[[Y3:.*]] = vector.fma %[[P3]], %[[MINUS_EIGHT]], %[[E1]]
// CHECK: vector.store %[[Y3]]
// CHECK-NOT: vector.store
func.func @powers(%s: memref<10x24xf32>, %columns: index) {
  tconv.combine %s at [%columns] {vectors = #tconv.vectors<positions>, decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>, packing = #tconv.packing<channels = 2, rows = 2, outputs = 4>} : memref<10x24xf32>
  return
}

// -----

// Vectors along the rows. The points of one tap are its outputs already.
// CHECK-LABEL: @rows
// CHECK-SAME: %[[S:.*]]: memref<24x40xf32>, %[[COLUMNS:.*]]: index
// CHECK: scf.for %[[COLUMN:.*]] = %c0 to %[[COLUMNS]] step %c1
// CHECK:   %[[P0:.*]] = vector.load %[[S]][%[[COLUMN]], %c0]
// CHECK:   %[[P1:.*]] = vector.load %[[S]][%[[COLUMN]], %c8]
// CHECK:   %[[P2:.*]] = vector.load %[[S]][%[[COLUMN]], %c16]
// CHECK:   %[[Y0:.*]] = arith.addf %[[P0]], %[[P1]]
// CHECK:   vector.store %[[Y0]], %[[S]][%[[COLUMN]], %c0]
// CHECK:   %[[Y1:.*]] = arith.addf %[[P1]], %[[P2]]
// CHECK:   vector.store %[[Y1]], %[[S]][%[[COLUMN]], %c8]
// CHECK-NOT: vector.store
func.func @rows(%s: memref<24x40xf32>, %columns: index) {
  tconv.combine %s at [%columns] {vectors = #tconv.vectors<rows>, decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>, packing = #tconv.packing<channels = 8, rows = 8, outputs = 2>} : memref<24x40xf32>
  return
}
