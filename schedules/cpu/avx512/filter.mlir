// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x86-64 with AVX-512: vectors along the positions, straight from x to y. For layers
// with few input channels in a group: depthwise ones above all.
//
// 16 sums, and vectors of x and a weight, in 32 registers.
module attributes {transform.with_named_sequence} {
  transform.named_sequence @schedule(%layer: !transform.any_op {transform.readonly}) {
    %sums = transform.param.constant 16 : i64 -> !transform.param<i64>
    %one = transform.param.constant 1 : i64 -> !transform.param<i64>
    // Positions: some pages' ends are crossed before hardware would see them.
    %ahead = transform.param.constant 512 : i64 -> !transform.param<i64>

    %phases = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    %groups, %channels, %positions = transform.tconv.choose_tasks %phases
        : (!transform.any_op)
        -> (!transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
    // The weights of a channel lie together, phase by phase.
    transform.tconv.set_packing %phases channels %one rows %one outputs %one
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>

    // Tasks: a block of groups and channels by a block of positions.
    %task, %n, %g, %q, %c = transform.structured.tile_using_for %phases
        tile_sizes [1, %groups, %channels, %positions] interchange = [0, 1, 3, 2]
        : (!transform.any_op, !transform.param<i64>, !transform.param<i64>, !transform.param<i64>)
        -> (!transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op, !transform.any_op)
    %blocks, %tasks = transform.tconv.map_tasks %n
        : (!transform.any_op) -> (!transform.any_op, !transform.any_op)
    %block = transform.structured.match ops{["tconv.phases"]} in %layer
        : (!transform.any_op) -> !transform.any_op
    transform.tconv.filter_phases %block sums %sums ahead %ahead
        : !transform.any_op, !transform.param<i64>, !transform.param<i64>
    transform.yield
  }
}
