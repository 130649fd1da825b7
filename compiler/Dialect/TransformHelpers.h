// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the transform.tconv.* operations share: what they read from their
// handles and functions, and how they move values.
#ifndef TCONV_COMPILER_DIALECT_TRANSFORMHELPERS_H
#define TCONV_COMPILER_DIALECT_TRANSFORMHELPERS_H

#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Tconv.h"
#include "compiler/Schedule/CostModel.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Dialect/Transform/IR/TransformTypes.h"
#include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.h"

#define GET_OP_CLASSES
#include "compiler/Dialect/TconvTransformOps.h.inc"

namespace mlir::tconv {

using transform::TransformResults;
using transform::TransformRewriter;
using transform::TransformState;
using Effects = SmallVectorImpl<MemoryEffects::EffectInstance>;

/// The one payload op of a handle, as OpTy.
template <typename OpTy>
DiagnosedSilenceableFailure onlyPayload(Operation *transformOp,
                                        TransformState &state, Value handle,
                                        StringRef name, OpTy &result) {
  SmallVector<Operation *> ops = llvm::to_vector(state.getPayloadOps(handle));
  if (ops.size() != 1)
    return emitDefiniteFailure(transformOp)
           << name << " must be one operation, got " << ops.size();
  result = dyn_cast<OpTy>(ops.front());
  if (!result)
    return emitDefiniteFailure(transformOp)
           << name << " must be " << OpTy::getOperationName() << ", got "
           << ops.front()->getName();
  return DiagnosedSilenceableFailure::success();
}

/// Numbers of a schedule: beyond this no buffer of a kernel could be had.
inline constexpr int64_t kMostParam = std::numeric_limits<int32_t>::max();

/// A number from 1 to kMostParam, or nothing.
inline std::optional<int64_t> readParam(Attribute attr) {
  auto value = dyn_cast_or_null<IntegerAttr>(attr);
  if (!value || !value.getType().isSignlessInteger() ||
      !value.getValue().isStrictlyPositive() ||
      value.getValue().ugt(kMostParam))
    return std::nullopt;
  return value.getValue().getZExtValue();
}

/// The one value of a parameter, at least 1.
inline DiagnosedSilenceableFailure onlyParam(Operation *transformOp,
                                             TransformState &state, Value param,
                                             StringRef name, int64_t &result) {
  ArrayRef<Attribute> values = state.getParams(param);
  auto value = values.size() == 1 ? readParam(values.front()) : std::nullopt;
  if (!value)
    return emitDefiniteFailure(transformOp)
           << name << " must be one number of at least 1 and at most "
           << kMostParam;
  result = *value;
  return DiagnosedSilenceableFailure::success();
}

/// Reads what kBlocksAttr of a function says; what it doesn't say stays.
inline DiagnosedSilenceableFailure
readBlocks(Operation *transformOp, Operation *func,
           ArrayRef<std::pair<StringRef, int64_t *>> fields) {
  auto given = func->getAttrOfType<DictionaryAttr>(kBlocksAttr);
  for (auto [name, value] : fields) {
    Attribute attr = given ? given.get(name) : Attribute();
    if (!attr)
      continue;
    std::optional<int64_t> number = readParam(attr);
    int64_t most = name == "outputs" ? FastFilter::kMostOutputs : kMostParam;
    if (!number || *number > most)
      return emitDefiniteFailure(transformOp)
             << name << " of " << kBlocksAttr
             << " must be a number of at least 1 and at most " << most
             << ", got " << attr;
    *value = *number;
  }
  return DiagnosedSilenceableFailure::success();
}

/// Whether the product of some sizes fits 64 bits, with room for the elements'
/// bytes.
inline bool productFits(ArrayRef<int64_t> sizes) {
  int64_t product = 16;
  for (int64_t size : sizes)
    if (llvm::MulOverflow(product, size, product))
      return false;
  return true;
}

/// What the cost model is to keep of the blocks of a layer, for a register tile
/// of so many rows and columns; fails where it can't decide about them.
inline DiagnosedSilenceableFailure readGiven(Operation *transformOp,
                                             PhasesOp phases, int64_t rows,
                                             int64_t columns,
                                             BlockSizes &given) {
  // It multiplies these without looking.
  DecompositionAttr map = phases.getDecomposition();
  int64_t span = map.getSpan(), taps = 0;
  for (SectionAttr section : map.getSections())
    taps = std::max(taps, section.getTaps());
  int64_t stride = map.getStride(), inputs = phases.getGroupInputs();
  if (!productFits({stride, taps, inputs}) || !productFits({rows, taps}) ||
      !productFits({columns + span, inputs}) ||
      !productFits({stride, columns + span}))
    return emitDefiniteFailure(transformOp,
                               "needs a layer whose blocks fit 64 bits");
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure(transformOp, "needs a layer inside a function");
  auto diag = readBlocks(transformOp, func, blockFields(given));
  if (!diag.succeeded())
    return diag;
  if (given.outputs > 1 && !PackedLayout::canBeFast(map, given.outputs, inputs))
    return emitDefiniteFailure(transformOp)
           << "outputs of " << kBlocksAttr << " is " << given.outputs
           << ", but no fast algorithm of so many outputs computes this layer, "
              "or not exactly enough";
  return DiagnosedSilenceableFailure::success();
}

/// Makes `value` available before `loop` by moving the pure operations that
/// compute it out of the loop. Fails where it depends on the loop itself.
inline LogicalResult hoistBefore(Value value, scf::ForOp loop) {
  Operation *def = value.getDefiningOp();
  if (!def)
    return success(!loop.getRegion().isAncestor(value.getParentRegion()));
  if (!loop->isProperAncestor(def))
    return success();
  if (!isPure(def))
    return failure();
  for (Value operand : def->getOperands())
    if (failed(hoistBefore(operand, loop)))
      return failure();
  def->moveBefore(loop);
  return success();
}

/// Makes the sizes of a loop's tiles, which the loop's variable and its step
/// limit, no larger than a step that is known later. Fails where a size is no
/// such minimum.
inline LogicalResult limitTiles(OpBuilder &b, scf::ForOp loop, Value step) {
  bool limited = false;
  for (Operation *user :
       llvm::make_early_inc_range(loop.getInductionVar().getUsers())) {
    auto min = dyn_cast<affine::AffineMinOp>(user);
    if (!min)
      continue;
    AffineMap map = min.getMap();
    SmallVector<AffineExpr> limits(map.getResults());
    limits.push_back(b.getAffineSymbolExpr(map.getNumSymbols()));
    map = AffineMap::get(map.getNumDims(), map.getNumSymbols() + 1, limits,
                         b.getContext());
    SmallVector<Value> operands(min.getOperands());
    operands.push_back(step);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(min);
    Value size = affine::AffineMinOp::create(b, min.getLoc(), map, operands);
    min.replaceAllUsesWith(size);
    min.erase();
    limited = true;
  }
  return success(limited);
}

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_TRANSFORMHELPERS_H
