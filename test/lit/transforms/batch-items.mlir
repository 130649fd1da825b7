// Batch items that lie one after the other, in each pass that has to do with x
// or y. The distance is a value: where items have rows of their own, there is
// one item that all positions are of.
// RUN: tconv-opt %s --tconv-expand-pack-input=lanes=8 --tconv-expand-transform-input=lanes=8 --tconv-expand-epilogue=lanes=8 --split-input-file | FileCheck %s

// A panel holds the parts of the items from that of its first position to that
// of its last one, or to the batch's last item, which fills the rest.
// CHECK-LABEL: @pack
// CHECK-SAME: %[[X:.*]]: memref<?x8x?xf32>, %[[P:.*]]: memref<2x4x32xf32>, %[[N:.*]]: index, %{{.*}}: index, %[[Q:.*]]: index, %{{.*}}: index, %[[D:.*]]: index
// CHECK: scf.for %[[I:.*]] =
// CHECK:   %[[DONE:.*]] = arith.muli %[[I]], %c24
// CHECK:   %[[BEGIN:.*]] = arith.addi %[[Q]], %[[DONE]]
// CHECK:   %[[FIRST:.*]] = arith.divui %[[BEGIN]], %[[D]]
// CHECK:   %[[END:.*]] = arith.divui %{{.*}}, %[[D]]
// CHECK:   %[[BATCH:.*]] = memref.dim %[[X]], %c0
// CHECK:   %[[AFTER:.*]] = arith.subi %[[BATCH]], %[[N]]
// CHECK:   %[[OTHERS:.*]] = arith.subi %[[AFTER]], %c1
// CHECK:   %[[LAST:.*]] = arith.minsi %[[END]], %[[OTHERS]]
// CHECK:   scf.for %[[ITEM:.*]] = %[[FIRST]] to
// CHECK:     %[[START:.*]] = arith.muli %[[ITEM]], %[[D]]
// CHECK:     %[[PART:.*]] = arith.maxsi %[[START]], %[[BEGIN]]
// CHECK:     %[[ROW:.*]] = arith.addi %[[N]], %[[ITEM]]
// CHECK:     %[[OFFSET:.*]] = arith.subi %[[PART]], %[[BEGIN]]
// CHECK:     %[[OF:.*]] = arith.subi %[[PART]], %[[START]]
// CHECK:     arith.subi %[[OF]], %c1
// CHECK:     scf.for
// CHECK:       arith.addi %[[OFFSET]]
// CHECK:       vector.load %[[X]][%[[ROW]], {{.*}} vector<8xf32>
// CHECK:       vector.store {{.*}} %[[P]]
func.func @pack(%x: memref<?x8x?xf32>, %p: memref<2x4x32xf32>, %n: index, %g: index, %q: index, %nq: index, %d: index) {
  tconv.pack_input %x, %p at [%n, %g, %q, %nq] items %d {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x8x?xf32>, memref<2x4x32xf32>
  return
}

// -----

// x itself is read where a panel lies within its item's row.
// CHECK-LABEL: @transform
// CHECK-SAME: %[[X:.*]]: memref<?x8x?xf32>, %{{.*}}: memref<4x8x16xf32>, %[[N:.*]]: index, %{{.*}}: index, %[[Q:.*]]: index, %{{.*}}: index, %[[D:.*]]: index
// CHECK: %[[FIRST:.*]] = arith.divui %{{.*}}, %[[D]]
// CHECK: %[[ROW:.*]] = arith.addi %[[N]], %[[FIRST]]
// CHECK: %[[ORIGIN:.*]] = arith.muli %[[FIRST]], %[[D]]
// CHECK: %[[OF:.*]] = arith.subi %{{.*}}, %[[ORIGIN]]
// CHECK: %[[START:.*]] = arith.subi %[[OF]], %c1
// CHECK: scf.if
// CHECK:   memref.subview %[[X]][%[[ROW]], %{{.*}}, %[[START]]]
// CHECK: } else {
// CHECK:   scf.for %[[ITEM:.*]] = %[[FIRST]] to
// CHECK:     arith.addi %[[N]], %[[ITEM]]
// CHECK:     vector.store {{.*}} memref<54xf32>
func.func @transform(%x: memref<?x8x?xf32>, %p: memref<4x8x16xf32>, %n: index, %g: index, %q: index, %nq: index, %d: index) {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] items %d {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16} : memref<?x8x?xf32>, memref<4x8x16xf32>
  return
}

// -----

// Outputs count from their item's first position, sums from the tile's.
// CHECK-LABEL: @store
// CHECK-SAME: %[[S:.*]]: memref<24x4xf32>, %[[Y:.*]]: memref<?x2x?xf32>, %[[N:.*]]: index, %{{.*}}: index, %{{.*}}: index, %[[Q:.*]]: index, %{{.*}}: index, %[[D:.*]]: index
// CHECK: arith.divui %[[Q]], %[[D]]
// CHECK: scf.for %[[ITEM:.*]] =
// CHECK:   %[[START:.*]] = arith.muli %[[ITEM]], %[[D]]
// CHECK:   %[[BEGIN:.*]] = arith.maxsi %[[START]], %[[Q]]
// CHECK:   %[[ROW:.*]] = arith.addi %[[N]], %[[ITEM]]
// CHECK:   %[[OFFSET:.*]] = arith.subi %[[BEGIN]], %[[Q]]
// CHECK:   scf.for %[[CHANNEL:.*]] =
// CHECK:     scf.for %[[I:.*]] =
// CHECK:       %[[AT:.*]] = arith.addi %[[BEGIN]], %[[I]]
// CHECK:       %[[OF:.*]] = arith.subi %[[AT]], %[[START]]
// CHECK:       arith.muli %[[OF]], %c2
// CHECK:       %[[POSITION:.*]] = arith.addi %[[OFFSET]], %[[I]]
// CHECK:       vector.load %[[S]][%[[POSITION]],
// CHECK:       vector.store {{.*}}, %[[Y]][%[[ROW]],
func.func @store(%s: memref<24x4xf32>, %y: memref<?x2x?xf32>, %n: index, %c: index, %nc: index, %q: index, %nq: index, %d: index) {
  tconv.epilogue %s, %y at [%n, %c, %nc, %q, %nq] items %d {vectors = #tconv.vectors<rows>, stride = 2, crop = 0, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<24x4xf32>, memref<?x2x?xf32>
  return
}

// -----

// In pieces every item of several has to be large enough by itself, or zero:
// masked loads of what the block reads of it.
// CHECK-LABEL: @transform_pieces
// CHECK-SAME: %[[X:.*]]: memref<?x32x?xf32>, %{{.*}}: memref<4x32x24xf32>, %[[N:.*]]: index, %{{.*}}: index, %[[Q:.*]]: index, %{{.*}}: index, %[[D:.*]]: index
// CHECK: vector.reduction <maxui>
// CHECK: %[[ALL:.*]] = arith.andi
// CHECK: %[[FIRST:.*]] = arith.divui %[[Q]], %[[D]]
// CHECK: %[[SEVERAL:.*]] = arith.cmpi slt, %[[FIRST]]
// CHECK: %[[LARGE:.*]] = scf.if %[[SEVERAL]]
// CHECK:   %[[EACH:.*]] = scf.for %[[ITEM:.*]] = %[[FIRST]] to {{.*}} iter_args(%[[SOFAR:.*]] = %true)
// CHECK:     %[[ROW:.*]] = arith.addi %[[N]], %[[ITEM]]
// CHECK:     scf.for
// CHECK:       scf.for
// CHECK:         vector.maskedload %[[X]][%[[ROW]],
// CHECK:     vector.reduction <maxui>
// CHECK:     %[[THIS:.*]] = arith.ori
// CHECK:     %[[NEXT:.*]] = arith.andi %[[SOFAR]], %[[THIS]]
// CHECK:     scf.yield %[[NEXT]]
// CHECK:   scf.yield %[[EACH]]
// CHECK: } else {
// CHECK:   scf.yield %true
// CHECK: %[[REGULAR:.*]] = arith.andi %[[ALL]], %[[LARGE]]
// CHECK: return %[[REGULAR]]
func.func @transform_pieces(%x: memref<?x32x?xf32>, %p: memref<4x32x24xf32>, %n: index, %g: index, %q: index, %nq: index, %d: index) -> i1 {
  %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq] items %d {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16, granule = 16, pieces = 3 : i64} : memref<?x32x?xf32>, memref<4x32x24xf32>
  return %regular : i1
}

// -----

// Vectors of positions stop where the part of the item does: beyond it are its
// neighbour's sums, or another block's.
// CHECK-LABEL: @store_positions
// CHECK-SAME: %[[S:.*]]: memref<4x24xf32>, %[[Y:.*]]: memref<?x2x?xf32>, %[[N:.*]]: index, %{{.*}}: index, %{{.*}}: index, %[[Q:.*]]: index, %{{.*}}: index, %[[D:.*]]: index
// CHECK: scf.for %[[ITEM:.*]] =
// CHECK:   %[[OFFSET:.*]] = arith.subi
// CHECK:   %[[COUNT:.*]] = arith.minsi
// CHECK:   scf.for %[[CHANNEL:.*]] =
// CHECK:     %[[END:.*]] = arith.minsi
// CHECK:     scf.for %[[I:.*]] = %{{.*}} to %[[COUNT]] step %c8
// CHECK:       arith.cmpi sle, %{{.*}}, %[[END]]
// CHECK:       %[[COLUMN:.*]] = arith.addi %[[OFFSET]], %[[I]]
// CHECK:       vector.load %[[S]][%{{.*}}, %[[COLUMN]]]
func.func @store_positions(%s: memref<4x24xf32>, %y: memref<?x2x?xf32>, %n: index, %c: index, %nc: index, %q: index, %nq: index, %d: index) {
  tconv.epilogue %s, %y at [%n, %c, %nc, %q, %nq] items %d {vectors = #tconv.vectors<positions>, stride = 2, crop = 0, first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>} : memref<4x24xf32>, memref<?x2x?xf32>
  return
}
