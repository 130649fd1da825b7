// What MLIR's transforms say when they fail silenceably comes out, located in
// the schedule's file.
// RUN: rm -rf %t && split-file %s %t
// RUN: not tconv-opt %t/layer.mlir --tconv-cpu-phases --tconv-apply-schedule="schedule-path=%t" 2>&1 | FileCheck %s

// CHECK: positions.mlir:5:{{[0-9]+}}: error: only ops implementing TilingInterface are supported
// CHECK: layer.mlir:1:1: error: schedule {{.*}}positions.mlir failed
// CHECK-NOT: without saying why

//--- layer.mlir
func.func @layer(%x: tensor<?x3x?xf32>, %w: tensor<3x2x4xf32>, %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
  %0 = tconv.conv1d_transpose ins(%x, %w : tensor<?x3x?xf32>, tensor<3x2x4xf32>) outs(%y : tensor<?x2x?xf32>) {stride = 2} -> tensor<?x2x?xf32>
  return %0 : tensor<?x2x?xf32>
}

//--- cpu/portable/positions.mlir
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    %pack = transform.structured.match ops{["tconv.pack_weights"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    %t, %l = transform.structured.tile_using_for %pack tile_sizes [1] : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    transform.yield
  }
}
