// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where every packed weight and every row of a scratch buffer lies. The one
// place that knows what #tconv.packing means; the packing of the weights, the
// contractions and the epilogue all ask it.
#ifndef TCONV_COMPILER_DIALECT_PACKEDLAYOUT_H
#define TCONV_COMPILER_DIALECT_PACKEDLAYOUT_H

#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

/// One section of a block of channels.
struct PackedSection {
  SectionAttr section;
  int64_t firstTile;     ///< number of tiles before it in the block
  int64_t tiles;         ///< register tiles of its rows
  int64_t weightsOffset; ///< elements before it in the block
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

  int64_t rows() const { return rows_; }
  int64_t channels() const { return channels_; }
  /// Blocks of channels in a group.
  int64_t blocks() const { return blocks_; }
  /// Register tiles in a block, all sections together.
  int64_t tiles() const { return tiles_; }
  int64_t blockElements() const { return blockElements_; }
  /// The largest number of 64 bits where they do not fit.
  int64_t totalElements() const { return totalElements_; }
  /// Whether the packed weights fit 64 bits, in bytes; if not, no other number
  /// of the layout means anything.
  bool fits() const { return fits_; }
  ArrayRef<PackedSection> sections() const { return sections_; }
  SmallVector<PackedTapGroup> tapGroups() const;

  /// For every phase, the row of channel 0 in a block, or -1 without taps.
  SmallVector<int64_t> firstRows() const;
  /// For every phase, the distance of one channel's row to the next one's.
  SmallVector<int64_t> rowSteps() const;

private:
  int64_t stride_, rows_, channels_, blocks_;
  int64_t tiles_ = 0, blockElements_ = 0, totalElements_ = 0;
  bool fits_ = true;
  SmallVector<PackedSection> sections_;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_PACKEDLAYOUT_H
