// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tconv.contract brings of other buffers while it multiplies: see its
// `streams`.
#ifndef TCONV_COMPILER_TRANSFORMS_STREAMS_H
#define TCONV_COMPILER_TRANSFORMS_STREAMS_H

#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {

/// Where the register tile of a contraction lies.
struct TilePlace {
  Value tile;       ///< its number among the contraction's
  Value panel;      ///< that it reads
  Value column;     ///< of the panel, for its first position and tap
  Value scratchRow; ///< its first row in scratch
};

/// A register tile reads one panel: where there are several, its columns must
/// divide them. Behind a panel's columns lies another channel.
inline LogicalResult checkWithinPanel(ContractOp op, int64_t columns) {
  auto panel = static_cast<int64_t>(op.getPanelPositions());
  if (!op.hasOnePanel() && panel % columns != 0)
    return op.emitOpError("has register tiles of ")
           << columns << " columns across panels of " << panel;
  return success();
}

inline TilePlace tilePlace(Emitter &e, ContractOp op) {
  auto module = op->getParentOfType<ModuleOp>();
  auto rows = static_cast<int64_t>(op.getRows());
  Value tile = e.div(op.getWindowOffset(0), rows);
  Value shift = e.lookUp(module, op.getShifts(), tile);
  Value position = e.add(op.getColumn(), op.getWindowOffset(1));
  Value panel = e.add(e.lookUp(module, op.getPanels(), tile),
                      e.div(position, op.getPanelPositions()));
  Value column = e.sub(
      e.add(e.rem(position, op.getPanelPositions()), op.getMaxShift()), shift);
  Value scratchRow = e.add(op.getWindowOffset(0), op.getFirstTile() * rows);
  return {tile, panel, column, scratchRow};
}

/// What one register tile brings of one buffer: lines of a row.
struct StreamShare {
  Value buffer, batch, row;
  Value column; ///< of the first line
  int64_t lines;
  bool write;

  /// Brings a line. Behind the end of a buffer lies nothing that matters.
  void bring(Emitter &e, Value line) const {
    Value at = e.add(column, e.mul(line, kLineElements));
    e.prefetch(buffer, {batch, row, at}, write, /*locality=*/2);
  }
};

/// Windows of `positions` of vectors of sums: behind these there may be room
/// for one more vector, which is none.
inline int64_t windowsOf(int64_t scratchPositions, int64_t positions) {
  return std::max<int64_t>(scratchPositions / positions, 1);
}

/// The shares of tile `tile` in window `window` of `windows` along the
/// positions. The tiles of a scratch buffer share what there is to bring: each
/// has as many lines as the others, one after the other. A share that comes to
/// the end of its row goes on there, with what a later block will need, rather
/// than in the next row: to tell them apart would take registers that the
/// innermost loop has not got.
inline SmallVector<StreamShare> streamShares(Emitter &e, ContractOp op,
                                             Value tile, Value window,
                                             int64_t windows) {
  SmallVector<StreamShare> shares;
  auto tiles = static_cast<int64_t>(op.getTiles());
  Value piece = e.add(e.mul(window, tiles), tile);
  int64_t pieces = tiles * windows;
  for (auto [i, buffer] : llvm::enumerate(op.getStreams())) {
    ValueRange at = op.getStreamAt().slice(3 * i, 3);
    ArrayRef<int64_t> sizes = op.getStreamSizes().slice(3 * i, 3);
    int64_t lines = llvm::divideCeil(sizes[1], kLineElements);
    if (sizes[0] == 0 || lines == 0)
      continue;
    int64_t share = llvm::divideCeil(sizes[0] * lines, pieces);
    Value first = e.mul(piece, share);
    Value row = e.add(at[1], e.div(first, lines));
    Value column = e.add(at[2], e.mul(e.rem(first, lines), kLineElements));
    shares.push_back({buffer, at[0], row, column, share, sizes[2] != 0});
  }
  return shares;
}

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_STREAMS_H
