// RUN: tconv-opt %s --tconv-outline-packing | FileCheck %s

#map = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2, shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>
#packing = #tconv.packing<channels = 2, rows = 4>

// CHECK-LABEL: func.func @layer_pack(
// CHECK-SAME: %[[W:.*]]: memref<3x2x4xf32>, %[[P:.*]]: memref<24xf32>)
// CHECK: tconv.pack_weights ins(%[[W]] : memref<3x2x4xf32>) outs(%[[P]] : memref<24xf32>)

// CHECK-LABEL: func.func @layer(
// CHECK-SAME: %{{.*}}: memref<?x3x?xf32>, %[[PACKED:.*]]: memref<24xf32>, %{{.*}}: memref<?x2x?xf32>)
// CHECK-NOT: alloc
// CHECK-NOT: pack_weights
// CHECK: tconv.phases ins(%{{.*}}, %[[PACKED]] :
func.func @layer(%x: memref<?x3x?xf32>, %w: memref<3x2x4xf32>, %y: memref<?x2x?xf32>) {
  %p = memref.alloc() : memref<24xf32>
  tconv.pack_weights ins(%w : memref<3x2x4xf32>) outs(%p : memref<24xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  tconv.phases ins(%x, %p : memref<?x3x?xf32>, memref<24xf32>) outs(%y : memref<?x2x?xf32>) {decomposition = #map, groups = 1 : i64, packing = #packing}
  return
}
