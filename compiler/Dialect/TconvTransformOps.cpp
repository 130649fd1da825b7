// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The transform.tconv.* operations: what is particular to this layer in a
// schedule. Everything else a schedule does with MLIR's own transforms.
#include "compiler/Dialect/Tconv.h"

#include "compiler/Dialect/Compact.h"
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Pieces.h"
#include "compiler/Dialect/TransformHelpers.h"
#include "compiler/Schedule/CostModel.h"
#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Transform/IR/TransformDialect.h"
#include "mlir/Dialect/Transform/IR/TransformTypes.h"
#include "mlir/Dialect/Transform/Interfaces/TransformInterfaces.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

#define GET_OP_CLASSES
#include "compiler/Dialect/TconvTransformOps.cpp.inc"

namespace {

/// A buffer that lives as long as the function; tconv-assign-workspace places
/// it in the kernel's workspace.
Value allocateAtEntry(OpBuilder &b, Location loc, func::FuncOp func,
                      ArrayRef<int64_t> shape) {
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&func.getBody().front());
  return memref::AllocOp::create(b, loc, MemRefType::get(shape, b.getF32Type()),
                                 b.getI64IntegerAttr(64));
}

} // namespace

namespace mlir::tconv::xform {

//===----------------------------------------------------------------------===//
// choose_blocks
//===----------------------------------------------------------------------===//

static std::string algorithmText(DecompositionAttr map, int64_t outputs,
                                 int64_t bits) {
  if (bits != 32)
    return "direct, weights of " + std::to_string(bits) + " bits";
  if (outputs == 1)
    return "direct";
  std::string text;
  if (FilterCut cut = FilterCut::of(map, outputs); cut.filters > 1)
    return std::to_string(cut.filters) + " x F(" + std::to_string(outputs) +
           ", " + std::to_string(cut.taps) + ")";
  int64_t last = 0;
  for (SectionAttr section : map.getSections()) {
    if (section.getTaps() == last)
      continue;
    last = section.getTaps();
    text += (text.empty() ? "F(" : " and F(") + std::to_string(outputs) + ", " +
            std::to_string(last) + ")";
  }
  return text;
}

DiagnosedSilenceableFailure ChooseBlocksOp::apply(TransformRewriter &rewriter,
                                                  TransformResults &results,
                                                  TransformState &state) {
  PhasesOp phases;
  int64_t rows, columns;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getRows(), "rows", rows);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getColumns(), "columns", columns);
  if (!diag.succeeded())
    return diag;
  BlockSizes given;
  diag = readGiven(*this, phases, rows, columns, given);
  if (!diag.succeeded())
    return diag;
  DecompositionAttr map = phases.getDecomposition();
  int64_t inputs = phases.getGroupInputs();
  // They stand on the function, which outlives the tiling.
  auto func = phases->getParentOfType<func::FuncOp>();
  bool split = getPieces() > 1;
  if (split && (inputs < Pieces::kLeastInputs || !PackedLayout::canBeFast(map)))
    return emitDefiniteFailure()
           << "pieces = " << getPieces()
           << " need phases that a fast algorithm could compute, and "
           << Pieces::kLeastInputs << " input channels a group at least";
  auto bits = static_cast<int64_t>(getBits());
  if (bits != 32) {
    if (bits != Compact::kBits || split || given.outputs > 1 ||
        !canBeCompact(phases))
      return emitDefiniteFailure()
             << "bits = " << bits << " must be 32, or " << Compact::kBits
             << " for a direct kernel of sums of " << Compact::kLeastTerms
             << " products at least";
    given.outputs = 1;
  }
  BlockSizes sizes = chooseBlocks(phases, machineOf(phases), rows, columns,
                                  getVectors(), split, given);
  NamedAttrList blocks(blocksAttr(getContext(), sizes));
  // The kernel tells them to whoever packs its weights.
  if (bits != 32)
    blocks.set(kWeightBits, rewriter.getI64IntegerAttr(bits));
  if (split)
    blocks.set(kPieces, rewriter.getI64IntegerAttr(Pieces::kCount));
  func->setAttr(kBlocksAttr, blocks.getDictionary(getContext()));
  func->setAttr(kAlgorithmAttr, rewriter.getStringAttr(
                                    algorithmText(map, sizes.outputs, bits)));
  auto set = [&](Value result, int64_t value) {
    results.setParams(cast<OpResult>(result),
                      {rewriter.getI64IntegerAttr(value)});
  };
  set(getChannels(), sizes.channels);
  set(getPositions(), sizes.positions);
  set(getDepth(), sizes.depth);
  set(getPanel(), sizes.panel);
  set(getOutputs(), sizes.outputs);
  return DiagnosedSilenceableFailure::success();
}

void ChooseBlocksOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getRowsMutable(), effects);
  transform::onlyReadsHandle(getColumnsMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// set_packing
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure SetPackingOp::apply(TransformRewriter &rewriter,
                                                TransformResults &,
                                                TransformState &state) {
  PhasesOp phases;
  int64_t channels, rows, outputs;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getChannels(), "channels", channels);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getRows(), "rows", rows);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getOutputs(), "outputs", outputs);
  if (!diag.succeeded())
    return diag;
  if (outputs > FastFilter::kMostOutputs ||
      ((outputs > 1 || getPieces() > 1) &&
       !PackedLayout::canBeFast(phases.getDecomposition())))
    return emitDefiniteFailure()
           << "outputs must be from 1 to " << FastFilter::kMostOutputs
           << ", and 1 for a layer that no fast algorithm computes, got "
           << outputs;

  Value buffer = phases.getWeights();
  auto alloc = buffer.getDefiningOp<memref::AllocOp>();
  PackWeightsOp pack;
  for (Operation *user : buffer.getUsers())
    if (user != phases)
      pack = dyn_cast<PackWeightsOp>(user);
  if (!alloc || !pack || !llvm::hasNItems(buffer.getUsers(), 2))
    return emitDefiniteFailure(
        "needs weights that a tconv.pack_weights of the same function writes "
        "into a buffer of their own");

  if (!alloc.getType().getElementType().isF32())
    return emitDefiniteFailure("packs f32 only, got ") << alloc.getType();
  auto packing = PackingAttr::getChecked(
      [&] { return emitError(); }, getContext(), channels, rows, outputs,
      static_cast<int64_t>(getPieces()), static_cast<int64_t>(getBits()));
  if (!packing)
    return DiagnosedSilenceableFailure::definiteFailure();
  PackedLayout layout(phases.getDecomposition(), packing, phases.getGroups(),
                      phases.getGroupInputs(), phases.getGroupOutputs());
  if (!layout.fits())
    return emitDefiniteFailure()
           << "packed weights in blocks of " << channels << " channels and "
           << rows << " rows do not fit 64 bits";
  phases.setPackingAttr(packing);
  pack.setPackingAttr(packing);
  OpBuilder::InsertionGuard guard(rewriter);
  rewriter.setInsertionPoint(alloc);
  Value packed = memref::AllocOp::create(
      rewriter, alloc.getLoc(),
      MemRefType::get({layout.totalElements()}, rewriter.getF32Type()),
      alloc.getAlignmentAttr());
  rewriter.replaceAllUsesWith(buffer, packed);
  rewriter.eraseOp(alloc);
  return DiagnosedSilenceableFailure::success();
}

void SetPackingOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getChannelsMutable(), effects);
  transform::onlyReadsHandle(getRowsMutable(), effects);
  transform::onlyReadsHandle(getOutputsMutable(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// pack_input
//===----------------------------------------------------------------------===//

DiagnosedSilenceableFailure PackInputOp::apply(TransformRewriter &rewriter,
                                               TransformResults &,
                                               TransformState &state) {
  PhasesOp phases;
  scf::ForOp loop;
  int64_t positions, panel, granule;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyPayload(*this, state, getLoop(), "loop", loop);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getPositions(), "positions", positions);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getPanel(), "panel", panel);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getGranule(), "granule", granule);
  if (!diag.succeeded())
    return diag;
  if (phases.isPacked() || phases.getWindow().empty())
    return emitDefiniteFailure("needs a tile of tconv.phases that is not "
                               "packed yet");
  int64_t outputs = phases.getPacking().getOutputs();
  if (positions % panel != 0 || panel % (granule * outputs) != 0)
    return emitDefiniteFailure()
           << "positions must be a multiple of panel, and panel of granule "
              "columns, got "
           << positions << ", " << panel << " and " << granule << " of "
           << outputs << " positions";
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs a tile inside a function");
  if (!loop->isProperAncestor(phases))
    return emitDefiniteFailure("needs a loop around the tile");
  if (int64_t most = mostOf(phases.getWindowSize(3)).value_or(positions);
      most > positions)
    return emitDefiniteFailure() << "positions must be at least the tile's "
                                 << most << ", got " << positions;
  for (Value value : {phases.getWindowOffset(0), phases.getWindowOffset(1),
                      phases.getWindowOffset(3), phases.getWindowSize(3)})
    if (failed(hoistBefore(value, loop)))
      return emitDefiniteFailure(
          "the tile's batch, group and positions change in the loop");

  // Whole cache lines, and room for the widest vector's last load.
  DecompositionAttr map = phases.getDecomposition();
  PackedLayout layout(map, phases.getPacking(), phases.getGroups(),
                      phases.getGroupInputs(), phases.getGroupOutputs());
  bool fast = layout.isFast();
  int64_t panelColumns = panel / outputs;
  int64_t width = fast ? panelColumns : panel + map.getSpan();
  if (layout.isSplit())
    width = Pieces::panelWidth(layout.depth(), panelColumns);
  width = llvm::alignTo(width, kLineElements);
  int64_t panels = positions / panel * (fast ? layout.inputPoints() : 1);
  if (!productFits({panels, layout.depth(), width}))
    return emitDefiniteFailure()
           << "panels of " << panel << " positions and a span of "
           << map.getSpan() << " do not fit 64 bits";
  Location loc = phases.getLoc();
  Value buffer =
      allocateAtEntry(rewriter, loc, func, {panels, layout.depth(), width});
  rewriter.setInsertionPoint(loop);
  Value regular;
  if (fast) {
    auto pack = [&](bool plain) {
      return TransformInputOp::create(
                 rewriter, loc, phases.getX(), buffer,
                 phases.getWindowOffset(0), phases.getWindowOffset(1),
                 phases.getWindowOffset(3), phases.getWindowSize(3),
                 phases.getItems(), outputs, layout.filterTaps(),
                 map.getMinShift(), panelColumns, granule, plain,
                 phases.getPacking().getPieces(), layout.filters())
          .getRegular();
    };
    regular = pack(/*plain=*/false);
    auto choice = scf::IfOp::create(rewriter, loc, regular, /*withElse=*/true);
    rewriter.setInsertionPointToStart(choice.elseBlock());
    pack(/*plain=*/true);
  } else {
    tconv::PackInputOp::create(
        rewriter, loc, phases.getX(), buffer, phases.getWindowOffset(0),
        phases.getWindowOffset(1), phases.getWindowOffset(3),
        phases.getWindowSize(3), phases.getItems(), panel, map.getMaxShift(),
        map.getSpan(), granule);
  }
  rewriter.modifyOpInPlace(phases, [&] {
    phases.getXMutable().assign(buffer);
    phases.getPanelOriginMutable().assign(phases.getWindowOffset(3));
    if (regular)
      phases.getRegularMutable().assign(regular);
    phases.setPanelPositions(panel);
  });
  return DiagnosedSilenceableFailure::success();
}

void PackInputOp::getEffects(Effects &effects) {
  transform::onlyReadsHandle(getOperation()->getOpOperands(), effects);
  transform::modifiesPayload(effects);
}

//===----------------------------------------------------------------------===//
// split_phases
//===----------------------------------------------------------------------===//

/// One number for every register tile, or one for all.
static SmallVector<int64_t> forAllTiles(SmallVector<int64_t> numbers) {
  if (llvm::all_equal(numbers))
    numbers.resize(1);
  return numbers;
}

/// The shift of every register tile of some sections.
static SmallVector<int64_t> tileShifts(ArrayRef<PackedSection> sections) {
  SmallVector<int64_t> shifts;
  for (const PackedSection &packed : sections)
    shifts.append(packed.tiles, packed.section.getShift());
  return forAllTiles(shifts);
}

/// The first panel of every register tile of a fast layout, with `panels`
/// panels in each point's set.
static SmallVector<int64_t> tilePanels(const PackedLayout &layout,
                                       int64_t panels) {
  SmallVector<int64_t> first;
  for (const PackedSection &packed : layout.sections())
    for (int64_t t = 0; t < packed.points; ++t)
      first.append(packed.tiles,
                   (layout.firstInputPoint(packed.section) + t) * panels);
  return forAllTiles(first);
}

DiagnosedSilenceableFailure SplitPhasesOp::apply(TransformRewriter &rewriter,
                                                 TransformResults &results,
                                                 TransformState &state) {
  PhasesOp phases;
  int64_t most;
  auto diag = onlyPayload(*this, state, getTarget(), "target", phases);
  if (!diag.succeeded())
    return diag;
  diag = onlyParam(*this, state, getPositions(), "positions", most);
  if (!diag.succeeded())
    return diag;
  if (!phases.isPacked() || phases.getWindow().empty())
    return emitDefiniteFailure("needs a tile of tconv.phases whose input is "
                               "packed");
  auto func = phases->getParentOfType<func::FuncOp>();
  if (!func)
    return emitDefiniteFailure("needs a tile inside a function");

  bool alongPositions = getVectors() == VectorAxis::positions;
  DecompositionAttr map = phases.getDecomposition();
  PackedLayout layout(map, phases.getPacking(), phases.getGroups(),
                      phases.getGroupInputs(), phases.getGroupOutputs());
  Location loc = phases.getLoc();
  if (int64_t tile = mostOf(phases.getWindowSize(3)).value_or(most);
      tile > most)
    return emitDefiniteFailure() << "positions must be at least the tile's "
                                 << tile << ", got " << most;
  int64_t outputs = layout.outputs();
  int64_t panelColumns = *phases.getPanelPositions() / outputs;
  int64_t columns = llvm::divideCeil(most, outputs);
  // A vector of an item's part may begin at the last column.
  if (alongPositions && phases.getItems())
    columns += kLineElements;
  int64_t scratchRows = layout.tiles() * layout.rows();
  if (!productFits({scratchRows, columns}))
    return emitDefiniteFailure() << "sums of " << scratchRows << " rows and "
                                 << columns << " columns do not fit 64 bits";
  // A contraction lists the shift of every tile.
  if (layout.tiles() > kMostTiles)
    return emitDefiniteFailure()
           << "a block of " << layout.channels() << " channels has "
           << layout.tiles() << " register tiles; it may have " << kMostTiles;
  SmallVector<int64_t> shape = {scratchRows, columns};
  if (!alongPositions)
    std::swap(shape[0], shape[1]);
  Value scratch = allocateAtEntry(rewriter, loc, func, shape);

  rewriter.setInsertionPoint(phases);
  AffineExpr d0, d1;
  bindDims(getContext(), d0, d1);
  auto apply = [&](AffineExpr expr, ArrayRef<Value> operands) {
    return getValueOrCreateConstantIndexOp(
        rewriter, loc,
        affine::makeComposedFoldedAffineApply(
            rewriter, loc, expr, getAsOpFoldResult(ValueRange(operands))));
  };
  auto constant = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  };
  Value group = phases.getWindowOffset(1), channel = phases.getWindowOffset(2);
  // The position, and from here on columns: blocks begin with whole ones.
  Value position = phases.getWindowOffset(3);
  Value weightsOffset =
      apply((d0 * layout.blocks() + d1.floorDiv(layout.channels())) *
                layout.blockElements(),
            {group, channel});
  Value firstColumn = apply(d0.floorDiv(outputs), {position});
  Value column =
      apply((d0 - d1).floorDiv(outputs), {position, phases.getPanelOrigin()});
  Value count = apply(d0.ceilDiv(outputs), {phases.getWindowSize(3)});
  Value firstChannel =
      apply(d0 * phases.getGroupOutputs() + d1, {group, channel});
  Value zero = constant(0);

  scf::IfOp choice;
  if (layout.isFast()) {
    choice = scf::IfOp::create(rewriter, loc, phases.getRegular(),
                               /*withElse=*/true);
    rewriter.setInsertionPointToStart(choice.elseBlock());
    ContractPlainOp::create(rewriter, loc, phases.getX(), phases.getWeights(),
                            scratch, weightsOffset, column, count, getVectors(),
                            panelColumns, map, phases.getPacking());
    rewriter.setInsertionPointToStart(choice.thenBlock());
  }
  int64_t sets = layout.isFast() ? layout.inputPoints() : 1;
  int64_t panels =
      cast<MemRefType>(phases.getX().getType()).getDimSize(0) / sets;
  SmallVector<Operation *> contracts;
  for (const PackedTapGroup &taps : layout.tapGroups()) {
    Value window[] = {zero,  zero,
                      zero,  constant(taps.tiles * layout.rows()),
                      count, constant(layout.depth())};
    Value offset = apply(d0 + taps.weightsOffset, {weightsOffset});
    bool fast = layout.isFast();
    contracts.push_back(ContractOp::create(
        rewriter, loc, phases.getX(), phases.getWeights(), scratch, offset,
        column, window, /*prefetch_positions=*/Value(), ValueRange(),
        ValueRange(), getVectors(), layout.rows(), taps.taps, taps.firstTile,
        taps.tiles, fast ? 0 : map.getMaxShift(), map.getShiftStep(),
        panelColumns,
        fast ? SmallVector<int64_t>{0} : tileShifts(taps.sections),
        fast ? tilePanels(layout, panels) : SmallVector<int64_t>{0},
        /*prefetch=*/0, /*prefetch_part=*/0, ArrayRef<int64_t>(),
        phases.getPacking().getPieces(), phases.getPacking().getBits()));
  }
  if (choice) {
    CombineOp::create(rewriter, loc, scratch, count, getVectors(), map,
                      phases.getPacking());
    rewriter.setInsertionPointAfter(choice);
  }
  Value items = phases.getItems();
  if (items)
    items = apply(d0.floorDiv(outputs), {items});
  EpilogueOp::create(rewriter, loc, scratch, phases.getInit(), phases.getBias(),
                     phases.getWindowOffset(0), firstChannel,
                     phases.getWindowSize(2), firstColumn, count, items,
                     getVectors(), map.getStride() * outputs, map.getCrop(),
                     rewriter.getDenseI64ArrayAttr(layout.firstRows()),
                     rewriter.getDenseI64ArrayAttr(layout.rowSteps()));
  rewriter.eraseOp(phases);
  results.set(cast<OpResult>(getContracts()), contracts);
  return DiagnosedSilenceableFailure::success();
}

void SplitPhasesOp::getEffects(Effects &effects) {
  transform::consumesHandle(getTargetMutable(), effects);
  transform::onlyReadsHandle(getPositionsMutable(), effects);
  transform::producesHandle(getOperation()->getOpResults(), effects);
  transform::modifiesPayload(effects);
}

} // namespace mlir::tconv::xform

//===----------------------------------------------------------------------===//
// Registration
//===----------------------------------------------------------------------===//

namespace {
class TconvTransformExtension
    : public transform::TransformDialectExtension<TconvTransformExtension> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(TconvTransformExtension)
  // MLIR's way to extend a dialect: the base calls this by its static type.
  void init() { // NOLINT(bugprone-derived-method-shadowing-base-method)
    declareDependentDialect<TconvDialect>();
    declareGeneratedDialect<affine::AffineDialect>();
    declareGeneratedDialect<arith::ArithDialect>();
    declareGeneratedDialect<memref::MemRefDialect>();
    declareGeneratedDialect<scf::SCFDialect>();
    registerTransformOps<
#define GET_OP_LIST
#include "compiler/Dialect/TconvTransformOps.cpp.inc"
        >();
  }
};
} // namespace

void mlir::tconv::registerTransformExtension(DialectRegistry &registry) {
  registry.addExtensions<TconvTransformExtension>();
}
