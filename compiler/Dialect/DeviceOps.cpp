// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Verifiers, effects and tiling of the operations of schedules for GPUs.
#include "compiler/Dialect/Device.h"

#include "compiler/Dialect/TileLayout.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::tconv;

#define GET_OP_CLASSES
#include "compiler/Dialect/DeviceOps.cpp.inc"

//===----------------------------------------------------------------------===//
// DeviceTile
//===----------------------------------------------------------------------===//

static constexpr StringRef kMathNames[] = {"fma", "mma", "tf32"};

std::optional<DeviceMath> mlir::tconv::parseDeviceMath(StringRef name) {
  for (auto [i, known] : llvm::enumerate(kMathNames))
    if (name == known)
      return static_cast<DeviceMath>(i);
  return std::nullopt;
}

StringRef mlir::tconv::deviceMathName(DeviceMath math) {
  return kMathNames[static_cast<int>(math)];
}

int64_t DeviceTile::swizzle(int64_t k, int64_t columns) const {
  if (math == DeviceMath::fma)
    return 0;
  if (math == DeviceMath::tf32) // 4 rows of 8 words are read at a time
    return (k & 3) * 8;
  // 8 rows of 16 bytes are; rows of 64 bytes reach only half of the banks.
  return columns >= 64 ? (k & 7) * 8 : (k >> 1 & 3) * 8;
}

template <typename OpTy> static DeviceTile readTile(OpTy op) {
  DeviceTile tile;
  tile.math = parseDeviceMath(op.getMath()).value_or(DeviceMath::fma);
  tile.rowWarps = op.getRowWarps();
  tile.positionWarps = op.getPositionWarps();
  tile.depth = op.getDepth();
  tile.stages = op.getStages();
  tile.async = op.getAsync();
  return tile;
}

template <typename OpTy> static LogicalResult verifyTile(OpTy op) {
  std::optional<DeviceMath> math = parseDeviceMath(op.getMath());
  if (!math)
    return op.emitOpError("math must be fma, mma or tf32, got ")
           << op.getMathAttr();
  for (auto [name, value] :
       {std::pair<StringRef, int64_t>("row_warps", op.getRowWarps()),
        {"position_warps", op.getPositionWarps()}})
    if (value != 1 && value != 2 && value != 4)
      return op.emitOpError() << name << " must be 1, 2 or 4, got " << value;
  int64_t least = *math == DeviceMath::mma ? 16 : 8, depth = op.getDepth();
  if (depth != least && depth != 2 * least)
    return op.emitOpError()
           << "depth must be " << least << " or " << 2 * least << " for "
           << deviceMathName(*math) << ", got " << depth;
  if (op.getPositionWarps() == 4 && depth == least)
    return op.emitOpError("4 position_warps need a depth of ") << 2 * least;
  int64_t stages = op.getStages();
  if (stages < 2 || stages > 4 || (!op.getAsync() && stages != 2))
    return op.emitOpError("stages must be 2, or up to 4 with async, got ")
           << stages;
  return success();
}

//===----------------------------------------------------------------------===//
// Shared parts
//===----------------------------------------------------------------------===//

namespace {

using Effects =
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>;

template <typename OpTy> void addBlockEffects(OpTy op, Effects &effects) {
  for (OpOperand &operand : op->getOpOperands())
    if (isa<MemRefType>(operand.get().getType()))
      effects.emplace_back(MemoryEffects::Read::get(), &operand);
  effects.emplace_back(MemoryEffects::Write::get(), &op.getYMutable());
}

template <typename OpTy> void addPackEffects(OpTy op, Effects &effects) {
  effects.emplace_back(MemoryEffects::Read::get(), &op.getWeightMutable());
  effects.emplace_back(MemoryEffects::Write::get(), &op.getPackedMutable());
}

bool isElement(Type type) {
  return type.isF32() || type.isF16() || type.isBF16();
}

/// x (N, Cin, L) and y (N, Cout, Lout) of one type, channels that groups
/// divide.
template <typename OpTy> LogicalResult verifyBlock(OpTy op) {
  auto x = cast<MemRefType>(op.getX().getType());
  auto y = cast<MemRefType>(op.getY().getType());
  int64_t groups = op.getGroups();
  for (auto [name, type] :
       {std::pair<StringRef, MemRefType>("x", x), {"y", y}}) {
    if (type.getRank() != 3 || type.isDynamicDim(1) || type.getDimSize(1) == 0)
      return op.emitOpError() << name << " must have rank 3 and its channels "
                              << "be static, at least 1, got " << type;
    if (groups < 1 || type.getDimSize(1) % groups)
      return op.emitOpError()
             << "groups = " << groups << " must divide the channels of " << name
             << ", got " << type;
  }
  if (!isElement(x.getElementType()) ||
      x.getElementType() != y.getElementType())
    return op.emitOpError("x and y must be f32, f16 or bf16, the same, got ")
           << x << " and " << y;
  auto weights = cast<MemRefType>(op.getWeights().getType());
  if (weights.getRank() != 1 || !weights.hasStaticShape())
    return op.emitOpError("packed weights must be one static axis, got ")
           << weights;
  if (op.getBias()) {
    auto bias = cast<MemRefType>(op.getBias().getType());
    if (bias.getRank() != 1 || bias.getDimSize(0) != y.getDimSize(1) ||
        bias.getElementType() != y.getElementType())
      return op.emitOpError("bias must be one number for each channel of y, "
                            "got ")
             << bias;
  }
  size_t window = op.getWindow().size();
  if (window != 0 && window != 6)
    return op.emitOpError("window must have 3 offsets and 3 sizes, got ")
           << window << " numbers";
  return success();
}

/// The weight (Cin, Cout / groups, K) of a packing.
LogicalResult verifyPack(Operation *op, Value weight, Value packed,
                         int64_t groups) {
  auto type = cast<MemRefType>(weight.getType());
  if (type.getRank() != 3 || !type.hasStaticShape() ||
      llvm::is_contained(type.getShape(), 0) ||
      !isElement(type.getElementType()))
    return op->emitOpError("weight must be three static axes of f32, f16 or "
                           "bf16, none empty, got ")
           << type;
  if (groups < 1 || type.getDimSize(0) % groups)
    return op->emitOpError("groups = ")
           << groups << " must divide the channels of the weight, got " << type;
  auto to = cast<MemRefType>(packed.getType());
  if (to.getRank() != 1 || !to.hasStaticShape())
    return op->emitOpError("packed weights must be one static axis, got ")
           << to;
  return success();
}

/// Whether packed weights are what a layout says.
LogicalResult verifyPacked(Operation *op, Value packed,
                           const TileLayout &layout, Type element) {
  auto type = cast<MemRefType>(packed.getType());
  if (!layout.fits())
    return op->emitOpError("has more row tiles, or more packed weights, than "
                           "can be counted");
  if (type.getDimSize(0) != layout.totalElements() ||
      type.getElementType() != element)
    return op->emitOpError("packed weights must be ")
           << layout.totalElements() << " of " << element << ", got " << type;
  return success();
}

SmallVector<Range> domainOf(OpBuilder &b, Operation *op, ValueRange window,
                            Value y, DecompositionAttr decomposition,
                            int64_t columns) {
  auto range = [&](OpFoldResult size) {
    return Range{b.getIndexAttr(0), size, b.getIndexAttr(1)};
  };
  if (!window.empty())
    return {range(getAsOpFoldResult(window[3])),
            range(getAsOpFoldResult(window[4])),
            range(getAsOpFoldResult(window[5]))};
  Location loc = op->getLoc();
  AffineExpr length = b.getAffineSymbolExpr(0);
  OpFoldResult positions = affine::makeComposedFoldedAffineApply(
      b, loc,
      (length + decomposition.getCrop()).ceilDiv(decomposition.getStride()),
      {memref::getMixedSize(b, loc, y, 2)});
  return {range(memref::getMixedSize(b, loc, y, 0)),
          range(b.getIndexAttr(columns)), range(positions)};
}

template <typename OpTy>
FailureOr<TilingResult> tileBlock(OpTy op, OpBuilder &b,
                                  ArrayRef<OpFoldResult> offsets,
                                  ArrayRef<OpFoldResult> sizes) {
  if (!op.getWindow().empty())
    return op.emitOpError("is tiled once: a tile is a thread block");
  SmallVector<Value> window;
  for (ArrayRef<OpFoldResult> part : {offsets, sizes})
    for (OpFoldResult value : part)
      window.push_back(getValueOrCreateConstantIndexOp(b, op.getLoc(), value));
  auto tile = cast<OpTy>(b.clone(*op.getOperation()));
  tile.getWindowMutable().assign(window);
  return TilingResult{{tile}, {}, {}};
}

int64_t groupChannels(Value buffer, int64_t groups) {
  return cast<MemRefType>(buffer.getType()).getDimSize(1) / groups;
}

SmallVector<utils::IteratorType> allParallel() {
  return SmallVector<utils::IteratorType>(3, utils::IteratorType::parallel);
}

TileLayout layoutOf(BlockProductOp op) {
  return TileLayout(op.getDecomposition(), op.getTile(), op.getGroups(),
                    op.getGroupInputs(), op.getGroupOutputs());
}

} // namespace

//===----------------------------------------------------------------------===//
// BlockProductOp
//===----------------------------------------------------------------------===//

DeviceTile BlockProductOp::getTile() { return readTile(*this); }
int64_t BlockProductOp::getGroupInputs() {
  return groupChannels(getX(), getGroups());
}
int64_t BlockProductOp::getGroupOutputs() {
  return groupChannels(getY(), getGroups());
}
void BlockProductOp::getEffects(Effects &effects) {
  addBlockEffects(*this, effects);
}

LogicalResult BlockProductOp::verify() {
  if (failed(verifyTile(*this)) || failed(verifyBlock(*this)))
    return failure();
  Type element = cast<MemRefType>(getX().getType()).getElementType();
  DeviceMath math = getTile().math;
  if (math != DeviceMath::fma && (math == DeviceMath::tf32) != element.isF32())
    return emitOpError() << deviceMathName(math) << " does not multiply "
                         << element;
  return verifyPacked(*this, getWeights(), layoutOf(*this),
                      stagedType(math, element));
}

SmallVector<utils::IteratorType> BlockProductOp::getLoopIteratorTypes() {
  return allParallel();
}
SmallVector<Range> BlockProductOp::getIterationDomain(OpBuilder &b) {
  return domainOf(b, *this, getWindow(), getY(), getDecomposition(),
                  layoutOf(*this).columns().size() * getGroups());
}
FailureOr<TilingResult>
BlockProductOp::getTiledImplementation(OpBuilder &b,
                                       ArrayRef<OpFoldResult> offsets,
                                       ArrayRef<OpFoldResult> sizes) {
  return tileBlock(*this, b, offsets, sizes);
}

//===----------------------------------------------------------------------===//
// BlockFilterOp
//===----------------------------------------------------------------------===//

int64_t BlockFilterOp::getGroupInputs() {
  return groupChannels(getX(), getGroups());
}
int64_t BlockFilterOp::getGroupOutputs() {
  return groupChannels(getY(), getGroups());
}
void BlockFilterOp::getEffects(Effects &effects) {
  addBlockEffects(*this, effects);
}

LogicalResult BlockFilterOp::verify() {
  if (failed(verifyBlock(*this)))
    return failure();
  if (getThreads() < 32 || getThreads() > 1024 || getThreads() % 32)
    return emitOpError("threads must be whole warps, up to 1024, got ")
           << getThreads();
  int64_t sums = getDecomposition().getStride() * getPositions();
  if (getPositions() < 1 || sums > 64)
    return emitOpError("a thread must have from 1 to 64 sums, got ") << sums;
  if (!cast<MemRefType>(getWeights().getType()).getElementType().isF32())
    return emitOpError("packed weights must be f32, got ")
           << getWeights().getType();
  return success();
}

SmallVector<utils::IteratorType> BlockFilterOp::getLoopIteratorTypes() {
  return allParallel();
}
SmallVector<Range> BlockFilterOp::getIterationDomain(OpBuilder &b) {
  return domainOf(b, *this, getWindow(), getY(), getDecomposition(),
                  getGroupOutputs() * getGroups());
}
FailureOr<TilingResult>
BlockFilterOp::getTiledImplementation(OpBuilder &b,
                                      ArrayRef<OpFoldResult> offsets,
                                      ArrayRef<OpFoldResult> sizes) {
  return tileBlock(*this, b, offsets, sizes);
}

//===----------------------------------------------------------------------===//
// PackTilesOp, PackFiltersOp
//===----------------------------------------------------------------------===//

DeviceTile PackTilesOp::getTile() { return readTile(*this); }

void PackTilesOp::getEffects(Effects &effects) {
  addPackEffects(*this, effects);
}

LogicalResult PackTilesOp::verify() {
  if (failed(verifyTile(*this)) ||
      failed(verifyPack(*this, getWeight(), getPacked(), getGroups())))
    return failure();
  auto type = cast<MemRefType>(getWeight().getType());
  TileLayout layout(getDecomposition(), getTile(), getGroups(),
                    type.getDimSize(0) / getGroups(), type.getDimSize(1));
  return verifyPacked(*this, getPacked(), layout,
                      stagedType(getTile().math, type.getElementType()));
}

void PackFiltersOp::getEffects(Effects &effects) {
  addPackEffects(*this, effects);
}

LogicalResult PackFiltersOp::verify() {
  if (failed(verifyPack(*this, getWeight(), getPacked(), getGroups())))
    return failure();
  auto from = cast<MemRefType>(getWeight().getType());
  auto to = cast<MemRefType>(getPacked().getType());
  if (from.getNumElements() != to.getNumElements() ||
      !to.getElementType().isF32())
    return emitOpError("packed weights must be ")
           << from.getNumElements() << " of f32, got " << to;
  return success();
}
