// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TRANSFORM_OPS_TD
#define TCONV_TRANSFORM_OPS_TD

include "TconvAttrs.td"
include "mlir/Dialect/Transform/IR/TransformDialect.td"
include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.td"
include "mlir/Dialect/Transform/IR/TransformTypes.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Tconv_TransformOp<string opMnemonic, list<Trait> traits = []>
    : Op<Transform_Dialect, "tconv." # opMnemonic, traits # [
        DeclareOpInterfaceMethods<TransformOpInterface>,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
        ReportTrackingListenerFailuresOpTrait]> {
  let cppNamespace = "::mlir::tconv::xform";
}

def Tconv_ChooseBlocksOp : Tconv_TransformOp<"choose_blocks"> {
  let summary = "asks the cost model for the block sizes of a register tile";
  let description = [{
    For a register tile of `rows` rows and `columns` columns, returns how many
    output channels, positions and input channels a block has, how many
    positions share a panel, and how many positions make a column: one for a
    direct kernel, m for the fast algorithms F(m, r). It decides from the layer
    and the machine, without measuring. What a `tconv.blocks` attribute of the
    function says comes first; all of it is left there. With `pieces` = 3 they
    are sizes for tile registers; with `bits` = 22
    for weights kept in so many bits, and a direct kernel's.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %layer: !transform.any_op {transform.readonly},
          %rows: !transform.param<i64> {transform.readonly},
          %columns: !transform.param<i64> {transform.readonly}) {
        %channels, %positions, %depth, %panel, %outputs =
            transform.tconv.choose_blocks %layer
                rows %rows columns %columns vectors <positions>
            : (!transform.any_op, !transform.param<i64>, !transform.param<i64>)
            -> (!transform.param<i64>, !transform.param<i64>,
                !transform.param<i64>, !transform.param<i64>,
                !transform.param<i64>)
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$rows,
                       TransformParamTypeInterface:$columns,
                       Tconv_VectorAxisAttr:$vectors,
                       DefaultValuedAttr<I64Attr, "1">:$pieces,
                       DefaultValuedAttr<I64Attr, "32">:$bits);
  let results = (outs TransformParamTypeInterface:$channels,
                      TransformParamTypeInterface:$positions,
                      TransformParamTypeInterface:$depth,
                      TransformParamTypeInterface:$panel,
                      TransformParamTypeInterface:$outputs);
  let assemblyFormat = [{
    $target `rows` $rows `columns` $columns `vectors` $vectors attr-dict `:`
    functional-type(operands, results)
  }];
}

def Tconv_ChooseRegisterTileOp : Tconv_TransformOp<"choose_register_tile"> {
  let summary = "asks the cost model for one of several register tiles";
  let description = [{
    Of the register tiles that a schedule offers, `rows`[i] by `columns`[i], returns
    the one that is estimated to take the fewest cycles, with the blocks that
    `choose_blocks` would give it; of several the first. They differ in how much of
    the last tile of a block of channels is padding.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %layer: !transform.any_op {transform.readonly}) {
        %rows, %columns = transform.tconv.choose_register_tile %layer
            rows [32, 48] columns [8, 8] vectors <rows>
            : (!transform.any_op)
            -> (!transform.param<i64>, !transform.param<i64>)
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       DenseI64ArrayAttr:$rows,
                       DenseI64ArrayAttr:$columns,
                       Tconv_VectorAxisAttr:$vectors);
  let results = (outs TransformParamTypeInterface:$tile_rows,
                      TransformParamTypeInterface:$tile_columns);
  let assemblyFormat = [{
    $target `rows` $rows `columns` $columns `vectors` $vectors attr-dict `:`
    functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Tconv_BalanceTilesOp : Tconv_TransformOp<"balance_tiles"> {
  let summary = "makes the tiles of a loop equally large";
  let description = [{
    A loop of tiles has a last one with what is left, which may be very low: 9
    columns in tiles of 8 are 8 and 1. Here each loop of `target` keeps its number
    of iterations, but its step becomes the smallest that needs no more: 5 and 4.
    Loops over the columns of several panels stay as they are, since a tile reads
    one panel.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %loop: !transform.any_op {transform.readonly}) {
        transform.tconv.balance_tiles %loop : !transform.any_op
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target);
  let assemblyFormat = "$target attr-dict `:` type($target)";
}

def Tconv_SetPackingOp : Tconv_TransformOp<"set_packing"> {
  let summary = "fixes the order of the packed weights";
  let description = [{
    Weights are packed in blocks of `channels` output channels and register
    tiles of `rows` rows, for fast algorithms of `outputs` outputs where that is
    more than 1, split into `pieces` bf16 numbers, or kept in `bits` bits each.
    Changes the `tconv.phases` and the `tconv.pack_weights` that feeds it.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %layer: !transform.any_op {transform.readonly},
          %channels: !transform.param<i64> {transform.readonly},
          %rows: !transform.param<i64> {transform.readonly},
          %outputs: !transform.param<i64> {transform.readonly}) {
        transform.tconv.set_packing %layer
            channels %channels rows %rows outputs %outputs
            : !transform.any_op, !transform.param<i64>, !transform.param<i64>,
              !transform.param<i64>
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$channels,
                       TransformParamTypeInterface:$rows,
                       TransformParamTypeInterface:$outputs,
                       DefaultValuedAttr<I64Attr, "1">:$pieces,
                       DefaultValuedAttr<I64Attr, "32">:$bits);
  let assemblyFormat = [{
    $target `channels` $channels `rows` $rows `outputs` $outputs attr-dict `:`
    type($target) `,` type($channels) `,` type($rows) `,` type($outputs)
  }];
}

def Tconv_PrefetchWeightsOp : Tconv_TransformOp<"prefetch_weights"> {
  let summary = "makes contractions prefetch their weights";
  let description = [{
    Each `tconv.contract` of `target` prefetches the weights that lie `ahead`
    elements further on than those it multiplies. It pays where weights are read
    from beyond L2, and costs next to nothing elsewhere. With `part`, the depth of
    a part, weights that take more than half of L2 are brought into it besides,
    for schedules that read them once: of the part after its own each window of
    positions brings its share. With `instead`, nothing else is asked for then,
    where steps are too short for both.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %contracts: !transform.any_op {transform.readonly},
          %ahead: !transform.param<i64> {transform.readonly}) {
        transform.tconv.prefetch_weights %contracts ahead %ahead
            : !transform.any_op, !transform.param<i64>
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$ahead,
                       Optional<TransformParamTypeInterface>:$part,
                       UnitAttr:$instead);
  let assemblyFormat = [{
    $target `ahead` $ahead (`part` $part^)? (`instead` $instead^)? attr-dict
    `:` type($target) `,` type($ahead) (`,` type($part)^)?
  }];
  let hasVerifier = 1;
}

def Tconv_FoldBatchOp : Tconv_TransformOp<"fold_batch"> {
  let summary = "lets a launch lay batch items one after the other";
  let description = [{
    The function of the untiled `tconv.phases` gets an argument, how many
    positions apart the items of a batch lie, or the largest number where each
    has positions of its own. One after the other, short items fill the blocks
    and tiles of one long row, and its weights are read once for all of them.

    Between items are as many positions as keep them apart: no column (as many
    positions as the packing's `outputs`) reads of two items. The distance must
    be a multiple of the function's `tconv.item_granule`, at least the length
    of x plus `tconv.item_before`, and at least the positions of an item plus
    `tconv.item_after`.

    With `few`, functions that expect many positions are left as they are.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %phases: !transform.any_op {transform.readonly}) {
        transform.tconv.fold_batch %phases : !transform.any_op
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target, UnitAttr:$few);
  let assemblyFormat = [{ $target (`few` $few^)? attr-dict `:` type($target) }];
}

def Tconv_MapTasksOp : Tconv_TransformOp<"map_tasks"> {
  let summary = "makes the outer loops of a tile a range of independent tasks";
  let description = [{
    `nest` is the outermost of four nested loops: over batch, group, blocks of
    positions and blocks of channels. They become a loop over the tasks
    [begin, end) of the function, which gets these two arguments. Tasks that share
    a block of positions follow each other, so that what is prepared for it (a
    panel) is prepared once for all of them. Returns the two loops that are left:
    over blocks of positions, and over blocks of channels.

    With a `granule` the function gets a third argument, how many positions a
    block has: the loop's step at most, and a multiple of `granule` columns.
    (A column is as many positions as the packing's `outputs`.) That is, if the
    loop's step is such a multiple itself.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %nest: !transform.any_op {transform.consumed},
          %granule: !transform.param<i64> {transform.readonly}) {
        %blocks, %tasks = transform.tconv.map_tasks %nest granule %granule
            : (!transform.any_op, !transform.param<i64>)
            -> (!transform.any_op, !transform.any_op)
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$nest,
                       Optional<TransformParamTypeInterface>:$granule);
  let results = (outs TransformHandleTypeInterface:$block_loop,
                      TransformHandleTypeInterface:$task_loop);
  let assemblyFormat = [{
    $nest (`granule` $granule^)? attr-dict `:` functional-type(operands, results)
  }];
}

def Tconv_PackInputOp : Tconv_TransformOp<"pack_input"> {
  let summary = "packs what a tile reads of x into panels, before a loop";
  let description = [{
    `positions` is what the tile covers at most, `panel` what one panel holds,
    both multiples of `granule` columns, to which the last tile is rounded up.
    (A column is as many positions as the packing's `outputs`.) The panels are
    packed before `loop`, which must not change the tile's positions. Where the
    packing is for a fast algorithm, x that it can't take is packed as it is.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %tile: !transform.any_op {transform.readonly},
          %loop: !transform.any_op {transform.readonly},
          %positions: !transform.param<i64> {transform.readonly},
          %panel: !transform.param<i64> {transform.readonly},
          %granule: !transform.param<i64> {transform.readonly}) {
        transform.tconv.pack_input %tile before %loop
            positions %positions panel %panel granule %granule
            : !transform.any_op, !transform.any_op, !transform.param<i64>,
              !transform.param<i64>, !transform.param<i64>
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformHandleTypeInterface:$loop,
                       TransformParamTypeInterface:$positions,
                       TransformParamTypeInterface:$panel,
                       TransformParamTypeInterface:$granule);
  let assemblyFormat = [{
    $target `before` $loop `positions` $positions `panel` $panel `granule`
    $granule attr-dict `:` type($target) `,` type($loop) `,` type($positions)
    `,` type($panel) `,` type($granule)
  }];
}

def Tconv_SplitPhasesOp : Tconv_TransformOp<"split_phases"> {
  let summary = "splits a packed tile into its contractions and its epilogue";
  let description = [{
    The tile of `positions` positions becomes one `tconv.contract` for each
    number of taps, into a scratch buffer, and a `tconv.epilogue`. Where the
    packing is for a fast algorithm, one `tconv.contract` takes all points, a
    `tconv.combine` follows, and a `tconv.contract_plain` stands beside both for
    x that the algorithm can't take. Returns the contractions.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %tile: !transform.any_op {transform.consumed},
          %positions: !transform.param<i64> {transform.readonly}) {
        %contracts = transform.tconv.split_phases %tile
            positions %positions vectors <positions>
            : (!transform.any_op, !transform.param<i64>) -> !transform.any_op
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$positions,
                       Tconv_VectorAxisAttr:$vectors);
  let results = (outs TransformHandleTypeInterface:$contracts);
  let assemblyFormat = [{
    $target `positions` $positions `vectors` $vectors attr-dict `:`
    functional-type(operands, results)
  }];
}

def Tconv_ChooseTasksOp : Tconv_TransformOp<"choose_tasks"> {
  let summary = "asks the cost model for the tasks of a layer without panels";
  let description = [{
    Returns how many groups, output channels of a group and positions a task
    covers. A `tconv.blocks` attribute of the function comes first; without one,
    it is left there.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %layer: !transform.any_op {transform.readonly}) {
        %groups, %channels, %positions = transform.tconv.choose_tasks %layer
            : (!transform.any_op) -> (!transform.param<i64>,
               !transform.param<i64>, !transform.param<i64>)
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target);
  let results = (outs TransformParamTypeInterface:$groups,
                      TransformParamTypeInterface:$channels,
                      TransformParamTypeInterface:$positions);
  let assemblyFormat = "$target attr-dict `:` functional-type(operands, results)";
}

def Tconv_PrefetchTensorsOp : Tconv_TransformOp<"prefetch_tensors"> {
  let summary = "makes a contraction bring x and y";
  let description = [{
    The longest `tconv.contract` of `target` brings, while it multiplies, what the
    next block of `positions` reads of x and what this one writes to y, `channels`
    of it, into L2. `tensors` are the block's `tconv.pack_input` or
    `tconv.transform_input` and its `tconv.epilogue`. It pays where x and y are
    long and the sums short: it does nothing where a part of the depth, `depth`
    channels, is not all of it, or where the weights take more than half of L2.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %contracts: !transform.any_op {transform.readonly},
          %tensors: !transform.any_op {transform.readonly},
          %positions: !transform.param<i64> {transform.readonly},
          %channels: !transform.param<i64> {transform.readonly},
          %depth: !transform.param<i64> {transform.readonly}) {
        transform.tconv.prefetch_tensors %contracts of %tensors
            positions %positions channels %channels depth %depth
            : !transform.any_op, !transform.any_op, !transform.param<i64>,
              !transform.param<i64>, !transform.param<i64>
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformHandleTypeInterface:$tensors,
                       TransformParamTypeInterface:$positions,
                       TransformParamTypeInterface:$channels,
                       TransformParamTypeInterface:$depth);
  let assemblyFormat = [{
    $target `of` $tensors `positions` $positions `channels` $channels `depth`
    $depth attr-dict `:` type($target) `,` type($tensors) `,` type($positions)
    `,` type($channels) `,` type($depth)
  }];
}

def Tconv_FilterPhasesOp : Tconv_TransformOp<"filter_phases"> {
  let summary = "turns a tile into a filter that reads x where it lies";
  let description = [{
    The tile becomes a `tconv.filter` with `sums` vectors of sums, which brings
    what lies `ahead` positions further on into the caches. Its weights must be
    packed with 1 channel and 1 row.

    Example:

    ```mlir
    module attributes {transform.with_named_sequence} {
      transform.named_sequence @schedule(
          %tile: !transform.any_op {transform.consumed},
          %sums: !transform.param<i64> {transform.readonly},
          %ahead: !transform.param<i64> {transform.readonly}) {
        transform.tconv.filter_phases %tile sums %sums ahead %ahead
            : !transform.any_op, !transform.param<i64>, !transform.param<i64>
        transform.yield
      }
    }
    ```
  }];
  let arguments = (ins TransformHandleTypeInterface:$target,
                       TransformParamTypeInterface:$sums,
                       Optional<TransformParamTypeInterface>:$ahead);
  let assemblyFormat = [{
    $target `sums` $sums (`ahead` $ahead^)? attr-dict `:` type($target) `,`
    type($sums) (`,` type($ahead)^)?
  }];
}

#endif // TCONV_TRANSFORM_OPS_TD
