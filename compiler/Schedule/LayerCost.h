// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a launch costs, in cycles of a core, without running it: the sum over
// the pieces that a schedule makes of a layer. docs/cost-model.md has the
// reasoning.
#ifndef TCONV_COMPILER_SCHEDULE_LAYERCOST_H
#define TCONV_COMPILER_SCHEDULE_LAYERCOST_H

#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Schedule/Machine.h"

namespace mlir::tconv {

/// Packed weights up to this size are read from a last level that others use
/// too, whatever its size: more of it was not faster than memory.
inline constexpr int64_t kNearBytes = int64_t(64) << 20;

/// A layer, as far as its cost goes.
struct LayerShape {
  DecompositionAttr decomposition;
  int64_t groups;
  int64_t groupInputs;  ///< input channels of a group
  int64_t groupOutputs; ///< output channels of a group
};

/// How a kernel computes it: see BlockSizes.
struct LayerPlan {
  VectorAxis vectors;
  int64_t rows;      ///< of a register tile
  int64_t columns;   ///< of a register tile
  int64_t channels;  ///< output channels in a block
  int64_t outputs;   ///< positions of a column
  bool split;        ///< into pieces, for tile registers
  int64_t bits = 32; ///< of a weight
};

/// Cycles of one core.
struct LayerCost {
  double contract = 0; ///< products
  double pack = 0;     ///< of x
  double combine = 0;  ///< of points
  double store = 0;    ///< epilogue
  double weights = 0;  ///< reading them, as far as products don't hide it

  double total() const { return contract + pack + combine + store + weights; }
};

LayerCost costOf(const LayerShape &shape, const LayerPlan &plan,
                 const Machine &machine, int64_t positions);

/// Cycles of a launch that does nothing but multiply while its weights come in:
/// of both the longer. For few positions that is all there is to choose by.
double streamCycles(const LayerShape &shape, const LayerPlan &plan,
                    const Machine &machine, int64_t positions);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_LAYERCOST_H
