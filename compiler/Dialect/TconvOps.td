// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_OPS_TD
#define TCONV_OPS_TD

include "TconvAttrs.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/TilingInterface.td"

class Tconv_Op<string opMnemonic, list<Trait> traits = []>
    : Op<Tconv_Dialect, opMnemonic, traits>;

/// An op that writes `init`: on tensors it returns the new value, on buffers it
/// returns nothing.
class Tconv_DestinationOp<string opMnemonic, list<Trait> traits = []>
    : Tconv_Op<opMnemonic, traits # [
        DestinationStyleOpInterface,
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let results = (outs Variadic<AnyRankedTensor>:$result);
  let hasVerifier = 1;
  code destinationDeclaration = [{
    MutableOperandRange getDpsInitsMutable() { return getInitMutable(); }
    bool onTensors() { return getNumResults() == 1; }
  }];
}

def Tconv_Conv1dTransposeOp : Tconv_DestinationOp<"conv1d_transpose", [
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
        ["reifyResultShapes"]>]> {
  let summary = "a 1-D transposed convolution in its general form";
  let description = [{
    ```
    y[n, co, t] = bias[co] + sum over ci in co's group, i, k with
        i * stride + k * dilation - crop_begin = t  of  x[n, ci, i] * w[ci, co', k]
    ```
    x is (N, Cin, L), w is (Cin, Cout / groups, K), bias is (Cout), y is
    (N, Cout, Lout) with
    `Lout = (L - 1) * stride + dilation * (K - 1) + 1 - crop_begin - crop_end`.
    N and L may be dynamic. A negative crop lengthens y on that side with the
    bias alone. With `any_length`, y may have any length: `crop_end` is not
    looked at.

    Example:

    ```mlir
    func.func @up(%x: tensor<?x512x?xf32>, %w: tensor<512x256x16xf32>,
                  %b: tensor<256xf32>, %y: tensor<?x256x?xf32>)
        -> tensor<?x256x?xf32> {
      %0 = tconv.conv1d_transpose
          ins(%x, %w, %b : tensor<?x512x?xf32>, tensor<512x256x16xf32>,
                           tensor<256xf32>)
          outs(%y : tensor<?x256x?xf32>)
          {stride = 8, crop_begin = 4, crop_end = 4} -> tensor<?x256x?xf32>
      return %0 : tensor<?x256x?xf32>
    }
    ```
  }];
  let arguments = (ins AnyShaped:$x, AnyShaped:$weight,
                       Optional<AnyShaped>:$bias, AnyShaped:$init,
                       DefaultValuedAttr<I64Attr, "1">:$stride,
                       DefaultValuedAttr<I64Attr, "1">:$dilation,
                       DefaultValuedAttr<I64Attr, "1">:$groups,
                       DefaultValuedAttr<I64Attr, "0">:$crop_begin,
                       DefaultValuedAttr<I64Attr, "0">:$crop_end,
                       UnitAttr:$any_length);
  let assemblyFormat = [{
    `ins` `(` $x `,` $weight (`,` $bias^)? `:` type($x) `,` type($weight)
    (`,` type($bias)^)? `)` `outs` `(` $init `:` type($init) `)`
    attr-dict (`->` type($result)^)?
  }];
  let extraClassDeclaration = destinationDeclaration;
}

def Tconv_PackWeightsOp : Tconv_DestinationOp<"pack_weights"> {
  let summary = "brings weights into the order that a kernel reads them in";
  let description = [{
    `init` receives the weights (Cin, Cout / groups, K) in the order of
    `packing`. Done once a layer, in a function of its own.

    Example:

    ```mlir
    func.func @pack(%w: tensor<3x2x4xf32>, %p: tensor<24xf32>)
        -> tensor<24xf32> {
      %0 = tconv.pack_weights ins(%w : tensor<3x2x4xf32>)
          outs(%p : tensor<24xf32>) {
            decomposition = #tconv.decomposition<stride = 2, crop = 0,
              tap_step = 2, shift_step = 1, sections = [
                <phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>,
            groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
          -> tensor<24xf32>
      return %0 : tensor<24xf32>
    }
    ```
  }];
  let arguments = (ins AnyShaped:$weight, AnyShaped:$init,
                       Tconv_DecompositionAttr:$decomposition, I64Attr:$groups,
                       Tconv_PackingAttr:$packing);
  let assemblyFormat = [{
    `ins` `(` $weight `:` type($weight) `)` `outs` `(` $init `:` type($init) `)`
    attr-dict (`->` type($result)^)?
  }];
  let extraClassDeclaration = destinationDeclaration;
}

def Tconv_PhasesOp : Tconv_DestinationOp<"phases", [
    AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<TilingInterface,
        ["getLoopIteratorTypes", "getIterationDomain",
         "getTiledImplementation"]>]> {
  let summary = "a transposed convolution as dense convolutions, one a phase";
  let description = [{
    Phase p of position q is the output t = stride * q + p - crop, and
    ```
    y[n, co, t] = bias[co] + sum over ci, i of
        x[n, ci, q - shift - i * shift_step] * w[ci, co', first_tap + i * tap_step]
    ```
    with the numbers of p's section. Positions outside x count as zero, outputs
    outside y are dropped.

    Its iteration space is (batch, group, channel of the group, position), all
    parallel. On buffers it can be tiled: a tile is the same op with a `window`,
    the offsets and then the sizes in that space; y stays whole.

    With `items`, batch items may lie one after the other along the positions,
    that far apart; batch is 0 then. What lies between them is outside y. With
    the largest number each has positions of its own, as without. See
    `transform.tconv.fold_batch`.

    After `transform.tconv.pack_input`, x is a panel buffer (panel, channel of
    the group, column) and `panel_origin` the position of its first column;
    panel i holds `panel_positions` positions and the `span` columns before
    them that their taps read. Where the packing asks for a fast algorithm, the
    panels hold the points of its filters (see `tconv.transform_input`), a
    column is `outputs` positions, and `regular` says whether x allows it there.

    Example:

    ```mlir
    func.func @up(%x: tensor<?x3x?xf32>, %w: tensor<24xf32>,
                  %y: tensor<?x2x?xf32>) -> tensor<?x2x?xf32> {
      %0 = tconv.phases
          ins(%x, %w : tensor<?x3x?xf32>, tensor<24xf32>)
          outs(%y : tensor<?x2x?xf32>) {
            decomposition = #tconv.decomposition<stride = 2, crop = 0,
              tap_step = 2, shift_step = 1, sections = [
                <phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>,
            groups = 1 : i64, packing = #tconv.packing<channels = 2, rows = 4>}
          -> tensor<?x2x?xf32>
      return %0 : tensor<?x2x?xf32>
    }
    ```
  }];
  let arguments = (ins AnyShaped:$x, AnyShaped:$weights,
                       Optional<AnyShaped>:$bias, AnyShaped:$init,
                       Variadic<Index>:$window, Optional<Index>:$panel_origin,
                       Optional<I1>:$regular, Optional<Index>:$items,
                       Tconv_DecompositionAttr:$decomposition, I64Attr:$groups,
                       Tconv_PackingAttr:$packing,
                       OptionalAttr<I64Attr>:$panel_positions);
  let assemblyFormat = [{
    `ins` `(` $x `,` $weights (`,` $bias^)? `:` type($x) `,` type($weights)
    (`,` type($bias)^)? `)` `outs` `(` $init `:` type($init) `)`
    (`window` `[` $window^ `]`)? (`panel_origin` $panel_origin^)?
    (`regular` $regular^)? (`items` $items^)? attr-dict
    (`->` type($result)^)?
  }];
  let extraClassDeclaration = destinationDeclaration # [{
    /// Input channels of one group.
    int64_t getGroupInputs();
    /// Output channels of one group.
    int64_t getGroupOutputs();
    bool isPacked() { return static_cast<bool>(getPanelOrigin()); }
    /// Offset or size of the window along an axis of the iteration space.
    Value getWindowOffset(unsigned axis) { return getWindow()[axis]; }
    Value getWindowSize(unsigned axis) { return getWindow()[4 + axis]; }
  }];
}

class Tconv_BufferOp<string opMnemonic, list<Trait> traits = []>
    : Tconv_Op<opMnemonic, traits # [
        DeclareOpInterfaceMethods<MemoryEffectsOpInterface>]> {
  let hasVerifier = 1;
}

def Tconv_PackInputOp : Tconv_BufferOp<"pack_input"> {
  let summary = "copies what a block of positions reads of x into panels";
  let description = [{
    Column c of panel i becomes x[batch, group * Cin / groups + channel,
    origin + i * panel_positions - max_shift + c], or zero where that is outside
    x. What `positions` positions need is written, their number rounded up to a
    multiple of `granule`, and the `span` columns before them; what the rest of a
    panel holds is not said.

    With `items` (see `tconv.phases`) it is x[batch + i, ..., p - i * items] for
    the position p, with i = (p + max_shift) / items.

    Example:

    ```mlir
    func.func @pack(%x: memref<?x8x?xf32>, %p: memref<2x8x32xf32>,
                    %n: index, %g: index, %q: index, %nq: index) {
      tconv.pack_input %x, %p at [%n, %g, %q, %nq]
          {panel_positions = 24, max_shift = 1, span = 1, granule = 24}
          : memref<?x8x?xf32>, memref<2x8x32xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$x, AnyMemRef:$panel, Index:$batch,
                       Index:$group, Index:$origin, Index:$positions,
                       Optional<Index>:$items, I64Attr:$panel_positions,
                       I64Attr:$max_shift, I64Attr:$span, I64Attr:$granule);
  let assemblyFormat = [{
    $x `,` $panel `at` `[` $batch `,` $group `,` $origin `,` $positions `]`
    (`items` $items^)? attr-dict `:` type($x) `,` type($panel)
  }];
}

def Tconv_TransformInputOp : Tconv_BufferOp<"transform_input"> {
  let summary = "packs a block of x as the points of fast filters";
  let description = [{
    Column c of a panel stands for the m = `outputs` positions from
    `origin + m * c` on. For every number of taps r of `taps` (falling) and every
    point t of F(m, r) there is a set of panels, and
    ```
    point t of column c = sum over u of input(t, u) d_u,
        d_u = x[batch, channel of the group, origin + m * c - shift - (r - 1) + u]
    ```
    with the numbers of compiler/Dialect/FastFilter.h; x is zero outside. Where
    phases are cut into `filters` filters of one number of taps, a panel holds
    them one after the other for every channel, and filter f reads f * r
    positions further to the left.
    With `items` (see `tconv.phases`) it is x[batch + i, ..., p - i * items] for
    the position p, with i = (p + reach) / items, where the first column's
    leftmost d_0 lies `reach` positions before `origin`.
    Panel i of a set holds the `panel_columns` columns from
    `i * panel_columns` on. Columns for `positions` positions are written, their
    number rounded up to a multiple of `granule`.

    Returns whether all of x that was read is small enough for the algorithm to
    be trusted: not infinite nor NaN, below 2^64, and, unless all is zero, at
    least one value of 2^-60 or more. With `plain`, the sets are d_0, d_1, ...
    of the first number of taps instead, for `tconv.contract_plain`.

    With `pieces` = 3 a panel holds its columns split into bf16 numbers, in the
    order of compiler/Dialect/Pieces.h over all of its elements, unless it is
    `plain`. The bound of 2^-60 is 2^-40 then, and with `items` every item's.

    Example:

    ```mlir
    func.func @pack(%x: memref<?x8x?xf32>, %p: memref<4x8x16xf32>,
                    %n: index, %g: index, %q: index, %nq: index) {
      %regular = tconv.transform_input %x, %p at [%n, %g, %q, %nq]
          {outputs = 3, taps = array<i64: 2>, shift = 0, panel_columns = 16,
           granule = 16} : memref<?x8x?xf32>, memref<4x8x16xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$x, AnyMemRef:$panel, Index:$batch,
                       Index:$group, Index:$origin, Index:$positions,
                       Optional<Index>:$items, I64Attr:$outputs,
                       DenseI64ArrayAttr:$taps,
                       I64Attr:$shift, I64Attr:$panel_columns,
                       I64Attr:$granule, UnitAttr:$plain,
                       DefaultValuedAttr<I64Attr, "1">:$pieces,
                       DefaultValuedAttr<I64Attr, "1">:$filters);
  let results = (outs I1:$regular);
  let assemblyFormat = [{
    $x `,` $panel `at` `[` $batch `,` $group `,` $origin `,` $positions `]`
    (`items` $items^)? attr-dict `:` type($x) `,` type($panel)
  }];
  let extraClassDeclaration = [{
    /// Points of all filters: sets of panels.
    int64_t getPoints();
  }];
}

def Tconv_ContractOp : Tconv_BufferOp<"contract", [AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<TilingInterface,
        ["getLoopIteratorTypes", "getIterationDomain",
         "getTiledImplementation"]>]> {
  let summary = "packed weights times packed input, into a scratch buffer";
  let description = [{
    For every register tile of weights from `first_tile` on, `tiles` of them,
    all with `taps` taps:
    ```
    scratch[row, position] = sum over channel, tap of
        weights[weights_offset + ((tile * Cin' + channel) * taps + tap) * rows + row]
        * panel[channel, position + max_shift - shift(tile) - tap * shift_step]
    ```
    `shifts` holds one number for each tile, or one for all. The part of the sum
    that begins at channel 0 is stored, later ones are added, so that the depth
    can be tiled too. With `vectors = rows`, scratch is (position, row).
    `panels` holds, for each tile or for all, the number of panels before those
    that it reads: fast algorithms have a set of panels for each point.

    The iteration space is (row, position, channel); `window` holds offsets and
    sizes in it, `column` is the distance of position 0 from the panel's origin.
    While it multiplies, it prefetches the weights that lie `prefetch` elements
    further on, if that is not 0. Those that lie `prefetch_part` channels further
    on are brought into L2, if that is not 0: each of the windows along
    `prefetch_positions` positions brings as many of their lines as another, from
    its first step to its last. Without that number every window brings all. What
    it brings of other buffers, `streams` of three dimensions, are rows of the
    second dimension, which begin where `at` says, in the order of the buffers:
    `stream_sizes` holds for each how many, how many elements of them, and 1 where
    they are to be written. All register tiles of a scratch buffer together bring
    as many lines, more or less these.

    With `pieces` = 3 weights and panels are split into bf16 numbers
    (compiler/Dialect/Pieces.h) and multiplied by tile registers: all products of
    pieces but the three smallest, added in f32. Parts of the depth are
    whole steps then. What is brought into L2 with `prefetch_part` is the next
    register tile's weights, by the first windows.

    With `bits` = 22 the weights lie as compiler/Dialect/Compact.h says, and
    vectors lie along the rows.

    Example:

    ```mlir
    func.func @tile(%p: memref<1x8x32xf32>, %w: memref<64xf32>,
                    %s: memref<4x24xf32>, %z: index, %r: index, %q: index,
                    %k: index) {
      tconv.contract %p, %w, %s at [%z, %z] window [%z, %z, %z, %r, %q, %k]
          {vectors = #tconv.vectors<positions>, rows = 4, taps = 2,
           first_tile = 0, tiles = 1, max_shift = 1, shift_step = 1,
           panel_positions = 24, shifts = array<i64: 0>}
          : memref<1x8x32xf32>, memref<64xf32>, memref<4x24xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$panel, AnyMemRef:$weights, AnyMemRef:$scratch,
                       Index:$weights_offset, Index:$column,
                       Variadic<Index>:$window,
                       Optional<Index>:$prefetch_positions,
                       Variadic<AnyMemRef>:$streams,
                       Variadic<Index>:$stream_at,
                       Tconv_VectorAxisAttr:$vectors,
                       I64Attr:$rows, I64Attr:$taps, I64Attr:$first_tile,
                       I64Attr:$tiles, I64Attr:$max_shift, I64Attr:$shift_step,
                       I64Attr:$panel_positions, DenseI64ArrayAttr:$shifts,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{0}">:$panels,
                       DefaultValuedAttr<I64Attr, "0">:$prefetch,
                       DefaultValuedAttr<I64Attr, "0">:$prefetch_part,
                       DefaultValuedAttr<DenseI64ArrayAttr, "{}">:$stream_sizes,
                       DefaultValuedAttr<I64Attr, "1">:$pieces,
                       DefaultValuedAttr<I64Attr, "32">:$bits);
  let assemblyFormat = [{
    $panel `,` $weights `,` $scratch `at` `[` $weights_offset `,` $column `]`
    `window` `[` $window `]` (`prefetch_positions` $prefetch_positions^)?
    (`streams` $streams^ `at` `[` $stream_at `]`)?
    attr-dict `:` type($panel) `,` type($weights) `,` type($scratch)
    (`,` type($streams)^)?
  }];
  let extraClassDeclaration = [{
    /// Cache lines of the weights of one tap of an input channel.
    int64_t getStepLines();
    /// Whether all columns of scratch lie in one panel.
    bool hasOnePanel();
    Value getWindowOffset(unsigned axis) { return getWindow()[axis]; }
    Value getWindowSize(unsigned axis) { return getWindow()[3 + axis]; }
    /// Input channels of the group: the depth of the contraction over taps.
    int64_t getDepth();
  }];
}

def Tconv_CombineOp : Tconv_BufferOp<"combine"> {
  let summary = "makes the outputs of fast filters from the sums of their points";
  let description = [{
    For every row of every section and each of `columns` columns, the sums of
    the section's points in a scratch buffer, packed as `packing` says, become
    the outputs j of the column:
    ```
    point j = sum over t of output(j, t) * point t
    ```
    in place; see compiler/Dialect/FastFilter.h.

    Example:

    ```mlir
    func.func @outputs(%s: memref<16x24xf32>, %columns: index) {
      tconv.combine %s at [%columns] {vectors = #tconv.vectors<positions>,
          decomposition = #tconv.decomposition<stride = 2, crop = 0,
              tap_step = 2, shift_step = 1, sections = [
                <phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>,
          packing = #tconv.packing<channels = 2, rows = 4, outputs = 3>}
          : memref<16x24xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$scratch, Index:$columns,
                       Tconv_VectorAxisAttr:$vectors,
                       Tconv_DecompositionAttr:$decomposition,
                       Tconv_PackingAttr:$packing);
  let assemblyFormat = [{
    $scratch `at` `[` $columns `]` attr-dict `:` type($scratch)
  }];
}

def Tconv_ContractPlainOp : Tconv_BufferOp<"contract_plain"> {
  let summary = "the outputs of fast filters, summed tap by tap";
  let description = [{
    What `tconv.contract` of all points and `tconv.combine` leave in a scratch
    buffer, computed without mixing neighbouring positions, from panels that a
    `plain` `tconv.transform_input` filled: for x that the fast algorithm can't
    take. The taps are those of the packed weights that are held as they are.

    Example:

    ```mlir
    func.func @sum(%p: memref<4x8x32xf32>, %w: memref<128xf32>,
                   %s: memref<16x24xf32>, %offset: index, %column: index,
                   %columns: index) {
      tconv.contract_plain %p, %w, %s at [%offset, %column, %columns]
          {vectors = #tconv.vectors<positions>, panel_columns = 24,
           decomposition = #tconv.decomposition<stride = 2, crop = 0,
              tap_step = 2, shift_step = 1, sections = [
                <phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>,
           packing = #tconv.packing<channels = 2, rows = 4, outputs = 3>}
          : memref<4x8x32xf32>, memref<128xf32>, memref<16x24xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$panel, AnyMemRef:$weights, AnyMemRef:$scratch,
                       Index:$weights_offset, Index:$column, Index:$columns,
                       Tconv_VectorAxisAttr:$vectors,
                       I64Attr:$panel_columns,
                       Tconv_DecompositionAttr:$decomposition,
                       Tconv_PackingAttr:$packing);
  let assemblyFormat = [{
    $panel `,` $weights `,` $scratch `at` `[` $weights_offset `,` $column `,`
    $columns `]` attr-dict `:` type($panel) `,` type($weights) `,`
    type($scratch)
  }];
}

def Tconv_EpilogueOp : Tconv_BufferOp<"epilogue", [AttrSizedOperandSegments]> {
  let summary = "adds the bias, interleaves the phases and stores them";
  let description = [{
    y[batch, channel, t] of every channel and position of the tile, t being
    `stride * position + phase - crop`, where it is inside y: the bias of the
    channel plus row `first_rows[phase] + channel * row_steps[phase]` of the
    scratch buffer (`first_rows[phase]` is -1 for a phase without taps).

    `channel` counts from the first channel of y; `at` holds batch, channel,
    number of channels, position, number of positions.

    With `items` (see `tconv.phases`) batch item `batch + i` has the positions
    from `i * items` on.

    Example:

    ```mlir
    func.func @store(%s: memref<4x24xf32>, %b: memref<2xf32>,
                     %y: memref<?x2x?xf32>, %n: index, %c: index, %nc: index,
                     %q: index, %nq: index) {
      tconv.epilogue %s, %y bias %b at [%n, %c, %nc, %q, %nq]
          {vectors = #tconv.vectors<positions>, stride = 2, crop = 1,
           first_rows = array<i64: 0, 1>, row_steps = array<i64: 2, 2>}
          : memref<4x24xf32>, memref<?x2x?xf32>, memref<2xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$scratch, AnyMemRef:$y,
                       Optional<AnyMemRef>:$bias, Index:$batch, Index:$channel,
                       Index:$channels, Index:$position, Index:$positions,
                       Optional<Index>:$items, Tconv_VectorAxisAttr:$vectors,
                       I64Attr:$stride, I64Attr:$crop, DenseI64ArrayAttr:$first_rows,
                       DenseI64ArrayAttr:$row_steps);
  let assemblyFormat = [{
    $scratch `,` $y (`bias` $bias^)? `at` `[` $batch `,` $channel `,` $channels
    `,` $position `,` $positions `]` (`items` $items^)? attr-dict `:`
    type($scratch) `,` type($y) (`,` type($bias)^)?
  }];
}

def Tconv_FilterOp : Tconv_BufferOp<"filter", [AttrSizedOperandSegments]> {
  let summary = "a tile of phases, straight from x to y";
  let description = [{
    What `tconv.phases` of the same window means, with weights in the order of
    `#tconv.packing<channels = 1, rows = 1>`, without panels and scratch
    buffers: for layers with few input channels in a group, whose x is read few
    times. `window` holds the offsets and then the sizes along batch, group,
    channel of the group and position; the tile has one batch item. `sums` is
    how many vectors of sums stay in registers. What lies `prefetch` positions
    further on is brought into the caches, if that is not 0; of many input
    channels it is what the next rounds read, of some of them in each round.

    Example:

    ```mlir
    func.func @filter(%x: memref<?x6x?xf32>, %w: memref<24xf32>,
                      %y: memref<?x6x?xf32>, %n: index, %g: index, %ng: index,
                      %q: index, %nq: index) {
      %zero = arith.constant 0 : index
      %one = arith.constant 1 : index
      tconv.filter %x, %w, %y window [%n, %g, %zero, %q, %one, %ng, %one, %nq]
          {decomposition = #tconv.decomposition<stride = 2, crop = 1,
             tap_step = 2, shift_step = 1, sections = [
               <phases = [0, 1], first_taps = [0, 1], taps = 2, shift = 0>]>,
           groups = 6 : i64, sums = 8 : i64}
          : memref<?x6x?xf32>, memref<24xf32>, memref<?x6x?xf32>
      return
    }
    ```
  }];
  let arguments = (ins AnyMemRef:$x, AnyMemRef:$weights, AnyMemRef:$y,
                       Optional<AnyMemRef>:$bias, Variadic<Index>:$window,
                       Tconv_DecompositionAttr:$decomposition, I64Attr:$groups,
                       I64Attr:$sums,
                       DefaultValuedAttr<I64Attr, "0">:$prefetch);
  let assemblyFormat = [{
    $x `,` $weights `,` $y (`bias` $bias^)? `window` `[` $window `]` attr-dict
    `:` type($x) `,` type($weights) `,` type($y) (`,` type($bias)^)?
  }];
  let extraClassDeclaration = [{
    /// No machine has so many registers, and code grows with them.
    static constexpr int64_t kMostSums = 256;

    /// Input channels of one group.
    int64_t getGroupInputs();
    /// Output channels of one group.
    int64_t getGroupOutputs();
    Value getWindowOffset(unsigned axis) { return getWindow()[axis]; }
    Value getWindowSize(unsigned axis) { return getWindow()[4 + axis]; }
  }];
}

#endif // TCONV_OPS_TD
