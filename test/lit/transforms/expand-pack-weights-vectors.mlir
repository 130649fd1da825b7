// RUN: tconv-opt %s --tconv-expand-pack-weights=lanes=16 --split-input-file --canonicalize --cse | FileCheck %s
// RUN: tconv-opt %s --tconv-expand-pack-weights=lanes=8 --split-input-file | FileCheck %s --check-prefix=SHORT

// Sixteen rows at once where there are vectors that long: one gather, whose
// mask leaves out rows that only pad, and one store.
// CHECK-LABEL: @taps
// CHECK: %[[PLACES:.*]] = memref.alloca() : memref<32xi32>
// CHECK: %[[OR_NONE:.*]] = arith.select %{{.*}}, %{{.*}}, %c-1
// CHECK: %[[SHORT_PLACE:.*]] = arith.index_cast %[[OR_NONE]] : index to i32
// CHECK: memref.store %[[SHORT_PLACE]], %[[PLACES]]
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c32 step %c16
// CHECK:   %[[AT:.*]] = vector.load %[[PLACES]][%[[ROW]]] : memref<32xi32>, vector<16xi32>
// CHECK:   %[[REAL:.*]] = arith.cmpi sge, %[[AT]], %{{.*}} : vector<16xi32>
// CHECK:   %[[NUMBERS:.*]] = vector.gather %{{.*}}[%{{.*}}] [%[[AT]]], %[[REAL]], %{{.*}} : memref<144xf32>
// CHECK:   vector.store %[[NUMBERS]]
// SHORT-LABEL: @taps
// SHORT-NOT: vector.
// SHORT: return
func.func @taps(%w: memref<3x12x4xf32>, %p: memref<192xf32>) {
  tconv.pack_weights ins(%w : memref<3x12x4xf32>) outs(%p : memref<192xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 12, rows = 32>}
  return
}

// -----

// Tiles that are no whole vectors: row by row.
// CHECK-LABEL: @shorter
// CHECK: memref.alloca() : memref<8xindex>
// CHECK-NOT: vector.
// CHECK: return
func.func @shorter(%w: memref<3x4x4xf32>, %p: memref<48xf32>) {
  tconv.pack_weights ins(%w : memref<3x4x4xf32>) outs(%p : memref<48xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 4, rows = 8>}
  return
}

// -----

// Words of pieces lie a tile register's row apart.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
// CHECK-LABEL: @pieces
// CHECK-DAG: %[[APART:.*]] = arith.constant dense<[0, 16, 32, 48, 64, 80, 96, 112, 128, 144, 160, 176, 192, 208, 224, 240]> : vector<16xi32>
// CHECK-COUNT-4: vector.gather
// CHECK-COUNT-9: vector.scatter %{{.*}}[%{{.*}}] [%[[APART]]], %{{.*}}, %{{.*}} : memref<2304xf32>
// CHECK-NOT: memref.store %{{.*}} : memref<2304xf32>
func.func @pieces(%w: memref<5x16x2xf32>, %p: memref<2304xf32>) {
  tconv.pack_weights ins(%w : memref<5x16x2xf32>) outs(%p : memref<2304xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 16, rows = 16, outputs = 2, pieces = 3>}
  return
}

// -----

// Phases whose first taps are neighbours lie together: loads instead, of the
// phases of two channels for a vector, or of one. Rows that only pad are zeros.
// CHECK-LABEL: @runs
// CHECK-NOT: vector.gather
// CHECK: memref.load %{{.*}}[%c0] : memref<16xi32>
// CHECK: %[[REAL:.*]] = arith.cmpi sge
// CHECK: %[[ONE:.*]] = vector.load %{{.*}} : memref<192xf32>, vector<8xf32>
// CHECK: %[[OR_ZERO:.*]] = arith.select %[[REAL]], %[[ONE]], %{{.*}} : vector<8xf32>
// CHECK: %[[HALF:.*]] = vector.insert_strided_slice %[[OR_ZERO]], %{{.*}} {offsets = [0], strides = [1]}
// CHECK: memref.load %{{.*}}[%c8] : memref<16xi32>
// CHECK: vector.load %{{.*}} : memref<192xf32>, vector<8xf32>
// CHECK: %[[WHOLE:.*]] = vector.insert_strided_slice %{{.*}}, %[[HALF]] {offsets = [8], strides = [1]}
// CHECK: vector.store %[[WHOLE]], %{{.*}} : memref<192xf32>, vector<16xf32>
// SHORT-LABEL: @runs
// SHORT: scf.for %[[ROW:.*]] = %{{.*}} to %{{.*}} step %c8
// SHORT: memref.load %{{.*}}[%[[ROW]]] : memref<16xi32>
// SHORT: vector.load %{{.*}} : memref<192xf32>, vector<8xf32>
// SHORT-NOT: vector.insert
// SHORT: vector.store %{{.*}} : memref<192xf32>, vector<8xf32>
func.func @runs(%w: memref<3x4x16xf32>, %p: memref<192xf32>) {
  tconv.pack_weights ins(%w : memref<3x4x16xf32>) outs(%p : memref<192xf32>) {decomposition = #tconv.decomposition<stride = 8, crop = 0, tap_step = 8, shift_step = 1, sections = [<phases = [0, 1, 2, 3, 4, 5, 6, 7], first_taps = [0, 1, 2, 3, 4, 5, 6, 7], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 16>}
  return
}

// -----

// Not where taps run backwards, as with some dilations.
// CHECK-LABEL: @backwards
// CHECK: vector.gather
// SHORT-LABEL: @backwards
// SHORT-NOT: vector.
// SHORT: return
func.func @backwards(%w: memref<3x4x4xf32>, %p: memref<48xf32>) {
  tconv.pack_weights ins(%w : memref<3x4x4xf32>) outs(%p : memref<48xf32>) {decomposition = #tconv.decomposition<stride = 4, crop = 0, tap_step = 4, shift_step = 1, sections = [<phases = [0, 1, 2, 3], first_taps = [0, 3, 2, 1], taps = 1, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 4, rows = 16>}
  return
}
