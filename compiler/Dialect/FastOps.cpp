// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers and effects of the operations that only fast algorithms need.
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/Verify.h"

using namespace mlir;
using namespace mlir::tconv;

int64_t TransformInputOp::getPoints() {
  int64_t points = 0;
  for (int64_t taps : getTaps())
    points += getOutputs() + taps - 1;
  return points;
}

LogicalResult TransformInputOp::verify() {
  if (failed(verifyBuffer(*this, getX(), "x", 3)) ||
      failed(verifyBuffer(*this, getPanel(), "panel", 3)) ||
      failed(verifyStatic(*this, getX(), "x", {1})) ||
      failed(verifyStatic(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyNotEmpty(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyAtLeast(*this, "panel_columns", getPanelColumns(), 1)) ||
      failed(verifyAtLeast(*this, "granule", getGranule(), 1)))
    return failure();
  uint64_t least = getPieces() > 1 ? 1 : 2;
  if (getOutputs() < least || getOutputs() > FastFilter::kMostOutputs)
    return emitOpError() << "outputs must be from " << least << " to "
                         << FastFilter::kMostOutputs << ", got "
                         << getOutputs();
  int64_t last = FastFilter::kMostTaps + 1;
  for (int64_t taps : getTaps()) {
    if (taps < 1 || taps >= last)
      return emitOpError() << "taps must fall from " << FastFilter::kMostTaps
                           << " at most to 1 at least, got " << taps;
    last = taps;
  }
  if (getTaps().empty())
    return emitOpError("needs the taps of one filter at least");
  auto filters = static_cast<int64_t>(getFilters());
  if (filters < 1 || (filters > 1 && getTaps().size() > 1))
    return emitOpError() << "filters must be 1 at least, and 1 where filters "
                            "have different numbers of taps, got "
                         << filters;
  auto panel = cast<MemRefType>(getPanel().getType());
  int64_t inputs = cast<MemRefType>(getX().getType()).getDimSize(1);
  if (panel.getDimSize(1) % filters != 0 ||
      inputs % (panel.getDimSize(1) / filters) != 0)
    return emitOpError() << "a panel holds the channels of one group"
                         << (filters > 1 ? ", each for every filter" : "")
                         << ", got " << panel.getDimSize(1) << " of " << inputs;
  if (panel.getDimSize(0) % getPoints() != 0)
    return emitOpError() << "needs as many panels for each of " << getPoints()
                         << " points, got " << panel.getDimSize(0);
  if (getPanelColumns() % getGranule() != 0)
    return emitOpError() << "granule must divide panel_columns, got "
                         << getGranule() << " for " << getPanelColumns();
  if (panel.getDimSize(2) < static_cast<int64_t>(getPanelColumns()))
    return emitOpError() << "a panel of " << panel.getDimSize(2)
                         << " columns can't hold " << getPanelColumns();
  return verifyPieces(*this, getPanel(), getPieces(), getPanelColumns());
}

void TransformInputOp::getEffects(Effects &effects) {
  addEffects(getXMutable(), false, effects);
  addEffects(getPanelMutable(), true, effects);
}

/// A scratch buffer that holds the points of a fast packing.
static LogicalResult verifyPoints(Operation *op, Value scratch,
                                  VectorAxis vectors,
                                  DecompositionAttr decomposition,
                                  PackingAttr packing, int64_t inputs) {
  if (failed(verifyBuffer(op, scratch, "scratch", 2)) ||
      failed(verifyStatic(op, scratch, "scratch", {0, 1})) ||
      failed(verifyNotEmpty(op, scratch, "scratch", {0, 1})) ||
      failed(verifyFast(op, decomposition, packing)))
    return failure();
  if (!packing.isFast())
    return op->emitOpError("needs a packing for a fast algorithm, got ")
           << packing;
  PackedLayout layout(decomposition, packing, /*groups=*/1, inputs,
                      packing.getChannels());
  if (!layout.fits())
    return op->emitOpError("packed weights do not fit 64 bits");
  int64_t rows = cast<MemRefType>(scratch.getType())
                     .getDimSize(vectors == VectorAxis::positions ? 0 : 1);
  if (rows < layout.tiles() * layout.rows())
    return op->emitOpError() << "scratch has " << rows << " rows, needs "
                             << layout.tiles() * layout.rows();
  return success();
}

LogicalResult CombineOp::verify() {
  return verifyPoints(*this, getScratch(), getVectors(), getDecomposition(),
                      getPacking(), /*inputs=*/1);
}

void CombineOp::getEffects(Effects &effects) {
  addEffects(getScratchMutable(), true, effects);
}

LogicalResult ContractPlainOp::verify() {
  if (failed(verifyBuffer(*this, getPanel(), "panel", 3)) ||
      failed(verifyBuffer(*this, getWeights(), "weights", 1)) ||
      failed(verifyStatic(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyNotEmpty(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyAtLeast(*this, "panel_columns", getPanelColumns(), 1)))
    return failure();
  auto panel = cast<MemRefType>(getPanel().getType());
  int64_t filters = FilterCut::of(getDecomposition(), getPacking()).filters;
  if (panel.getDimSize(1) % filters != 0)
    return emitOpError() << "a panel holds every channel for each of "
                         << filters << " filters, got " << panel.getDimSize(1);
  int64_t inputs = panel.getDimSize(1) / filters;
  if (failed(verifyPoints(*this, getScratch(), getVectors(), getDecomposition(),
                          getPacking(), inputs)))
    return failure();
  PackedLayout layout(getDecomposition(), getPacking(), /*groups=*/1, inputs,
                      getPacking().getChannels());
  if (panel.getDimSize(0) % layout.inputPoints() != 0)
    return emitOpError() << "needs as many panels for each of "
                         << layout.inputPoints() << " points, got "
                         << panel.getDimSize(0);
  if (panel.getDimSize(2) < static_cast<int64_t>(getPanelColumns()))
    return emitOpError() << "a panel of " << panel.getDimSize(2)
                         << " columns can't hold " << getPanelColumns();
  return success();
}

void ContractPlainOp::getEffects(Effects &effects) {
  addEffects(getPanelMutable(), false, effects);
  addEffects(getWeightsMutable(), false, effects);
  addEffects(getScratchMutable(), true, effects);
}
