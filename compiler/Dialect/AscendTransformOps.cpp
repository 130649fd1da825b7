// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform.tconv.* operations of schedules for Ascend.
#include "compiler/Dialect/Ascend.h"
#include "compiler/Dialect/Device.h"
#include "compiler/Dialect/TransformHelpers.h"
#include "compiler/Schedule/AscendModel.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Format.h"
#include <cmath>

#define GET_OP_CLASSES
#include "compiler/Dialect/AscendTransformOps.h.inc"
#define GET_OP_CLASSES
#include "compiler/Dialect/AscendTransformOps.cpp.inc"

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// The part of a layer's module, or null.
const AscendMachine *partOfLayer(Operation *op) {
  auto module = op->getParentOfType<ModuleOp>();
  auto name =
      module ? module->getAttrOfType<StringAttr>(kAscendAttr) : StringAttr();
  return name ? ascendMachine(name.getValue()) : nullptr;
}

AscendLayer layerOf(PhasesOp phases, func::FuncOp func) {
  // Positions of a launch, about; a long one where nothing is said.
  constexpr int64_t kMany = 4096;
  auto expected = func->getAttrOfType<IntegerAttr>(kPositionsAttr);
  Type element = cast<ShapedType>(phases.getX().getType()).getElementType();
  return {AscendLayout(phases.getDecomposition(), phases.getGroups(),
                       phases.getGroupInputs(), phases.getGroupOutputs()),
          element.getIntOrFloatBitWidth() / 8,
          static_cast<bool>(phases.getBias()),
          expected && expected.getInt() > 0 ? expected.getInt() : kMany};
}

std::string sentence(const AscendEstimate &one) {
  std::string text;
  llvm::raw_string_ostream out(text);
  const AscendTile &tile = one.tile;
  bool isCube = tile.unit == AscendUnit::cube;
  out << tile.rows << " rows x " << tile.positions << " positions x "
      << tile.depth << " deep on " << ascendUnitName(tile.unit)
      << (tile.stationary ? ", weights stay in L1" : "") << ": " << one.tasks
      << " tiles, " << one.mostTasks
      << llvm::format(" for one core, %.0f %% of the products useful; cycles: ",
                      one.useful * 100);
  if (isCube)
    out << llvm::format(
        "cube %.0f (%.0f %% of the product's), L0 copies %.0f, ", one.cube,
        one.utilisation * 100, one.l0);
  else
    out << llvm::format("vector %.0f, ", one.vector);
  out << llvm::format("global reads %.0f, writes %.0f, product %.0f by ",
                      one.load, one.fix, one.product)
      << one.bound()
      << llvm::format("; interleaving %.0f (reads %.0f, vector %.0f, writes "
                      "%.0f); ",
                      one.store, one.storeLoad, one.storeVector, one.storeOut)
      << llvm::format("%.1f us", one.cycles() / kAscendHertz * 1e6);
  auto share = [&](const char *name, int64_t bytes, int64_t most) {
    out << ", " << name << " " << bytes << " of " << most;
  };
  if (isCube) {
    share("L1", one.plan.l1, AscendMemory::kL1);
    share("L0A", one.plan.l0a, AscendMemory::kL0A);
    share("L0B", one.plan.l0b, AscendMemory::kL0B);
    share("L0C", one.plan.l0c, AscendMemory::kL0C);
  } else {
    share("UB", one.plan.productUnified, AscendMemory::kUnified);
  }
  share("UB of the interleaving", one.plan.storeUnified,
        AscendMemory::kUnified);
  return text;
}

DictionaryAttr estimateAttr(Builder &b, const AscendEstimate &one,
                            const std::optional<AscendMixed> &mixed) {
  NamedAttrList list;
  auto cycles = [&](StringRef name, double value) {
    list.set(name, b.getI64IntegerAttr(std::llround(value)));
  };
  auto bytes = [&](StringRef name, int64_t value) {
    list.set(name, b.getI64IntegerAttr(value));
  };
  bool isCube = one.tile.unit == AscendUnit::cube;
  list.set("bound", b.getStringAttr(one.bound()));
  if (isCube) {
    list.set("cube_utilisation", b.getF64FloatAttr(one.utilisation));
    cycles("cube_cycles", one.cube);
    cycles("l0_copy_cycles", one.l0);
  } else {
    cycles("vector_cycles", one.vector);
  }
  list.set("useful_products", b.getF64FloatAttr(one.useful));
  cycles("global_read_cycles", one.load);
  cycles("global_write_cycles", one.fix);
  cycles("product_cycles", one.product);
  cycles("store_read_cycles", one.storeLoad);
  cycles("store_vector_cycles", one.storeVector);
  cycles("store_write_cycles", one.storeOut);
  cycles("store_cycles", one.store);
  cycles("product_and_store_cycles", one.cycles());
  if (mixed) {
    cycles("mixed_kernel_cycles", mixed->cycles);
    list.set("mixed_kernel_tile",
             b.getStringAttr((Twine(mixed->channels) + " channels x " +
                              Twine(mixed->positions) + " positions x " +
                              Twine(mixed->depth) + " deep")
                                 .str()));
  }
  list.set("microseconds",
           b.getF64FloatAttr(one.cycles() / kAscendHertz * 1e6));
  if (isCube) {
    bytes("l1_bytes", one.plan.l1);
    bytes("l0a_bytes", one.plan.l0a);
    bytes("l0b_bytes", one.plan.l0b);
    bytes("l0c_bytes", one.plan.l0c);
  } else {
    bytes("product_ub_bytes", one.plan.productUnified);
  }
  bytes("store_ub_bytes", one.plan.storeUnified);
  return list.getDictionary(b.getContext());
}

/// A tile's numbers by name, in the order of the operations.
SmallVector<std::pair<StringRef, int64_t *>, 7> fieldsOf(AscendTile &tile,
                                                         int64_t &weights) {
  return {{"rows", &tile.rows},
          {"positions", &tile.positions},
          {"depth", &tile.depth},
          {"weights", &weights},
          {"store_positions", &tile.storePositions},
          {"store_phases", &tile.storePhases},
          {"store_channels", &tile.storeChannels}};
}

/// What the operations work on.
struct CoreTarget {
  PhasesOp phases;
  func::FuncOp func;
  const AscendMachine *machine = nullptr;
  AscendUnit unit = {};
};

template <typename OpTy>
DiagnosedSilenceableFailure readTarget(OpTy op, TransformState &state,
                                       CoreTarget &target) {
  auto diag = onlyPayload(op, state, op.getTarget(), "target", target.phases);
  if (!diag.succeeded())
    return diag;
  std::optional<AscendUnit> unit = parseAscendUnit(op.getUnit());
  if (!unit)
    return op.emitDefiniteFailure("unit must be cube or vector, got ")
           << op.getUnitAttr();
  target.unit = *unit;
  target.machine = partOfLayer(target.phases);
  if (!target.machine)
    return op.emitDefiniteFailure("needs a module with a known ")
           << kAscendAttr;
  target.func = target.phases->template getParentOfType<func::FuncOp>();
  if (!target.func)
    return op.emitDefiniteFailure("needs a layer inside a function");
  return DiagnosedSilenceableFailure::success();
}

} // namespace

namespace mlir::tconv::xform {

//===----------------------------------------------------------------------===//
// choose_core_tile
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure ChooseCoreTileOp::apply(TransformRewriter &rewriter,
                                                    TransformResults &results,
                                                    TransformState &state) {
  CoreTarget target;
  auto diag = readTarget(*this, state, target);
  if (!diag.succeeded())
    return diag;
  auto [phases, func, machine, unit] = target;
  AscendTile fixed;
  fixed.unit = unit;
  int64_t weights = 0;
  diag = readBlocks(*this, func, fieldsOf(fixed, weights));
  if (!diag.succeeded())
    return diag;
  SmallVector<AscendEstimate> found =
      estimateAscendTiles(layerOf(phases, func), *machine, fixed);
  if (weights)
    llvm::erase_if(found, [&](const AscendEstimate &one) {
      return one.tile.stationary != (weights == 2);
    });
  if (found.empty())
    return emitDefiniteFailure("no tile fits the memories of ")
           << machine->product << ", or what its function's " << kBlocksAttr
           << " asks for can't be had";
  AscendTile best = found.front().tile;
  weights = best.stationary ? 2 : 1;
  SmallVector<NamedAttribute> sizes;
  for (auto [field, result] :
       llvm::zip_equal(fieldsOf(best, weights), getResults())) {
    auto number = rewriter.getI64IntegerAttr(*field.second);
    sizes.push_back(rewriter.getNamedAttr(field.first, number));
    results.setParams(cast<OpResult>(result), {number});
  }
  func->setAttr(kBlocksAttr, rewriter.getDictionaryAttr(sizes));
  func->setAttr(kAlgorithmAttr, rewriter.getStringAttr("direct"));
  SmallVector<Attribute> reasons;
  for (const AscendEstimate &one : ArrayRef(found).take_front(4))
    reasons.push_back(rewriter.getStringAttr(sentence(one)));
  func->setAttr(kReasonsAttr, rewriter.getArrayAttr(reasons));
  return DiagnosedSilenceableFailure::success();
}

void ChooseCoreTileOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// map_cores
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure MapCoresOp::apply(TransformRewriter &rewriter,
                                              TransformResults &,
                                              TransformState &state) {
  CoreTarget target;
  auto diag = readTarget(*this, state, target);
  if (!diag.succeeded())
    return diag;
  auto [phases, func, machine, unit] = target;
  AscendTile tile;
  tile.unit = unit;
  int64_t weights = 0;
  SmallVector<NamedAttribute> numbers = {
      rewriter.getNamedAttr("unit", getUnitAttr())};
  for (auto [field, param] :
       llvm::zip_equal(fieldsOf(tile, weights),
                       getOperation()->getOperands().drop_front())) {
    diag = onlyParam(*this, state, param, field.first, *field.second);
    if (!diag.succeeded())
      return diag;
    numbers.push_back(rewriter.getNamedAttr(
        field.first, rewriter.getI64IntegerAttr(*field.second)));
  }
  if (weights > 2)
    return emitDefiniteFailure("weights must be 1 or 2, got ") << weights;
  tile.stationary = weights == 2;
  AscendLayer layer = layerOf(phases, func);
  auto estimate = estimateAscend(layer, *machine, tile);
  if (!estimate)
    return emitDefiniteFailure(
               "the memories or instructions of a core can't hold ")
           << tile.rows << " rows x " << tile.positions << " positions x "
           << tile.depth << " deep, interleaved by " << tile.storePositions
           << " positions x " << tile.storePhases << " phases";
  phases->setAttr(kCoresAttr, rewriter.getDictionaryAttr(numbers));
  std::optional<AscendMixed> mixed;
  if (unit == AscendUnit::cube)
    mixed = estimateAscendMixed(layer, *machine);
  func->setAttr(kEstimateAttr, estimateAttr(rewriter, *estimate, mixed));
  return DiagnosedSilenceableFailure::success();
}

void MapCoresOp::getEffects(Effects &effects) {
  for (OpOperand &operand : getOperation()->getOpOperands())
    transform::onlyReadsHandle(operand, effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform

namespace {

class AscendTransformExtension
    : public transform::TransformDialectExtension<AscendTransformExtension> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(AscendTransformExtension)
  using Base::Base;
  void init() {
    registerTransformOps<
#define GET_OP_LIST
#include "compiler/Dialect/AscendTransformOps.cpp.inc"
        >();
  }
};

} // namespace

void mlir::tconv::registerAscendTransformExtension(DialectRegistry &registry) {
  registry.addExtensions<AscendTransformExtension>();
}
