// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/CompactWords.h"
#include "compiler/Transforms/Streams.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDCONTRACTCOMPACTPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

/// Positions of a register tile at most: sums of one vector of rows in as many
/// registers as there are.
static constexpr int64_t kMostPositions = 24;

namespace {

/// A tile of 128 rows by some positions.
class CompactTile {
public:
  explicit CompactTile(ContractOp op) : op(op), b(op), e(b, op.getLoc()) {}

  LogicalResult expand() {
    int64_t rows = mostOf(op.getWindowSize(0)).value_or(0);
    int64_t positions = mostOf(op.getWindowSize(1)).value_or(0);
    if (rows != Compact::kRows)
      return op.emitOpError("of compact weights must be tiled to its rows, ")
             << Compact::kRows << ", got " << rows;
    if (positions < 1 || positions > kMostPositions ||
        positions > cast<MemRefType>(op.getScratch().getType()).getDimSize(0))
      return op.emitOpError("of compact weights must be tiled to positions "
                            "that its scratch has, ")
             << kMostPositions << " at most, got " << positions;
    if (failed(checkWithinPanel(op, positions)))
      return failure();
    setUp();
    e.variants(op.getWindowSize(1), positions,
               [&](int64_t count) { emit(count); });
    op.erase();
    return success();
  }

private:
  void setUp() {
    TilePlace place = tilePlace(e, op);
    panel = place.panel;
    column = place.column;
    scratchRow = place.scratchRow;
    weights = e.add(
        op.getWeightsOffset(),
        e.mul(place.tile, op.getDepth() * static_cast<int64_t>(op.getTaps()) *
                              Compact::kWords));
  }

  /// The rows' vectors, in parts whose sums fit the registers.
  void emit(int64_t positions) {
    int64_t part = Compact::vectorsFor(positions);
    for (int64_t first = 0; first < Compact::kVectors; first += part)
      emitPart(positions, first, part);
  }

  void emitPart(int64_t positions, int64_t first, int64_t vectors) {
    auto at = [&](int64_t position, int64_t i) -> SmallVector<Value> {
      return {e.add(op.getWindowOffset(1), position),
              e.add(scratchRow, (first + i) * Compact::kLanes)};
    };
    Value begin = op.getWindowOffset(2);
    SmallVector<Value> sums =
        e.sumsFrom(begin, positions * vectors, Compact::kLanes, [&](int64_t n) {
          return e.loadVector(Compact::kLanes, op.getScratch(),
                              at(n / vectors, n % vectors));
        });
    auto taps = static_cast<int64_t>(op.getTaps());
    Value end = e.add(begin, op.getWindowSize(2));
    sums = e.carry(begin, end, sums, [&](Value channel, ValueRange carried) {
      auto tapStep = [&](Value tap, ValueRange before) {
        Value step = e.add(e.mul(channel, taps), tap);
        auto next = llvm::to_vector_of<Value>(before);
        prefetch(step, first, vectors);
        multiply(next, channel, e.add(weights, e.mul(step, Compact::kWords)),
                 e.sub(column, e.mul(tap, op.getShiftStep())), first, vectors);
        return next;
      };
      if (taps == 1)
        return tapStep(e.index(0), carried);
      return e.carry(e.index(0), e.index(taps), carried, tapStep);
    });
    for (int64_t n = 0; n < positions * vectors; ++n)
      e.storeVector(sums[n], op.getScratch(), at(n / vectors, n % vectors));
  }

  /// Brings weights that come later. Those of a single part are so many words
  /// away. Where there are several, which read the same weights, memory is to
  /// be as busy during each: they bring their share of what follows the window,
  /// from its beginning to its end.
  void prefetch(Value step, int64_t first, int64_t vectors) {
    auto ahead = static_cast<int64_t>(op.getPrefetch());
    if (!ahead)
      return;
    int64_t parts = Compact::kVectors / vectors,
            share = Compact::kWords / parts;
    Value from;
    if (parts == 1) {
      from = e.add(e.mul(step, Compact::kWords), ahead);
    } else {
      auto taps = static_cast<int64_t>(op.getTaps());
      Value begin = e.mul(op.getWindowOffset(2), taps);
      Value steps = e.mul(op.getWindowSize(2), taps);
      Value window = e.mul(e.add(begin, steps), Compact::kWords);
      Value before = e.mul(steps, first / vectors * share);
      from = e.add(e.add(window, before), e.mul(e.sub(step, begin), share));
    }
    from = e.add(weights, from);
    for (int64_t word = 0; word < share; word += kLineElements)
      e.prefetch(op.getWeights(), {e.add(from, word)}, /*write=*/false,
                 /*locality=*/3);
  }

  /// sums += the products of one input channel and one tap.
  void multiply(SmallVectorImpl<Value> &sums, Value channel, Value step,
                Value x, int64_t first, int64_t vectors) {
    CompactStep compact(e, op.getWeights(), step);
    auto positions = static_cast<int64_t>(sums.size()) / vectors;
    SmallVector<Value> factors;
    for (int64_t p = 0; p < positions; ++p)
      factors.push_back(
          e.broadcast(e.load(op.getPanel(), {panel, channel, e.add(x, p)}),
                      Compact::kLanes));
    for (int64_t i = 0; i < vectors; ++i) {
      Value weight = compact.vector(first + i);
      for (int64_t p = 0; p < positions; ++p)
        sums[p * vectors + i] =
            e.fma(factors[p], weight, sums[p * vectors + i]);
    }
  }

  ContractOp op;
  OpBuilder b;
  Emitter e;
  Value weights, panel, column, scratchRow;
};

struct ExpandContractCompactPass
    : tconv::impl::ExpandContractCompactPassBase<ExpandContractCompactPass> {
  using ExpandContractCompactPassBase::ExpandContractCompactPassBase;
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](ContractOp op) {
      if (op.getBits() == 32)
        return WalkResult::advance();
      return failed(CompactTile(op).expand()) ? WalkResult::interrupt()
                                              : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
