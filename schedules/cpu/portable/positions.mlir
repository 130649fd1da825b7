// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// any CPU with vectors of four floats: vectors along the positions, weights broadcast. For inputs of many
// positions.
//
// 6 x 2 vectors of 4: 12 sums, 2 vectors of x and a weight in 16 registers.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    // The register tile: rows (output channel and phase) by positions.
    %rows = transform.param.constant 6 : i64 -> !transform.param<i64>
    %columns = transform.param.constant 8 : i64 -> !transform.param<i64>
    %ahead = transform.param.constant 512 : i64 -> !transform.param<i64>

    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases
        rows %rows columns %columns vectors <positions>
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.set_packing %phases channels %channels rows %rows outputs %outputs
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>

    // Tasks: a block of positions by a block of channels. Those that share
    // their positions share the packed input.
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n granule %columns
        : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    transform.tconv.pack_input %block before %tasks
        positions %positions panel %panel granule %columns
        : !transform.any_op, !transform.any_op,
          !transform.param<i64>, !transform.param<i64>, !transform.param<i64>

    // The sums of all positions of the block, then one epilogue.
    %contracts = transform.tconv.split_phases %block
        positions %positions vectors <positions>
        : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.tconv.prefetch_weights %contracts ahead %ahead
        : !transform.any_op, !transform.param<i64>
    // A part of the depth at a time: its weights stay in L2 while the positions
    // pass, its part of a panel in L1 while the rows do.
    transform.foreach %contracts : !transform.any_op {
    ^bb0(%contract: !transform.any_op):
      %piece, %k, %p, %r = transform.structured.tile_using_for %contract
          tile_sizes [%rows, %columns, %depth] interchange = [2, 1, 0]
          : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
          -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    }
    transform.yield
  }
}
