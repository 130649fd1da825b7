// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the tiles at the ends of x need. Windows of x that reach beyond its
// ends, with zeros where there is no x: [batch][tile][channel][column]. A cube
// core reads only what is there, and its tiles have one shape. An infinite
// weight times such a zero would be NaN: where weights aren't all finite, these
// tiles are summed right here, of the taps that meet x, and the product leaves
// them alone.
#include "compiler/Target/Ascend/KernelBuilder.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {

class EdgeKernel {
public:
  enum Pointer { x, windows, weights, planes, flags };
  enum Number {
    length,      ///< of x
    rowStride,   ///< of x: elements between channels
    batchStride, ///< of x: elements between batch items
    firstTile,   ///< the tiles are firstTile, firstTile + 1, ...
    splitTile,   ///< from this one on, `jump` more
    jump,
    tiles,
    items,          ///< of windows, of all batch items
    planePositions, ///< positions of a plane in memory
    numberCount
  };

  EdgeKernel(KernelBuilder &k, const AscendKernels &kernels)
      : k(k), kernels(kernels), layout(kernels.layout),
        channels(layout.groups * layout.groupInputs),
        blocks(llvm::divideCeil(channels, kernels.edgeChannels())) {}

  void build() {
    SmallVector<int64_t> shape = {
        kernels.edgeChannels(),
        std::min(layout.window(kernels.tile.positions), kColumns)};
    Value zeros = k.zeros(shape, kernels.element);
    Value isSpecial = k.anySet(k.pointer(flags), kernels.flags());
    k.forItems(k.choose(isSpecial, k.c(0), k.number(items)),
               [&](Value item) { copyWindow(item, zeros, shape); });
    Value rows = k.mul(k.div(k.number(items), blocks),
                       layout.groups * kernels.paddedRows());
    k.forItems(k.choose(isSpecial, rows, k.c(0)),
               [&](Value item) { sumRow(item); });
  }

private:
  /// Columns of a window that are copied at a time.
  static constexpr int64_t kColumns = 512;
  /// Positions of a row that are summed at a time.
  static constexpr int64_t kSums = 512;

  /// A window of a batch item: its tile's first position.
  Value firstPosition(Value window) {
    Value index = k.rem(window, k.number(tiles));
    Value jumped =
        k.choose(k.atLeast(index, k.number(splitTile)), k.number(jump), k.c(0));
    Value tile = k.add(k.add(index, k.number(firstTile)), jumped);
    return k.mul(tile, kernels.tile.positions);
  }
  Value batchOf(Value window) { return k.div(window, k.number(tiles)); }

  /// An item is a window of a block of channels.
  void copyWindow(Value item, Value zeros, ArrayRef<int64_t> shape) {
    int64_t height = shape[0], most = shape[1];
    int64_t width = layout.window(kernels.tile.positions);
    Value block = k.rem(item, blocks);
    Value window = k.div(item, blocks); // of (batch, tile)
    Value channel0 = k.mul(block, height);
    Value rows = k.c(height);
    if (channels % height != 0)
      rows = k.min(rows, k.sub(k.c(channels), channel0));
    Value firstRow = k.add(k.mul(window, channels), channel0);
    Value begin = k.sub(firstPosition(window), k.c(layout.maxShift));
    Value xRow = k.add(k.mul(batchOf(window), k.number(batchStride)),
                       k.mul(channel0, k.number(rowStride)));
    k.loop(k.c(0), k.c(width), k.c(most), [&](Value column) {
      Value columns = k.c(most);
      if (width % most != 0)
        columns = k.min(columns, k.sub(k.c(width), column));
      Value at = k.add(begin, column); // position of x
      Value before = k.clamp(k.sub(k.c(0), at), columns);
      Value until = k.max(k.min(k.sub(k.number(length), at), columns), before);
      Value to = k.add(k.mul(firstRow, width), column);
      auto put = [&](Value from, Value first, Value end) {
        Value count = k.sub(end, first);
        k.when(k.isPositive(count), [&] {
          Value source = from;
          if (!source) {
            Value view =
                k.view(k.pointer(x), k.add(xRow, k.add(at, first)),
                       {rows, count}, {k.number(rowStride), k.fold(1)});
            source = loadPart(view, shape, {rows, count});
          }
          k.store(k.slice(source, {k.fold(0), k.fold(0)}, {rows, count}),
                  k.view(k.pointer(windows), k.add(to, first), {rows, count},
                         {k.fold(width), k.fold(1)}));
        });
      };
      put(zeros, k.c(0), before);
      put({}, before, until);
      put(zeros, until, columns);
    });
  }

  /// A view, as the beginning of a tensor.
  Value loadPart(Value view, ArrayRef<int64_t> shape,
                 KernelBuilder::Sizes sizes) {
    Value buffer = k.buffer(shape, kernels.element);
    k.copy(view, k.part(buffer, {0, 0}, sizes, {1, 1}));
    return k.tensor(buffer);
  }

  /// An item is a row of a tile. It is summed in stretches of positions that
  /// the same taps serve: one ends where a tap's first or last x is met.
  void sumRow(Value item) {
    int64_t rows = kernels.paddedRows();
    Value row = k.rem(item, rows);
    Value left = k.div(item, rows);
    Value group = k.rem(left, layout.groups);
    Value window = k.div(left, layout.groups);
    Value batch = batchOf(window);
    RowTaps taps = tapsOfRows(k, kernels, k.div(row, kernels.rows()));
    Value groupRow = k.add(k.mul(group, rows), row);
    Value planeRow = k.add(k.mul(batch, layout.groups * rows), groupRow);
    Value plane = k.mul(planeRow, k.number(planePositions));
    Value xRow =
        k.add(k.mul(batch, k.number(batchStride)),
              k.mul(k.mul(group, layout.groupInputs), k.number(rowStride)));
    Value weight = k.mul(groupRow, layout.mostTaps() * layout.groupInputs);
    // Taps whose x is at or after 0 at a position.
    auto tapsAt = [&](Value position) {
      Value beyond = k.add(k.sub(position, taps.shift), k.c(layout.shiftStep));
      return k.min(k.div(k.max(beyond, k.c(0)), layout.shiftStep), taps.count);
    };
    // The first position of one more, or something larger.
    auto nextOf = [&](Value count) {
      Value first = k.add(taps.shift, k.mul(count, layout.shiftStep));
      return k.choose(k.atLeast(count, taps.count), k.c(int64_t(1) << 40),
                      first);
    };
    int64_t most = std::min(kernels.tile.positions, kSums);
    Value begin = firstPosition(window);
    Value end = k.add(begin, k.c(kernels.tile.positions));
    Value stretches =
        k.add(k.mul(taps.count, 2),
              k.c(1 + llvm::divideCeil(kernels.tile.positions, most)));
    k.loop(k.c(0), stretches, begin, [&](Value, ValueRange carried) {
      Value position = carried[0];
      Value beyond = k.sub(position, k.number(length));
      Value lastTap = tapsAt(position), firstTap = tapsAt(beyond);
      Value next = k.min(end, k.add(position, k.c(most)));
      next = k.min(next, nextOf(lastTap));
      next = k.min(next, k.add(nextOf(firstTap), k.number(length)));
      Value count = k.sub(next, position);
      k.when(k.isPositive(count), [&] {
        Value xFirst = k.add(xRow, k.sub(position, taps.shift));
        sumStretch(firstTap, lastTap, xFirst, weight, k.add(plane, position),
                   count, most);
      });
      return SmallVector<Value>{next};
    });
  }

  void sumStretch(Value firstTap, Value lastTap, Value xFirst, Value weight,
                  Value plane, Value count, int64_t most) {
    Type f32 = k.builder().getF32Type();
    SmallVector<int64_t> shape = {1, most};
    SmallVector<OpFoldResult> sizes = {k.fold(1), count};
    int64_t inputs = layout.groupInputs;
    ValueRange sums = k.loop(
        k.mul(firstTap, inputs), k.mul(lastTap, inputs), k.zeros(shape, f32),
        [&](Value step, ValueRange sum) {
          Value tap = k.div(step, inputs), channel = k.rem(step, inputs);
          Value offset = k.add(xFirst, k.mul(channel, k.number(rowStride)));
          offset = k.sub(offset, k.mul(tap, layout.shiftStep));
          Value view = k.view(k.pointer(x), offset, sizes,
                              {k.number(rowStride), k.fold(1)});
          Value values = k.converted(loadPart(view, shape, sizes), f32);
          Value factor = k.filled(
              k.scalar(k.pointer(weights), k.add(weight, step)), shape);
          Value product =
              arith::MulFOp::create(k.builder(), k.loc(), values, factor);
          return SmallVector<Value>{
              arith::AddFOp::create(k.builder(), k.loc(), sum[0], product)};
        });
    k.store(k.slice(sums[0], {k.fold(0), k.fold(0)}, sizes),
            k.view(k.pointer(planes), plane, sizes,
                   {k.number(planePositions), k.fold(1)}));
  }

  KernelBuilder &k;
  const AscendKernels &kernels;
  const AscendLayout &layout;
  int64_t channels, blocks;
};

} // namespace

void mlir::tconv::buildEdgeKernel(ModuleOp module,
                                  const AscendKernels &kernels) {
  Type element = kernels.element;
  Type f32 = Float32Type::get(module.getContext());
  KernelBuilder k(module, kernels, "_edge", "aiv",
                  {element, element, element, f32, f32},
                  EdgeKernel::numberCount);
  EdgeKernel(k, kernels).build();
}
