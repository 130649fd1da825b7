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
/// Block sizes that come before the model's: a dictionary of channels,
/// positions, depth and panel.
inline constexpr llvm::StringLiteral kBlocksAttr = "tconv.blocks";

DictionaryAttr machineAttr(MLIRContext *context, const Machine &machine);
Machine machineOf(Operation *op);

struct BlockSizes {
  int64_t channels;  ///< output channels of a group in a block
  int64_t positions; ///< positions in a block, a multiple of `columns`
  int64_t depth;     ///< input channels of a group in a block
  int64_t panel;     ///< positions that share a panel of packed input
};

/// Block sizes for a register tile of `rows` rows and `columns` positions.
BlockSizes chooseBlocks(PhasesOp phases, const Machine &machine, int64_t rows,
                        int64_t columns, VectorAxis vectors);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_COSTMODEL_H
