// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, effects and shape reification of the tconv operations, but for
// those of fast algorithms: FastOps.cpp.
#include "compiler/Dialect/Tconv.h"

#include "compiler/Dialect/Compact.h"
#include "compiler/Dialect/Verify.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/BuiltinAttributes.h"

using namespace mlir;
using namespace mlir::tconv;

#define GET_OP_CLASSES
#include "compiler/Dialect/TconvOps.cpp.inc"

//===----------------------------------------------------------------------===//
// Conv1dTransposeOp
//===----------------------------------------------------------------------===//

LogicalResult Conv1dTransposeOp::verify() {
  if (failed(verifyForm(*this, getInit())) ||
      failed(verifyRank(*this, getX(), "x", 3)) ||
      failed(verifyRank(*this, getWeight(), "weight", 3)) ||
      failed(verifyRank(*this, getInit(), "y", 3)) ||
      failed(verifyStatic(*this, getX(), "x", {1})) ||
      failed(verifyStatic(*this, getWeight(), "weight", {0, 1, 2})) ||
      failed(verifyStatic(*this, getInit(), "y", {1})) ||
      failed(verifyNotEmpty(*this, getX(), "x", {1})) ||
      failed(verifyNotEmpty(*this, getInit(), "y", {1, 2})) ||
      failed(verifyAtLeast(*this, "stride", getStride(), 1)) ||
      failed(verifyAtLeast(*this, "dilation", getDilation(), 1)) ||
      failed(verifyAtLeast(*this, "groups", getGroups(), 1)))
    return failure();
  auto x = cast<ShapedType>(getX().getType());
  auto weight = cast<ShapedType>(getWeight().getType());
  auto y = cast<ShapedType>(getInit().getType());
  int64_t inputs = x.getDimSize(1), outputs = y.getDimSize(1);
  if (failed(verifyGroups(*this, getGroups(), inputs, outputs)))
    return failure();
  int64_t kernel = weight.getDimSize(2);
  if (weight.getDimSize(0) != inputs ||
      weight.getDimSize(1) != outputs / static_cast<int64_t>(getGroups()) ||
      kernel < 1)
    return emitOpError() << "weight must be (Cin, Cout / groups, K) = ("
                         << inputs << ", " << outputs / getGroups()
                         << ", K >= 1), got " << weight;
  if (failed(verifyBias(*this, getBias(), outputs)) ||
      failed(verifySameBatch(*this, getX(), getInit())))
    return failure();
  if (!x.isDynamicDim(2) && x.getDimSize(2) < 1)
    return emitOpError() << "x needs at least one position, got " << x;
  // The numbers come from text: no arithmetic below may overflow.
  int64_t reach, full, cropped;
  if (llvm::MulOverflow<int64_t>(getDilation(), kernel - 1, reach) ||
      llvm::MulOverflow<int64_t>(x.isDynamicDim(2) ? 0 : x.getDimSize(2) - 1,
                                 getStride(), full) ||
      llvm::AddOverflow<int64_t>(full, reach, full) ||
      llvm::AddOverflow<int64_t>(full, 1, full) ||
      llvm::SubOverflow<int64_t>(full, getCropBegin(), cropped) ||
      llvm::SubOverflow<int64_t>(cropped, getCropEnd(), cropped))
    return emitOpError("sizes do not fit 64 bits");
  if (getAnyLength() || x.isDynamicDim(2))
    return success();
  if (cropped < 1)
    return emitOpError() << "nothing is left of " << full
                         << " outputs after crop_begin " << getCropBegin()
                         << " and crop_end " << getCropEnd();
  if (!y.isDynamicDim(2) && y.getDimSize(2) != cropped)
    return emitOpError() << "y must have length " << cropped << ", got " << y;
  return success();
}

void Conv1dTransposeOp::getEffects(Effects &effects) {
  addDestinationEffects(*this, effects);
}

LogicalResult
Conv1dTransposeOp::reifyResultShapes(OpBuilder &builder,
                                     ReifiedRankedShapedTypeDims &shapes) {
  if (!onTensors())
    return failure();
  Location loc = getLoc();
  auto outputs = cast<ShapedType>(getInit().getType()).getDimSize(1);
  OpFoldResult length;
  if (getAnyLength()) {
    length = tensor::getMixedSize(builder, loc, getInit(), 2);
  } else {
    int64_t kernel = cast<ShapedType>(getWeight().getType()).getDimSize(2);
    AffineExpr l = builder.getAffineSymbolExpr(0);
    AffineExpr formula = (l - 1) * int64_t(getStride()) +
                         int64_t(getDilation() * (kernel - 1) + 1 -
                                 getCropBegin() - getCropEnd());
    length = affine::makeComposedFoldedAffineApply(
        builder, loc, formula, {tensor::getMixedSize(builder, loc, getX(), 2)});
  }
  shapes = {{tensor::getMixedSize(builder, loc, getX(), 0),
             builder.getIndexAttr(outputs), length}};
  return success();
}

//===----------------------------------------------------------------------===//
// PackWeightsOp
//===----------------------------------------------------------------------===//

static LogicalResult verifyPackedSize(Operation *op, Value packed,
                                      DecompositionAttr decomposition,
                                      PackingAttr packing,
                                      const PackedLayout &layout) {
  auto type = cast<ShapedType>(packed.getType());
  if (failed(verifyFast(op, decomposition, packing)))
    return failure();
  if (!layout.fits())
    return op->emitOpError("packed weights do not fit 64 bits");
  if (!type.hasRank() || type.getRank() != 1 ||
      type.getDimSize(0) != layout.totalElements())
    return op->emitOpError()
           << "packed weights of this layer and packing have "
           << layout.totalElements() << " elements, got " << type;
  return success();
}

LogicalResult PackWeightsOp::verify() {
  if (failed(verifyForm(*this, getInit())) ||
      failed(verifyRank(*this, getWeight(), "weight", 3)) ||
      failed(verifyStatic(*this, getWeight(), "weight", {0, 1, 2})) ||
      failed(verifyNotEmpty(*this, getWeight(), "weight", {0, 1, 2})) ||
      failed(verifyAtLeast(*this, "groups", getGroups(), 1)))
    return failure();
  auto weight = cast<ShapedType>(getWeight().getType());
  if (weight.getDimSize(0) % getGroups() != 0)
    return emitOpError() << "groups must divide the input channels, got "
                         << getGroups() << " for " << weight.getDimSize(0);
  for (SectionAttr section : getDecomposition().getSections())
    for (int64_t first : section.getFirstTaps()) {
      int64_t last =
          first + (section.getTaps() - 1) * getDecomposition().getTapStep();
      if (last >= weight.getDimSize(2))
        return emitOpError() << "tap " << last << " is outside a kernel of "
                             << weight.getDimSize(2);
    }
  return verifyPackedSize(
      *this, getInit(), getDecomposition(), getPacking(),
      PackedLayout(getDecomposition(), getPacking(), getGroups(),
                   weight.getDimSize(0) / getGroups(), weight.getDimSize(1)));
}

void PackWeightsOp::getEffects(Effects &effects) {
  addDestinationEffects(*this, effects);
}

//===----------------------------------------------------------------------===//
// PhasesOp
//===----------------------------------------------------------------------===//

int64_t PhasesOp::getGroupInputs() {
  int64_t channels = cast<ShapedType>(getX().getType()).getDimSize(1);
  // A panel has every channel as often as there are filters.
  return channels /
         (isPacked() ? FilterCut::of(getDecomposition(), getPacking()).filters
                     : static_cast<int64_t>(getGroups()));
}

int64_t PhasesOp::getGroupOutputs() {
  return cast<ShapedType>(getInit().getType()).getDimSize(1) / getGroups();
}

LogicalResult PhasesOp::verify() {
  if (failed(verifyForm(*this, getInit())) ||
      failed(verifyRank(*this, getX(), "x", 3)) ||
      failed(verifyRank(*this, getInit(), "y", 3)) ||
      failed(verifyStatic(*this, getX(), "x", {1})) ||
      failed(verifyStatic(*this, getInit(), "y", {1})) ||
      failed(verifyNotEmpty(*this, getX(), "x", {1})) ||
      failed(verifyNotEmpty(*this, getInit(), "y", {1, 2})) ||
      failed(verifyAtLeast(*this, "groups", getGroups(), 1)))
    return failure();
  if (!getWindow().empty() && getWindow().size() != 8)
    return emitOpError() << "a window has 4 offsets and 4 sizes, got "
                         << getWindow().size() << " numbers";
  if (onTensors() && (!getWindow().empty() || isPacked()))
    return emitOpError("is tiled and packed on buffers only");
  if (isPacked() != getPanelPositions().has_value())
    return emitOpError("needs panel_origin and panel_positions together");
  if (isPacked() && (failed(verifyStatic(*this, getX(), "x", {0, 1, 2})) ||
                     failed(verifyAtLeast(*this, "panel_positions",
                                          *getPanelPositions(), 1))))
    return failure();
  if (!isPacked() && failed(verifySameBatch(*this, getX(), getInit())))
    return failure();
  int64_t inputs = cast<ShapedType>(getX().getType()).getDimSize(1);
  int64_t outputs = cast<ShapedType>(getInit().getType()).getDimSize(1);
  if (!isPacked() && inputs % getGroups() != 0)
    return emitOpError() << "groups must divide the input channels, got "
                         << getGroups() << " for " << inputs;
  if (outputs % getGroups() != 0)
    return emitOpError() << "groups must divide the output channels, got "
                         << getGroups() << " for " << outputs;
  if (failed(verifyBias(*this, getBias(), outputs)))
    return failure();
  if (static_cast<bool>(getRegular()) != (isPacked() && getPacking().isFast()))
    return emitOpError("needs regular where its input is packed for a fast "
                       "algorithm, and only there");
  return verifyPackedSize(*this, getWeights(), getDecomposition(), getPacking(),
                          PackedLayout(getDecomposition(), getPacking(),
                                       getGroups(), getGroupInputs(),
                                       getGroupOutputs()));
}

void PhasesOp::getEffects(Effects &effects) {
  addDestinationEffects(*this, effects);
}

//===----------------------------------------------------------------------===//
// PackInputOp, ContractOp, EpilogueOp
//===----------------------------------------------------------------------===//

LogicalResult PackInputOp::verify() {
  if (failed(verifyBuffer(*this, getX(), "x", 3)) ||
      failed(verifyBuffer(*this, getPanel(), "panel", 3)) ||
      failed(verifyStatic(*this, getX(), "x", {1})) ||
      failed(verifyStatic(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyNotEmpty(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyAtLeast(*this, "panel_positions", getPanelPositions(), 1)) ||
      failed(verifyAtLeast(*this, "granule", getGranule(), 1)) ||
      failed(verifyAtLeast(*this, "span", getSpan(), 0)))
    return failure();
  auto panel = cast<MemRefType>(getPanel().getType());
  int64_t inputs = cast<MemRefType>(getX().getType()).getDimSize(1);
  if (inputs % panel.getDimSize(1) != 0)
    return emitOpError() << "a panel holds the channels of one group, got "
                         << panel.getDimSize(1) << " of " << inputs;
  if (getPanelPositions() % getGranule() != 0)
    return emitOpError() << "granule must divide panel_positions, got "
                         << getGranule() << " for " << getPanelPositions();
  int64_t columns;
  if (llvm::AddOverflow<int64_t>(getPanelPositions(), getSpan(), columns) ||
      panel.getDimSize(2) < columns)
    return emitOpError() << "a panel of " << panel.getDimSize(2)
                         << " columns can't hold " << getPanelPositions()
                         << " positions and a span of " << getSpan();
  return success();
}

void PackInputOp::getEffects(Effects &effects) {
  addEffects(getXMutable(), false, effects);
  addEffects(getPanelMutable(), true, effects);
}

int64_t ContractOp::getDepth() {
  return cast<MemRefType>(getPanel().getType()).getDimSize(1);
}

int64_t ContractOp::getStepLines() {
  return llvm::divideCeil(static_cast<int64_t>(getRows()), kLineElements);
}

bool ContractOp::hasOnePanel() {
  auto type = cast<MemRefType>(getScratch().getType());
  unsigned axis = getVectors() == VectorAxis::positions ? 1 : 0;
  return static_cast<int64_t>(getPanelPositions()) >= type.getDimSize(axis);
}

LogicalResult ContractOp::verify() {
  if (failed(verifyBuffer(*this, getPanel(), "panel", 3)) ||
      failed(verifyBuffer(*this, getWeights(), "weights", 1)) ||
      failed(verifyBuffer(*this, getScratch(), "scratch", 2)) ||
      failed(verifyStatic(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyStatic(*this, getScratch(), "scratch", {0, 1})) ||
      failed(verifyNotEmpty(*this, getPanel(), "panel", {0, 1, 2})) ||
      failed(verifyNotEmpty(*this, getScratch(), "scratch", {0, 1})) ||
      failed(verifyAtLeast(*this, "rows", getRows(), 1)) ||
      failed(verifyAtLeast(*this, "taps", getTaps(), 1)) ||
      failed(verifyAtLeast(*this, "tiles", getTiles(), 1)) ||
      failed(verifyAtLeast(*this, "first_tile", getFirstTile(), 0)) ||
      failed(verifyAtLeast(*this, "shift_step", getShiftStep(), 1)) ||
      failed(verifyAtLeast(*this, "panel_positions", getPanelPositions(), 1)) ||
      failed(verifyAtLeast(*this, "prefetch", getPrefetch(), 0)) ||
      failed(verifyAtLeast(*this, "prefetch_part", getPrefetchPart(), 0)))
    return failure();
  if (getPrefetchPositions() && getPrefetchPart() == 0)
    return emitOpError("prefetch_positions needs a prefetch_part");
  if (getWindow().size() != 6)
    return emitOpError() << "a window has 3 offsets and 3 sizes, got "
                         << getWindow().size() << " numbers";
  size_t streams = getStreams().size();
  if (getStreamAt().size() != 3 * streams ||
      getStreamSizes().size() != 3 * streams)
    return emitOpError() << "needs 3 indices and 3 sizes for each of "
                         << streams << " streams, got " << getStreamAt().size()
                         << " and " << getStreamSizes().size();
  for (Value stream : getStreams())
    if (failed(verifyBuffer(*this, stream, "stream", 3)))
      return failure();
  for (int64_t size : getStreamSizes())
    if (failed(verifyAtLeast(*this, "stream_sizes", size, 0)))
      return failure();
  int64_t shifts = getShifts().size();
  if (shifts != 1 && shifts != static_cast<int64_t>(getTiles()))
    return emitOpError() << "needs one shift, or one for each of " << getTiles()
                         << " tiles, got " << shifts;
  int64_t firstPanels = getPanels().size();
  if (firstPanels != 1 && firstPanels != static_cast<int64_t>(getTiles()))
    return emitOpError() << "needs one number of panels, or one for each of "
                         << getTiles() << " tiles, got " << firstPanels;
  int64_t panelCount = cast<MemRefType>(getPanel().getType()).getDimSize(0);
  for (int64_t first : getPanels())
    if (first < 0 || first >= panelCount)
      return emitOpError() << "panel " << first << " is outside a buffer of "
                           << panelCount;
  int64_t rowAxis = getVectors() == VectorAxis::positions ? 0 : 1;
  int64_t scratchRows =
      cast<MemRefType>(getScratch().getType()).getDimSize(rowAxis);
  int64_t needed;
  if (llvm::AddOverflow<int64_t>(getFirstTile(), getTiles(), needed) ||
      llvm::MulOverflow<int64_t>(needed, getRows(), needed))
    return emitOpError("rows do not fit 64 bits");
  if (scratchRows < needed)
    return emitOpError() << "scratch has " << scratchRows << " rows, needs "
                         << needed;
  int64_t maxShift = getMaxShift();
  int64_t width = cast<MemRefType>(getPanel().getType()).getDimSize(2);
  for (int64_t shift : getShifts()) {
    int64_t last, columns;
    if (llvm::MulOverflow<int64_t>(getTaps() - 1, getShiftStep(), last) ||
        llvm::AddOverflow<int64_t>(shift, last, last) ||
        llvm::SubOverflow<int64_t>(maxShift, shift, columns) ||
        llvm::AddOverflow<int64_t>(columns, getPanelPositions(), columns))
      return emitOpError("shifts do not fit 64 bits");
    if (last > maxShift)
      return emitOpError() << "shift " << last << " of the last tap is beyond "
                           << "max_shift " << maxShift;
    if (columns > width)
      return emitOpError() << "shift " << shift << " reads " << columns
                           << " columns of a panel of " << width;
  }
  if (auto bits = static_cast<int64_t>(getBits()); bits != 32) {
    if (bits != Compact::kBits)
      return emitOpError() << "bits must be 32 or " << Compact::kBits
                           << ", got " << bits;
    if (getVectors() != VectorAxis::rows || getRows() != Compact::kRows ||
        getPieces() != 1)
      return emitOpError() << "of " << bits << " bits needs vectors along "
                           << Compact::kRows << " rows, and one piece";
  }
  return verifyPieces(*this, getPanel(), getPieces(), getPanelPositions());
}

void ContractOp::getEffects(Effects &effects) {
  addEffects(getPanelMutable(), false, effects);
  addEffects(getWeightsMutable(), false, effects);
  addEffects(getScratchMutable(), true, effects);
}

LogicalResult EpilogueOp::verify() {
  if (failed(verifyBuffer(*this, getScratch(), "scratch", 2)) ||
      failed(verifyBuffer(*this, getY(), "y", 3)) ||
      failed(verifyStatic(*this, getScratch(), "scratch", {0, 1})) ||
      failed(verifyNotEmpty(*this, getScratch(), "scratch", {0, 1})) ||
      failed(verifyStatic(*this, getY(), "y", {1})) ||
      (getBias() && failed(verifyBuffer(*this, getBias(), "bias", 1))) ||
      failed(verifyBias(*this, getBias(),
                        cast<ShapedType>(getY().getType()).getDimSize(1))) ||
      failed(verifyAtLeast(*this, "stride", getStride(), 1)))
    return failure();
  int64_t stride = getStride(), crop = getCrop();
  if (crop < 0 || crop >= stride)
    return emitOpError() << "crop must be in [0, stride), got " << crop
                         << " with stride " << stride;
  if (static_cast<int64_t>(getFirstRows().size()) != stride ||
      static_cast<int64_t>(getRowSteps().size()) != stride)
    return emitOpError() << "needs a first row and a row step for each of "
                         << stride << " phases, got " << getFirstRows().size()
                         << " and " << getRowSteps().size();
  int64_t rows = cast<MemRefType>(getScratch().getType())
                     .getDimSize(getVectors() == VectorAxis::positions ? 0 : 1);
  for (int64_t row : getFirstRows())
    if (row < -1 || row >= rows)
      return emitOpError() << "row " << row << " is outside a scratch of "
                           << rows;
  for (int64_t step : getRowSteps())
    if (step < 0 || step > rows)
      return emitOpError() << "row step " << step << " is outside a scratch of "
                           << rows;
  return success();
}

void EpilogueOp::getEffects(Effects &effects) {
  addEffects(getScratchMutable(), false, effects);
  if (getBias())
    addEffects(getBiasMutable()[0], false, effects);
  addEffects(getYMutable(), true, effects);
}

//===----------------------------------------------------------------------===//
// FilterOp
//===----------------------------------------------------------------------===//

int64_t FilterOp::getGroupInputs() {
  return cast<MemRefType>(getX().getType()).getDimSize(1) / getGroups();
}

int64_t FilterOp::getGroupOutputs() {
  return cast<MemRefType>(getY().getType()).getDimSize(1) / getGroups();
}

LogicalResult FilterOp::verify() {
  if (failed(verifyBuffer(*this, getX(), "x", 3)) ||
      failed(verifyBuffer(*this, getWeights(), "weights", 1)) ||
      failed(verifyBuffer(*this, getY(), "y", 3)) ||
      (getBias() && failed(verifyBuffer(*this, getBias(), "bias", 1))) ||
      failed(verifyStatic(*this, getX(), "x", {1})) ||
      failed(verifyStatic(*this, getY(), "y", {1})) ||
      failed(verifyNotEmpty(*this, getX(), "x", {1})) ||
      failed(verifyNotEmpty(*this, getY(), "y", {1, 2})) ||
      failed(verifyAtLeast(*this, "groups", getGroups(), 1)) ||
      failed(verifyAtLeast(*this, "sums", getSums(), 1)) ||
      failed(verifyAtLeast(*this, "prefetch", getPrefetch(), 0)))
    return failure();
  if (static_cast<int64_t>(getSums()) > kMostSums)
    return emitOpError() << "sums must be at most " << kMostSums << ", got "
                         << getSums();
  if (getWindow().size() != 8)
    return emitOpError() << "a window has 4 offsets and 4 sizes, got "
                         << getWindow().size() << " numbers";
  int64_t inputs = cast<MemRefType>(getX().getType()).getDimSize(1);
  int64_t outputs = cast<MemRefType>(getY().getType()).getDimSize(1);
  if (failed(verifyGroups(*this, getGroups(), inputs, outputs)))
    return failure();
  if (failed(verifyBias(*this, getBias(), outputs)) ||
      failed(verifySameBatch(*this, getX(), getY())))
    return failure();
  auto packing = PackingAttr::get(getContext(), 1, 1);
  return verifyPackedSize(*this, getWeights(), getDecomposition(), packing,
                          PackedLayout(getDecomposition(), packing, getGroups(),
                                       getGroupInputs(), getGroupOutputs()));
}

void FilterOp::getEffects(Effects &effects) {
  addEffects(getXMutable(), false, effects);
  addEffects(getWeightsMutable(), false, effects);
  if (getBias())
    addEffects(getBiasMutable()[0], false, effects);
  addEffects(getYMutable(), true, effects);
}
