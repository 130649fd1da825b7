// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x and packed weights to planes: on the cube one matrix product for each tap
// and chunk of the input channels, or on vector cores one multiply-add of a
// row.
#include "compiler/Target/Ascend/KernelBuilder.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// What a program works on, beside the tile of positions.
struct ProductProgram {
  KernelBuilder &k;
  const AscendKernels &kernels;

  enum Pointer { x, weights, planes, flags };
  enum Number {
    planePositions, ///< positions of a plane in memory
    rowStride,      ///< of x: elements between input channels
    batchStride,    ///< of x: elements between batch items
    tileStride,     ///< of x: elements between tiles
    origin,         ///< of x: position 0 of tile 0 of this launch
    tiles,          ///< of this launch
    firstTile,      ///< its tiles are firstTile, firstTile + 1, ...
    splitTile,      ///< from this one on, `jump` more
    jump,
    guard, ///< not 0: x are windows, which serve finite weights only
    parts, ///< that the tiles of a row tile are dealt out to
    numberCount
  };

  Value part, batch, group, rowTile, taps, shift;

  /// An item is a part of the tiles of a row tile of a group of a batch item.
  ProductProgram(KernelBuilder &k, const AscendKernels &kernels, Value item)
      : k(k), kernels(kernels) {
    const AscendLayout &layout = kernels.layout;
    int64_t rowTiles = layout.rowTiles(kernels.rows());
    part = k.rem(item, k.number(parts));
    Value column = k.div(item, k.number(parts));
    rowTile = k.rem(column, rowTiles);
    column = k.div(column, rowTiles);
    group = k.rem(column, layout.groups);
    batch = k.div(column, layout.groups);
    // The taps of its rows' band, and where they read.
    RowTaps rows = tapsOfRows(k, kernels, rowTile);
    taps = rows.count;
    shift = rows.shift;
  }

  /// Row of packed weights or of planes of a group that this program begins at.
  Value firstRow() {
    return k.add(k.mul(group, kernels.paddedRows()),
                 k.mul(rowTile, kernels.rows()));
  }

  /// Of x: position 0 of a tile, tap 0, input channel 0 of the group.
  Value xOffset(Value tile) {
    Value channel =
        k.mul(k.mul(group, kernels.layout.groupInputs), k.number(rowStride));
    Value offset = k.add(k.mul(batch, k.number(batchStride)), channel);
    offset = k.add(offset, k.number(origin));
    offset = k.add(offset, k.mul(tile, k.number(tileStride)));
    return k.sub(offset, shift);
  }

  /// Of the planes: the first row at a tile.
  Value planeOffset(Value tile) {
    Value beyond = k.atLeast(tile, k.number(splitTile));
    Value jumped = k.choose(beyond, k.number(jump), k.c(0));
    Value absolute = k.add(k.add(tile, k.number(firstTile)), jumped);
    Value groups = k.mul(batch, kernels.layout.groups * kernels.paddedRows());
    return k.add(k.mul(k.add(groups, firstRow()), k.number(planePositions)),
                 k.mul(absolute, kernels.tile.positions));
  }

  /// Calls `body` for every tile of this part; for none where the edge kernel
  /// has summed them already.
  void forTiles(KernelBuilder::Body body) {
    Value isGuarded = k.notEquals(k.number(guard), k.c(0));
    Value end = k.whenElse(
        isGuarded,
        [&] {
          return k.choose(k.anySet(k.pointer(flags), kernels.flags()), k.c(0),
                          k.number(tiles));
        },
        k.number(tiles));
    k.loop(part, end, k.number(parts), body);
  }
};

/// One item a program: bishengir would want room for two sets of weights if a
/// loop loaded them.
void buildCube(KernelBuilder &k, const AscendKernels &kernels) {
  using P = ProductProgram;
  const AscendLayout &layout = kernels.layout;
  const AscendTile &tile = kernels.tile;
  P program(k, kernels, k.program());
  int64_t depth = tile.depth, chunks = layout.groupInputs / depth;
  int64_t rowElements = layout.mostTaps() * layout.groupInputs;
  Type f32 = k.builder().getF32Type();
  Value firstWeight = k.mul(program.firstRow(), rowElements);
  auto weights = [&](Value column, int64_t columns) {
    Value view = k.view(k.pointer(P::weights), k.add(firstWeight, column),
                        {k.fold(tile.rows), k.fold(columns)},
                        {k.fold(rowElements), k.fold(1)});
    return k.load(view, {tile.rows, columns});
  };
  Value kept;
  if (tile.stationary)
    kept = weights(k.c(0), rowElements);
  // Taps are the outer, chunks of the input channels the inner part of a step.
  Value steps = k.mul(program.taps, chunks);
  program.forTiles([&](Value index) {
    Value xFirst = program.xOffset(index);
    Value sums = k.zeros({tile.rows, tile.positions}, f32);
    ValueRange done =
        k.loop(k.c(0), steps, sums, [&](Value step, ValueRange carried) {
          Value column = k.mul(step, depth);
          Value tap = k.div(step, chunks), chunk = k.rem(step, chunks);
          Value a = tile.stationary
                        ? k.slice(kept, {k.fold(0), column},
                                  {k.fold(tile.rows), k.fold(depth)})
                        : weights(column, depth);
          Value offset =
              k.add(xFirst, k.mul(k.mul(chunk, depth), k.number(P::rowStride)));
          offset = k.sub(offset, k.mul(tap, layout.shiftStep));
          Value view = k.view(k.pointer(P::x), offset,
                              {k.fold(depth), k.fold(tile.positions)},
                              {k.number(P::rowStride), k.fold(1)});
          Value x = k.load(view, {depth, tile.positions});
          Value sum = linalg::MatmulOp::create(k.builder(), k.loc(),
                                               ValueRange{a, x}, carried)
                          .getResult(0);
          return SmallVector<Value>{sum};
        });
    k.store(done[0], k.view(k.pointer(P::planes), program.planeOffset(index),
                            {k.fold(tile.rows), k.fold(tile.positions)},
                            {k.number(P::planePositions), k.fold(1)}));
  });
}

void buildVectorItem(KernelBuilder &k, const AscendKernels &kernels,
                     Value item) {
  using P = ProductProgram;
  const AscendLayout &layout = kernels.layout;
  const AscendTile &tile = kernels.tile;
  P program(k, kernels, item);
  int64_t inputs = layout.groupInputs;
  int64_t rowElements = layout.mostTaps() * inputs;
  Type f32 = k.builder().getF32Type();
  SmallVector<int64_t> shape = {1, tile.positions};
  Value firstWeight = k.mul(program.firstRow(), rowElements);
  Value steps = k.mul(program.taps, inputs);
  program.forTiles([&](Value index) {
    Value xFirst = program.xOffset(index);
    SmallVector<Value> sums(tile.rows, k.zeros(shape, f32));
    ValueRange done =
        k.loop(k.c(0), steps, sums, [&](Value step, ValueRange carried) {
          Value tap = k.div(step, inputs), channel = k.rem(step, inputs);
          Value offset = k.add(xFirst, k.mul(channel, k.number(P::rowStride)));
          offset = k.sub(offset, k.mul(tap, layout.shiftStep));
          Value view = k.view(k.pointer(P::x), offset,
                              {k.fold(1), k.fold(tile.positions)},
                              {k.number(P::rowStride), k.fold(1)});
          Value x = k.converted(k.load(view, shape), f32);
          SmallVector<Value> results;
          for (auto [row, sum] : llvm::enumerate(carried)) {
            Value at = k.add(k.add(firstWeight, k.c(row * rowElements)), step);
            Value weight = k.filled(k.scalar(k.pointer(P::weights), at), shape);
            Value product =
                arith::MulFOp::create(k.builder(), k.loc(), x, weight);
            results.push_back(
                arith::AddFOp::create(k.builder(), k.loc(), sum, product));
          }
          return results;
        });
    Value plane = program.planeOffset(index);
    for (auto [row, sum] : llvm::enumerate(done)) {
      Value offset = k.add(plane, k.mul(k.number(P::planePositions), row));
      k.store(sum, k.view(k.pointer(P::planes), offset,
                          {k.fold(1), k.fold(tile.positions)},
                          {k.number(P::planePositions), k.fold(1)}));
    }
  });
}

} // namespace

void mlir::tconv::buildProductKernel(ModuleOp module,
                                     const AscendKernels &kernels) {
  Type f32 = Float32Type::get(module.getContext());
  bool isCube = kernels.tile.unit == AscendUnit::cube;
  KernelBuilder k(module, kernels, "_product", isCube ? "mix" : "aiv",
                  {kernels.element, kernels.element, f32, f32},
                  ProductProgram::numberCount + (isCube ? 0 : 1));
  if (isCube)
    return buildCube(k, kernels);
  k.forItems(k.number(ProductProgram::numberCount),
             [&](Value item) { buildVectorItem(k, kernels, item); });
}
