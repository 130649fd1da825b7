// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x86-64 with AVX-512: vectors along the positions, weights broadcast. For inputs of many
// positions.
//
// 8 x 3 vectors of 16: 24 sums, 3 vectors of x and a weight in 32 registers.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    // The register tile: rows (output channel and phase) by positions.
    %rows = transform.param.constant 8 : i64 -> !transform.param<i64>
    %columns = transform.param.constant 48 : i64 -> !transform.param<i64>
    %ahead = transform.param.constant 1024 : i64 -> !transform.param<i64>

    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases
        rows %rows columns %columns vectors <positions>
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.set_packing %phases channels %channels rows %rows outputs %outputs
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>

    // A launch may have short batch items fill the same tiles.
    transform.tconv.fold_batch %phases few : !transform.any_op

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
    // Weights that stay in L2 leave time to bring x and y.
    %tensors = transform.structured.match
        ops{["tconv.pack_input", "tconv.transform_input", "tconv.epilogue"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    transform.tconv.prefetch_tensors %contracts of %tensors
        positions %positions channels %channels depth %depth
        : !transform.any_op, !transform.any_op, !transform.param<i64>,
          !transform.param<i64>, !transform.param<i64>
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
