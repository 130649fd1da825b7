// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"

#include "compiler/Dialect/Compact.h"
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/Pieces.h"
#include "llvm/Support/MathExtras.h"
#include <limits>

using namespace mlir;
using namespace mlir::tconv;

FilterCut FilterCut::of(int64_t longest, int64_t outputs) {
  FilterCut best;
  if (longest <= FastFilter::kMostTaps)
    return best;
  int64_t fewest = std::numeric_limits<int64_t>::max();
  // Of equals the one of fewer filters: each is packed.
  for (int64_t taps = FastFilter::kMostTaps; taps >= 2; --taps) {
    int64_t filters = llvm::divideCeil(longest, taps);
    int64_t products = 0;
    if (!llvm::MulOverflow(filters, outputs + taps - 1, products) &&
        products < fewest) {
      fewest = products;
      best = {taps, filters};
    }
  }
  return best;
}

FilterCut FilterCut::of(DecompositionAttr decomposition, int64_t outputs) {
  int64_t longest = 0;
  for (SectionAttr section : decomposition.getSections())
    longest = std::max(longest, section.getTaps());
  return of(longest, outputs);
}

FilterCut FilterCut::of(DecompositionAttr decomposition, PackingAttr packing) {
  return packing.isFast() ? of(decomposition, packing.getOutputs())
                          : FilterCut();
}

PackedLayout::PackedLayout(DecompositionAttr decomposition, PackingAttr packing,
                           int64_t groups, int64_t groupInputs,
                           int64_t groupOutputs)
    : stride_(decomposition.getStride()), rows_(packing.getRows()),
      channels_(packing.getChannels()),
      blocks_(llvm::divideCeil(groupOutputs, packing.getChannels())),
      outputs_(packing.getOutputs()), pieces_(packing.getPieces()),
      compact_(packing.getBits() != 32),
      cut_(FilterCut::of(decomposition, packing)),
      stepElements_(compact_ ? Compact::kWords : rows_) {
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
  depth_ = times(groupInputs, cut_.filters);
  tileElements_ = times(stepElements_, depth_);
  if (isSplit()) {
    (void)times(tileElements_, Pieces::kCount * Pieces::kDepth);
    if (fits_)
      tileElements_ = Pieces::tileWords(depth_, rows_);
  }
  for (SectionAttr section : decomposition.getSections()) {
    int64_t sectionRows = times(channels_, section.getPhases().size());
    int64_t sectionTiles = llvm::divideCeil(sectionRows, rows_);
    int64_t points = isFast() ? plus(outputs_, filterTapsOf(section) - 1) : 1;
    sections_.push_back(
        {section, tiles_, points, sectionTiles, blockElements_, 0});
    tiles_ = plus(tiles_, times(points, sectionTiles));
    int64_t tapElements = times(sectionTiles, tileElements_);
    blockElements_ =
        plus(blockElements_,
             times(tapElements, isFast() ? points : section.getTaps()));
  }
  if (isFast())
    for (PackedSection &packed : sections_) {
      packed.tapsOffset = blockElements_;
      int64_t others = tapsBesides(filterTapsOf(packed.section));
      blockElements_ =
          plus(blockElements_,
               times(times(times(packed.tiles, rows_), others), depth_));
    }
  (void)times(tiles_, rows_); // the rows of a scratch buffer
  totalElements_ = times(times(groups, blocks_), blockElements_);
  (void)times(totalElements_, sizeof(float));
  if (!fits_)
    totalElements_ = std::numeric_limits<int64_t>::max();
}

bool PackedLayout::canBeFast(DecompositionAttr decomposition) {
  if (decomposition.getShiftStep() != 1)
    return false;
  int64_t shift = decomposition.getSections().front().getShift();
  return llvm::all_of(decomposition.getSections(), [&](SectionAttr section) {
    return section.getShift() == shift;
  });
}

bool PackedLayout::canBeFast(DecompositionAttr decomposition, int64_t outputs,
                             int64_t groupInputs) {
  if (outputs > FastFilter::kMostOutputs || !canBeFast(decomposition))
    return false;
  FilterCut cut = FilterCut::of(decomposition, outputs);
  return llvm::all_of(decomposition.getSections(), [&](SectionAttr section) {
    int64_t inputs =
        FastFilter::leastChannels(outputs, cut.tapsOf(section.getTaps()));
    int64_t channels = llvm::divideCeil(inputs, cut.filters);
    return groupInputs >= channels;
  });
}

SmallVector<PackedTapGroup> PackedLayout::tapGroups() const {
  if (isFast()) // one step a point, whatever its filter
    return {{1, 0, tiles_, 0, sections_}};
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

SmallVector<int64_t> PackedLayout::filterTaps() const {
  SmallVector<int64_t> taps;
  for (const PackedSection &packed : sections_)
    if (!llvm::is_contained(taps, filterTapsOf(packed.section)))
      taps.push_back(filterTapsOf(packed.section));
  return taps;
}

int64_t PackedLayout::inputPoints() const {
  int64_t points = 0;
  for (int64_t taps : filterTaps())
    points += outputs_ + taps - 1;
  return points;
}

int64_t PackedLayout::firstInputPoint(SectionAttr section) const {
  int64_t points = 0;
  for (int64_t taps : filterTaps()) {
    if (taps == filterTapsOf(section))
      break;
    points += outputs_ + taps - 1;
  }
  return points;
}

SmallVector<int64_t> PackedLayout::firstRows() const {
  SmallVector<int64_t> rows(stride_ * outputs_, -1);
  // Output j of a column ends up where the sums of point j were.
  for (const PackedSection &packed : sections_)
    for (int64_t j = 0; j < outputs_; ++j)
      for (auto [n, phase] : llvm::enumerate(packed.section.getPhases()))
        rows[j * stride_ + phase] =
            (packed.firstTile + j * packed.tiles) * rows_ +
            static_cast<int64_t>(n);
  return rows;
}

SmallVector<int64_t> PackedLayout::rowSteps() const {
  SmallVector<int64_t> steps(stride_ * outputs_, 0);
  for (const PackedSection &packed : sections_)
    for (int64_t j = 0; j < outputs_; ++j)
      for (int64_t phase : packed.section.getPhases())
        steps[j * stride_ + phase] = packed.section.getPhases().size();
  return steps;
}
