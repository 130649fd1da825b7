// RUN: tconv-opt %s --tconv-expand-pack-input=lanes=8 | FileCheck %s

// Zeros, vectors, single elements, zeros; x begins max_shift before the origin.
// CHECK-LABEL: @pack
// CHECK-SAME: %[[X:.*]]: memref<?x8x?xf32>, %[[P:.*]]: memref<2x4x32xf32>
// CHECK: memref.dim %[[X]], %c2
// CHECK: scf.for
// CHECK:   scf.for
// CHECK:     scf.for
// CHECK:       memref.store %cst{{.*}}, %[[P]]
// CHECK:     scf.for {{.*}} step %c8
// CHECK:       %[[V:.*]] = vector.load %[[X]]{{.*}} vector<8xf32>
// CHECK:       vector.store %[[V]], %[[P]]
// CHECK:     scf.for
// CHECK:       memref.load %[[X]]
// CHECK:       memref.store
// CHECK:     scf.for
// CHECK:       memref.store %cst{{.*}}, %[[P]]
// CHECK-NOT: tconv.pack_input
func.func @pack(%x: memref<?x8x?xf32>, %p: memref<2x4x32xf32>, %n: index, %g: index, %q: index, %nq: index) {
  tconv.pack_input %x, %p at [%n, %g, %q, %nq] {panel_positions = 24, max_shift = 1, span = 1, granule = 24} : memref<?x8x?xf32>, memref<2x4x32xf32>
  return
}
