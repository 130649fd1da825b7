// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Block sizes without measuring: what fits which cache. The reasoning is in
// docs/cost-model.md; the numbers it needs of the machine are here.
#ifndef TCONV_COMPILER_SCHEDULE_COSTMODEL_H
#define TCONV_COMPILER_SCHEDULE_COSTMODEL_H

#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

/// What the cost model knows of a core.
struct Machine {
  int64_t l1Bytes = 32 * 1024;
  int64_t l2Bytes = 512 * 1024;
};

/// The name under which a function carries its machine: a dictionary of
/// l1_bytes and l2_bytes. A function without it gets Machine's defaults.
inline constexpr llvm::StringLiteral kMachineAttr = "tconv.machine";
/// Block sizes that come before the model's: a dictionary of some of
/// blockFields' names.
inline constexpr llvm::StringLiteral kBlocksAttr = "tconv.blocks";
/// What the function computes by, for people: "direct" or "F(3, 2)".
inline constexpr llvm::StringLiteral kAlgorithmAttr = "tconv.algorithm";

DictionaryAttr machineAttr(MLIRContext *context, const Machine &machine);
Machine machineOf(Operation *op);

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

/// Block sizes for a register tile of `rows` rows and `columns` columns. What
/// is `given` (not 0) stays as it is.
BlockSizes chooseBlocks(PhasesOp phases, const Machine &machine, int64_t rows,
                        int64_t columns, VectorAxis vectors, BlockSizes given);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_COSTMODEL_H
