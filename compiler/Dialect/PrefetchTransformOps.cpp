// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform operations that say what contractions bring into the caches
// while they multiply.
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/TransformHelpers.h"
#include "compiler/Schedule/Machine.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Dominance.h"

using namespace mlir;
using namespace mlir::tconv;

namespace mlir::tconv::xform {

/// Of all packed weights.
static int64_t weightBytesOf(ContractOp contract) {
  auto weights = cast<MemRefType>(contract.getWeights().getType());
  return weights.getNumElements() * static_cast<int64_t>(sizeof(float));
}

//===----------------------------------------------------------------------===//
// prefetch_weights
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure
PrefetchWeightsOp::apply(TransformRewriter &rewriter, TransformResults &,
                         TransformState &state) {
  int64_t ahead;
  auto diag = onlyParam(*this, state, getAhead(), "ahead", ahead);
  if (!diag.succeeded())
    return diag;
  int64_t part = 0;
  if (getPart()) {
    diag = onlyParam(*this, state, getPart(), "part", part);
    if (!diag.succeeded())
      return diag;
  }
  for (Operation *target : state.getPayloadOps(getTarget())) {
    auto contract = dyn_cast<ContractOp>(target);
    if (!contract)
      return emitDefiniteFailure()
             << "target must be " << ContractOp::getOperationName() << ", got "
             << target->getName();
    // Kernels with tile registers were measured with a part always brought.
    bool far = contract.getPieces() > 1 ||
               weightBytesOf(contract) > machineOf(contract).l2Bytes / 2;
    bool brought = part != 0 && far;
    rewriter.modifyOpInPlace(contract, [&] {
      contract.setPrefetch(brought && getInstead() ? 0 : ahead);
      contract.setPrefetchPart(brought ? part : 0);
      contract.getPrefetchPositionsMutable().clear();
      if (brought && contract.getPieces() == 1)
        contract.getPrefetchPositionsMutable().assign(
            contract.getWindowSize(1));
    });
  }
  return DiagnosedSilenceableFailure::success();
}

LogicalResult PrefetchWeightsOp::verify() {
  if (getInstead() && !getPart())
    return emitOpError("instead needs a part");
  return success();
}

void PrefetchWeightsOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getAheadMutable(), effects);
  transform::onlyReadsHandle(getPartMutable(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// prefetch_tensors
//===----------------------------------------------------------------------===//

/// The op of one of some types among those of a handle, if there is one.
template <typename... OpTys>
static Operation *findOnly(TransformState &state, Value handle) {
  for (Operation *op : state.getPayloadOps(handle))
    if (isa<OpTys...>(op) && !op->hasAttr("plain"))
      return op;
  return nullptr;
}

DiagnosedSilenceableFailure
PrefetchTensorsOp::apply(TransformRewriter &rewriter, TransformResults &,
                         TransformState &state) {
  int64_t positions, channels, depth;
  for (auto [param, name, value] :
       {std::tuple{getPositions(), "positions", &positions},
        std::tuple{getChannels(), "channels", &channels},
        std::tuple{getDepth(), "depth", &depth}}) {
    auto diag = onlyParam(*this, state, param, name, *value);
    if (!diag.succeeded())
      return diag;
  }
  // All of a block's contractions run one after the other: the longest one
  // has the most time.
  ContractOp contract;
  for (Operation *target : state.getPayloadOps(getTarget())) {
    auto op = dyn_cast<ContractOp>(target);
    if (!op)
      return emitDefiniteFailure()
             << "target must be " << ContractOp::getOperationName() << ", got "
             << target->getName();
    if (!contract ||
        op.getTiles() * op.getTaps() > contract.getTiles() * contract.getTaps())
      contract = op;
  }
  Operation *pack =
      findOnly<tconv::PackInputOp, TransformInputOp>(state, getTensors());
  auto epilogue =
      dyn_cast_or_null<EpilogueOp>(findOnly<EpilogueOp>(state, getTensors()));
  if (!contract || !pack || !epilogue)
    return emitDefiniteFailure(
        "needs contractions, what packs their input and their epilogue");
  auto func = contract->getParentOfType<func::FuncOp>();
  Machine machine = machineOf(func);
  // Where weights come from beyond L2, they are what has to be brought.
  if (contract.getPieces() == 1 &&
      (depth < contract.getDepth() ||
       weightBytesOf(contract) > machine.l2Bytes * 3 / 4))
    return DiagnosedSilenceableFailure::success();

  rewriter.setInsertionPoint(contract);
  Location loc = contract.getLoc();
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  };
  int64_t outputs = 1, inputs = contract.getDepth();
  SmallVector<Value> buffers, at;
  SmallVector<int64_t> sizes;
  auto bring = [&](Value buffer, ArrayRef<Value> place, int64_t rows,
                   int64_t columns, bool write) {
    buffers.push_back(buffer);
    llvm::append_range(at, place);
    sizes.append({rows, columns, write});
  };
  // Of x, what the next block reads.
  auto bringInput = [&](auto op) {
    Value next =
        arith::AddIOp::create(rewriter, loc, op.getOrigin(), op.getPositions());
    Value row =
        arith::MulIOp::create(rewriter, loc, op.getGroup(), constant(inputs));
    bring(op.getX(), {op.getBatch(), row, next}, inputs, positions,
          /*write=*/false);
  };
  if (auto op = dyn_cast<TransformInputOp>(pack)) {
    outputs = op.getOutputs();
    inputs /= static_cast<int64_t>(op.getFilters());
    bringInput(op);
  } else {
    bringInput(cast<tconv::PackInputOp>(pack));
  }
  // Of y, what this block writes.
  int64_t perPosition = epilogue.getStride() / outputs;
  Value column = arith::MulIOp::create(rewriter, loc, epilogue.getPosition(),
                                       constant(epilogue.getStride()));
  column = arith::SubIOp::create(rewriter, loc, column,
                                 constant(epilogue.getCrop()));
  bring(epilogue.getY(), {epilogue.getBatch(), epilogue.getChannel(), column},
        channels, positions * perPosition, /*write=*/true);

  DominanceInfo dominance(func);
  for (Value value : llvm::concat<Value>(buffers, at))
    if (!dominance.properlyDominates(value, contract))
      return emitDefiniteFailure("the tensors' places are not known where the "
                                 "contraction begins");
  rewriter.modifyOpInPlace(contract, [&] {
    contract.getStreamsMutable().assign(buffers);
    contract.getStreamAtMutable().assign(at);
    contract.setStreamSizes(sizes);
  });
  return DiagnosedSilenceableFailure::success();
}

void PrefetchTensorsOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getTensorsMutable(), effects);
  transform::onlyReadsHandle(getPositionsMutable(), effects);
  transform::onlyReadsHandle(getChannelsMutable(), effects);
  transform::onlyReadsHandle(getDepthMutable(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform
