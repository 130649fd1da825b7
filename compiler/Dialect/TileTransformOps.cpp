// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform operations that decide how large register tiles are.
#include "compiler/Dialect/TransformHelpers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::tconv;

namespace mlir::tconv::xform {

//===----------------------------------------------------------------------===//
// choose_register_tile
//===----------------------------------------------------------------------===//

LogicalResult ChooseRegisterTileOp::verify() {
  if (getRows().empty() || getRows().size() != getColumns().size())
    return emitOpError("needs as many columns as rows, and at least one, got ")
           << getRows().size() << " rows and " << getColumns().size()
           << " columns";
  for (ArrayRef<int64_t> sizes : {getRows(), getColumns()})
    for (int64_t size : sizes)
      if (size < 1 || size > kMostTileSize)
        return emitOpError("has sizes from 1 to ")
               << kMostTileSize << ", got " << size;
  return success();
}

DiagnosedSilenceableFailure
ChooseRegisterTileOp::apply(TransformRewriter &rewriter,
                            TransformResults &results, TransformState &state) {
  PhasesOp phases;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  BlockSizes given;
  SmallVector<TileSize> sizes;
  for (auto [rows, columns] : llvm::zip(getRows(), getColumns())) {
    diag = readGiven(*this, phases, rows, columns, given);
    if (!diag.succeeded())
      return diag;
    sizes.push_back({rows, columns});
  }
  TileSize tile =
      chooseRegisterTile(phases, machineOf(phases), sizes, getVectors(), given);
  for (auto [result, size] : {std::pair{getTileRows(), tile.rows},
                              std::pair{getTileColumns(), tile.columns}})
    results.setParams(cast<OpResult>(result),
                      {rewriter.getI64IntegerAttr(size)});
  return DiagnosedSilenceableFailure::success();
}

void ChooseRegisterTileOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::onlyReadsPayload(effects);
}

//===----------------------------------------------------------------------===//
// balance_tiles
//===----------------------------------------------------------------------===//

/// Whether the tiles of a loop may begin at any column.
static bool readsOnePanel(scf::ForOp loop) {
  return !loop.walk([](ContractOp contract) {
                return contract.hasOnePanel() ? WalkResult::advance()
                                              : WalkResult::interrupt();
              })
              .wasInterrupted();
}

DiagnosedSilenceableFailure BalanceTilesOp::apply(TransformRewriter &rewriter,
                                                  TransformResults &,
                                                  TransformState &state) {
  for (Operation *target : state.getPayloadOps(getTarget())) {
    auto loop = dyn_cast<scf::ForOp>(target);
    if (!loop)
      return emitDefiniteFailure()
             << "target must be " << scf::ForOp::getOperationName() << ", got "
             << target->getName();
    std::optional<int64_t> most = getConstantIntValue(loop.getStep());
    if (!isConstantIntValue(loop.getLowerBound(), 0) || !most || *most < 1)
      return emitDefiniteFailure(
          "needs a loop from 0 whose step is a constant of at least 1");
    if (!readsOnePanel(loop))
      continue;
    // As far out as what is divided is known: inner loops are many.
    Value count = loop.getUpperBound();
    rewriter.setInsertionPointAfterValue(count);
    Location loc = loop.getLoc();
    auto constant = [&](int64_t value) -> Value {
      return arith::ConstantIndexOp::create(rewriter, loc, value);
    };
    auto atLeastOne = [&](Value value) -> Value {
      return arith::MaxUIOp::create(rewriter, loc, value, constant(1));
    };
    auto ceilDiv = [&](Value value, Value by) -> Value {
      return arith::CeilDivUIOp::create(rewriter, loc, value, by);
    };
    Value tiles = atLeastOne(ceilDiv(count, constant(*most)));
    Value step = atLeastOne(ceilDiv(count, tiles));
    if (failed(limitTiles(rewriter, loop, step)))
      return emitDefiniteFailure("needs tiles that end where the loop does");
    rewriter.modifyOpInPlace(loop, [&] { loop.getStepMutable().assign(step); });
  }
  return DiagnosedSilenceableFailure::success();
}

void BalanceTilesOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform
