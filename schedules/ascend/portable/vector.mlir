// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ascend 910B: few channels in a group, such as depthwise layers. Rows of x are
// multiplied and summed by the vector cores, and their sums then interleaved.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    // Rows are the phases that share what is read of x; a depth is one channel.
    %rows, %positions, %depth, %weights, %store_positions, %store_phases, %store_channels
        = transform.tconv.choose_core_tile %phases unit "vector"
        : (!transform.any_op)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>,
            !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.map_cores %phases unit "vector"
        product [%rows, %positions, %depth] weights %weights
        store [%store_positions, %store_phases, %store_channels]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>,
           !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>) -> ()
    transform.yield
  }
}
