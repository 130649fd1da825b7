// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/TileLayout.h"

#include "mlir/IR/Builders.h"
#include "llvm/ADT/BitVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

TileLayout::TileLayout(DecompositionAttr decomposition, const DeviceTile &tile,
                       int64_t groups, int64_t groupInputs,
                       int64_t groupOutputs) {
  int64_t rows = tile.rows();
  tapChunks_ = llvm::divideCeil(groupInputs, tile.depth);
  lastChunk_ = std::max<int64_t>(groupInputs - tile.depth, 0);
  chunkElements_ = rows * tile.depth;
  tapsInside_ = tile.math == DeviceMath::mma;
  if (tapsInside_) {
    for (SectionAttr section : decomposition.getSections())
      if (section.getTaps() > 1)
        halo_ = std::max(halo_, std::min(section.getTaps() - 1, kMostHalo + 1) *
                                    decomposition.getShiftStep());
    if (halo_ > kMostHalo)
      halo_ = 0;
  }
  llvm::BitVector reached(decomposition.getStride());
  // Products of sizes that no machine has must not wrap.
  llvm::APInt chunks(128, 0);
  for (SectionAttr section : decomposition.getSections()) {
    int64_t all = section.getPhases().size();
    int64_t parts = llvm::divideCeil(all, rows);
    int64_t most = llvm::divideCeil(all, parts);
    int64_t channels = parts == 1 ? std::min(rows / most, groupOutputs) : 1;
    mostTaps_ = std::max(mostTaps_, section.getTaps());
    if ((llvm::APInt(128, llvm::divideCeil(groupOutputs, channels)) *
         llvm::APInt(128, parts))
            .ugt(kMostColumns)) {
      fits_ = false;
      return;
    }
    for (int64_t channel = 0; channel < groupOutputs; channel += channels)
      for (int64_t part = 0; part < parts; ++part) {
        if (int64_t(columns_.size()) == kMostColumns || chunks.ugt(1ll << 40)) {
          fits_ = false;
          return;
        }
        TileColumn column;
        column.firstChunk = int64_t(chunks.getZExtValue());
        column.taps = section.getTaps();
        column.shift = section.getShift();
        column.firstChannel = channel;
        column.channels = channels;
        column.phases = std::min(most, all - part * most);
        column.firstPhase = phases_.size() + part * most;
        column.fills = phases_.empty() && part == 0;
        columns_.push_back(column);
        chunks +=
            llvm::APInt(128, section.getTaps()) * llvm::APInt(128, tapChunks_);
      }
    for (auto [phase, tap] :
         llvm::zip(section.getPhases(), section.getFirstTaps())) {
      phases_.push_back(phase);
      firstTaps_.push_back(tap);
      reached.set(phase);
    }
  }
  for (int64_t phase = 0; phase < decomposition.getStride(); ++phase)
    if (!reached[phase])
      emptyPhases_.push_back(phase);
  llvm::APInt total =
      chunks * llvm::APInt(128, groups) * llvm::APInt(128, chunkElements_);
  // Chunks are counted with 32 bits where they are decoded.
  fits_ = total.ult(llvm::APInt(128, int64_t(1) << 58)) &&
          chunks.ult(int64_t(1) << 31);
  if (!fits_)
    return;
  groupChunks_ = int64_t(chunks.getZExtValue());
  totalElements_ = int64_t(total.getZExtValue());
}

SmallVector<int64_t> TileLayout::field(int64_t TileColumn::*member) const {
  return llvm::map_to_vector(
      columns_, [&](const TileColumn &column) { return column.*member; });
}

Type mlir::tconv::stagedType(DeviceMath math, Type element) {
  return math == DeviceMath::mma ? element
                                 : Builder(element.getContext()).getF32Type();
}
