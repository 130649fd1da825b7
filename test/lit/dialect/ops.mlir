// Every operation prints as it was parsed, in both forms where it has two.
// RUN: tconv-opt %s | tconv-opt | FileCheck %s

// CHECK-LABEL: @tensors
// CHECK: tconv.conv1d_transpose ins(%{{.*}}, %{{.*}}, %{{.*}} : tensor<?x4x?xf32>, tensor<4x3x2xf32>, tensor<6xf32>) outs(%{{.*}} : tensor<?x6x?xf32>) {any_length, crop_begin = -1 : i64, dilation = 3 : i64, groups = 2 : i64, stride = 2 : i64} -> tensor<?x6x?xf32>
func.func @tensors(%x: tensor<?x4x?xf32>, %w: tensor<4x3x2xf32>,
                   %b: tensor<6xf32>, %y: tensor<?x6x?xf32>)
    -> tensor<?x6x?xf32> {
  %0 = tconv.conv1d_transpose
      ins(%x, %w, %b : tensor<?x4x?xf32>, tensor<4x3x2xf32>, tensor<6xf32>)
      outs(%y : tensor<?x6x?xf32>)
      {stride = 2, dilation = 3, groups = 2, crop_begin = -1, any_length}
      -> tensor<?x6x?xf32>
  return %0 : tensor<?x6x?xf32>
}

// CHECK-LABEL: @buffers
// CHECK: tconv.pack_weights ins(%{{.*}} : memref<4x6x2xf32>) outs(%{{.*}} : memref<48xf32>)
// CHECK-SAME: sections = [<phases = [0, 1], first_taps = [0, 1], taps = 1, shift = 0>]
// CHECK-SAME: packing = #tconv.packing<channels = 3, rows = 2>
// CHECK: tconv.phases ins(%{{.*}}, %{{.*}} : memref<?x4x?xf32>, memref<48xf32>) outs(%{{.*}} : memref<?x6x?xf32>) window[%{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}, %{{.*}}]
// CHECK: tconv.pack_input
// CHECK: tconv.contract
// CHECK-SAME: vectors = #tconv.vectors<rows>
// CHECK: tconv.epilogue
func.func @buffers(%x: memref<?x4x?xf32>, %w: memref<4x6x2xf32>,
                   %wp: memref<48xf32>, %y: memref<?x6x?xf32>,
                   %panel: memref<1x4x16xf32>, %s: memref<8x12xf32>,
                   %i: index) {
  tconv.pack_weights ins(%w : memref<4x6x2xf32>) outs(%wp : memref<48xf32>)
      {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2,
         shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1],
                                      taps = 1, shift = 0>]>,
       groups = 1 : i64, packing = #tconv.packing<channels = 3, rows = 2>}
  tconv.phases ins(%x, %wp : memref<?x4x?xf32>, memref<48xf32>)
      outs(%y : memref<?x6x?xf32>) window[%i, %i, %i, %i, %i, %i, %i, %i]
      {decomposition = #tconv.decomposition<stride = 2, crop = 0, tap_step = 2,
         shift_step = 1, sections = [<phases = [0, 1], first_taps = [0, 1],
                                      taps = 1, shift = 0>]>,
       groups = 1 : i64, packing = #tconv.packing<channels = 3, rows = 2>}
  tconv.pack_input %x, %panel at [%i, %i, %i, %i]
      {panel_positions = 8, max_shift = 0, span = 0, granule = 1}
      : memref<?x4x?xf32>, memref<1x4x16xf32>
  tconv.contract %panel, %wp, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i]
      {vectors = #tconv.vectors<rows>, rows = 2, taps = 1, first_tile = 0,
       tiles = 6, max_shift = 0, shift_step = 1, panel_positions = 8,
       shifts = array<i64: 0>}
      : memref<1x4x16xf32>, memref<48xf32>, memref<8x12xf32>
  tconv.epilogue %s, %y at [%i, %i, %i, %i, %i]
      {vectors = #tconv.vectors<rows>, stride = 2, crop = 0,
       first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>}
      : memref<8x12xf32>, memref<?x6x?xf32>
  return
}

// CHECK-LABEL: @fast
// CHECK-SAME: %[[X:.*]]: memref<?x4x?xf32>, %[[W:.*]]: memref<4x2x3xf32>, %[[WP:.*]]: memref<40xf32>, %[[Y:.*]]: memref<?x2x?xf32>, %[[P:.*]]: memref<4x4x16xf32>, %[[S:.*]]: memref<8x16xf32>, %[[I:.*]]: index
// CHECK: tconv.pack_weights {{.*}} packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>
// CHECK: %[[R:.*]] = tconv.transform_input %[[X]], %[[P]] at[%[[I]], %[[I]], %[[I]], %[[I]]] {granule = 8 : i64, outputs = 2 : i64, panel_columns = 16 : i64, shift = -1 : i64, taps = array<i64: 3>} : memref<?x4x?xf32>, memref<4x4x16xf32>
// CHECK: tconv.transform_input {{.*}} plain
// CHECK: tconv.phases ins(%[[P]], %[[WP]] : memref<4x4x16xf32>, memref<40xf32>) outs(%[[Y]] : memref<?x2x?xf32>) window[{{.*}}] panel_origin %[[I]] regular %[[R]] {
// CHECK: tconv.contract %[[P]], %[[WP]], %[[S]] {{.*}} panels = array<i64: 0, 1, 2, 3>,
// CHECK: tconv.combine %[[S]] at[%[[I]]] {decomposition = #tconv.decomposition<stride = 1, {{.*}} packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>, vectors = #tconv.vectors<positions>} : memref<8x16xf32>
// CHECK: tconv.contract_plain %[[P]], %[[WP]], %[[S]] at[%[[I]], %[[I]], %[[I]]] {decomposition = {{.*}} packing = #tconv.packing<channels = 2, rows = 2, outputs = 2>, panel_columns = 16 : i64, vectors = #tconv.vectors<positions>} : memref<4x4x16xf32>, memref<40xf32>, memref<8x16xf32>
#map = #tconv.decomposition<stride = 1, crop = 0, tap_step = 1, shift_step = 1,
    sections = [<phases = [0], first_taps = [0], taps = 3, shift = -1>]>
#points = #tconv.packing<channels = 2, rows = 2, outputs = 2>
func.func @fast(%x: memref<?x4x?xf32>, %w: memref<4x2x3xf32>,
                %wp: memref<40xf32>, %y: memref<?x2x?xf32>,
                %p: memref<4x4x16xf32>, %s: memref<8x16xf32>, %i: index) {
  tconv.pack_weights ins(%w : memref<4x2x3xf32>) outs(%wp : memref<40xf32>)
      {decomposition = #map, groups = 1 : i64, packing = #points}
  %r = tconv.transform_input %x, %p at [%i, %i, %i, %i]
      {outputs = 2, taps = array<i64: 3>, shift = -1, panel_columns = 16,
       granule = 8} : memref<?x4x?xf32>, memref<4x4x16xf32>
  %nobody = tconv.transform_input %x, %p at [%i, %i, %i, %i]
      {outputs = 2, taps = array<i64: 3>, shift = -1, panel_columns = 16,
       granule = 8, plain} : memref<?x4x?xf32>, memref<4x4x16xf32>
  tconv.phases ins(%p, %wp : memref<4x4x16xf32>, memref<40xf32>)
      outs(%y : memref<?x2x?xf32>) window[%i, %i, %i, %i, %i, %i, %i, %i]
      panel_origin %i regular %r
      {decomposition = #map, groups = 1 : i64, packing = #points,
       panel_positions = 32 : i64}
  tconv.contract %p, %wp, %s at [%i, %i] window [%i, %i, %i, %i, %i, %i]
      {vectors = #tconv.vectors<positions>, rows = 2, taps = 1, first_tile = 0,
       tiles = 4, max_shift = 0, shift_step = 1, panel_positions = 16,
       shifts = array<i64: 0>, panels = array<i64: 0, 1, 2, 3>}
      : memref<4x4x16xf32>, memref<40xf32>, memref<8x16xf32>
  tconv.combine %s at [%i] {vectors = #tconv.vectors<positions>,
      decomposition = #map, packing = #points} : memref<8x16xf32>
  tconv.contract_plain %p, %wp, %s at [%i, %i, %i]
      {vectors = #tconv.vectors<positions>, panel_columns = 16,
       decomposition = #map, packing = #points}
      : memref<4x4x16xf32>, memref<40xf32>, memref<8x16xf32>
  return
}
