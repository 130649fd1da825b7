// RUN: tconv-opt %s --tconv-expand-contract-plain=lanes=8 --split-input-file --canonicalize --cse | FileCheck %s

// Two outputs of sections with 3 and 2 taps, 3 input channels, 2 rows. A tile
// has 6 packed elements a point: of the first section tap 2 lies at 0, tap 0 at
// 18 (point 3) and tap 1 at 42, behind both sections' points; of the second tap
// 1 lies at 24 and tap 0 at 36. There are 2 panels for each datum: tap k of
// output j reads datum j + 2 - k, in both sections.
// CHECK-LABEL: @positions
// CHECK-SAME: %[[P:.*]]: memref<14x3x24xf32>, %[[W:.*]]: memref<48xf32>, %[[S:.*]]: memref<14x24xf32>, %[[OFFSET:.*]]: index, %[[FIRST:.*]]: index, %[[COLUMNS:.*]]: index
// CHECK-DAG: %[[ZERO:.*]] = arith.constant dense<0.000000e+00> : vector<8xf32>
// CHECK: scf.for %[[J:.*]] = %c0 to %c2
// CHECK:   scf.for %[[ROW:.*]] = %c0 to %c2
// CHECK:     scf.for %[[COLUMN:.*]] = %c0 to %[[COLUMNS]] step %c8
// CHECK:       %[[PLACE:.*]] = arith.addi %[[FIRST]], %[[COLUMN]]
// CHECK:       %[[PANEL:.*]] = arith.divui %[[PLACE]], %c16
// CHECK:       %[[IN_PANEL:.*]] = arith.remui %[[PLACE]], %c16
// CHECK:       %[[TILE:.*]] = arith.divui %[[ROW]], %c2
// CHECK:       %[[IN_TILE:.*]] = arith.remui %[[ROW]], %c2
// CHECK:       %[[SUM:.*]] = scf.for %[[C:.*]] = %c0 to %c3 step %c1 iter_args(%[[V0:.*]] = %[[ZERO]])
// CHECK:         %[[TILES:.*]] = arith.muli %[[TILE]], %c3
// CHECK:         %[[STEP:.*]] = arith.addi %[[TILES]], %[[C]]
// CHECK:         %[[ROWS:.*]] = arith.muli %[[STEP]], %c2
// CHECK:         %[[ELEMENT:.*]] = arith.addi %[[ROWS]], %[[IN_TILE]]
// CHECK:         %[[AT:.*]] = arith.addi %[[OFFSET]], %[[ELEMENT]]
// CHECK:         %[[J2:.*]] = arith.addi %[[J]], %c2
// CHECK:         %[[SET2:.*]] = arith.muli %[[J2]], %c2
// CHECK:         %[[AT0:.*]] = arith.addi %[[AT]], %c18
// CHECK:         %[[PANEL2:.*]] = arith.addi %[[SET2]], %[[PANEL]]
// CHECK:         %[[D2:.*]] = vector.load %[[P]][%[[PANEL2]], %[[C]], %[[IN_PANEL]]]
// CHECK:         %[[W0:.*]] = memref.load %[[W]][%[[AT0]]]
// CHECK:         %[[B0:.*]] = vector.broadcast %[[W0]]
// CHECK:         %[[V1:.*]] = vector.fma %[[B0]], %[[D2]], %[[V0]]
// CHECK:         %[[J1:.*]] = arith.addi %[[J]], %c1
// CHECK:         %[[AT1:.*]] = arith.addi %[[AT]], %c42
// CHECK:         %[[D1:.*]] = vector.load %[[P]]
// CHECK:         %[[W1:.*]] = memref.load %[[W]][%[[AT1]]]
// CHECK:         %[[B1:.*]] = vector.broadcast %[[W1]]
// CHECK:         %[[V2:.*]] = vector.fma %[[B1]], %[[D1]], %[[V1]]
// CHECK:         %[[SET0:.*]] = arith.muli %[[J]], %c2
// CHECK:         %[[PANEL0:.*]] = arith.addi %[[SET0]], %[[PANEL]]
// CHECK:         %[[D0:.*]] = vector.load %[[P]][%[[PANEL0]], %[[C]], %[[IN_PANEL]]]
// CHECK:         %[[W2:.*]] = memref.load %[[W]][%[[AT]]]
// CHECK:         %[[B2:.*]] = vector.broadcast %[[W2]]
// CHECK:         %[[V3:.*]] = vector.fma %[[B2]], %[[D0]], %[[V2]]
// CHECK:         scf.yield %[[V3]]
// Output j goes where point j would be.
// CHECK:       %[[POINT:.*]] = arith.muli %[[J]], %c2
// CHECK:       %[[TARGET:.*]] = arith.addi %[[ROW]], %[[POINT]]
// CHECK:       vector.store %[[SUM]], %[[S]][%[[TARGET]], %[[COLUMN]]]
// CHECK: scf.for %[[J:.*]] = %c0 to %c2
// CHECK:       %[[SUM:.*]] = scf.for
// CHECK:         %[[J2:.*]] = arith.addi %[[J]], %c2
// CHECK:         arith.muli %[[J2]], %c2
// CHECK:         %[[AT0:.*]] = arith.addi %{{.*}}, %c36
// CHECK:         memref.load %[[W]][%[[AT0]]]
// CHECK:         vector.fma
// CHECK:         %[[J1:.*]] = arith.addi %[[J]], %c1
// CHECK:         arith.muli %[[J1]], %c2
// CHECK:         %[[AT1:.*]] = arith.addi %{{.*}}, %c24
// CHECK:         memref.load %[[W]][%[[AT1]]]
// CHECK:         vector.fma
// CHECK-NOT:     vector.fma
// CHECK:       %[[POINT:.*]] = arith.muli %[[J]], %c2
// CHECK:       %[[BEHIND:.*]] = arith.addi %{{.*}}, %c8
// CHECK:       %[[TARGET:.*]] = arith.addi %[[BEHIND]], %[[POINT]]
// CHECK:       vector.store %[[SUM]], %[[S]][%[[TARGET]], %{{.*}}]
// CHECK-NOT: vector.store
func.func @positions(%p: memref<14x3x24xf32>, %w: memref<48xf32>, %s: memref<14x24xf32>, %offset: index, %column: index, %columns: index) {
  tconv.contract_plain %p, %w, %s at [%offset, %column, %columns] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>, <phases = [1], first_taps = [1], taps = 2, shift = 0>]>, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<14x3x24xf32>, memref<48xf32>, memref<14x24xf32>
  return
}

// -----

// Vectors along the rows: x is broadcast, 8 weights are loaded.
// CHECK-LABEL: @rows
// CHECK-SAME: %[[P:.*]]: memref<3x3x24xf32>, %[[W:.*]]: memref<72xf32>, %[[S:.*]]: memref<24x24xf32>, %{{.*}}: index, %{{.*}}: index, %[[COLUMNS:.*]]: index
// CHECK: scf.for %[[J:.*]] = %c0 to %c2
// CHECK:   scf.for %[[COLUMN:.*]] = %c0 to %[[COLUMNS]] step %c1
// CHECK:     %[[SUM:.*]] = scf.for
// CHECK:       %[[W0:.*]] = vector.load %[[W]]{{.*}} vector<8xf32>
// CHECK:       %[[X0:.*]] = memref.load %[[P]]
// CHECK:       %[[B0:.*]] = vector.broadcast %[[X0]]
// CHECK:       vector.fma %[[B0]], %[[W0]]
// CHECK:       %[[W1:.*]] = vector.load %[[W]]{{.*}} vector<8xf32>
// CHECK:       %[[X1:.*]] = memref.load %[[P]]
// CHECK:       %[[B1:.*]] = vector.broadcast %[[X1]]
// CHECK:       vector.fma %[[B1]], %[[W1]]
// CHECK:     %[[TARGET:.*]] = arith.muli %[[J]], %c8
// CHECK:     vector.store %[[SUM]], %[[S]][%[[COLUMN]], %[[TARGET]]]
// CHECK-NOT: vector.store
func.func @rows(%p: memref<3x3x24xf32>, %w: memref<72xf32>, %s: memref<24x24xf32>, %offset: index, %column: index, %columns: index) {
  tconv.contract_plain %p, %w, %s at [%offset, %column, %columns] {vectors = #tconv.vectors<rows>, panel_columns = 16, decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>, packing = #tconv.packing<channels = 8, rows = 8, outputs = 2>} : memref<3x3x24xf32>, memref<72xf32>, memref<24x24xf32>
  return
}

// -----

// Five taps as two filters of 3: the second one's last tap is a zero that only
// pads, and takes no part, since x may be infinite here.
// CHECK-LABEL: @filters
// CHECK:       %[[SUM:.*]] = scf.for %[[C:.*]] = %c0 to %c3 step %c1 iter_args
// CHECK:         %[[FIRST:.*]] = arith.muli %[[C]], %c2
// CHECK-COUNT-3: vector.fma
// CHECK-NOT:     vector.fma
// CHECK:         %[[SECOND:.*]] = arith.addi %[[FIRST]], %c1
// CHECK-COUNT-2: vector.fma
// CHECK-NOT:     vector.fma
// CHECK:         scf.yield
func.func @filters(%p: memref<4x6x16xf32>, %w: memref<60xf32>, %s: memref<8x16xf32>, %offset: index, %first: index, %columns: index) {
  tconv.contract_plain %p, %w, %s at [%offset, %first, %columns] {vectors = #tconv.vectors<positions>, panel_columns = 16, decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 5, shift = 0>]>, packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>} : memref<4x6x16xf32>, memref<60xf32>, memref<8x16xf32>
  return
}
