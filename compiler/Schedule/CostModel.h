// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decisions without measuring: the algorithm by its estimated cost, block sizes
// by what fits which cache. The reasoning is in docs/cost-model.md.
#ifndef TCONV_COMPILER_SCHEDULE_COSTMODEL_H
#define TCONV_COMPILER_SCHEDULE_COSTMODEL_H

#include "compiler/Dialect/Tconv.h"
#include "compiler/Schedule/Machine.h"

namespace mlir::tconv {

/// Block sizes that come before the model's: a dictionary of some of
/// blockFields' names.
inline constexpr llvm::StringLiteral kBlocksAttr = "tconv.blocks";
/// How many positions a launch is expected to have, about; many without it.
inline constexpr llvm::StringLiteral kPositionsAttr =
    "tconv.expected_positions";
/// What the function computes by, for people: "direct" or "F(3, 2)".
inline constexpr llvm::StringLiteral kAlgorithmAttr = "tconv.algorithm";

/// What the model decides; 0 where nothing is decided yet.
struct BlockSizes {
  int64_t channels = 0;  ///< output channels of a group in a block
  int64_t positions = 0; ///< positions in a block, whole columns
  int64_t depth = 0;     ///< input channels of a group in a block
  int64_t panel = 0;     ///< positions that share a panel of packed input
  int64_t outputs = 0;   ///< positions of a column: the m of F(m, r), 1: direct
};

/// The sizes by their names in kBlocksAttr.
std::array<std::pair<llvm::StringRef, int64_t *>, 5>
blockFields(BlockSizes &sizes);
DictionaryAttr blocksAttr(MLIRContext *context, BlockSizes sizes);

/// A register tile.
struct TileSize {
  int64_t rows, columns;
};

/// Rows, or columns, of a register tile at most: no machine has registers for
/// more.
inline constexpr int64_t kMostTileSize = 1024;

/// The one of some register tiles that takes the fewest cycles with the blocks
/// that chooseBlocks gives it; of several the first.
TileSize chooseRegisterTile(PhasesOp phases, const Machine &machine,
                            llvm::ArrayRef<TileSize> tiles, VectorAxis vectors,
                            BlockSizes given);

/// Block sizes for a register tile of `rows` rows and `columns` columns. What
/// is `given` (not 0) stays as it is. With `split` they are for tile registers,
/// which compute fast algorithms only.
BlockSizes chooseBlocks(PhasesOp phases, const Machine &machine, int64_t rows,
                        int64_t columns, VectorAxis vectors, bool split,
                        BlockSizes given);

/// The field of the blocks' attribute that says in how many bits weights are
/// kept, where not in 32.
inline constexpr llvm::StringLiteral kWeightBits = "weight_bits";
/// The one that says in how many pieces numbers are multiplied, where not in
/// one (compiler/Dialect/Pieces.h).
inline constexpr llvm::StringLiteral kPieces = "pieces";

/// Whether compact weights (compiler/Dialect/Compact.h) are exact enough for
/// these phases: their sums are long enough.
bool canBeCompact(PhasesOp phases);

/// Whether they make launches of a few positions faster, which wait for
/// weights.
bool prefersCompact(PhasesOp phases, const Machine &machine);

/// Which kind of those that pack x into panels takes the least time with
/// AVX-512: "positions", or "rows" if many positions aren't expected, or
/// "tiles" where the machine and the phases are for tile registers.
/// @param outputs 1 for direct kernels only, 0 for any
llvm::StringRef choosePanelKind(PhasesOp phases, const Machine &machine,
                                int64_t outputs);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_COSTMODEL_H
