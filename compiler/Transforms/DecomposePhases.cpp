// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/IR/PatternMatch.h"
#include "llvm/Support/MathExtras.h"
#include <map>
#include <numeric>

namespace mlir::tconv {
#define GEN_PASS_DEF_DECOMPOSEPHASESPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

/// The decomposition of a layer: see the pass's documentation. Nothing, and a
/// diagnostic, for a layer whose numbers are too large to have one.
static DecompositionAttr decompose(Conv1dTransposeOp op) {
  if (int64_t(op.getStride()) > kMostPhases) {
    op.emitOpError() << "stride must be at most " << kMostPhases << ", got "
                     << op.getStride();
    return {};
  }
  int64_t stride = op.getStride(), dilation = op.getDilation();
  int64_t kernel = cast<ShapedType>(op.getWeight().getType()).getDimSize(2);
  int64_t divisor = std::gcd(stride, dilation);
  int64_t tapStep = stride / divisor, shiftStep = dilation / divisor;
  int64_t cropBegin = op.getCropBegin();
  int64_t wholeStrides = llvm::divideFloorSigned(cropBegin, stride);

  // The taps of a phase are a first one and every tapStep-th after it, so the
  // first tapStep taps are the first ones of the phases that have any.
  using Key = std::pair<int64_t, int64_t>; // taps, falling; then shift
  std::map<Key, std::map<int64_t, int64_t>> sections; // phase -> first tap
  for (int64_t first = 0; first < std::min(tapStep, kernel); ++first) {
    int64_t phase = first * dilation % stride;
    int64_t shift = first * dilation / stride - wholeStrides;
    int64_t taps = llvm::divideCeil(kernel - first, tapStep);
    sections[{-taps, shift}][phase] = first;
  }
  MLIRContext *context = op.getContext();
  SmallVector<SectionAttr> attrs;
  for (const auto &[key, phases] : sections) {
    SmallVector<int64_t> numbers, firstTaps;
    for (auto [phase, first] : phases) {
      numbers.push_back(phase);
      firstTaps.push_back(first);
    }
    attrs.push_back(
        SectionAttr::get(context, numbers, firstTaps, -key.first, key.second));
  }
  return DecompositionAttr::getChecked(
      [&] { return op.emitOpError(); }, context, stride,
      cropBegin - wholeStrides * stride, tapStep, shiftStep, ArrayRef(attrs));
}

namespace {

struct DecomposePhasesPass
    : tconv::impl::DecomposePhasesPassBase<DecomposePhasesPass> {
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](Conv1dTransposeOp op) {
      if (!op.onTensors()) {
        op.emitOpError("is decomposed on tensors");
        return WalkResult::interrupt();
      }
      return failed(rewrite(op)) ? WalkResult::interrupt()
                                 : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }

  LogicalResult rewrite(Conv1dTransposeOp op) {
    IRRewriter b(op);
    Location loc = op.getLoc();
    DecompositionAttr decomposition = decompose(op);
    if (!decomposition)
      return failure();
    int64_t groups = op.getGroups();
    auto weight = cast<ShapedType>(op.getWeight().getType());
    // The order before any schedule: all channels in one block, single rows.
    auto packing =
        PackingAttr::get(op.getContext(), weight.getDimSize(1), /*rows=*/1);
    PackedLayout layout(decomposition, packing, groups,
                        weight.getDimSize(0) / groups, weight.getDimSize(1));
    if (!layout.fits())
      return op.emitOpError("packed weights do not fit 64 bits");
    auto type = RankedTensorType::get({layout.totalElements()},
                                      weight.getElementType());
    Value empty =
        tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
    Value packed = PackWeightsOp::create(b, loc, type, op.getWeight(), empty,
                                         decomposition, groups, packing)
                       .getResult()
                       .front();
    auto phases = PhasesOp::create(
        b, loc, op.getResultTypes(), op.getX(), packed, op.getBias(),
        op.getInit(), /*window=*/ValueRange(), /*panel_origin=*/Value(),
        /*regular=*/Value(), /*items=*/Value(), decomposition, groups, packing,
        /*panel_positions=*/IntegerAttr());
    b.replaceOp(op, phases.getResults());
    return success();
  }
};

} // namespace
