// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where every packed weight and every row of a scratch buffer lies. The one
// place that knows what #tconv.packing means; the packing of the weights, the
// contractions and the epilogue all ask it.
#ifndef TCONV_COMPILER_DIALECT_PACKEDLAYOUT_H
#define TCONV_COMPILER_DIALECT_PACKEDLAYOUT_H

#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

/// How phases become filters of few taps, which fast algorithms are for. Long
/// phases are cut: each is the sum of `filters` filters of `taps` taps, of
/// which every one reads `taps` positions before the last one's. To all that
/// computes they are as many more input channels.
struct FilterCut {
  int64_t taps = 0; ///< of every filter; 0: as many as the phase has
  int64_t filters = 1;

  /// Taps of a filter of a phase that has `whole`.
  int64_t tapsOf(int64_t whole) const { return taps != 0 ? taps : whole; }

  /// The one of fewest products for `outputs` positions, where a phase has
  /// `longest` taps at most; whole phases up to FastFilter::kMostTaps.
  static FilterCut of(int64_t longest, int64_t outputs);
  static FilterCut of(DecompositionAttr decomposition, int64_t outputs);
  /// The one of a packing: whole phases where sums are not made of points.
  static FilterCut of(DecompositionAttr decomposition, PackingAttr packing);
};

/// One section of a block of channels. A direct section has one point, whose
/// tiles hold all its taps; a fast one has those of its filter.
struct PackedSection {
  SectionAttr section;
  int64_t firstTile;     ///< number of tiles before it in the block
  int64_t points;        ///< products that its outputs are made of
  int64_t tiles;         ///< register tiles of its rows, for each point
  int64_t weightsOffset; ///< elements before it in the block
  int64_t tapsOffset;    ///< elements before its taps that are no point
};

/// Neighbouring sections with the same number of taps: their tiles are of one
/// size and lie end to end, so that one loop runs over all of them.
struct PackedTapGroup {
  int64_t taps;
  int64_t firstTile;
  int64_t tiles;
  int64_t weightsOffset;
  ArrayRef<PackedSection> sections;
};

class PackedLayout {
public:
  PackedLayout(DecompositionAttr decomposition, PackingAttr packing,
               int64_t groups, int64_t groupInputs, int64_t groupOutputs);

  /// Whether fast algorithms can compute these phases: all read neighbouring
  /// positions from the same one on.
  static bool canBeFast(DecompositionAttr decomposition);
  /// Whether they can with so many outputs, as exactly as they have to.
  static bool canBeFast(DecompositionAttr decomposition, int64_t outputs,
                        int64_t groupInputs);

  /// Whether sums are made of filters' points: by fast algorithms, or by a
  /// direct one in tile registers, whose points are the taps.
  bool isFast() const { return outputs_ > 1 || isSplit(); }
  /// Whether points' weights are split into pieces (compiler/Dialect/Pieces.h).
  bool isSplit() const { return pieces_ > 1; }
  /// Whether weights are kept in fewer bits (compiler/Dialect/Compact.h).
  bool isCompact() const { return compact_; }
  /// Filters that a phase is cut into, and the taps of each.
  int64_t filters() const { return cut_.filters; }
  int64_t filterTapsOf(SectionAttr section) const {
    return cut_.tapsOf(section.getTaps());
  }
  /// Inputs that a sum runs over: of each input channel one for each filter,
  /// `channel * filters + filter`.
  int64_t depth() const { return depth_; }
  /// Taps of a filter that are none of its points.
  int64_t tapsBesides(int64_t taps) const {
    return outputs_ == 1 ? 0 : std::max<int64_t>(taps - 2, 0);
  }
  /// Positions that are computed together: a column.
  int64_t outputs() const { return outputs_; }
  int64_t rows() const { return rows_; }
  int64_t channels() const { return channels_; }
  /// Blocks of channels in a group.
  int64_t blocks() const { return blocks_; }
  /// Register tiles in a block, all sections together.
  int64_t tiles() const { return tiles_; }
  int64_t blockElements() const { return blockElements_; }
  /// Elements of a register tile of one point, or of one tap.
  int64_t tileElements() const { return tileElements_; }
  /// Elements of one tap of one input of a tile, if not split.
  int64_t stepElements() const { return stepElements_; }
  /// The largest number of 64 bits where they do not fit.
  int64_t totalElements() const { return totalElements_; }
  /// Whether the packed weights fit 64 bits, in bytes; if not, no other number
  /// of the layout means anything.
  bool fits() const { return fits_; }
  ArrayRef<PackedSection> sections() const { return sections_; }
  SmallVector<PackedTapGroup> tapGroups() const;

  /// The numbers of taps of the filters that a fast layout has, each once,
  /// falling; their points' panels follow each other in this order.
  SmallVector<int64_t> filterTaps() const;
  /// Panels' sets, one a point, that all filters have.
  int64_t inputPoints() const;
  /// The set of a section's point 0.
  int64_t firstInputPoint(SectionAttr section) const;

  /// For every output of a column (phase, then position, so that the phase runs
  /// faster), the row of channel 0 in a block, or -1 without taps.
  SmallVector<int64_t> firstRows() const;
  /// For every output of a column, the distance of one channel's row to the
  /// next one's.
  SmallVector<int64_t> rowSteps() const;

private:
  int64_t stride_, rows_, channels_, blocks_, outputs_, pieces_;
  bool compact_;
  FilterCut cut_;
  int64_t depth_;
  int64_t stepElements_, tiles_ = 0, tileElements_ = 0, blockElements_ = 0,
                         totalElements_ = 0;
  bool fits_ = true;
  SmallVector<PackedSection> sections_;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_PACKEDLAYOUT_H
