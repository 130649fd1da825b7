// RUN: tconv-opt %s --tconv-expand-transform-input=lanes=8 --split-input-file --canonicalize --cse | FileCheck %s

// F(3, 2): 8 columns are taken apart from 3 vectors of x, and once more 3
// positions on, for d_3; points 0, 1, -1 and infinity are sums of them.
// CHECK-LABEL: @pack
// CHECK-SAME: %[[X:.*]]: memref<?x8x?xf32>, %[[P:.*]]: memref<8x4x16xf32>, %{{.*}}: index, %[[G:.*]]: index, %[[Q:.*]]: index, %[[NQ:.*]]: index
// CHECK-DAG: %[[SIGN_LESS:.*]] = arith.constant dense<2147483647> : vector<8xi32>
// CHECK-DAG: %[[NONE:.*]] = arith.constant dense<0> : vector<8xi32>
// 2^64 and 2^-60.
// CHECK-DAG: %[[TOO_LARGE:.*]] = arith.constant 1602224128 : i32
// CHECK-DAG: %[[LARGE:.*]] = arith.constant 562036736 : i32
// A row for panels at the ends of x: 2 + 1 vectors' worth of columns, of 3.
// CHECK-DAG: %[[ROW:.*]] = memref.alloc() {alignment = 64 : i64} : memref<54xf32>
// CHECK-DAG: %[[LENGTH:.*]] = memref.dim %[[X]], %c2
// Whole columns, then a multiple of the granule, then panels.
// CHECK: %[[N0:.*]] = arith.addi %[[NQ]], %c2
// CHECK: %[[N1:.*]] = arith.divui %[[N0]], %c3
// CHECK: %[[N2:.*]] = arith.addi %[[N1]], %c15
// CHECK: %[[N3:.*]] = arith.divui %[[N2]], %c16
// CHECK: arith.muli %[[N3]], %c16
// CHECK: %[[MOST:.*]] = scf.for %[[PANEL:.*]] = %c0 to %{{.*}} step %c1 iter_args(%{{.*}} = %[[NONE]]) -> (vector<8xi32>)
// x from shift + 1 before the panel's first position.
// CHECK:   %[[DONE:.*]] = arith.muli %[[PANEL]], %c48
// CHECK:   %[[FIRST:.*]] = arith.addi %[[Q]], %[[DONE]]
// CHECK:   %[[START:.*]] = arith.subi %[[FIRST]], %c2
// Inside of x, up to the last vector's end.
// CHECK:   %[[END:.*]] = arith.addi %[[START]], %[[REACH:.*]] : index
// CHECK:   %[[BEFORE_END:.*]] = arith.cmpi sle, %[[END]], %[[LENGTH]]
// CHECK:   %[[FROM_BEGIN:.*]] = arith.cmpi sge, %[[START]], %c0
// CHECK:   %[[INSIDE:.*]] = arith.andi %[[FROM_BEGIN]], %[[BEFORE_END]]
// CHECK:     scf.for %[[C:.*]] = %c0 to %c4
// CHECK:       %[[SOURCE:.*]] = scf.if %[[INSIDE]] -> (memref<?xf32, strided<[1], offset: ?>>)
// CHECK:         memref.subview %[[X]]{{.*}}, %[[START]]] [1, 1, %[[REACH]]]
// Beyond the ends: zeros, vectors, single elements and zeros in a row.
// CHECK:       } else {
// CHECK:         memref.store %cst{{.*}}, %[[ROW]]
// CHECK:         vector.store %{{.*}}, %[[ROW]]
// CHECK:         memref.load %[[X]]
// CHECK:         memref.store %{{.*}}, %[[ROW]]
// CHECK:         memref.store %cst{{.*}}, %[[ROW]]
// CHECK:         memref.cast %[[ROW]]
// CHECK:       scf.for %[[V:.*]] = %c0 to %[[VECTORS:.*]] step %c1 iter_args(%[[M0:.*]] = %{{.*}}) -> (vector<8xi32>)
// CHECK:         %[[COLUMN:.*]] = arith.muli %[[V]], %c8
// CHECK:         %[[AT:.*]] = arith.muli %[[V]], %c24
// CHECK:         %[[X0:.*]] = vector.load %[[SOURCE]]
// CHECK:         %[[B0:.*]] = arith.bitcast %[[X0]]
// CHECK:         %[[A0:.*]] = arith.andi %[[B0]], %[[SIGN_LESS]]
// CHECK:         %[[M1:.*]] = arith.maxui %[[M0]], %[[A0]]
// CHECK:         %[[X1:.*]] = vector.load %[[SOURCE]]
// CHECK:         %[[B1:.*]] = arith.bitcast %[[X1]]
// CHECK:         %[[A1:.*]] = arith.andi %[[B1]], %[[SIGN_LESS]]
// CHECK:         %[[M2:.*]] = arith.maxui %[[M1]], %[[A1]]
// CHECK:         %[[X2:.*]] = vector.load %[[SOURCE]]
// CHECK:         %[[B2:.*]] = arith.bitcast %[[X2]]
// CHECK:         %[[A2:.*]] = arith.andi %[[B2]], %[[SIGN_LESS]]
// CHECK:         %[[M3:.*]] = arith.maxui %[[M2]], %[[A2]]
// CHECK:         %[[S0:.*]] = vector.shuffle %[[X0]], %[[X1]] [0, 3, 6, 9, 12, 15, 6, 7]
// CHECK:         %[[D0:.*]] = vector.shuffle %[[S0]], %[[X2]] [0, 1, 2, 3, 4, 5, 10, 13]
// CHECK:         %[[S1:.*]] = vector.shuffle %[[X0]], %[[X1]] [1, 4, 7, 10, 13, 5, 6, 7]
// CHECK:         %[[D1:.*]] = vector.shuffle %[[S1]], %[[X2]] [0, 1, 2, 3, 4, 8, 11, 14]
// CHECK:         %[[S2:.*]] = vector.shuffle %[[X0]], %[[X1]] [2, 5, 8, 11, 14, 5, 6, 7]
// CHECK:         %[[D2:.*]] = vector.shuffle %[[S2]], %[[X2]] [0, 1, 2, 3, 4, 9, 12, 15]
// CHECK:         arith.addi %[[AT]], %c3
// CHECK-COUNT-3: vector.load %[[SOURCE]]
// CHECK:         vector.shuffle
// CHECK:         %[[D3:.*]] = vector.shuffle
// CHECK-NOT:     vector.shuffle
// CHECK:         %[[P0:.*]] = arith.subf %[[D0]], %[[D2]]
// CHECK:         vector.store %[[P0]], %[[P]][%[[PANEL]], %[[C]], %[[COLUMN]]]
// CHECK:         %[[P1:.*]] = arith.addf %[[D1]], %[[D2]]
// CHECK:         %[[SET1:.*]] = arith.addi %[[PANEL]], %c2
// CHECK:         vector.store %[[P1]], %[[P]][%[[SET1]], %[[C]], %[[COLUMN]]]
// CHECK:         %[[P2:.*]] = arith.subf %[[D2]], %[[D1]]
// CHECK:         %[[SET2:.*]] = arith.addi %[[PANEL]], %c4
// CHECK:         vector.store %[[P2]], %[[P]][%[[SET2]], %[[C]], %[[COLUMN]]]
// CHECK:         %[[P3:.*]] = arith.subf %[[D3]], %[[D1]]
// CHECK:         %[[SET3:.*]] = arith.addi %[[PANEL]], %c6
// CHECK:         vector.store %[[P3]], %[[P]][%[[SET3]], %[[C]], %[[COLUMN]]]
// CHECK:         scf.yield %[[M3]]
// The position beyond the last columns is looked at, too.
// CHECK:       %[[LAST:.*]] = arith.muli %[[VECTORS]], %c24
// CHECK:       %[[BACK:.*]] = arith.addi %[[LAST]], %c-7
// CHECK:       %[[TAIL:.*]] = vector.load %[[SOURCE]][%[[BACK]]]
// CHECK:       %[[TAIL_BITS:.*]] = arith.bitcast %[[TAIL]]
// CHECK:       %[[TAIL_SIZE:.*]] = arith.andi %[[TAIL_BITS]], %[[SIGN_LESS]]
// CHECK:       %[[ALL:.*]] = arith.maxui %{{.*}}, %[[TAIL_SIZE]]
// CHECK:       scf.yield %[[ALL]]
// CHECK: %[[LARGEST:.*]] = vector.reduction <maxui>, %[[MOST]] : vector<8xi32> into i32
// CHECK: %[[ABOVE:.*]] = arith.cmpi uge, %[[LARGEST]], %[[LARGE]]
// CHECK: %[[ZERO:.*]] = arith.cmpi eq, %[[LARGEST]], %c0_i32
// CHECK: %[[ENOUGH:.*]] = arith.ori %[[ABOVE]], %[[ZERO]]
// CHECK: %[[BELOW:.*]] = arith.cmpi ult, %[[LARGEST]], %[[TOO_LARGE]]
// CHECK: %[[REGULAR:.*]] = arith.andi %[[ENOUGH]], %[[BELOW]]
// CHECK: return %[[REGULAR]]
func.func @pack(%x: memref<?x8x?xf32>, %p: memref<8x4x16xf32>, %n: index, %g: index, %q: index, %nq: index) -> i1 {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] {outputs = 3, taps = array<i64: 2>, shift = 1, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<8x4x16xf32>
  return %regular : i1
}

// -----

// Filters of 2 and 1 taps: 3 points, then the one tap's two data, which begin a
// position later.
// CHECK-LABEL: @two_filters
// CHECK-SAME: %[[P:.*]]: memref<5x4x16xf32>
// CHECK: %[[D0:.*]] = vector.shuffle %{{.*}} [0, 2, 4, 6, 8, 10, 12, 14]
// CHECK: %[[D1:.*]] = vector.shuffle %{{.*}} [1, 3, 5, 7, 9, 11, 13, 15]
// CHECK: %[[D2:.*]] = vector.shuffle %{{.*}} [0, 2, 4, 6, 8, 10, 12, 14]
// CHECK: %[[P0:.*]] = arith.subf %[[D0]], %[[D1]]
// CHECK: vector.store %[[P0]]
// CHECK: vector.store %[[D1]]
// CHECK: %[[P2:.*]] = arith.subf %[[D2]], %[[D1]]
// CHECK: vector.store %[[P2]]
// CHECK: vector.store %[[D1]]
// CHECK: vector.store %[[D2]]
// CHECK: scf.yield
func.func @two_filters(%x: memref<?x8x?xf32>, %p: memref<5x4x16xf32>, %n: index, %g: index, %q: index, %nq: index) -> i1 {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] {outputs = 2, taps = array<i64: 2, 1>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<5x4x16xf32>
  return %regular : i1
}

// -----

// As it is: the data of the longest filter, and nobody asks how large they are.
// CHECK-LABEL: @plain
// CHECK-NOT: arith.maxui
// CHECK-NOT: arith.subf
// CHECK: %[[D0:.*]] = vector.shuffle %{{.*}} [0, 2, 4, 6, 8, 10, 12, 14]
// CHECK: %[[D1:.*]] = vector.shuffle %{{.*}} [1, 3, 5, 7, 9, 11, 13, 15]
// CHECK: %[[D2:.*]] = vector.shuffle %{{.*}} [0, 2, 4, 6, 8, 10, 12, 14]
// CHECK: vector.store %[[D0]], %{{.*}} : memref<5x4x16xf32>
// CHECK: vector.store %[[D1]], %{{.*}} : memref<5x4x16xf32>
// CHECK: vector.store %[[D2]], %{{.*}} : memref<5x4x16xf32>
// CHECK-NOT: vector.store {{.*}} : memref<5x4x16xf32>
// CHECK-NOT: arith.maxui
// CHECK: return
func.func @plain(%x: memref<?x8x?xf32>, %p: memref<5x4x16xf32>, %n: index, %g: index, %q: index, %nq: index) {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] {outputs = 2, taps = array<i64: 2, 1>, shift = 0, panel_columns = 16, granule = 16, plain} : memref<?x8x?xf32>, memref<5x4x16xf32>
  return
}

// -----

// Pieces: pairs of channels, with zeros for the one beyond the last of 3, and
// words of both at one place of a panel. Nothing below 2^-40 passes.
// CHECK-LABEL: @pieces
// CHECK-DAG: arith.constant 729808896 : i32
// CHECK-DAG: memref.collapse_shape %{{.*}} {{\[}}[0], [1, 2]] : memref<3x3x256xf32> into memref<3x768xf32>
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c16
// CHECK-COUNT-2: scf.if
// CHECK: arith.cmpi sge, %{{.*}}, %c3
// CHECK: arith.select
// CHECK: arith.shrui %{{.*}} : vector<8xi32>
// CHECK: arith.ori %{{.*}} : vector<8xi32>
// CHECK-COUNT-9: vector.store %{{.*}} : memref<3x768xf32>, vector<8xf32>
// CHECK-NOT: vector.store
func.func @pieces(%x: memref<?x3x?xf32>, %p: memref<3x3x256xf32>, %n: index, %g: index, %q: index, %nq: index) -> i1 {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] {outputs = 2, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16, pieces = 3} : memref<?x3x?xf32>, memref<3x3x256xf32>
  return %regular : i1
}

// -----

// Phases of more taps than a filter has, cut into two filters of 3 taps each:
// inputs 2 c and 2 c + 1 are channel c, the second 3 positions further to the
// left, which all of a panel has to be inside of x for.
// CHECK-LABEL: @filters
// CHECK-SAME: %[[X:.*]]: memref<?x8x?xf32>
// CHECK:   %[[START:.*]] = arith.addi %{{.*}}, %c-2 : index
// CHECK:   %[[FROM_BEGIN:.*]] = arith.cmpi sge, %[[START]], %c3
// CHECK:   %[[INSIDE:.*]] = arith.andi %[[FROM_BEGIN]], %{{.*}}
// CHECK:   scf.for %[[INPUT:.*]] = %c0 to %c8 step %c1
// CHECK:     %[[OF_GROUP:.*]] = arith.divui %[[INPUT]], %c2
// CHECK:     %[[FILTER:.*]] = arith.remui %[[INPUT]], %c2
// CHECK:     %[[BEFORE:.*]] = arith.muli %[[FILTER]], %c3
// CHECK:     %[[OWN_START:.*]] = arith.subi %[[START]], %[[BEFORE]]
// CHECK:     %[[CHANNEL:.*]] = arith.addi %[[FIRST:.*]], %[[OF_GROUP]]
// CHECK:     scf.if %[[INSIDE]]
// CHECK:       memref.subview %[[X]][%{{.*}}, %[[CHANNEL]], %[[OWN_START]]]
// CHECK:     vector.store %{{.*}}, %{{.*}}[%{{.*}}, %[[INPUT]], %{{.*}}] : memref<4x8x16xf32>
func.func @filters(%x: memref<?x8x?xf32>, %p: memref<4x8x16xf32>, %n: index, %g: index, %q: index, %nq: index) -> i1 {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] {filters = 2, outputs = 2, taps = array<i64: 3>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x8x16xf32>
  return %regular : i1
}
