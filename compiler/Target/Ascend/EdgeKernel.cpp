// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Windows of x that reach beyond its ends, with zeros where there is no x:
// [batch][tile][channel][column]. A cube core reads only what is there, and its
// tiles have one shape.
#include "compiler/Target/Ascend/KernelBuilder.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {
enum Pointer { x, windows };
enum Number {
  length,      ///< of x
  rowStride,   ///< of x: elements between channels
  batchStride, ///< of x: elements between batch items
  firstTile,   ///< the tiles are firstTile, firstTile + 1, ...
  splitTile,   ///< from this one on, `jump` more
  jump,
  tiles,
  items, ///< of all batch items
  numberCount
};
} // namespace

void mlir::tconv::buildEdgeKernel(ModuleOp module,
                                  const AscendKernels &kernels) {
  constexpr int64_t kColumns = 1024;
  const AscendLayout &layout = kernels.layout;
  Type element = kernels.element;
  KernelBuilder k(module, kernels, "_edge", "aiv", {element, element},
                  numberCount);
  int64_t channels = layout.groups * layout.groupInputs;
  int64_t width = layout.window(kernels.tile.positions);
  int64_t most = std::min(width, kColumns);
  int64_t height = kernels.edgeChannels();
  SmallVector<int64_t> shape = {height, most};
  Value zeros = k.zeros(shape, element);
  int64_t blocks = llvm::divideCeil(channels, height);
  // An item is a window of a block of channels.
  k.forItems(k.number(items), [&](Value item) {
    Value block = k.rem(item, blocks);
    Value window = k.div(item, blocks); // of (batch, tile)
    Value index = k.rem(window, k.number(tiles));
    Value batch = k.div(window, k.number(tiles));
    Value channel0 = k.mul(block, height);
    Value rows = k.c(height);
    if (channels % height != 0)
      rows = k.min(rows, k.sub(k.c(channels), channel0));
    Value beyond =
        arith::CmpIOp::create(k.builder(), k.loc(), arith::CmpIPredicate::sge,
                              index, k.number(splitTile));
    Value jumped = k.builder().createOrFold<arith::SelectOp>(
        k.loc(), beyond, k.number(jump), k.c(0));
    Value tile = k.add(k.add(index, k.number(firstTile)), jumped);
    Value firstRow = k.add(k.mul(window, channels), channel0);
    Value begin =
        k.sub(k.mul(tile, kernels.tile.positions), k.c(layout.maxShift));
    Value xRow = k.add(k.mul(batch, k.number(batchStride)),
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
            Value buffer = k.buffer(shape, element);
            k.copy(view, k.part(buffer, {0, 0}, {rows, count}, {1, 1}));
            source = k.tensor(buffer);
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
  });
}
