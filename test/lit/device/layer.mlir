// The schedules for GPUs: a layer becomes blocks of a grid.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/sm_80 kind=gemm" | FileCheck %s --check-prefixes=CHECK,ASYNC
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/portable kind=gemm" | FileCheck %s --check-prefixes=CHECK,SYNC
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-nvptx-schedule="feature=nvptx/sm_80 kind=small" | FileCheck %s --check-prefix=SMALL

// The weights are packed by a kernel of their own, in the order that the
// product reads: 2 tiles of 2 taps and 1 chunk of 16 channels, 32 rows each.
// CHECK: func.func @layer_pack(%{{.*}}: memref<16x12x8xf32>, %{{.*}}: memref<2048xf32>)
// CHECK: tconv.pack_tiles
// CHECK: func.func @layer(
// CHECK-SAME: %[[TASK:[a-z0-9]+]]: index)
// CHECK-SAME: tconv.task_columns = 2 : i64
// CHECK-SAME: tconv.task_positions = 64 : i64
// CHECK-SAME: tconv.threads = 32 : i64
// Blocks of positions run fastest, then columns, then batch items.
// CHECK: arith.index_cast %[[TASK]] : index to i32
// CHECK: arith.divui
// CHECK: tconv.block_product
// CHECK-SAME: window
// ASYNC-SAME: async
// SYNC-NOT: async
// CHECK-SAME: math = "fma"
// CHECK-NOT: tconv.phases

// SMALL: tconv.pack_filters
// SMALL: tconv.task_columns = 12 : i64
// SMALL-SAME: tconv.threads = 128 : i64
// SMALL: tconv.block_filter
module attributes {tconv.architecture = 80 : i64} {
  func.func @layer(%x: tensor<?x16x?xf32>, %w: tensor<16x12x8xf32>, %b: tensor<12xf32>, %y: tensor<?x12x?xf32>) -> tensor<?x12x?xf32> attributes {tconv.blocks = {row_warps = 1, position_warps = 1, depth = 16}} {
    %0 = tconv.conv1d_transpose ins(%x, %w, %b : tensor<?x16x?xf32>, tensor<16x12x8xf32>, tensor<12xf32>) outs(%y : tensor<?x12x?xf32>) {stride = 4, crop_begin = 2, crop_end = 2} -> tensor<?x12x?xf32>
    return %0 : tensor<?x12x?xf32>
  }
}
