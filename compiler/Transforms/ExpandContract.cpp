// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/Streams.h"

#include "mlir/IR/Matchers.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDCONTRACTPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

/// Taps up to this number are unrolled inside the loop over input channels, if
/// vectors lie along the positions: along the rows, neighbouring taps read the
/// same x, which LLVM would keep in registers that the sums need.
static constexpr int64_t kMostUnrolledTaps = 8;
/// Sums of a register tile: no machine has so many registers, and code grows
/// with them.
static constexpr int64_t kMostSums = 256;
/// A whole line of what windows share.
static constexpr int64_t kWholeBits = 16, kWhole = int64_t(1) << kWholeBits;

namespace {

/// One register tile. `outer` counts what is broadcast (rows or positions),
/// `inner` the vectors of what lies along the lanes.
class RegisterTile {
public:
  RegisterTile(ContractOp op, int64_t lanes)
      : op(op), b(op), e(b, op.getLoc()), lanes(lanes) {}

  LogicalResult expand() {
    std::optional<int64_t> rows = mostOf(op.getWindowSize(0));
    std::optional<int64_t> positions = mostOf(op.getWindowSize(1));
    bool alongPositions = op.getVectors() == VectorAxis::positions;
    int64_t tileRows = op.getRows();
    if (rows != tileRows)
      return op.emitOpError("must be tiled to its ")
             << tileRows << " rows before it is expanded";
    if (!positions)
      return op.emitOpError("must be tiled along its positions before it is "
                            "expanded");
    int64_t scratchPositions = cast<MemRefType>(op.getScratch().getType())
                                   .getDimSize(alongPositions ? 1 : 0);
    if (*positions < 1 || *positions > scratchPositions)
      return op.emitOpError("covers ")
             << *positions << " positions of a scratch of " << scratchPositions;
    int64_t along = alongPositions ? *positions : tileRows;
    if (along % lanes != 0)
      return op.emitOpError() << "needs a multiple of " << lanes
                              << " lanes along its vectors, got " << along;
    if (*positions > kMostSums * lanes / tileRows)
      return op.emitOpError()
             << "needs more than " << kMostSums << " sums for " << tileRows
             << " rows and " << *positions << " positions";
    if (failed(checkWithinPanel(op, *positions)))
      return failure();
    setUp();
    setUpPrefetches(*positions, scratchPositions);
    int64_t vectors = along / lanes;
    if (alongPositions)
      e.variants(e.div(e.add(op.getWindowSize(1), lanes - 1), lanes), vectors,
                 [&](int64_t width) { emit(tileRows, width); });
    else
      e.variants(op.getWindowSize(1), *positions,
                 [&](int64_t height) { emit(height, vectors); });
    op.erase();
    return success();
  }

private:
  /// What the tile brings of a buffer.
  struct Stream {
    StreamShare share;
    int64_t shift; ///< log2 of steps for each line
  };

  /// Where the tile begins in each buffer.
  void setUp() {
    TilePlace place = tilePlace(e, op);
    tile = place.tile;
    panel = place.panel;
    column = place.column;
    scratchRow = place.scratchRow;
    weightsBase =
        e.add(op.getWeightsOffset(),
              e.mul(tile, op.getDepth() * static_cast<int64_t>(op.getTaps() *
                                                               op.getRows())));
  }

  /// Which lines this window along the positions has to bring.
  void setUpPrefetches(int64_t positions, int64_t scratchPositions) {
    auto part = static_cast<int64_t>(op.getPrefetchPart());
    if (part == 0 && op.getStreams().empty())
      return;
    // Tiles along the positions may all be a little lower than the highest.
    Value window =
        e.div(e.add(op.getWindowOffset(1), positions - 1), positions);
    if (part != 0)
      setUpPart(part, window, positions);
    int64_t windows = op.getVectors() == VectorAxis::positions
                          ? windowsOf(scratchPositions, positions)
                          : llvm::divideCeil(scratchPositions, positions);
    setUpStreams(window, windows);
  }

  /// The part after this one, whose lines the windows share.
  void setUpPart(int64_t part, Value window, int64_t positions) {
    int64_t taps = op.getTaps(), rows = op.getRows();
    int64_t lines = part * taps * op.getStepLines();
    Value before = e.index(0);
    partRate = e.index(kWhole);
    if (Value all = op.getPrefetchPositions()) {
      Value share;
      {
        // As far out as what is divided is known: windows are many.
        OpBuilder::InsertionGuard guard(b);
        b.setInsertionPointAfterValue(all);
        Value windows = ceilDiv(all, e.index(positions));
        windows = arith::MaxUIOp::create(b, e.loc, windows, e.index(1));
        share = ceilDiv(e.index(lines), windows);
        partRate = ceilDiv(e.index(kWhole), windows);
      }
      before = e.mul(window, share);
    }
    Value channel = e.add(op.getWindowOffset(2), part);
    nextPart = e.add(e.add(weightsBase, e.mul(channel, taps * rows)),
                     e.mul(before, kLineElements));
  }

  Value ceilDiv(Value value, Value by) {
    return arith::CeilDivUIOp::create(b, e.loc, value, by);
  }

  /// A line each 2^n steps, so that a share takes at most all of them.
  void setUpStreams(Value window, int64_t windows) {
    int64_t steps = op.getDepth();
    for (StreamShare &share : streamShares(e, op, tile, window, windows)) {
      int64_t shift = 0;
      while ((steps >> (shift + 1)) >= share.lines)
        ++shift;
      streams.push_back({share, shift});
    }
  }

  void emit(int64_t outer, int64_t inner) {
    Value firstChannel = op.getWindowOffset(2);
    int64_t count = outer * inner;
    auto at = [&](int64_t o, int64_t i) { return scratchAt(o, i); };
    SmallVector<Value> sums =
        e.sumsFrom(firstChannel, count, lanes, [&](int64_t n) {
          return e.loadVector(lanes, op.getScratch(), at(n / inner, n % inner));
        });

    Value lastChannel = e.add(firstChannel, op.getWindowSize(2));
    int64_t taps = op.getTaps(), rows = op.getRows();
    sums = e.carry(
        firstChannel, lastChannel, sums,
        [&](Value channel, ValueRange carried) {
          Value weights = e.add(weightsBase, e.mul(channel, taps * rows));
          for (const Stream &stream : streams)
            prefetchStream(stream, channel);
          SmallVector<Value> next = llvm::to_vector_of<Value>(carried);
          if (taps == 1 || (taps <= kMostUnrolledTaps &&
                            op.getVectors() == VectorAxis::positions)) {
            for (int64_t tap = 0; tap < taps; ++tap) {
              prefetchPart(channel, e.index(tap));
              step(next, inner, channel, e.add(weights, tap * rows),
                   e.sub(column, e.index(tap * op.getShiftStep())));
            }
            return next;
          }
          return e.carry(e.index(0), e.index(taps), next,
                         [&](Value tap, ValueRange inTaps) {
                           auto values = llvm::to_vector_of<Value>(inTaps);
                           prefetchPart(channel, tap);
                           step(values, inner, channel,
                                e.add(weights, e.mul(tap, rows)),
                                e.sub(column, e.mul(tap, op.getShiftStep())));
                           return values;
                         });
        });
    for (int64_t o = 0; o < outer; ++o)
      for (int64_t i = 0; i < inner; ++i)
        e.storeVector(sums[o * inner + i], op.getScratch(), at(o, i));
  }

  /// Lines of the part of the depth that comes next: one of n windows brings a
  /// line where a single window would bring n.
  void prefetchPart(Value channel, Value tap) {
    if (!nextPart)
      return;
    int64_t taps = op.getTaps(), lines = op.getStepLines();
    Value steps = e.mul(e.sub(channel, op.getWindowOffset(2)), taps);
    Value first = e.mul(e.add(steps, tap), e.mul(partRate, lines));
    for (int64_t line = 0; line < lines; ++line) {
      Value place = e.add(first, e.mul(partRate, line));
      place = arith::ShRUIOp::create(b, e.loc, place, e.index(kWholeBits));
      e.prefetch(op.getWeights(), e.add(nextPart, e.mul(place, kLineElements)),
                 /*write=*/false, /*locality=*/2);
    }
  }

  /// The line of a stream that is due.
  void prefetchStream(const Stream &stream, Value channel) {
    Value step = e.sub(channel, op.getWindowOffset(2));
    Value line = arith::ShRUIOp::create(b, e.loc, step, e.index(stream.shift));
    stream.share.bring(e, line);
  }

  /// sums += the products of one input channel and one tap.
  void step(SmallVectorImpl<Value> &sums, int64_t inner, Value channel,
            Value weights, Value x) {
    bool alongPositions = op.getVectors() == VectorAxis::positions;
    auto weightAt = [&](int64_t row) -> SmallVector<Value> {
      return {e.add(weights, row)};
    };
    auto inputAt = [&](int64_t position) -> SmallVector<Value> {
      return {panel, channel, e.add(x, position)};
    };
    // As many lines as these weights take up; a part of one brings it again,
    // which costs less than to keep count.
    if (int64_t ahead = op.getPrefetch())
      for (int64_t row = 0; row < static_cast<int64_t>(op.getRows());
           row += kLineElements)
        e.prefetch(op.getWeights(), weightAt(ahead + row), /*write=*/false,
                   /*locality=*/3);
    SmallVector<Value> vectors;
    for (int64_t i = 0; i < inner; ++i)
      vectors.push_back(
          alongPositions
              ? e.loadVector(lanes, op.getPanel(), inputAt(i * lanes))
              : e.loadVector(lanes, op.getWeights(), weightAt(i * lanes)));
    int64_t outer = sums.size() / inner;
    for (int64_t o = 0; o < outer; ++o) {
      Value scalar = alongPositions ? e.load(op.getWeights(), weightAt(o))
                                    : e.load(op.getPanel(), inputAt(o));
      Value factor = e.broadcast(scalar, lanes);
      for (int64_t i = 0; i < inner; ++i)
        sums[o * inner + i] = e.fma(factor, vectors[i], sums[o * inner + i]);
    }
  }

  /// Place in the scratch buffer of vector i of row or position o.
  SmallVector<Value> scratchAt(int64_t o, int64_t i) {
    Value position = op.getWindowOffset(1);
    if (op.getVectors() == VectorAxis::positions)
      return {e.add(scratchRow, o), e.add(position, i * lanes)};
    return {e.add(position, o), e.add(scratchRow, i * lanes)};
  }

  ContractOp op;
  OpBuilder b;
  Emitter e;
  int64_t lanes;
  Value tile, weightsBase, panel, column, scratchRow;
  Value nextPart; ///< none where nothing is prefetched of it
  Value partRate; ///< lines of it for one of a step, in parts of kWhole
  SmallVector<Stream> streams;
};

struct ExpandContractPass
    : tconv::impl::ExpandContractPassBase<ExpandContractPass> {
  using ExpandContractPassBase::ExpandContractPassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](ContractOp op) {
      // tconv-expand-contract-pieces, tconv-expand-contract-compact
      if (op.getPieces() > 1 || op.getBits() != 32)
        return WalkResult::advance();
      return failed(RegisterTile(op, lanes).expand()) ? WalkResult::interrupt()
                                                      : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
