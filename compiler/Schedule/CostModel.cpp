// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/CostModel.h"

#include "compiler/Dialect/PackedLayout.h"
#include "mlir/IR/Builders.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

static constexpr int64_t kElementBytes = 4;
/// Positions of a block at most: more gain nothing and would leave short layers
/// with one task.
static constexpr int64_t kMostPositions = 512;

DictionaryAttr mlir::tconv::machineAttr(MLIRContext *context,
                                        const Machine &machine) {
  Builder b(context);
  return b.getDictionaryAttr(
      {b.getNamedAttr("l1_bytes", b.getI64IntegerAttr(machine.l1Bytes)),
       b.getNamedAttr("l2_bytes", b.getI64IntegerAttr(machine.l2Bytes))});
}

Machine mlir::tconv::machineOf(Operation *op) {
  Machine machine;
  for (; op; op = op->getParentOp())
    if (auto dict = op->getAttrOfType<DictionaryAttr>(kMachineAttr)) {
      auto read = [&](StringRef name, int64_t &value) {
        auto attr = dict.getAs<IntegerAttr>(name);
        if (attr && attr.getInt() > 0)
          value = attr.getInt();
      };
      read("l1_bytes", machine.l1Bytes);
      read("l2_bytes", machine.l2Bytes);
      break;
    }
  return machine;
}

/// Rows that are computed for all channels of a group, padding included, each
/// weighted with its taps.
static int64_t paddedWork(PhasesOp phases, int64_t channels, int64_t rows) {
  PackedLayout layout(phases.getDecomposition(),
                      PackingAttr::get(phases.getContext(), channels, rows), 1,
                      1, phases.getGroupOutputs());
  return layout.totalElements();
}

/// The number of channels, `most` at most, that pads least; among equals the
/// largest, since fewer blocks share more.
static int64_t chooseChannels(PhasesOp phases, int64_t most, int64_t rows) {
  int64_t best = 1, bestWork = std::numeric_limits<int64_t>::max();
  most = std::clamp<int64_t>(most, 1, phases.getGroupOutputs());
  for (int64_t channels = 1; channels <= most; ++channels) {
    int64_t work = paddedWork(phases, channels, rows);
    if (work <= bestWork) {
      best = channels;
      bestWork = work;
    }
  }
  return best;
}

/// `whole` in the fewest parts of `most` at most, made equal.
static int64_t balanced(int64_t whole, int64_t most) {
  int64_t parts = llvm::divideCeil(whole, std::max<int64_t>(most, 1));
  return llvm::divideCeil(whole, parts);
}

BlockSizes mlir::tconv::chooseBlocks(PhasesOp phases, const Machine &machine,
                                     int64_t rows, int64_t columns,
                                     VectorAxis vectors) {
  DecompositionAttr map = phases.getDecomposition();
  int64_t span = map.getSpan(), inputs = phases.getGroupInputs();
  int64_t stride = map.getStride();
  int64_t taps = map.getSections().front().getTaps();
  BlockSizes sizes;

  if (vectors == VectorAxis::rows) {
    // A few positions: the weights pass through once, the panel of x stays.
    // Longer inputs are served too, so the block holds several tiles.
    sizes.positions = llvm::divideCeil(72, columns) * columns;
    sizes.panel = sizes.positions;
    // The scratch buffer holds all positions of the block: an eighth of L2.
    int64_t scratchRows =
        machine.l2Bytes / 8 / (sizes.positions * kElementBytes);
    sizes.channels =
        chooseChannels(phases, std::max(scratchRows / stride, rows), rows);
    // A tile of weights stays in half of L1 while the positions pass.
    sizes.depth =
        balanced(inputs, machine.l1Bytes / 2 / (rows * taps * kElementBytes));
    return sizes;
  }

  // One panel for each register tile keeps the contraction's reads contiguous,
  // as long as the columns that panels have in common are the lesser part.
  sizes.panel = columns;
  if (span > columns)
    sizes.panel =
        llvm::divideCeil(std::min(2 * span, kMostPositions), columns) * columns;
  // The part of a panel that a register tile reads takes half of L1, and is
  // read again by every tile of rows. The weights of one channel must not take
  // more than their share of L2, but a part too thin would only move sums.
  int64_t share = machine.l2Bytes / 4;
  int64_t byPanel = machine.l1Bytes / 2 / ((columns + span) * kElementBytes);
  int64_t byWeights =
      std::max<int64_t>(share / (stride * taps * kElementBytes), 32);
  sizes.depth = balanced(inputs, std::min(byPanel, byWeights));
  // Three quarters of L2 hold what a part of the depth works on: panels,
  // weights and sums.
  int64_t panelBytes = (sizes.panel + span) * sizes.depth * kElementBytes;
  int64_t panels = std::max<int64_t>(share / panelBytes, 1);
  int64_t most = std::max<int64_t>(kMostPositions / sizes.panel, 1);
  sizes.positions = std::min(panels, most) * sizes.panel;
  int64_t weightBytes = stride * sizes.depth * taps * kElementBytes;
  int64_t sumBytes = stride * sizes.positions * kElementBytes;
  // At least as many channels as fill whole tiles.
  int64_t channels =
      std::max(std::min(share / weightBytes, share / sumBytes), rows);
  sizes.channels = chooseChannels(phases, channels, rows);
  return sizes;
}
