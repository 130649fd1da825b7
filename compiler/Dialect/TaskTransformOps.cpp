// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform operation that makes a kernel a range of independent tasks.
#include "compiler/Dialect/TransformHelpers.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::tconv;

namespace mlir::tconv::xform {

/// Iterations of a loop that begins at 0, if it had that step, computed before
/// `outer`.
static FailureOr<Value> tripCount(OpBuilder &b, scf::ForOp loop, Value step,
                                  scf::ForOp outer) {
  if (!isConstantIntValue(loop.getLowerBound(), 0) ||
      failed(hoistBefore(loop.getUpperBound(), outer)) ||
      failed(hoistBefore(step, outer)))
    return failure();
  return arith::CeilDivUIOp::create(b, loop.getLoc(), loop.getUpperBound(),
                                    step)
      .getResult();
}

/// Of what the positions of a task must be a multiple, if those of a layer's
/// tile come in granules of so many columns; 0 without a tile.
/// @param alone whether a block of positions is one task
static int64_t taskGranule(scf::ForOp loop, int64_t columns, bool alone) {
  PackingAttr packing;
  loop.walk([&](PhasesOp phases) { packing = phases.getPacking(); });
  if (!packing)
    return 0;
  // Tile registers come in pairs that share what is loaded: one alone costs
  // more than half. Threads that can share a block's channels don't need it.
  int64_t registers = packing.getPieces() > 1 && !alone ? 2 : 1;
  return columns * registers * packing.getOutputs();
}

DiagnosedSilenceableFailure MapTasksOp::apply(TransformRewriter &rewriter,
                                              TransformResults &results,
                                              TransformState &state) {
  // Batch, group, position, channel.
  scf::ForOp loops[4];
  auto diag = onlyPayload(*this, state, getNest(), "nest", loops[0]);
  if (!diag.succeeded())
    return diag;
  auto func = loops[0]->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs loops inside a function");
  for (unsigned i = 1; i < 4; ++i) {
    // Constants and the like may stand between the loops.
    for (Operation &op : llvm::make_early_inc_range(
             loops[i - 1].getBody()->without_terminator())) {
      if (auto inner = dyn_cast<scf::ForOp>(op); inner && !loops[i])
        loops[i] = inner;
      else if (!llvm::all_of(op.getResults(),
                             [&](Value value) {
                               return succeeded(hoistBefore(value, loops[0]));
                             }) ||
               op.getNumResults() == 0)
        return emitDefiniteFailure("needs four perfectly nested loops");
    }
    if (!loops[i])
      return emitDefiniteFailure("needs four nested loops");
  }

  for (scf::ForOp loop : loops) {
    if (loop.getNumResults() != 0 ||
        !loop.getInductionVar().getType().isIndex())
      return emitDefiniteFailure(
          "needs loops over indices that carry no values");
    if (getConstantIntValue(loop.getStep()).value_or(1) < 1)
      return emitDefiniteFailure("needs loops with a step of at least 1");
  }

  Location loc = loops[0].getLoc();
  rewriter.setInsertionPoint(loops[0]);

  int64_t granule = 0;
  if (getGranule()) {
    diag = onlyParam(*this, state, getGranule(), "granule", granule);
    if (!diag.succeeded())
      return diag;
    auto once = [](scf::ForOp loop) {
      auto bound = getConstantIntValue(loop.getUpperBound());
      auto step = getConstantIntValue(loop.getStep());
      return bound && step && *bound <= *step;
    };
    granule = taskGranule(loops[2], granule, once(loops[1]) && once(loops[3]));
    std::optional<int64_t> step = getConstantIntValue(loops[2].getStep());
    if (granule == 0 || !step)
      return emitDefiniteFailure("needs a tile of tconv.phases, and a constant "
                                 "number of positions in each");
    // Smaller blocks would have more tiles that aren't whole.
    if (*step % granule != 0)
      granule = 0;
  }

  Type index = rewriter.getIndexType();
  unsigned arguments = func.getNumArguments();
  unsigned added = granule ? 3 : 2;
  if (failed(func.insertArguments(SmallVector<unsigned>(added, arguments),
                                  SmallVector<Type>(added, index),
                                  SmallVector<DictionaryAttr>(added),
                                  SmallVector<Location>(added, loc))))
    return emitDefiniteFailure("can't add the task range to the function");
  Value begin = func.getArgument(arguments);
  Value end = func.getArgument(arguments + 1);

  Value steps[4];
  for (auto [loop, step] : llvm::zip(loops, steps))
    step = loop.getStep();
  // How many positions a block has is a launch's affair, within what the tiles
  // are made for.
  if (granule)
    steps[2] = func.getArgument(arguments + 2);
  Value trips[4];
  for (auto [loop, step, trip] : llvm::zip(loops, steps, trips)) {
    FailureOr<Value> count = tripCount(rewriter, loop, step, loops[0]);
    if (failed(count))
      return emitDefiniteFailure(
          "needs loops from 0 whose bounds do not depend on each other");
    trip = *count;
  }

  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  };
  auto mul = [&](Value a, Value b) -> Value {
    return arith::MulIOp::create(rewriter, loc, a, b);
  };
  auto div = [&](Value a, Value b) -> Value {
    return arith::DivUIOp::create(rewriter, loc, a, b);
  };
  auto rem = [&](Value a, Value b) -> Value {
    return arith::RemUIOp::create(rewriter, loc, a, b);
  };
  Value zero = constant(0), one = constant(1);
  Value firstBlock = div(begin, trips[3]);
  Value lastBlock =
      arith::CeilDivUIOp::create(rewriter, loc, end, trips[3]).getResult();
  auto blockLoop =
      scf::ForOp::create(rewriter, loc, firstBlock, lastBlock, one);
  rewriter.setInsertionPointToStart(blockLoop.getBody());
  Value block = blockLoop.getInductionVar();
  Value position = rem(block, trips[2]);
  Value outer = div(block, trips[2]);
  Value group = rem(outer, trips[1]);
  Value batch = div(outer, trips[1]);
  Value base = mul(block, trips[3]);
  // The first and the last block may be shared with other threads.
  auto relative = [&](Value task) -> Value {
    Value below = arith::MaxSIOp::create(
        rewriter, loc,
        arith::SubIOp::create(rewriter, loc, task, base).getResult(), zero);
    return arith::MinSIOp::create(rewriter, loc, below, trips[3]);
  };
  Value firstTask = relative(begin), lastTask = relative(end);
  Value ivs[4] = {mul(batch, steps[0]), mul(group, steps[1]),
                  mul(position, steps[2]), nullptr};
  auto taskLoop = scf::ForOp::create(rewriter, loc, firstTask, lastTask, one);
  rewriter.setInsertionPointToStart(taskLoop.getBody());
  ivs[3] = mul(taskLoop.getInductionVar(), steps[3]);

  if (granule && failed(limitTiles(rewriter, loops[2], steps[2])))
    return emitDefiniteFailure("needs blocks of positions that end where the "
                               "layer's do");
  for (Operation &op :
       llvm::make_early_inc_range(loops[3].getBody()->without_terminator()))
    rewriter.moveOpBefore(&op, taskLoop.getBody()->getTerminator());
  for (auto [loop, iv] : llvm::zip(loops, ivs))
    rewriter.replaceAllUsesWith(loop.getInductionVar(), iv);

  // What a launcher has to know to count the tasks.
  auto step = [&](unsigned i) {
    return getConstantIntValue(loops[i].getStep()).value_or(1);
  };
  func->setAttr("tconv.task_positions", rewriter.getI64IntegerAttr(step(2)));
  if (granule)
    func->setAttr("tconv.task_granule", rewriter.getI64IntegerAttr(granule));
  if (auto groups = getConstantIntValue(loops[1].getUpperBound()),
      channels = getConstantIntValue(loops[3].getUpperBound());
      groups && channels)
    func->setAttr(
        "tconv.task_columns",
        rewriter.getI64IntegerAttr(llvm::divideCeil(*groups, step(1)) *
                                   llvm::divideCeil(*channels, step(3))));
  rewriter.eraseOp(loops[0]);
  results.set(cast<OpResult>(getBlockLoop()), {blockLoop.getOperation()});
  results.set(cast<OpResult>(getTaskLoop()), {taskLoop.getOperation()});
  return DiagnosedSilenceableFailure::success();
}

void MapTasksOp::getEffects(Effects &effects) {
  transform::consumesHandle(getNestMutable(), effects);
  transform::onlyReadsHandle(getGranuleMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform
