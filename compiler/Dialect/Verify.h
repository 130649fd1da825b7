// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the verifiers of the tconv operations share, and their effects.
#ifndef TCONV_COMPILER_DIALECT_VERIFY_H
#define TCONV_COMPILER_DIALECT_VERIFY_H

#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Pieces.h"
#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

using Effects =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

/// Buffers are read as inputs, and read and written as destinations; tensors
/// have no effect.
inline void addEffects(OpOperand &operand, bool written, Effects &effects) {
  if (!isa<MemRefType>(operand.get().getType()))
    return;
  effects.emplace_back(MemoryEffects::Read::get(), &operand);
  if (written)
    effects.emplace_back(MemoryEffects::Write::get(), &operand);
}

inline void addDestinationEffects(Operation *op, Effects &effects) {
  auto destination = cast<DestinationStyleOpInterface>(op);
  for (OpOperand &operand : op->getOpOperands())
    addEffects(operand, destination.isDpsInit(&operand), effects);
}

/// Tensors in and a tensor out, or buffers and no result.
inline LogicalResult verifyForm(Operation *op, Value init) {
  if (op->getNumResults() > 1)
    return op->emitOpError("has one result at most, got ")
           << op->getNumResults();
  bool tensors = isa<RankedTensorType>(init.getType());
  if (tensors != (op->getNumResults() == 1))
    return op->emitOpError(
        tensors ? "on tensors must return the new value of its destination"
                : "on buffers must return nothing");
  for (Value operand : op->getOperands()) {
    Type type = operand.getType();
    if (!isa<ShapedType>(type))
      continue;
    if (tensors != isa<RankedTensorType>(type))
      return op->emitOpError("mixes tensors and buffers");
    Type element = cast<ShapedType>(type).getElementType();
    if (!element.isF32() && !element.isF16() && !element.isBF16())
      return op->emitOpError("computes f32, f16 or bf16, got ") << type;
  }
  if (tensors && op->getResult(0).getType() != init.getType())
    return op->emitOpError("result type ")
           << op->getResult(0).getType() << " differs from its destination's, "
           << init.getType();
  return success();
}

inline LogicalResult verifyRank(Operation *op, Value value, StringRef name,
                                int64_t rank) {
  auto type = cast<ShapedType>(value.getType());
  if (!type.hasRank() || type.getRank() != rank)
    return op->emitOpError()
           << name << " must have rank " << rank << ", got " << type;
  return success();
}

inline LogicalResult verifyStatic(Operation *op, Value value, StringRef name,
                                  ArrayRef<int64_t> axes) {
  auto type = cast<ShapedType>(value.getType());
  for (int64_t axis : axes)
    if (type.isDynamicDim(axis))
      return op->emitOpError() << "axis " << axis << " of " << name
                               << " must be static, got " << type;
  return success();
}

/// Axes that are not empty, where their sizes are known.
inline LogicalResult verifyNotEmpty(Operation *op, Value value, StringRef name,
                                    ArrayRef<int64_t> axes) {
  auto type = cast<ShapedType>(value.getType());
  for (int64_t axis : axes)
    if (type.getDimSize(axis) == 0)
      return op->emitOpError() << "axis " << axis << " of " << name
                               << " must not be empty, got " << type;
  return success();
}

/// A buffer of the pieces: its last axis is read and written by vectors.
inline LogicalResult verifyBuffer(Operation *op, Value value, StringRef name,
                                  int64_t rank) {
  if (failed(verifyRank(op, value, name, rank)))
    return failure();
  auto type = cast<MemRefType>(value.getType());
  if (!type.getElementType().isF32())
    return op->emitOpError("computes f32 only so far, got ") << type;
  if (!type.isLastDimUnitStride())
    return op->emitOpError() << "the last axis of " << name
                             << " must be contiguous, got " << type;
  return success();
}

inline LogicalResult verifyBias(Operation *op, Value bias, int64_t outputs) {
  if (!bias)
    return success();
  auto type = cast<ShapedType>(bias.getType());
  if (!type.hasRank() || type.getRank() != 1 || type.getDimSize(0) != outputs)
    return op->emitOpError()
           << "bias must be (Cout) = (" << outputs << "), got " << type;
  return success();
}

inline LogicalResult verifySameBatch(Operation *op, Value x, Value y) {
  auto a = cast<ShapedType>(x.getType()), b = cast<ShapedType>(y.getType());
  if (!a.isDynamicDim(0) && !b.isDynamicDim(0) &&
      a.getDimSize(0) != b.getDimSize(0))
    return op->emitOpError()
           << "x and y differ in their batch: " << a << " and " << b;
  return success();
}

inline LogicalResult verifyGroups(Operation *op, int64_t groups, int64_t inputs,
                                  int64_t outputs) {
  if (inputs % groups != 0)
    return op->emitOpError() << "groups must divide the input channels, got "
                             << groups << " for " << inputs;
  if (outputs % groups != 0)
    return op->emitOpError() << "groups must divide the output channels, got "
                             << groups << " for " << outputs;
  return success();
}

inline LogicalResult verifyAtLeast(Operation *op, StringRef name, int64_t value,
                                   int64_t least) {
  if (value < least)
    return op->emitOpError()
           << name << " must be at least " << least << ", got " << value;
  return success();
}

/// Fast algorithms only where there are some.
inline LogicalResult verifyFast(Operation *op, DecompositionAttr decomposition,
                                PackingAttr packing) {
  if (packing.isFast() && !PackedLayout::canBeFast(decomposition))
    return op->emitOpError()
           << "fast algorithms need phases that all begin at the same position "
              "and step by 1, got "
           << decomposition;
  return success();
}

/// Panels that have room for the pieces of their columns.
inline LogicalResult verifyPieces(Operation *op, Value panel, int64_t pieces,
                                  int64_t columns) {
  if (pieces == 1)
    return success();
  if (pieces != Pieces::kCount)
    return op->emitOpError()
           << "pieces must be 1 or " << Pieces::kCount << ", got " << pieces;
  auto type = cast<MemRefType>(panel.getType());
  // Neither product wraps: the buffer has about as many elements.
  if (int64_t needed = Pieces::panelWidth(
          type.getDimSize(1), std::min(columns, type.getDimSize(2)));
      type.getDimSize(2) < needed)
    return op->emitOpError() << "a panel of " << type.getDimSize(2)
                             << " words for each channel can't hold the pieces "
                                "of "
                             << columns << " columns, which take " << needed;
  return success();
}

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_VERIFY_H
