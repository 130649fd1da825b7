// Kernels on global memory, in the form that bishengir-compile takes.
// RUN: tconv-opt %s --tconv-expand-cores="symbol=up" --canonicalize --cse | FileCheck %s

// Stride 4, 8 taps, 2 cropped: phases 2, 3 of a position are planes 0 and 1, and
// 0, 1 of the next planes 2 and 3, which read x at other places: two bands of 24
// rows, each one row tile.
#map = #tconv.decomposition<stride = 4, crop = 2, tap_step = 4, shift_step = 1, sections = [
  <phases = [0, 1, 2, 3], first_taps = [0, 1, 2, 3], taps = 2, shift = 0>]>
func.func @layer(%x: memref<?x16x?xf16>, %p: memref<1536xf16>, %b: memref<12xf16>, %y: memref<?x12x?xf16>) {
  tconv.phases ins(%x, %p, %b : memref<?x16x?xf16>, memref<1536xf16>, memref<12xf16>) outs(%y : memref<?x12x?xf16>)
      {decomposition = #map, groups = 1 : i64, packing = #tconv.packing<channels = 12, rows = 4>,
       tconv.cores = {unit = "cube", rows = 24, positions = 64, depth = 16, weights = 2,
                      store_positions = 32, store_phases = 4, store_channels = 12}}
  return
}
// CHECK-NOT: func.func @layer(

// Weights are turned around, 16 input channels at a time.
// CHECK: func.func @up_pack(%{{.*}}: memref<?xi8>, %[[W:.*]]: memref<?xf16>, %[[P:.*]]: memref<?xf16>, %{{.*}}: i32
// CHECK-SAME: attributes {WorkspaceArgIdx = 0 : i64, global_kernel = "local", mix_mode = "aiv"}
// CHECK: linalg.transpose ins(%{{.*}} : tensor<16x8xf16>) outs(%{{.*}} : tensor<8x16xf16>) permutation = [1, 0]

// All weights times 0, 1024 at a time, until 8 sums are left.
// CHECK: scf.for {{.*}} iter_args(%[[NONE:.*]] = %{{.*}}) -> (tensor<1x1024xf32>)
// CHECK: arith.extf %{{.*}} : tensor<1x1024xf16> to tensor<1x1024xf32>
// CHECK: arith.addf %[[NONE]], %{{.*}} : tensor<1x1024xf32>
// CHECK: tensor.extract_slice %{{.*}}[0, 8] [1, 8] [1, 1] : tensor<1x16xf32>
// CHECK: bufferization.materialize_in_destination %{{.*}} : (tensor<1x8xf32>

// x where it is, zeros before and after: a window has 64 positions and 2 more,
// and begins at a multiple of 32 bytes.
// CHECK: func.func @up_edge(
// CHECK-SAME: mix_mode = "aiv"
// CHECK: linalg.fill ins(%{{.*}} : f16) outs(%{{.*}} : tensor<16x80xf16>)

// Where a sum of those is no number, rows are summed of the taps that meet x.
// CHECK: memref.load %{{.*}}[%c7] : memref<?xf32>
// CHECK-NEXT: arith.cmpf une
// CHECK-NEXT: %[[SPECIAL:.*]] = arith.ori
// CHECK-NEXT: arith.select %[[SPECIAL]], %c0, %{{.*}} : index
// CHECK: arith.select %[[SPECIAL]], %{{.*}}, %c0 : index
// CHECK: arith.mulf {{.*}} : tensor<1x64xf32>
// CHECK: tensor.extract_slice %{{.*}}[0, 0] [1, %{{.*}}] [1, 1] : tensor<1x64xf32>

// A product of each tap, in L0C, with weights that stay.
// CHECK: func.func @up_product(%{{.*}}: memref<?xi8>, %{{.*}}: memref<?xf16>, %{{.*}}: memref<?xf16>, %{{.*}}: memref<?xf32>, %{{.*}}: i64
// CHECK-SAME: mix_mode = "mix"
// CHECK: memref.copy %{{.*}} : memref<24x32xf16, strided<[32, 1], offset: ?>> to memref<24x32xf16>
// CHECK: scf.for
// CHECK: %[[ZERO:.*]] = linalg.fill ins(%{{.*}} : f32) outs(%{{.*}} : tensor<24x64xf32>)
// CHECK: scf.for {{.*}} iter_args(%[[SUM:.*]] = %[[ZERO]]) -> (tensor<24x64xf32>)
// CHECK: tensor.extract_slice %{{.*}}[0, %{{.*}}] [24, 16] [1, 1] : tensor<24x32xf16>
// CHECK: linalg.matmul ins(%{{.*}} : tensor<24x16xf16>, tensor<16x64xf16>) outs(%[[SUM]] : tensor<24x64xf32>)
// CHECK: bufferization.materialize_in_destination

// The two bands, the later one first; bias, conversion, interleaving.
// CHECK: func.func @up_store(
// CHECK-SAME: mix_mode = "aiv"
// CHECK: memref.subview %[[ROWS:.*]][0, 0] [2, 32] [1, 1] : memref<4x32xf32>
// CHECK: memref.subview %[[ROWS]][2, 0] [2, 32] [1, 1] : memref<4x32xf32>
// CHECK: arith.addf {{.*}} : tensor<4x32xf32>
// CHECK: arith.truncf {{.*}} : tensor<4x32xf32> to tensor<4x32xf16>
// CHECK: linalg.transpose ins(%{{.*}} : tensor<4x32xf16>)
