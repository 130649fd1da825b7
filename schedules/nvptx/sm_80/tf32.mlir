// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GPUs from sm_80 on: f32 rounded to TF32 on tensor cores, for callers who ask
// for that accuracy.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    // Chunks of x and of weights in shared memory at a time.
    %stages = transform.param.constant 3 : i64 -> !transform.param<i64>

    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    // A warp has 32 rows (output channel and phase) by 64 positions.
    %row_warps, %position_warps, %positions, %depth = transform.tconv.choose_tile %phases
        math "tf32" stages %stages
        : (!transform.any_op, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    %product = transform.tconv.make_product %phases math "tf32"
        warps %row_warps, %position_warps depth %depth stages %stages async
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
        -> !transform.any_op

    // Blocks: a batch item, a row tile, some positions.
    %block, %grid = transform.structured.tile_using_forall %product
        tile_sizes [1, 1, %positions]
        (mapping = [#gpu.block<z>, #gpu.block<y>, #gpu.block<x>])
        : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    transform.tconv.map_blocks %grid positions %positions
        : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}
