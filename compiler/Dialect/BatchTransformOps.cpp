// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform operation that lets batch items share blocks of positions.
#include "compiler/Dialect/TransformHelpers.h"
#include "compiler/Schedule/CostModel.h"

using namespace mlir;
using namespace mlir::tconv;

namespace mlir::tconv::xform {

DiagnosedSilenceableFailure FoldBatchOp::apply(TransformRewriter &rewriter,
                                               TransformResults &,
                                               TransformState &state) {
  PhasesOp phases;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs tconv.phases inside a function");
  if (getFew() && !func->hasAttr(kPositionsAttr))
    return DiagnosedSilenceableFailure::success();
  if (phases.onTensors() || !phases.getWindow().empty() || phases.getItems())
    return emitDefiniteFailure("needs tconv.phases on buffers that is neither "
                               "tiled nor folded yet");
  DecompositionAttr map = phases.getDecomposition();
  PackedLayout layout(map, phases.getPacking(), phases.getGroups(),
                      phases.getGroupInputs(), phases.getGroupOutputs());

  unsigned argument = func.getNumArguments();
  if (failed(func.insertArgument(argument, rewriter.getIndexType(), {},
                                 phases.getLoc())))
    return emitDefiniteFailure("can't add the distance to the function");
  rewriter.modifyOpInPlace(phases, [&] {
    phases.getItemsMutable().assign(func.getArgument(argument));
  });
  // Columns reach so far to the left of their first position ...
  int64_t before = layout.isFast()
                       ? map.getMinShift() - 1 +
                             layout.filters() * layout.filterTaps().front()
                       : map.getMaxShift();
  // ... and, whole ones as they are, to the right of an item's last.
  int64_t after = std::max<int64_t>(-map.getMinShift(), 0);
  if (after > 0)
    after += layout.outputs() - 1;
  func->setAttr(kItemBeforeAttr, rewriter.getI64IntegerAttr(before));
  func->setAttr(kItemAfterAttr, rewriter.getI64IntegerAttr(after));
  func->setAttr(kItemGranuleAttr, rewriter.getI64IntegerAttr(layout.outputs()));
  return DiagnosedSilenceableFailure::success();
}

void FoldBatchOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform
