// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"

#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::tconv;

PackedLayout::PackedLayout(DecompositionAttr decomposition, PackingAttr packing,
                           int64_t groups, int64_t groupInputs,
                           int64_t groupOutputs)
    : stride_(decomposition.getStride()), rows_(packing.getRows()),
      channels_(packing.getChannels()),
      blocks_(llvm::divideCeil(groupOutputs, packing.getChannels())) {
  // The numbers may come from text: none is to wrap around unseen.
  auto times = [&](int64_t a, int64_t b) {
    int64_t product = 0;
    fits_ &= !llvm::MulOverflow(a, b, product);
    return product;
  };
  auto plus = [&](int64_t a, int64_t b) {
    int64_t sum = 0;
    fits_ &= !llvm::AddOverflow(a, b, sum);
    return sum;
  };
  for (SectionAttr section : decomposition.getSections()) {
    int64_t sectionRows = times(channels_, section.getPhases().size());
    int64_t sectionTiles = llvm::divideCeil(sectionRows, rows_);
    sections_.push_back({section, tiles_, sectionTiles, blockElements_});
    tiles_ = plus(tiles_, sectionTiles);
    int64_t tapElements = times(times(sectionTiles, rows_), groupInputs);
    blockElements_ =
        plus(blockElements_, times(tapElements, section.getTaps()));
  }
  (void)times(tiles_, rows_); // the rows of a scratch buffer
  totalElements_ = times(times(groups, blocks_), blockElements_);
  (void)times(totalElements_, sizeof(float));
  if (!fits_)
    totalElements_ = std::numeric_limits<int64_t>::max();
}

SmallVector<PackedTapGroup> PackedLayout::tapGroups() const {
  SmallVector<PackedTapGroup> groups;
  ArrayRef<PackedSection> rest = sections_;
  while (!rest.empty()) {
    int64_t taps = rest.front().section.getTaps(), tiles = 0;
    auto same = rest.take_while([&](const PackedSection &packed) {
      return packed.section.getTaps() == taps;
    });
    for (const PackedSection &packed : same)
      tiles += packed.tiles;
    groups.push_back({taps, same.front().firstTile, tiles,
                      same.front().weightsOffset, same});
    rest = rest.drop_front(same.size());
  }
  return groups;
}

SmallVector<int64_t> PackedLayout::firstRows() const {
  SmallVector<int64_t> rows(stride_, -1);
  for (const PackedSection &packed : sections_)
    for (auto [n, phase] : llvm::enumerate(packed.section.getPhases()))
      rows[phase] = packed.firstTile * rows_ + static_cast<int64_t>(n);
  return rows;
}

SmallVector<int64_t> PackedLayout::rowSteps() const {
  SmallVector<int64_t> steps(stride_, 0);
  for (const PackedSection &packed : sections_)
    for (int64_t phase : packed.section.getPhases())
      steps[phase] = packed.section.getPhases().size();
  return steps;
}
