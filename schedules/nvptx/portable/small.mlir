// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GPUs: layers with few input channels in a group or few rows, depthwise ones
// above all. A thread sums all phases of its positions.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    %threads = transform.param.constant 128 : i64 -> !transform.param<i64>

    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    %each, %positions = transform.tconv.choose_filter %phases threads %threads
        : (!transform.any_op, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>)
    %filter = transform.tconv.make_filter %phases threads %threads each %each
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> !transform.any_op

    // Blocks: a batch item, an output channel, some positions.
    %block, %grid = transform.structured.tile_using_forall %filter
        tile_sizes [1, 1, %positions]
        (mapping = [#gpu.block<z>, #gpu.block<y>, #gpu.block<x>])
        : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    transform.tconv.map_blocks %grid positions %positions
        : !transform.any_op, !transform.param<i64>
    transform.yield
  }
}
