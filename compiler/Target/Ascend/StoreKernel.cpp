// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Planes to y: bias, conversion, and the phases interleaved.
#include "compiler/Target/Ascend/KernelBuilder.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {

class StoreKernel {
public:
  enum Pointer { planes, bias, y };
  enum Number {
    planePositions, ///< positions of a plane in memory
    outputs,        ///< of a row of y
    rowStride,      ///< of y: elements between output channels
    batchStride,    ///< of y: elements between batch items
    tiles,          ///< of positions
    items,          ///< of all batch items
    numberCount
  };

  StoreKernel(KernelBuilder &k, const AscendKernels &kernels)
      : k(k), kernels(kernels), layout(kernels.layout), tile(kernels.tile) {}

  void build() {
    k.forItems(k.number(items), [&](Value item) { buildItem(item); });
  }

private:
  /// An item is a tile of a chunk of the phases of a block of channels.
  void buildItem(Value item) {
    int64_t chunks = kernels.storeChunks(), blocks = kernels.storeBlocks();
    position0 = k.mul(k.rem(item, k.number(tiles)), tile.storePositions);
    Value left = k.div(item, k.number(tiles));
    Value chunk = k.rem(left, chunks);
    left = k.div(left, chunks);
    Value channel0 = k.mul(k.rem(left, blocks), tile.storeChannels);
    left = k.div(left, blocks);
    Value group = k.rem(left, layout.groups);
    Value batch = k.div(left, layout.groups);
    Value plane0 = k.add(k.mul(batch, layout.groups), group);
    firstPlaneRow = k.mul(plane0, kernels.paddedRows());
    // Positions whose phases are all in y, and what is left of the next.
    Value whole = k.div(k.number(outputs), layout.stride);
    Value over = k.rem(k.number(outputs), layout.stride);
    positions = k.clamp(k.sub(whole, position0), k.c(tile.storePositions));
    // The one with few phases is this tile's where it ends the whole ones.
    Value end = k.add(position0, k.c(tile.storePositions));
    Value isHere = compare(arith::CmpIPredicate::sge, whole, position0);
    isHere =
        arith::AndIOp::create(k.builder(), k.loc(), isHere,
                              compare(arith::CmpIPredicate::slt, whole, end));
    rest = k.builder().createOrFold<arith::SelectOp>(k.loc(), isHere, over,
                                                     k.c(0));
    Value count = k.c(tile.storeChannels);
    if (layout.groupOutputs % tile.storeChannels != 0)
      count = k.min(count, k.sub(k.c(layout.groupOutputs), channel0));
    k.loop(k.c(0), count, k.c(1), [&](Value i) {
      Value channel = k.add(channel0, i);
      Value all = k.add(k.mul(group, layout.groupOutputs), channel);
      Value row = k.add(k.mul(batch, k.number(batchStride)),
                        k.mul(all, k.number(rowStride)));
      Value value;
      if (kernels.hasBias)
        value = k.scalar(k.pointer(bias), all);
      for (int64_t c = 0; c < chunks; ++c) {
        int64_t begin = c * tile.storePhases;
        int64_t end = std::min(begin + tile.storePhases, layout.stride);
        auto body = [&] { storeChunk(channel, row, value, begin, end); };
        if (chunks == 1)
          body();
        else
          k.when(compare(arith::CmpIPredicate::eq, chunk, k.c(c)), body);
      }
    });
  }

  Value compare(arith::CmpIPredicate predicate, Value l, Value r) {
    return arith::CmpIOp::create(k.builder(), k.loc(), predicate, l, r);
  }

  /// Zeros in the rows that nobody writes. Each stretch has a fill of its own:
  /// one fill of the whole buffer is moved to before the last copy by
  /// bishengir-compile 1.2.0, over what the earlier copies brought.
  void fillOthers(Value rows, ArrayRef<bool> written) {
    int64_t count = written.size();
    for (int64_t first = 0; first < count; ++first) {
      int64_t end = first;
      while (end < count && !written[end])
        ++end;
      if (end == first)
        continue;
      Value zero = arith::ConstantOp::create(
          k.builder(), k.loc(),
          k.builder().getZeroAttr(k.builder().getF32Type()));
      linalg::FillOp::create(
          k.builder(), k.loc(), zero,
          k.part(rows, {first, 0},
                 {k.fold(end - first), k.fold(tile.storePositions)}, {1, 1}));
      first = end;
    }
  }

  /// The phases from `begin` to `end` of a channel, row by row of a buffer.
  Value loadPhases(Value channel, int64_t begin, int64_t end) {
    int64_t phases = end - begin, count = tile.storePositions;
    Type f32 = k.builder().getF32Type();
    SmallVector<AscendRun> runs = layout.runs(begin, end);
    int64_t present = 0;
    for (const AscendRun &run : runs)
      present += run.count;
    // No tap reaches these phases, and so no product.
    if (present == 0)
      return k.zeros({phases, count}, f32);
    Value rows = k.buffer({phases, count}, f32);
    SmallVector<bool> written(phases, false);
    for (const AscendRun &run : runs)
      for (int64_t n = 0; n < run.count; ++n)
        written[run.phase - begin + n * run.phaseStep] = true;
    fillOthers(rows, written);
    for (const AscendRun &run : runs) {
      int64_t row =
          layout.firstRow(run.band, kernels.rows()) +
          (run.plane - layout.bands[run.band].firstPlane) * layout.groupOutputs;
      Value first = k.add(k.add(firstPlaneRow, k.c(row)), channel);
      Value offset = k.add(k.mul(first, k.number(planePositions)), position0);
      Value step =
          k.mul(k.number(planePositions), run.planeStep * layout.groupOutputs);
      Value from =
          k.view(k.pointer(planes), offset, {k.fold(run.count), k.fold(count)},
                 {step, k.fold(1)});
      bool isAll = run.count == phases;
      k.copy(from, isAll ? rows
                         : k.part(rows, {run.phase - begin, 0},
                                  {k.fold(run.count), k.fold(count)},
                                  {run.phaseStep, 1}));
    }
    return k.tensor(rows);
  }

  void storeChunk(Value channel, Value row, Value value, int64_t begin,
                  int64_t end) {
    int64_t phases = end - begin, count = tile.storePositions;
    Value sums = loadPhases(channel, begin, end);
    if (value)
      sums = arith::AddFOp::create(k.builder(), k.loc(), sums,
                                   k.filled(value, {phases, count}));
    Value result = k.converted(sums, kernels.element);
    Value first = k.add(row, k.mul(position0, layout.stride));
    if (layout.stride == 1) {
      k.when(k.isPositive(positions), [&] {
        k.store(k.slice(result, {k.fold(0), k.fold(0)}, {k.fold(1), positions}),
                k.view(k.pointer(y), first, {k.fold(1), positions},
                       {k.number(rowStride), k.fold(1)}));
      });
      return;
    }
    result = k.transposed(result);
    first = k.add(first, k.c(begin));
    k.when(k.isPositive(positions), [&] {
      k.store(
          k.slice(result, {k.fold(0), k.fold(0)}, {positions, k.fold(phases)}),
          k.view(k.pointer(y), first, {positions, k.fold(phases)},
                 {k.fold(layout.stride), k.fold(1)}));
    });
    Value some = k.clamp(k.sub(rest, k.c(begin)), k.c(phases));
    k.when(k.isPositive(some), [&] {
      k.store(k.slice(result, {positions, k.fold(0)}, {k.fold(1), some}),
              k.view(k.pointer(y),
                     k.add(first, k.mul(positions, layout.stride)),
                     {k.fold(1), some}, {k.fold(layout.stride), k.fold(1)}));
    });
  }

  KernelBuilder &k;
  const AscendKernels &kernels;
  const AscendLayout &layout;
  const AscendTile &tile;
  Value position0, positions, rest, firstPlaneRow;
};

} // namespace

void mlir::tconv::buildStoreKernel(ModuleOp module,
                                   const AscendKernels &kernels) {
  Type f32 = Float32Type::get(module.getContext());
  KernelBuilder k(module, kernels, "_store", "aiv",
                  {f32, kernels.element, kernels.element},
                  StoreKernel::numberCount);
  StoreKernel(k, kernels).build();
}
