// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// MLIR's tiling interface for the buffer forms of tconv.phases and
// tconv.contract. A tile is the same op with a smaller window; the buffers stay
// whole, so that what is outside x or y is decided in one place, the leaves.
#include "compiler/Dialect/Tconv.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::tconv;

/// Clones an op with the window [old offset + offset, size] along each axis.
template <typename OpTy>
static TilingResult cloneWindow(OpTy op, OpBuilder &b,
                                ArrayRef<OpFoldResult> offsets,
                                ArrayRef<OpFoldResult> sizes) {
  Location loc = op.getLoc();
  SmallVector<Value> window;
  for (auto [axis, offset] : llvm::enumerate(offsets)) {
    if (op.getWindow().empty()) {
      window.push_back(getValueOrCreateConstantIndexOp(b, loc, offset));
      continue;
    }
    AffineExpr d0, d1;
    bindDims(b.getContext(), d0, d1);
    OpFoldResult sum = affine::makeComposedFoldedAffineApply(
        b, loc, d0 + d1, {op.getWindow()[axis], offset});
    window.push_back(getValueOrCreateConstantIndexOp(b, loc, sum));
  }
  for (OpFoldResult size : sizes)
    window.push_back(getValueOrCreateConstantIndexOp(b, loc, size));
  auto tile = cast<OpTy>(b.clone(*op.getOperation()));
  tile.getWindowMutable().assign(window);
  return TilingResult{{tile}, {}, {}};
}

std::optional<int64_t> mlir::tconv::mostOf(Value size) {
  if (auto constant = getConstantIntValue(size))
    return constant;
  std::optional<int64_t> bound;
  if (auto min = size.getDefiningOp<affine::AffineMinOp>())
    for (AffineExpr expr : min.getMap().getResults())
      if (auto constant = dyn_cast<AffineConstantExpr>(expr))
        bound =
            std::min(bound.value_or(constant.getValue()), constant.getValue());
  return bound;
}

static Range zeroBased(OpBuilder &b, OpFoldResult size) {
  return Range{b.getIndexAttr(0), size, b.getIndexAttr(1)};
}

/// A window's size as a constant where it is one.
static OpFoldResult foldSize(Value size) { return getAsOpFoldResult(size); }

//===----------------------------------------------------------------------===//
// PhasesOp
//===----------------------------------------------------------------------===//

SmallVector<utils::IteratorType> PhasesOp::getLoopIteratorTypes() {
  return SmallVector<utils::IteratorType>(4, utils::IteratorType::parallel);
}

SmallVector<Range> PhasesOp::getIterationDomain(OpBuilder &b) {
  SmallVector<Range> domain;
  if (!getWindow().empty()) {
    for (unsigned axis = 0; axis < 4; ++axis)
      domain.push_back(zeroBased(b, foldSize(getWindowSize(axis))));
    return domain;
  }
  Location loc = getLoc();
  auto sizeOf = [&](Value value, int64_t axis) -> OpFoldResult {
    return onTensors() ? tensor::getMixedSize(b, loc, value, axis)
                       : memref::getMixedSize(b, loc, value, axis);
  };
  AffineExpr length = b.getAffineSymbolExpr(0);
  DecompositionAttr phases = getDecomposition();
  OpFoldResult positions = affine::makeComposedFoldedAffineApply(
      b, loc, (length + phases.getCrop()).ceilDiv(phases.getStride()),
      {sizeOf(getInit(), 2)});
  OpFoldResult batch = sizeOf(getInit(), 0);
  if (getItems()) {
    auto value = [&](OpFoldResult size) {
      return getValueOrCreateConstantIndexOp(b, loc, size);
    };
    // Of the last item only the positions themselves.
    Value apart =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, getItems(),
                              value(b.getIndexAttr(kItemsApart)));
    Value one = value(b.getIndexAttr(1));
    Value others = arith::SubIOp::create(b, loc, value(batch), one);
    Value folded = arith::AddIOp::create(
        b, loc, arith::MulIOp::create(b, loc, others, getItems()),
        value(positions));
    auto choose = [&](OpFoldResult ifApart, Value otherwise) -> OpFoldResult {
      return arith::SelectOp::create(b, loc, apart, value(ifApart), otherwise)
          .getResult();
    };
    batch = choose(batch, one);
    positions = choose(positions, folded);
  }
  domain.push_back(zeroBased(b, batch));
  domain.push_back(zeroBased(b, b.getIndexAttr(getGroups())));
  domain.push_back(zeroBased(b, b.getIndexAttr(getGroupOutputs())));
  domain.push_back(zeroBased(b, positions));
  return domain;
}

FailureOr<TilingResult>
PhasesOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                 ArrayRef<OpFoldResult> sizes) {
  if (onTensors())
    return emitOpError("is tiled on buffers; run tconv-bufferize-layer first");
  return cloneWindow(*this, b, offsets, sizes);
}

//===----------------------------------------------------------------------===//
// ContractOp
//===----------------------------------------------------------------------===//

SmallVector<utils::IteratorType> ContractOp::getLoopIteratorTypes() {
  return {utils::IteratorType::parallel, utils::IteratorType::parallel,
          utils::IteratorType::reduction};
}

SmallVector<Range> ContractOp::getIterationDomain(OpBuilder &b) {
  SmallVector<Range> domain;
  for (unsigned axis = 0; axis < 3; ++axis)
    domain.push_back(zeroBased(b, foldSize(getWindowSize(axis))));
  return domain;
}

FailureOr<TilingResult>
ContractOp::getTiledImplementation(OpBuilder &b, ArrayRef<OpFoldResult> offsets,
                                   ArrayRef<OpFoldResult> sizes) {
  return cloneWindow(*this, b, offsets, sizes);
}
