// RUN: tconv-opt %s --tconv-expand-pack-weights --canonicalize --cse | FileCheck %s

// Two sections with as many taps: one loop, which looks up its rows.
// CHECK-DAG: memref.global "private" constant @[[CHANNELS:.*]] : memref<8xi64> = dense<[0, 1, 2, 2, 0, 1, 2, 2]>
// CHECK-DAG: memref.global "private" constant @[[FIRST_TAPS:.*]] : memref<8xi64> = dense<[0, 0, 0, 0, 1, 1, 1, 1]>

// One section, no padding but that of the last tile: arithmetic, no table. The
// rows' places in the weights come first, -1 where a row only pads; such rows
// become zero, and read nothing that is outside of the weights.
// CHECK-LABEL: @one
// CHECK-SAME: %[[W:.*]]: memref<3x2x4xf32>, %[[P:.*]]: memref<36xf32>
// CHECK-NOT: memref.get_global
// CHECK: %[[PLACES:.*]] = memref.alloca() : memref<6xindex>
// CHECK: %[[FLAT:.*]] = memref.reinterpret_cast %[[W]]
// CHECK-SAME: to memref<24xf32>
// CHECK: scf.for %[[R:.*]] = %c0 to %c6
// CHECK:   %[[CHANNEL:.*]] = arith.divui %[[R]], %c2
// CHECK:   %[[REAL:.*]] = arith.cmpi slt, %[[CHANNEL]], %c2
// CHECK:   %[[BOTH:.*]] = arith.andi %[[REAL]], %[[REAL]]
// CHECK:   %[[PHASE:.*]] = arith.remui %[[R]], %c2
// CHECK:   %[[OF_CHANNEL:.*]] = arith.muli %[[CHANNEL]], %c4
// CHECK:   %[[PLACE:.*]] = arith.addi %[[OF_CHANNEL]], %[[PHASE]]
// CHECK:   %[[OR_NONE:.*]] = arith.select %[[BOTH]], %[[PLACE]], %c-1
// CHECK:   memref.store %[[OR_NONE]], %[[PLACES]][%[[R]]]
// Channels, taps, and the rows innermost.
// CHECK: scf.for %[[INPUT:.*]] = %c0 to %c3
// CHECK:   scf.for %[[TAP:.*]] = %c0 to %c2
// CHECK:     scf.for %[[ROW:.*]] = %c0 to %c6
// CHECK:       %[[AT:.*]] = memref.load %[[PLACES]][%[[ROW]]]
// CHECK:       %[[IS_REAL:.*]] = arith.cmpi sge, %[[AT]], %c0
// CHECK:       %[[OF_INPUT:.*]] = arith.muli %[[INPUT]], %c8
// CHECK:       %[[FROM:.*]] = arith.select %[[IS_REAL]], %{{.*}}, %[[OF_INPUT]]
// CHECK:       %[[WEIGHT:.*]] = memref.load %[[FLAT]][%[[FROM]]]
// CHECK:       %[[OR_ZERO:.*]] = arith.select %[[IS_REAL]], %[[WEIGHT]], %cst
// CHECK:       memref.store %[[OR_ZERO]], %[[P]]
// CHECK-NOT: memref.store
func.func @one(%w: memref<3x2x4xf32>, %p: memref<36xf32>) {
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<36xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 6>}
  return
}

// CHECK-LABEL: @two
// CHECK: scf.for %[[TILE:.*]] = %c0 to %c2
// CHECK: memref.get_global @[[CHANNELS]]
// CHECK: memref.get_global @[[FIRST_TAPS]]
// CHECK: scf.for {{.*}} to %c3
// CHECK-NOT: scf.for {{.*}} to %c2
// CHECK-NOT: tconv.pack_weights
func.func @two(%w: memref<3x2x2xf32>, %p: memref<24xf32>) {
  tconv.pack_weights ins(%w : memref<3x2x2xf32>) outs(%p : memref<24xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 3, sections = [<phases = [0], first_taps = [0], taps = 1, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 1>]>, groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
  return
}

// F(2, 3), 8 elements a point: tap 2, (w0 + w1 + w2) / 2, (w0 - w1 + w2) / 2,
// tap 0, then tap 1, which is no point. Sums are in double precision.
// CHECK-LABEL: @points
// CHECK-SAME: %[[W:.*]]: memref<2x4x3xf32>, %[[P:.*]]: memref<40xf32>
// CHECK-DAG: %[[HALF:.*]] = arith.constant 5.000000e-01 : f64
// CHECK-DAG: %[[MINUS:.*]] = arith.constant -5.000000e-01 : f64
// CHECK: scf.for %{{.*}} = %c0 to %c2
// CHECK: scf.for %{{.*}} = %c0 to %c4
// CHECK: memref.load {{.*}} : memref<24xf32>
// CHECK: %[[W0:.*]] = arith.select {{.*}} : f32
// CHECK: memref.load {{.*}} : memref<24xf32>
// CHECK: %[[W1:.*]] = arith.select {{.*}} : f32
// CHECK: memref.load {{.*}} : memref<24xf32>
// CHECK: %[[W2:.*]] = arith.select {{.*}} : f32
// CHECK: memref.store %[[W2]], %[[P]][%[[AT:.*]]]
// CHECK: %[[D0:.*]] = arith.extf %[[W0]] : f32 to f64
// CHECK: %[[T0:.*]] = arith.mulf %[[D0]], %[[HALF]]
// CHECK: %[[D1:.*]] = arith.extf %[[W1]] : f32 to f64
// CHECK: %[[T1:.*]] = arith.mulf %[[D1]], %[[HALF]]
// CHECK: %[[S1:.*]] = arith.addf %[[T0]], %[[T1]]
// CHECK: %[[D2:.*]] = arith.extf %[[W2]] : f32 to f64
// CHECK: %[[T2:.*]] = arith.mulf %[[D2]], %[[HALF]]
// CHECK: %[[S2:.*]] = arith.addf %[[S1]], %[[T2]]
// CHECK: %[[P1:.*]] = arith.truncf %[[S2]] : f64 to f32
// CHECK: %[[AT1:.*]] = arith.addi %[[AT]], %c8
// CHECK: memref.store %[[P1]], %[[P]][%[[AT1]]]
// CHECK: %[[N1:.*]] = arith.mulf %[[D1]], %[[MINUS]]
// CHECK: %[[S3:.*]] = arith.addf %[[T0]], %[[N1]]
// CHECK: %[[S4:.*]] = arith.addf %[[S3]], %[[T2]]
// CHECK: %[[P2:.*]] = arith.truncf %[[S4]] : f64 to f32
// CHECK: %[[AT2:.*]] = arith.addi %[[AT]], %c16
// CHECK: memref.store %[[P2]], %[[P]][%[[AT2]]]
// CHECK: %[[AT3:.*]] = arith.addi %[[AT]], %c24
// CHECK: memref.store %[[W0]], %[[P]][%[[AT3]]]
// CHECK: %[[AT4:.*]] = arith.addi %[[AT]], %c32
// CHECK: memref.store %[[W1]], %[[P]][%[[AT4]]]
// CHECK-NOT: memref.store
func.func @points(%w: memref<2x4x3xf32>, %p: memref<40xf32>) {
  tconv.pack_weights ins(%w : memref<2x4x3xf32>) outs(%p : memref<40xf32>) {decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 3, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 4, rows = 4, outputs = 2>}
  return
}

// Sections of 2 and 1 taps, 3 outputs: 4 points of one, 3 of the other, which
// are its tap each time. No tap is left over.
// CHECK-LABEL: @sections
// CHECK-COUNT-4: memref.store {{.*}} : memref<28xf32>
// CHECK-NOT: arith.mulf
// CHECK: scf.for
// CHECK: scf.for %[[ROW:.*]] = %c0 to %c4
// CHECK: %[[TAP:.*]] = arith.select {{.*}} : f32
// CHECK: %[[AT0:.*]] = arith.addi %[[ROW]], %c16
// CHECK: memref.store %[[TAP]], %{{.*}}[%[[AT0]]] : memref<28xf32>
// CHECK: %[[AT1:.*]] = arith.addi %[[ROW]], %c20
// CHECK: memref.store %[[TAP]], %{{.*}}[%[[AT1]]] : memref<28xf32>
// CHECK: %[[AT2:.*]] = arith.addi %[[ROW]], %c24
// CHECK: memref.store %[[TAP]], %{{.*}}[%[[AT2]]] : memref<28xf32>
// CHECK-NOT: memref.store
func.func @sections(%w: memref<1x4x3xf32>, %p: memref<28xf32>) {
  tconv.pack_weights ins(%w : memref<1x4x3xf32>) outs(%p : memref<28xf32>) {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>, <phases = [1], first_taps = [1], taps = 1, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 4, rows = 4, outputs = 3>}
  return
}

// -----

// Pieces: a pair of channels at a time, zeros beyond the last of 5; the three
// points of F(2, 2) as three words each, an upper half and a shifted one.
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 2, shift = 0>]>
// CHECK-LABEL: @pieces
// CHECK: scf.for %{{.*}} = %c0{{.*}} to %c16
// CHECK: arith.minsi
// CHECK: arith.cmpi sle
// CHECK: arith.bitcast %{{.*}} : f32 to i32
// CHECK: arith.andi %{{.*}}, %c-65536_i32
// CHECK: arith.subf
// CHECK: arith.shrui
// CHECK: arith.ori
// CHECK-COUNT-3: memref.store %{{.*}} : memref<2304xf32>
// CHECK-COUNT-2: arith.truncf
// CHECK-COUNT-3: memref.store %{{.*}} : memref<2304xf32>
// CHECK-NOT: arith.truncf
// CHECK-COUNT-3: memref.store %{{.*}} : memref<2304xf32>
// CHECK-NOT: memref.store
func.func @pieces(%w: memref<5x16x2xf32>, %p: memref<2304xf32>) {
  tconv.pack_weights ins(%w : memref<5x16x2xf32>) outs(%p : memref<2304xf32>) {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 16, rows = 16, outputs = 2, pieces = 3>}
  return
}

// Five taps as two filters of 3, of F(2, 3): inputs are (channel, filter), and
// what a filter has beyond the fifth tap is zero, read from that.
// CHECK-LABEL: @filters
// CHECK: scf.for %[[INPUT:.*]] = %c0 to %c4
// CHECK:   %[[CHANNEL:.*]] = arith.divui %[[INPUT]], %c2
// CHECK:   %[[FILTER:.*]] = arith.remui %[[INPUT]], %c2
// CHECK:   %[[FIRST:.*]] = arith.muli %[[FILTER]], %c3
// CHECK:   arith.minsi %[[FIRST]], %c4
// CHECK:   %[[LAST:.*]] = arith.addi %[[FIRST]], %c2
// CHECK:   %[[WITHIN:.*]] = arith.minsi %[[LAST]], %c4
// CHECK:   %[[REAL:.*]] = arith.cmpi sle, %[[LAST]], %c4
// CHECK:   %[[TAP:.*]] = arith.select %[[REAL]], %{{.*}}, %cst
// CHECK:   memref.store %[[TAP]], %{{.*}} : memref<80xf32>
func.func @filters(%w: memref<2x4x5xf32>, %p: memref<80xf32>) {
  tconv.pack_weights ins(%w : memref<2x4x5xf32>) outs(%p : memref<80xf32>) {decomposition = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1, sections = [<phases = [0], first_taps = [0], taps = 5, shift = 0>]>, groups = 1 : i64, packing = #tconv.packing<channels = 4, rows = 4, outputs = 2>}
  return
}
