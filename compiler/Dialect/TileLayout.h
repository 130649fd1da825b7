// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which rows a thread block of tconv.block_product computes, and where their
// weights lie. The packing and the product both ask this.
#ifndef TCONV_COMPILER_DIALECT_TILELAYOUT_H
#define TCONV_COMPILER_DIALECT_TILELAYOUT_H

#include "compiler/Dialect/Device.h"

namespace mlir::tconv {

/// One row tile: `phases` phases of a section, from its list's `firstPhase` on,
/// of up to `channels` output channels. Row r is phase r % phases of channel
/// firstChannel + r / phases.
struct TileColumn {
  int64_t firstChunk; ///< chunks of weights before it in its group
  int64_t taps;
  int64_t shift;
  int64_t firstChannel; ///< of the group
  int64_t channels;
  int64_t phases;
  int64_t firstPhase; ///< index into phases() and firstTaps()
  int64_t fills;      ///< 1: it also writes the phases without taps
};

class TileLayout {
public:
  /// Columns of a group at most: tables list them.
  static constexpr int64_t kMostColumns = 1 << 16;
  /// A larger halo is not worth its shared memory.
  static constexpr int64_t kMostHalo = 16;

  TileLayout(DecompositionAttr decomposition, const DeviceTile &tile,
             int64_t groups, int64_t groupInputs, int64_t groupOutputs);

  /// Whether there are few enough columns and the packed weights fit 63 bits;
  /// if not, nothing else means anything.
  bool fits() const { return fits_; }
  /// Of one group, the same for each.
  ArrayRef<TileColumn> columns() const { return columns_; }
  /// A number of every column.
  SmallVector<int64_t> field(int64_t TileColumn::*member) const;
  /// The phases with taps, section by section, and their first taps.
  ArrayRef<int64_t> phases() const { return phases_; }
  ArrayRef<int64_t> firstTaps() const { return firstTaps_; }
  /// The phases without taps.
  ArrayRef<int64_t> emptyPhases() const { return emptyPhases_; }

  /// Chunks of one tap.
  int64_t tapChunks() const { return tapChunks_; }
  /// The first input channel of a tap's last chunk, which ends with the group's
  /// channels where there are enough of them: those that the chunk before it
  /// has too are zeros in it.
  int64_t lastChunk() const { return lastChunk_; }
  /// Whether the chunks of a column go tap by tap within a part of the input
  /// channels, not the other way round.
  bool tapsInside() const { return tapsInside_; }
  /// Whether the taps of such a part share what is staged of x: it has then
  /// `halo` positions more than the block.
  bool sharesInput() const { return halo_ > 0; }
  int64_t halo() const { return halo_; }
  int64_t groupChunks() const { return groupChunks_; }
  int64_t mostTaps() const { return mostTaps_; }
  int64_t chunkElements() const { return chunkElements_; }
  int64_t totalElements() const { return totalElements_; }

private:
  SmallVector<TileColumn> columns_;
  SmallVector<int64_t> phases_, firstTaps_, emptyPhases_;
  int64_t tapChunks_ = 0, lastChunk_ = 0, groupChunks_ = 0, mostTaps_ = 0,
          chunkElements_ = 0, totalElements_ = 0, halo_ = 0;
  bool fits_ = true, tapsInside_ = false;
};

/// The type of the packed weights' elements, and of shared memory's: that of
/// the layer for tensor cores on f16 and bf16, else f32.
Type stagedType(DeviceMath math, Type element);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_TILELAYOUT_H
