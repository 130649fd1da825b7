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
