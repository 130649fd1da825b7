// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x86-64 with AVX-512: vectors along the rows (output channel and phase), x broadcast. For
// inputs of a few positions: streaming.
//
// 8 x 2 vectors of 16: 16 sums, 2 vectors of weights and one of x in 32 registers.
// 3 vectors are no faster, but pad less where rows are a multiple of 48, and with
// one position they read weights sooner. One vector pads least, and needs more
// positions to hide an FMA's latency.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    %ahead = transform.param.constant 512 : i64 -> !transform.param<i64>
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>

    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    // The register tile: rows by positions, of which lower tiles take the rest.
    %rows, %columns = transform.tconv.choose_register_tile %phases
        rows [32, 48, 16] columns [8, 8, 8] vectors <rows>
        : (!transform.any_op) -> (!transform.param<i64>, !transform.param<i64>)
    %channels, %positions, %depth, %panel, %outputs = transform.tconv.choose_blocks %phases
        rows %rows columns %columns vectors <rows>
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    transform.tconv.set_packing %phases channels %channels rows %rows outputs %outputs
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>

    // A launch may have short batch items fill the same tiles.
    transform.tconv.fold_batch %phases : !transform.any_op

    // Tasks: a block of positions (all of them, if they are few) by a block of
    // channels.
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, 1, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n granule %columns
        : (!transform.any_op, !transform.param<i64>) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    transform.tconv.pack_input %block before %tasks
        positions %positions panel %panel granule %one
        : !transform.any_op, !transform.any_op,
          !transform.param<i64>, !transform.param<i64>, !transform.param<i64>

    // The sums of all positions of the block, then one epilogue.
    %contracts = transform.tconv.split_phases %block
        positions %positions vectors <rows>
        : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
    transform.tconv.prefetch_weights %contracts ahead %ahead part %depth
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    // Every weight is read from memory once: a tile of rows and a part of the
    // depth, for all positions.
    transform.foreach %contracts : !transform.any_op {
    ^bb0(%contract: !transform.any_op):
      %piece, %r, %k, %p = transform.structured.tile_using_for %contract
          tile_sizes [%rows, %columns, %depth] interchange = [0, 2, 1]
          : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
          -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
      transform.tconv.balance_tiles %p : !transform.any_op
    }
    transform.yield
  }
}
