// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ascend 910B: one matrix product a tap on the cube, summed in L0C, then the
// phases interleaved by the vector cores.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    // Rows are (plane, output channel); `weights` is 2 where those of a row tile
    // stay in L1 while positions pass by.
    %rows, %positions, %depth, %weights, %store_positions, %store_phases, %store_channels
        = transform.tconv.choose_core_tile %phases unit "cube"
        : (!transform.any_op)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>,
            !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.map_cores %phases unit "cube"
        product [%rows, %positions, %depth] weights %weights
        store [%store_positions, %store_phases, %store_channels]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>,
           !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>) -> ()
    transform.yield
  }
}
