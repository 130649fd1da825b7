// The filter schedule: tasks of some groups and positions, no buffers.
// RUN: tconv-opt %s --tconv-cpu-phases --tconv-cpu-schedule="feature=cpu/avx2 kind=filter" | FileCheck %s

// 300 groups: 8 of 32768 * 2 outputs a task.
// CHECK-LABEL: func.func @layer(
// CHECK-SAME: tconv.blocks = {channels = 1 : i64, groups = 8 : i64, positions = 32768 : i64}
// CHECK-SAME: tconv.task_columns = 38 : i64, tconv.task_positions = 32768 : i64
// CHECK-NOT: memref.alloc
// CHECK: scf.for
// CHECK: scf.for
// CHECK: tconv.filter
// CHECK-NOT: tconv.phases
func.func @layer(%x: tensor<?x300x?xf32>, %w: tensor<300x1x4xf32>, %y: tensor<?x300x?xf32>) -> tensor<?x300x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x300x?xf32>, tensor<300x1x4xf32>) outs(%y : tensor<?x300x?xf32>) {stride = 2, groups = 300} -> tensor<?x300x?xf32>
  return %0 : tensor<?x300x?xf32>
}
