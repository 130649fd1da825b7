// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform.tconv.* operations of schedules for GPUs.
#include "compiler/Dialect/TileLayout.h"
#include "compiler/Dialect/TransformHelpers.h"
#include "compiler/Schedule/GpuModel.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "llvm/Support/Format.h"

#define GET_OP_CLASSES
#include "compiler/Dialect/DeviceTransformOps.h.inc"
#define GET_OP_CLASSES
#include "compiler/Dialect/DeviceTransformOps.cpp.inc"

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// The architecture of a layer's module, or null with an error.
const GpuMachine *machineOfLayer(Operation *op) {
  auto module = op->getParentOfType<ModuleOp>();
  auto number = module ? module->getAttrOfType<IntegerAttr>(kArchitectureAttr)
                       : IntegerAttr();
  return number ? gpuMachine(number.getInt()) : nullptr;
}

/// Positions of a launch, about; a long one where nothing is said.
int64_t expectedPositions(Operation *op) {
  constexpr int64_t kMany = 4096;
  auto func = op->getParentOfType<func::FuncOp>();
  auto attr =
      func ? func->getAttrOfType<IntegerAttr>(kPositionsAttr) : IntegerAttr();
  return attr && attr.getInt() > 0 ? attr.getInt() : kMany;
}

Type elementOf(PhasesOp phases) {
  return cast<ShapedType>(phases.getX().getType()).getElementType();
}

GpuLayer layerOf(PhasesOp phases) {
  return {phases.getDecomposition(),
          static_cast<int64_t>(phases.getGroups()),
          phases.getGroupInputs(),
          phases.getGroupOutputs(),
          elementOf(phases).getIntOrFloatBitWidth() / 8,
          expectedPositions(phases)};
}

std::string sentence(const TileEstimate &one, const GpuMachine &machine) {
  std::string text;
  llvm::raw_string_ostream out(text);
  out << one.tile.rows() << " rows x " << one.tile.positions()
      << " positions x " << one.tile.depth << " deep, " << one.tile.threads()
      << " threads: " << one.blocks << " blocks, " << one.blocksPerMulti
      << " at a time on each of " << machine.multiprocessors
      << " multiprocessors (occupancy "
      << llvm::format("%.0f %%, %.2f waves), %.0f %% of the products useful, ",
                      one.occupancy * 100, one.waves, one.useful * 100)
      << llvm::format("%.1f flops a byte, %.1f us by ", one.intensity,
                      one.cycles() / 1.5e3)
      << (one.cycles() == one.compute ? "products"
          : one.cycles() == one.l2    ? "L2"
                                      : "memory");
  return text;
}

/// What packs the weights of a layer that is not scheduled yet.
PackWeightsOp packingOf(PhasesOp phases, memref::AllocOp &alloc) {
  Value buffer = phases.getWeights();
  alloc = buffer.getDefiningOp<memref::AllocOp>();
  PackWeightsOp pack;
  for (Operation *user : buffer.getUsers())
    if (user != phases)
      pack = dyn_cast<PackWeightsOp>(user);
  if (!alloc || !llvm::hasNItems(buffer.getUsers(), 2))
    return {};
  return pack;
}

/// A new buffer for packed weights in the place of the old one.
Value replaceBuffer(transform::TransformRewriter &b, memref::AllocOp alloc,
                    int64_t elements, Type element) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPoint(alloc);
  return memref::AllocOp::create(b, alloc.getLoc(),
                                 MemRefType::get({elements}, element),
                                 alloc.getAlignmentAttr());
}

} // namespace

namespace mlir::tconv::xform {

static void setParam(TransformResults &results, Value result, int64_t value) {
  results.setParams(
      cast<OpResult>(result),
      {IntegerAttr::get(IntegerType::get(result.getContext(), 64), value)});
}

//===----------------------------------------------------------------------===//
// choose_tile
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure ChooseTileOp::apply(TransformRewriter &rewriter,
                                                TransformResults &results,
                                                TransformState &state) {
  PhasesOp phases;
  DeviceTile tile;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getStages(), "stages", tile.stages);
  if (!diag.succeeded())
    return diag;
  std::optional<DeviceMath> math = parseDeviceMath(getMath());
  if (!math)
    return emitDefiniteFailure("math must be fma, mma or tf32, got ")
           << getMathAttr();
  tile.math = *math;
  const GpuMachine *machine = machineOfLayer(phases);
  if (!machine)
    return emitDefiniteFailure("needs a module with a known ")
           << kArchitectureAttr;
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs a layer inside a function");
  int64_t rowWarps = 0, positionWarps = 0, depth = 0;
  std::pair<StringRef, int64_t *> fields[] = {
      {"row_warps", &rowWarps},
      {"position_warps", &positionWarps},
      {"depth", &depth}};
  diag = readBlocks(*this, func, fields);
  if (!diag.succeeded())
    return diag;
  SmallVector<TileEstimate> found = estimateTiles(
      layerOf(phases), *machine, tile, rowWarps, positionWarps, depth);
  if (found.empty())
    return emitDefiniteFailure("no tile fits the layer: it has too many row "
                               "tiles or weights, or what "
                               "its function's ")
           << kBlocksAttr << " asks for can't be had";
  const DeviceTile &best = found.front().tile;
  rowWarps = best.rowWarps;
  positionWarps = best.positionWarps;
  depth = best.depth;
  SmallVector<NamedAttribute> sizes;
  for (auto [name, value] : fields)
    sizes.push_back(
        rewriter.getNamedAttr(name, rewriter.getI64IntegerAttr(*value)));
  func->setAttr(kBlocksAttr, rewriter.getDictionaryAttr(sizes));
  func->setAttr(kAlgorithmAttr, rewriter.getStringAttr("direct"));
  SmallVector<Attribute> reasons;
  for (const TileEstimate &one : ArrayRef(found).take_front(4))
    reasons.push_back(rewriter.getStringAttr(sentence(one, *machine)));
  func->setAttr(kReasonsAttr, rewriter.getArrayAttr(reasons));
  setParam(results, getRowWarps(), rowWarps);
  setParam(results, getPositionWarps(), positionWarps);
  setParam(results, getPositions(), best.positions());
  setParam(results, getDepth(), depth);
  return DiagnosedSilenceableFailure::success();
}

void ChooseTileOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getStagesMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// make_product
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure MakeProductOp::apply(TransformRewriter &rewriter,
                                                 TransformResults &results,
                                                 TransformState &state) {
  PhasesOp phases;
  DeviceTile tile;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  for (auto [name, param, value] :
       {std::tuple<StringRef, Value, int64_t *>("row_warps", getRowWarps(),
                                                &tile.rowWarps),
        {"position_warps", getPositionWarps(), &tile.positionWarps},
        {"depth", getDepth(), &tile.depth},
        {"stages", getStages(), &tile.stages}}) {
    diag = onlyParam(*this, state, param, name, *value);
    if (!diag.succeeded())
      return diag;
  }
  tile.async = getAsync();
  std::optional<DeviceMath> math = parseDeviceMath(getMath());
  if (!math)
    return emitDefiniteFailure("math must be fma, mma or tf32, got ")
           << getMathAttr();
  tile.math = *math;
  memref::AllocOp alloc;
  PackWeightsOp pack = packingOf(phases, alloc);
  if (phases.onTensors() || !phases.getWindow().empty() || !pack)
    return emitDefiniteFailure("needs a whole layer on buffers whose weights a "
                               "tconv.pack_weights of the same function packs");
  TileLayout layout(phases.getDecomposition(), tile, phases.getGroups(),
                    phases.getGroupInputs(), phases.getGroupOutputs());
  if (!layout.fits())
    return emitDefiniteFailure("has more row tiles, or more packed weights, "
                               "than can be counted");
  Value packed = replaceBuffer(rewriter, alloc, layout.totalElements(),
                               stagedType(tile.math, elementOf(phases)));
  rewriter.setInsertionPoint(pack);
  PackTilesOp::create(rewriter, pack.getLoc(), pack.getWeight(), packed,
                      phases.getDecomposition(), phases.getGroups(), getMath(),
                      tile.rowWarps, tile.positionWarps, tile.depth,
                      tile.stages, tile.async);
  rewriter.setInsertionPoint(phases);
  auto product = BlockProductOp::create(
      rewriter, phases.getLoc(), phases.getX(), packed, phases.getBias(),
      phases.getInit(), ValueRange(), phases.getDecomposition(),
      phases.getGroups(), getMath(), tile.rowWarps, tile.positionWarps,
      tile.depth, tile.stages, tile.async);
  auto func = phases->getParentOfType<func::FuncOp>();
  func->setAttr(kThreadsAttr, rewriter.getI64IntegerAttr(tile.threads()));
  rewriter.eraseOp(pack);
  rewriter.eraseOp(phases);
  rewriter.eraseOp(alloc);
  results.set(cast<OpResult>(getProduct()), {product.getOperation()});
  return DiagnosedSilenceableFailure::success();
}

void MakeProductOp::getEffects(Effects &effects) {
  transform::consumesHandle(getTargetMutable(), effects);
  for (OpOperand &param : getOperation()->getOpOperands().drop_front())
    effects.emplace_back(MemoryEffects::Read::get(), &param,
                         transform::TransformMappingResource::get());
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// choose_filter, make_filter
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure ChooseFilterOp::apply(TransformRewriter &rewriter,
                                                  TransformResults &results,
                                                  TransformState &state) {
  PhasesOp phases;
  int64_t threads = 0, each = 0;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getThreads(), "threads", threads);
  if (!diag.succeeded())
    return diag;
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs a layer inside a function");
  int64_t stride = phases.getDecomposition().getStride();
  each = chooseFilterPositions(stride, threads, expectedPositions(phases));
  std::pair<StringRef, int64_t *> fields[] = {{"each", &each}};
  diag = readBlocks(*this, func, fields);
  if (!diag.succeeded())
    return diag;
  func->setAttr(kBlocksAttr, rewriter.getDictionaryAttr({rewriter.getNamedAttr(
                                 "each", rewriter.getI64IntegerAttr(each))}));
  func->setAttr(kAlgorithmAttr, rewriter.getStringAttr("direct"));
  std::string reason = "one output channel a block, " + std::to_string(each) +
                       " positions of " + std::to_string(stride) +
                       " phases a thread: " + std::to_string(each * stride) +
                       " sums in registers";
  func->setAttr(kReasonsAttr, rewriter.getStrArrayAttr({reason}));
  setParam(results, getEach(), each);
  setParam(results, getPositions(), each * threads);
  return DiagnosedSilenceableFailure::success();
}

void ChooseFilterOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getThreadsMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

DiagnosedSilenceableFailure MakeFilterOp::apply(TransformRewriter &rewriter,
                                                TransformResults &results,
                                                TransformState &state) {
  PhasesOp phases;
  int64_t threads = 0, each = 0;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getThreads(), "threads", threads);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getEach(), "each", each);
  if (!diag.succeeded())
    return diag;
  memref::AllocOp alloc;
  PackWeightsOp pack = packingOf(phases, alloc);
  if (phases.onTensors() || !phases.getWindow().empty() || !pack)
    return emitDefiniteFailure("needs a whole layer on buffers whose weights a "
                               "tconv.pack_weights of the same function packs");
  int64_t stride = phases.getDecomposition().getStride();
  if (threads > 1024 || threads % 32 || stride * each > 64)
    return emitDefiniteFailure()
           << "threads must be whole warps of 1024 threads at most, and have "
              "64 sums at most, got "
           << threads << " threads with " << each << " times " << stride
           << " sums";
  auto weight = cast<MemRefType>(pack.getWeight().getType());
  Value packed = replaceBuffer(rewriter, alloc, weight.getNumElements(),
                               rewriter.getF32Type());
  rewriter.setInsertionPoint(pack);
  PackFiltersOp::create(rewriter, pack.getLoc(), pack.getWeight(), packed,
                        phases.getGroups());
  rewriter.setInsertionPoint(phases);
  auto filter = BlockFilterOp::create(
      rewriter, phases.getLoc(), phases.getX(), packed, phases.getBias(),
      phases.getInit(), ValueRange(), phases.getDecomposition(),
      phases.getGroups(), threads, each);
  auto func = phases->getParentOfType<func::FuncOp>();
  func->setAttr(kThreadsAttr, rewriter.getI64IntegerAttr(threads));
  rewriter.eraseOp(pack);
  rewriter.eraseOp(phases);
  rewriter.eraseOp(alloc);
  results.set(cast<OpResult>(getFilter()), {filter.getOperation()});
  return DiagnosedSilenceableFailure::success();
}

void MakeFilterOp::getEffects(Effects &effects) {
  transform::consumesHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getThreadsMutable(), effects);
  transform::onlyReadsHandle(getEachMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// map_blocks
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure MapBlocksOp::apply(TransformRewriter &rewriter,
                                               TransformResults &,
                                               TransformState &state) {
  scf::ForallOp loop;
  auto diag = onlyPayload(*this, state, getLoop(), "loop", loop);
  if (!diag.succeeded())
    return diag;
  auto func = loop->getParentOfType<func::FuncOp>();
  SmallVector<OpFoldResult> lower = loop.getMixedLowerBound(),
                            upper = loop.getMixedUpperBound(),
                            steps = loop.getMixedStep();
  if (!func || lower.size() != 3 || loop.getNumResults() != 0 ||
      !llvm::all_of(
          lower, [](OpFoldResult low) { return isConstantIntValue(low, 0); }))
    return emitDefiniteFailure("needs a loop over three axes from 0, without "
                               "results, in a function");
  int64_t positions = 0;
  diag = onlyParam(*this, state, getPositions(), "positions", positions);
  if (!diag.succeeded())
    return diag;
  auto columns = getConstantIntValue(upper[1]);
  if (!columns || *columns > kMostParam ||
      !llvm::all_of(
          steps, [](OpFoldResult step) { return isConstantIntValue(step, 1); }))
    return emitDefiniteFailure("needs a loop over blocks of one batch item and "
                               "one column, and a known number of columns");
  Location loc = loop.getLoc();
  unsigned arguments = func.getNumArguments();
  if (failed(func.insertArgument(arguments, rewriter.getIndexType(),
                                 DictionaryAttr(), loc)))
    return emitDefiniteFailure("can't add the task to the function");
  Value task = func.getArgument(arguments);
  rewriter.setInsertionPoint(loop);
  // A grid's blocks are counted with 31 bits, so its parts are too.
  Type i32 = rewriter.getI32Type(), index = rewriter.getIndexType();
  auto narrow = [&](Value value) -> Value {
    return arith::IndexCastOp::create(rewriter, loc, i32, value);
  };
  auto wide = [&](Value value) -> Value {
    return arith::IndexCastOp::create(rewriter, loc, index, value);
  };
  Value count = arith::ConstantOp::create(rewriter, loc,
                                          rewriter.getI32IntegerAttr(*columns));
  Value blocks =
      narrow(getValueOrCreateConstantIndexOp(rewriter, loc, upper[2]));
  Value number = narrow(task);
  Value rest = arith::DivUIOp::create(rewriter, loc, number, blocks);
  Value ivs[3] = {wide(arith::DivUIOp::create(rewriter, loc, rest, count)),
                  wide(arith::RemUIOp::create(rewriter, loc, rest, count)),
                  wide(arith::RemUIOp::create(rewriter, loc, number, blocks))};
  for (auto [old, iv] : llvm::zip(loop.getInductionVars(), ivs))
    rewriter.replaceAllUsesWith(old, iv);
  for (Operation &op :
       llvm::make_early_inc_range(loop.getBody()->without_terminator()))
    rewriter.moveOpBefore(&op, loop);
  rewriter.eraseOp(loop);
  func->setAttr("tconv.task_positions", rewriter.getI64IntegerAttr(positions));
  func->setAttr("tconv.task_columns", rewriter.getI64IntegerAttr(*columns));
  return DiagnosedSilenceableFailure::success();
}

void MapBlocksOp::getEffects(Effects &effects) {
  transform::consumesHandle(getLoopMutable(), effects);
  transform::onlyReadsHandle(getPositionsMutable(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

namespace {
class DeviceTransformExtension
    : public transform::TransformDialectExtension<DeviceTransformExtension> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(DeviceTransformExtension)
  void init() { // NOLINT(bugprone-derived-method-shadowing-base-method)
    declareDependentDialect<TconvDialect>();
    declareGeneratedDialect<affine::AffineDialect>();
    declareGeneratedDialect<arith::ArithDialect>();
    declareGeneratedDialect<gpu::GPUDialect>();
    declareGeneratedDialect<memref::MemRefDialect>();
    declareGeneratedDialect<scf::SCFDialect>();
    registerTransformOps<
#define GET_OP_LIST
#include "compiler/Dialect/DeviceTransformOps.cpp.inc"
        >();
  }
};
} // namespace

void mlir::tconv::registerDeviceTransformExtension(DialectRegistry &registry) {
  registry.addExtensions<DeviceTransformExtension>();
}
