// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/Pieces.h"
#include "compiler/Transforms/Streams.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include <array>

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDCONTRACTPIECESPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// Sums, weights and x in tile registers: 2 x 2, 2 and 2 of the 8 there are.
constexpr int64_t kMostTiles = 2;
constexpr int64_t kFirstWeights = 4, kFirstInput = 6;

/// Windows of columns that bring the next register tile's weights, all in all.
constexpr int64_t kPrefetchWindows = 2;

constexpr int64_t kWordBytes = 4;
constexpr int64_t kRowBytes = Pieces::kWords * kWordBytes;
constexpr int64_t kLineBytes = 64;

/// Which pieces of the weights and of x are multiplied, one pair after the
/// other. The three smallest are left out: docs/fast-algorithms.md. Neighbours
/// share a factor, which stays in its registers; the smaller products come
/// before the largest.
struct PiecePair {
  int64_t weight, input;
};
constexpr std::array<PiecePair, Pieces::kProducts> kPairs = {
    {{0, 2}, {0, 1}, {1, 1}, {1, 0}, {0, 0}, {2, 0}}};

/// A block of the sums: `rowTiles` by `columnTiles` of 16 x 16.
class PieceProduct {
public:
  PieceProduct(ContractOp op, int64_t lanes, bool tiles)
      : op(op), b(op), e(b, op.getLoc()), lanes(lanes), tileRegisters(tiles),
        rows(op.getRows()) {}

  LogicalResult expand() {
    auto bound = [&](unsigned axis) -> int64_t {
      return mostOf(op.getWindowSize(axis)).value_or(0);
    };
    int64_t columns = bound(1), depth = bound(2);
    if (op.getTaps() != 1 || op.getVectors() != VectorAxis::positions)
      return op.emitOpError("of pieces has one tap and vectors along the "
                            "positions");
    if (bound(0) != rows || rows > kMostTiles * Pieces::kRows)
      return op.emitOpError("of pieces must be tiled to its rows, ")
             << kMostTiles * Pieces::kRows << " at most, got " << rows;
    if (columns < 1 || columns % Pieces::kWords != 0 ||
        columns > kMostTiles * Pieces::kWords ||
        op.getPanelPositions() % columns != 0)
      return op.emitOpError("of pieces must be tiled to 16 or 32 columns that "
                            "divide a panel, got ")
             << columns << " of " << op.getPanelPositions();
    if (depth < 1 || (depth < op.getDepth() && depth % Pieces::kDepth != 0))
      return op.emitOpError("of pieces must be tiled to whole steps of ")
             << Pieces::kDepth << " channels, got " << depth;
    if (!tileRegisters && Pieces::kWords % lanes != 0)
      return op.emitOpError("of pieces needs 16 lanes at most, got ") << lanes;
    setUp(columns);
    if (columns == Pieces::kWords || getConstantIntValue(op.getWindowSize(1))) {
      emit(columns / Pieces::kWords);
    } else {
      // The last one along the positions may be narrower.
      Value narrow = e.atMost(op.getWindowSize(1), e.index(Pieces::kWords));
      e.ifElse(narrow, [&] { emit(1); }, [&] { emit(kMostTiles); });
    }
    op.erase();
    return success();
  }

  /// Once a function: what the tile registers hold, and that they are free
  /// afterwards, so that nobody has to save them.
  static void configure(func::FuncOp func);

private:
  void setUp(int64_t columns) {
    TilePlace place = tilePlace(e, op);
    Value tile = place.tile;
    weights = e.add(op.getWeightsOffset(),
                    e.mul(tile, Pieces::tileWords(op.getDepth(), rows)));
    panel = place.panel;
    column = place.column;
    scratchRow = place.scratchRow;
    flat = memref::CollapseShapeOp::create(
        b, e.loc, op.getPanel(), ArrayRef<ReassociationIndices>{{0}, {1, 2}});
    firstStep = e.div(op.getWindowOffset(2), Pieces::kDepth);
    Value depth = e.add(op.getWindowOffset(2), op.getWindowSize(2));
    endStep = e.div(e.add(depth, Pieces::kDepth - 1), Pieces::kDepth);
    int64_t scratchColumns =
        cast<MemRefType>(op.getScratch().getType()).getDimSize(1);
    int64_t allWindows = windowsOf(scratchColumns, columns);
    // Short inputs have few windows along the positions.
    streams = streamShares(e, op, tile, e.div(op.getWindowOffset(1), columns),
                           allWindows);
    windows = std::min(allWindows, kPrefetchWindows);
    window = e.rem(e.div(op.getWindowOffset(1), columns), windows);
  }

  /// Words of a piece of a step, and of a whole step.
  int64_t weightWords() const { return Pieces::weightWords(rows); }
  int64_t panelWords() {
    return Pieces::panelWords(static_cast<int64_t>(op.getPanelPositions()));
  }

  void emit(int64_t columnTiles) {
    if (tileRegisters)
      emitTiles(columnTiles);
    else
      emitVectors(columnTiles);
  }

  //===--------------------------------------------------------------------===//
  // With tile registers
  //===--------------------------------------------------------------------===//

  /// Bytes of a buffer's first element from address 0.
  Value addressOf(Value buffer) {
    return memref::ExtractAlignedPointerAsIndexOp::create(b, e.loc, buffer);
  }
  Value pointer(Value address) {
    Value bits = arith::IndexCastOp::create(b, e.loc, b.getI64Type(), address);
    return LLVM::IntToPtrOp::create(
        b, e.loc, LLVM::LLVMPointerType::get(b.getContext()), bits);
  }
  void call(StringRef name, ValueRange operands) {
    LLVM::CallIntrinsicOp::create(
        b, e.loc, b.getStringAttr("llvm.x86." + name.str()), operands);
  }
  Value tileRegister(int64_t number) {
    return arith::ConstantOp::create(b, e.loc, b.getI8IntegerAttr(number));
  }
  void loadTile(int64_t number, Value address, int64_t strideBytes) {
    call("tileloadd64",
         {tileRegister(number), pointer(address), stride(strideBytes)});
  }
  Value stride(int64_t bytes) {
    return arith::ConstantOp::create(b, e.loc, b.getI64IntegerAttr(bytes));
  }

  void forSums(int64_t columnTiles,
               function_ref<void(int64_t, Value, Value)> body) {
    for (int64_t r = 0; r < rows / Pieces::kRows; ++r)
      for (int64_t c = 0; c < columnTiles; ++c)
        body(r * kMostTiles + c, sumAddress(r, c), stride(scratchStride()));
  }
  int64_t scratchStride() {
    return cast<MemRefType>(op.getScratch().getType()).getDimSize(1) *
           kWordBytes;
  }
  Value sumAddress(int64_t rowTile, int64_t columnTile) {
    Value row = e.add(scratchRow, rowTile * Pieces::kRows);
    Value at = e.add(op.getWindowOffset(1), columnTile * Pieces::kWords);
    return e.add(addressOf(op.getScratch()),
                 e.add(e.mul(row, scratchStride()), e.mul(at, kWordBytes)));
  }

  void emitTiles(int64_t columnTiles) {
    auto zeros = [&] {
      forSums(columnTiles, [&](int64_t number, Value, Value) {
        call("tilezero", {tileRegister(number)});
      });
    };
    auto reload = [&] {
      forSums(columnTiles, [&](int64_t number, Value address, Value stride) {
        call("tileloadd64", {tileRegister(number), pointer(address), stride});
      });
    };
    // The first part of the depth begins with zeros, later ones go on.
    if (auto channel = getConstantIntValue(op.getWindowOffset(2)))
      *channel == 0 ? zeros() : reload();
    else
      e.ifElse(e.compare(arith::CmpIPredicate::eq, op.getWindowOffset(2),
                         e.index(0)),
               zeros, reload);

    weightsAddress =
        e.add(addressOf(op.getWeights()), e.mul(weights, kWordBytes));
    auto panelType = cast<MemRefType>(flat.getType());
    panelAddress =
        e.add(addressOf(op.getPanel()),
              e.mul(e.add(e.mul(panel, panelType.getDimSize(1)), column),
                    kWordBytes));
    e.loop(firstStep, endStep, 1,
           [&](Value step) { emitStep(step, columnTiles); });
    forSums(columnTiles, [&](int64_t number, Value address, Value stride) {
      call("tilestored64", {tileRegister(number), pointer(address), stride});
    });
  }

  /// The products of 32 input channels. The registers of the next pair are
  /// loaded as soon as the last product that reads them is under way.
  void emitStep(Value step, int64_t columnTiles) {
    int64_t rowTiles = rows / Pieces::kRows;
    Value ofWeights =
        e.add(weightsAddress,
              e.mul(step, Pieces::kCount * weightWords() * kWordBytes));
    Value ofInput = e.add(
        panelAddress, e.mul(step, Pieces::kCount * panelWords() * kWordBytes));
    auto loadWeights = [&](int64_t piece, int64_t tile) {
      int64_t words =
          piece * weightWords() + tile * Pieces::kRows * Pieces::kWords;
      loadTile(kFirstWeights + tile, e.add(ofWeights, words * kWordBytes),
               kRowBytes);
    };
    auto loadInput = [&](int64_t piece, int64_t tile) {
      int64_t words = piece * panelWords() + tile * Pieces::kWords;
      loadTile(kFirstInput + tile, e.add(ofInput, words * kWordBytes),
               static_cast<int64_t>(op.getPanelPositions()) * kWordBytes);
    };
    for (int64_t tile = 0; tile < std::max(rowTiles, columnTiles); ++tile) {
      if (tile < rowTiles)
        loadWeights(kPairs[0].weight, tile);
      if (tile < columnTiles)
        loadInput(kPairs[0].input, tile);
    }
    int64_t products = kPairs.size() * rowTiles * columnTiles, done = 0;
    auto multiply = [&](int64_t r, int64_t c) {
      call("tdpbf16ps",
           {tileRegister(r * kMostTiles + c), tileRegister(kFirstWeights + r),
            tileRegister(kFirstInput + c)});
      prefetch(step, done++, products, columnTiles);
    };
    for (size_t i = 0; i < kPairs.size(); ++i) {
      const PiecePair *next = i + 1 < kPairs.size() ? &kPairs[i + 1] : nullptr;
      if (next && next->input != kPairs[i].input) {
        for (int64_t c = 0; c < columnTiles; ++c) {
          for (int64_t r = 0; r < rowTiles; ++r)
            multiply(r, c);
          loadInput(next->input, c);
        }
      } else {
        for (int64_t r = 0; r < rowTiles; ++r) {
          for (int64_t c = 0; c < columnTiles; ++c)
            multiply(r, c);
          if (next)
            loadWeights(next->weight, r);
        }
      }
    }
  }

  /// After product `index` of a step: a share of what the next step reads comes
  /// into L1, and of the next register tile's weights into L2.
  void prefetch(Value step, int64_t index, int64_t products,
                int64_t columnTiles) {
    auto share = [&](int64_t lines, function_ref<void(int64_t)> bring) {
      for (int64_t line = index * lines / products;
           line < (index + 1) * lines / products; ++line)
        bring(line);
    };
    constexpr int64_t lineWords = kLineBytes / kWordBytes;
    int64_t stepWords = Pieces::kCount * weightWords();
    int64_t stepLines = stepWords / lineWords;
    if (op.getPrefetch() != 0) {
      Value next = e.add(weights, e.mul(e.add(step, 1), stepWords));
      share(stepLines, [&](int64_t line) {
        e.prefetch(op.getWeights(), {e.add(next, line * lineWords)},
                   /*write=*/false, /*locality=*/3);
      });
      int64_t panelStep = Pieces::kCount * panelWords();
      if (columnTiles * Pieces::kWords ==
          static_cast<int64_t>(op.getPanelPositions())) {
        Value input = e.mul(e.add(step, 1), panelStep);
        share(panelStep / lineWords, [&](int64_t line) {
          e.prefetch(flat, {panel, e.add(input, line * lineWords)},
                     /*write=*/false, /*locality=*/3);
        });
      }
    }
    for (const StreamShare &stream : streams) {
      int64_t lines =
          llvm::divideCeil(stream.lines, Pieces::steps(op.getDepth()));
      Value first = e.mul(step, lines);
      share(lines, [&](int64_t line) { stream.bring(e, e.add(first, line)); });
    }
    if (op.getPrefetchPart() != 0) {
      int64_t lines = llvm::divideCeil(stepLines, windows);
      Value next = e.add(weights, Pieces::tileWords(op.getDepth(), rows));
      next = e.add(next, e.mul(step, stepWords));
      next = e.add(next, e.mul(window, lines * lineWords));
      share(lines, [&](int64_t line) {
        e.prefetch(op.getWeights(), {e.add(next, line * lineWords)},
                   /*write=*/false, /*locality=*/2);
      });
    }
  }

  //===--------------------------------------------------------------------===//
  // Without: the same sums by vectors, for machines that have no such registers
  //===--------------------------------------------------------------------===//

  void emitVectors(int64_t columnTiles) {
    Value channel = op.getWindowOffset(2);
    e.loop(rows, [&](Value row) {
      for (int64_t c = 0; c < columnTiles * Pieces::kWords; c += lanes) {
        SmallVector<Value> at = {e.add(scratchRow, row),
                                 e.add(op.getWindowOffset(1), c)};
        SmallVector<Value> begin = e.sumsFrom(channel, 1, lanes, [&](int64_t) {
          return e.loadVector(lanes, op.getScratch(), at);
        });
        Value sum =
            e.carry(firstStep, endStep, begin,
                    [&](Value step, ValueRange outer) -> SmallVector<Value> {
                      return {addStep(step, row, c, outer.front())};
                    })
                .front();
        e.storeVector(sum, op.getScratch(), at);
      }
    });
  }

  /// sum += the products of a step, in the order of the registers: a pair of
  /// pieces after the other, even and odd channels apart from each other and
  /// from what came before. In one long sum they would lose much.
  Value addStep(Value step, Value row, int64_t c, Value sum) {
    for (const PiecePair &pair : kPairs) {
      Value zero = e.zeroVector(lanes);
      SmallVector<Value> halves =
          e.carry(e.index(0), e.index(Pieces::kWords), {zero, zero},
                  [&](Value word, ValueRange before) -> SmallVector<Value> {
                    Value weight = weightWord(step, pair.weight, row, word);
                    Value input = inputWords(step, pair.input, word, c);
                    return {e.fma(pieceOf(e, weight, false),
                                  pieceOf(e, input, false), before[0]),
                            e.fma(pieceOf(e, weight, true),
                                  pieceOf(e, input, true), before[1])};
                  });
      sum = e.addf(sum, e.addf(halves[0], halves[1]));
    }
    return sum;
  }

  /// A word of a piece of the weights, in every lane.
  Value weightWord(Value step, int64_t piece, Value row, Value word) {
    Value number = e.add(e.mul(step, Pieces::kCount), piece);
    Value at = e.add(e.mul(number, weightWords()),
                     e.add(e.mul(row, Pieces::kWords), word));
    return e.broadcast(e.load(op.getWeights(), {e.add(weights, at)}), lanes);
  }

  /// The words of a piece of neighbouring columns, from column c of the tile
  /// on.
  Value inputWords(Value step, int64_t piece, Value word, int64_t c) {
    Value number = e.add(e.mul(step, Pieces::kCount), piece);
    Value at = e.add(e.mul(number, panelWords()),
                     e.mul(word, static_cast<int64_t>(op.getPanelPositions())));
    return e.loadVector(lanes, flat, {panel, e.add(at, e.add(column, c))});
  }

  ContractOp op;
  OpBuilder b;
  Emitter e;
  int64_t lanes;
  bool tileRegisters;
  int64_t rows;
  Value weights;       ///< first word of the register tile
  Value panel, column; ///< which panel, and column of it
  Value flat;          ///< panels: (panel, word)
  Value scratchRow, firstStep, endStep, window;
  int64_t windows = 1;
  SmallVector<StreamShare> streams;
  Value weightsAddress, panelAddress;
};

void PieceProduct::configure(func::FuncOp func) {
  // Palette 1: 16 rows of 64 bytes for each of 8 registers.
  constexpr int64_t bytes = 64, columnsAt = 16, rowsAt = 48, registers = 8;
  SmallVector<int8_t> numbers(bytes, 0);
  numbers[0] = 1;
  for (int64_t i = 0; i < registers; ++i) {
    numbers[columnsAt + 2 * i] = kRowBytes;
    numbers[rowsAt + i] = Pieces::kRows;
  }
  auto module = func->getParentOfType<ModuleOp>();
  constexpr StringLiteral name = "tile_configuration";
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto type = MemRefType::get({bytes}, b.getI8Type());
  if (!module.lookupSymbol(name))
    memref::GlobalOp::create(
        b, func.getLoc(), name, b.getStringAttr("private"), type,
        DenseElementsAttr::get(RankedTensorType::get({bytes}, b.getI8Type()),
                               ArrayRef<int8_t>(numbers)),
        /*constant=*/true, /*alignment=*/b.getI64IntegerAttr(bytes));
  Location loc = func.getLoc();
  b.setInsertionPointToStart(&func.getBody().front());
  Value table = memref::GetGlobalOp::create(b, loc, type, name);
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, loc, table);
  Value bits = arith::IndexCastOp::create(b, loc, b.getI64Type(), address);
  Value place = LLVM::IntToPtrOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext()), bits);
  LLVM::CallIntrinsicOp::create(b, loc, b.getStringAttr("llvm.x86.ldtilecfg"),
                                ValueRange{place});
  func.walk([&](func::ReturnOp end) {
    b.setInsertionPoint(end);
    LLVM::CallIntrinsicOp::create(
        b, loc, b.getStringAttr("llvm.x86.tilerelease"), ValueRange());
  });
}

struct ExpandContractPiecesPass
    : tconv::impl::ExpandContractPiecesPassBase<ExpandContractPiecesPass> {
  using ExpandContractPiecesPassBase::ExpandContractPiecesPassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      SmallVector<ContractOp> contracts;
      func.walk([&](ContractOp op) {
        if (op.getPieces() > 1)
          contracts.push_back(op);
      });
      for (ContractOp op : contracts)
        if (failed(PieceProduct(op, lanes, tiles).expand()))
          return signalPassFailure();
      if (!contracts.empty() && tiles)
        PieceProduct::configure(func);
    }
  }
};

} // namespace
