// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform.tconv.* operations of schedules without panels.
#include "compiler/Dialect/TransformHelpers.h"
#include "compiler/Schedule/Kind.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"

using namespace mlir;
using namespace mlir::tconv;

namespace mlir::tconv::xform {

//===----------------------------------------------------------------------===//
// choose_tasks
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure ChooseTasksOp::apply(TransformRewriter &rewriter,
                                                 TransformResults &results,
                                                 TransformState &state) {
  PhasesOp phases;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  // The sizes stand on the function, which outlives the tiling.
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs a layer inside a function");
  FilterTasks tasks = chooseTasks(phases, machineOf(phases));
  std::pair<StringRef, int64_t *> fields[] = {{"groups", &tasks.groups},
                                              {"channels", &tasks.channels},
                                              {"positions", &tasks.positions}};
  diag = readBlocks(*this, func, fields);
  if (!diag.succeeded())
    return diag;
  SmallVector<NamedAttribute> sizes;
  for (auto [name, value] : fields)
    sizes.push_back(
        rewriter.getNamedAttr(name, rewriter.getI64IntegerAttr(*value)));
  func->setAttr(kBlocksAttr, rewriter.getDictionaryAttr(sizes));
  func->setAttr(kAlgorithmAttr, rewriter.getStringAttr("direct"));
  for (auto [result, field] : llvm::zip(getOperation()->getOpResults(), fields))
    results.setParams(result, {rewriter.getI64IntegerAttr(*field.second)});
  return DiagnosedSilenceableFailure::success();
}

void ChooseTasksOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// filter_phases
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure FilterPhasesOp::apply(TransformRewriter &rewriter,
                                                  TransformResults &,
                                                  TransformState &state) {
  PhasesOp phases;
  int64_t sums = 0;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getSums(), "sums", sums);
  if (!diag.succeeded())
    return diag;
  int64_t ahead = 0;
  if (getAhead()) {
    diag = onlyParam(*this, state, getAhead(), "ahead", ahead);
    if (!diag.succeeded())
      return diag;
  }
  if (phases.onTensors() || phases.isPacked() || phases.getWindow().empty())
    return emitDefiniteFailure("needs a tile of tconv.phases whose input is "
                               "not packed");
  PackingAttr packing = phases.getPacking();
  if (packing.getChannels() != 1 || packing.getRows() != 1)
    return emitDefiniteFailure()
           << "needs weights packed with 1 channel and 1 row, got "
           << packing.getChannels() << " and " << packing.getRows();
  if (sums > FilterOp::kMostSums)
    return emitDefiniteFailure() << "sums must be at most "
                                 << FilterOp::kMostSums << ", got " << sums;
  rewriter.setInsertionPoint(phases);
  FilterOp::create(rewriter, phases.getLoc(), phases.getX(),
                   phases.getWeights(), phases.getInit(), phases.getBias(),
                   phases.getWindow(), phases.getDecomposition(),
                   phases.getGroups(), sums, ahead);
  rewriter.eraseOp(phases);
  return DiagnosedSilenceableFailure::success();
}

void FilterPhasesOp::getEffects(Effects &effects) {
  transform::consumesHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getSumsMutable(), effects);
  transform::onlyReadsHandle(getAheadMutable(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform
