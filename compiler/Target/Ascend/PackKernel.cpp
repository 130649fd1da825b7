// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights (Cin, Cout / groups, K) to [group][row][tap][input channel]: one
// output channel's block of channels by taps is turned around at a time. After
// them, flags that say whether all weights are finite.
#include "compiler/Target/Ascend/KernelBuilder.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {

class PackKernel {
public:
  enum Pointer { weights, packed, flags };

  PackKernel(KernelBuilder &k, const AscendKernels &kernels, Type element)
      : k(k), kernels(kernels), layout(kernels.layout), element(element) {}

  void build() {
    int64_t each = kernels.packItems();
    k.forItems(k.c(layout.groups * each),
               [&](Value item) { buildItem(item, each); });
    k.when(k.equals(k.program(), k.c(0)), [&] { look(); });
  }

private:
  /// An item is an output channel of a group.
  void buildItem(Value item, int64_t each) {
    channel = k.rem(item, each);
    group = k.div(item, each);
    groupRow = k.mul(group, kernels.paddedRows());
    Value isChannel =
        arith::CmpIOp::create(k.builder(), k.loc(), arith::CmpIPredicate::slt,
                              channel, k.c(layout.groupOutputs));
    k.when(isChannel, [&] { packChannel(); });
    // One item more fills the rows that only pad a tile.
    if (!kernels.hasPadding())
      return;
    Value isPadding =
        arith::CmpIOp::create(k.builder(), k.loc(), arith::CmpIPredicate::eq,
                              channel, k.c(layout.groupOutputs));
    k.when(isPadding, [&] { packPadding(); });
  }

  /// Taps of a kernel that are turned around at a time, if they fit.
  static constexpr int64_t kMostTaps = 128;
  /// Input channels at a time at most.
  static constexpr int64_t kMostInputs = 64;

  /// The largest part of the input channels that divides them.
  int64_t inputBlock() const {
    int64_t block = std::min(layout.groupInputs, kMostInputs);
    while (layout.groupInputs % block != 0)
      --block;
    return block;
  }

  /// Columns [first, first + count) of a channel's weights, turned around.
  Value load(Value input, Value first, int64_t count) {
    int64_t block = inputBlock(), size = layout.kernelSize;
    Value row = k.add(k.mul(group, layout.groupInputs), input);
    Value offset = k.add(k.mul(row, layout.groupOutputs * size),
                         k.add(k.mul(channel, size), first));
    Value view =
        k.view(k.pointer(weights), offset, {k.fold(block), k.fold(count)},
               {k.fold(layout.groupOutputs * size), k.fold(1)});
    return k.transposed(k.load(view, {block, count}));
  }

  /// Puts rows of a tensor, planes [plane, plane + count) of a band, where
  /// their tap belongs.
  void put(Value rows, size_t band, int64_t plane, int64_t count, Value tap,
           Value input) {
    int64_t rowElements = layout.mostTaps() * layout.groupInputs;
    int64_t first =
        layout.firstRow(band, kernels.rows()) +
        (plane - layout.bands[band].firstPlane) * layout.groupOutputs;
    Value row = k.add(k.add(groupRow, k.c(first)), channel);
    Value offset = k.add(k.mul(row, rowElements),
                         k.add(k.mul(tap, layout.groupInputs), input));
    k.store(rows,
            k.view(k.pointer(packed), offset,
                   {k.fold(count), k.fold(inputBlock())},
                   {k.fold(layout.groupOutputs * rowElements), k.fold(1)}));
  }

  void packChannel() {
    int64_t block = inputBlock();
    k.loop(k.c(0), k.c(layout.groupInputs), k.c(block), [&](Value input) {
      Value whole;
      if (layout.kernelSize <= kMostTaps)
        whole = load(input, k.c(0), layout.kernelSize);
      for (auto [index, band] : llvm::enumerate(layout.bands))
        for (int64_t plane = 0; plane < band.planes; plane += kMostTaps) {
          int64_t count = std::min(kMostTaps, band.planes - plane);
          int64_t first = band.firstPlane + plane;
          k.loop(k.c(0), k.c(band.taps), k.c(1), [&](Value tap) {
            Value begin = k.add(k.mul(tap, layout.tapStep), k.c(first));
            Value rows = whole ? k.slice(whole, {begin, k.fold(0)},
                                         {k.fold(count), k.fold(block)})
                               : load(input, begin, count);
            put(rows, index, first, count, tap, input);
          });
        }
    });
  }

  /// Adds up all weights times 0, and writes a few sums: what isn't finite
  /// makes them NaN. One program does it, once for a set of weights. What isn't
  /// finite in bf16 isn't in f16 either, for which it passes here; nor is what
  /// is beyond 2^121, which only makes the edges slower.
  void look() {
    constexpr int64_t kMost = 4096;
    int64_t all = layout.weightElements(), count = all;
    if (all > kernels.flags())
      count = std::min<int64_t>(kMost, llvm::bit_floor(uint64_t(all)));
    Type f32 = k.builder().getF32Type();
    SmallVector<int64_t> shape = {1, count};
    Value zeros = k.zeros(shape, f32);
    auto viewAt = [&](Value pointer, Value offset, int64_t elements) {
      return k.view(pointer, offset, {k.fold(1), k.fold(elements)},
                    {k.fold(elements), k.fold(1)});
    };
    ValueRange sums = k.loop(
        k.c(0), k.c(llvm::divideCeil(all, count)), zeros,
        [&](Value chunk, ValueRange sum) {
          // The last one looks at some weights again.
          Value first = k.min(k.mul(chunk, count), k.c(all - count));
          Value values = k.converted(
              k.load(viewAt(k.pointer(weights), first, count), shape), f32);
          Value product =
              arith::MulFOp::create(k.builder(), k.loc(), values, zeros);
          return SmallVector<Value>{
              arith::AddFOp::create(k.builder(), k.loc(), sum[0], product)};
        });
    Value left = sums[0];
    while (count > kernels.flags()) {
      count /= 2;
      auto half = [&](int64_t first) {
        return k.slice(left, {k.fold(0), k.fold(first)},
                       {k.fold(1), k.fold(count)});
      };
      left = arith::AddFOp::create(k.builder(), k.loc(), half(0), half(count));
    }
    k.store(left, viewAt(k.pointer(flags), k.c(0), count));
  }

  void packPadding() {
    int64_t rowElements = layout.mostTaps() * layout.groupInputs;
    for (auto [index, band] : llvm::enumerate(layout.bands)) {
      int64_t used = layout.bandRows(band);
      int64_t all = layout.bandTiles(band, kernels.rows()) * kernels.rows();
      if (all == used)
        continue;
      // Zeros of few bytes, so that there is room for two of them.
      int64_t block = std::max<int64_t>(
          1, std::min<int64_t>(rowElements, 8192 / (all - used)));
      while (rowElements % block != 0)
        --block;
      Value row =
          k.add(groupRow, k.c(layout.firstRow(index, kernels.rows()) + used));
      k.loop(k.c(0), k.c(rowElements), k.c(block), [&](Value column) {
        k.store(k.zeros({all - used, block}, element),
                k.view(k.pointer(packed),
                       k.add(k.mul(row, rowElements), column),
                       {k.fold(all - used), k.fold(block)},
                       {k.fold(rowElements), k.fold(1)}));
      });
    }
  }

  KernelBuilder &k;
  const AscendKernels &kernels;
  const AscendLayout &layout;
  Type element;
  Value channel, group, groupRow;
};

} // namespace

void mlir::tconv::buildPackKernel(ModuleOp module,
                                  const AscendKernels &kernels) {
  // Bits are moved, so that bf16 may pass for f16.
  Type element = kernels.element.isBF16()
                     ? Type(Float16Type::get(module.getContext()))
                     : kernels.element;
  KernelBuilder k(module, kernels, "_pack", "aiv",
                  {element, element, Float32Type::get(module.getContext())}, 0);
  PackKernel(k, kernels, element).build();
}
