// RUN: tconv-opt %s --tconv-expand-pack-input=lanes=16 --canonicalize --cse | FileCheck %s

// Vectors of 16 are padded under masks. Those of the first and the last vector
// are all channels'; between them vectors are whole, or all are masked.
// CHECK-LABEL: @pack
// CHECK-SAME: %[[X:.*]]: memref<?x8x?xf32>, %[[P:.*]]: memref<2x4x48xf32>
// CHECK-DAG: %[[ZEROS:.*]] = arith.constant dense<0.000000e+00> : vector<16xf32>
// CHECK-DAG: %[[LANES:.*]] = arith.constant dense<[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]> : vector<16xi32>
// CHECK: scf.for
// CHECK:   %[[BEGINS:.*]] = arith.addi %{{.*}}, %[[LANES]] : vector<16xi32>
// CHECK:   %[[FIRST:.*]] = arith.cmpi ult, %[[BEGINS]], %{{.*}} : vector<16xi32>
// CHECK:   %[[LAST:.*]] = arith.cmpi ult, %{{.*}} : vector<16xi32>
// CHECK:   %[[REST:.*]] = arith.cmpi ugt, %{{.*}}, %[[LANES]] : vector<16xi32>
// CHECK:   scf.for
// CHECK:     %[[V0:.*]] = vector.maskedload %[[X]][{{.*}}], %[[FIRST]], %[[ZEROS]]
// What follows the columns has room in a row of 48.
// CHECK-NEXT: vector.store %[[V0]], %[[P]]
// CHECK:     scf.if
// CHECK:       scf.if
// CHECK:         scf.for %{{.*}} = %c16 to %{{.*}} step %c16
// CHECK:           %[[V1:.*]] = vector.load %[[X]]
// CHECK:           vector.store %[[V1]], %[[P]]
// CHECK:       } else {
// CHECK:         scf.for %{{.*}} = %c16 to %{{.*}} step %c16
// CHECK:           vector.maskedload %[[X]]
// CHECK:       %[[V2:.*]] = vector.maskedload %[[X]][{{.*}}], %[[LAST]], %[[ZEROS]]
// CHECK:       scf.if
// CHECK:         vector.store %[[V2]], %[[P]]
// CHECK:       } else {
// CHECK:         vector.maskedstore %[[P]][{{.*}}], %[[REST]], %[[V2]]
// CHECK-NOT: memref.store
func.func @pack(%x: memref<?x8x?xf32>, %p: memref<2x4x48xf32>, %n: index, %g: index, %q: index, %nq: index) {
  tconv.pack_input %x, %p at [%n, %g, %q, %nq] {panel_positions = 32, max_shift = 1, span = 1, granule = 32} : memref<?x8x?xf32>, memref<2x4x48xf32>
  return
}
