// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/BatchItems.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDEPILOGUEPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// The epilogue of one channel of an item of a tile.
class ChannelEpilogue {
public:
  ChannelEpilogue(EpilogueOp op, Emitter &e, int64_t lanes,
                  const ItemPart &part, Value channel)
      : op(op), e(e), part(part), module(op->getParentOfType<ModuleOp>()),
        stride(op.getStride()), lanes(lanes), relative(channel),
        channel(e.add(op.getChannel(), channel)), length(e.size(op.getY(), 2)) {
    if (op.getBias())
      bias = e.load(op.getBias(), {this->channel});
    // A vector of positions may go on into what another block has of the item.
    if (op.getItems() && op.getVectors() == VectorAxis::positions)
      length = e.min(length, firstOutput(part.count));
  }

  /// Vectors along the positions: one vector of positions a round.
  void alongPositions() {
    e.loop(e.index(0), part.count, lanes, [&](Value column) {
      Value first = firstOutput(column);
      Ends ends = endsOf(first, lanes * stride);
      if (masked())
        return storeInterleaved(ends, column);
      e.ifElse(
          ends.inside, [&] { storeInterleaved(ends, column); },
          [&] {
            // What lies beyond the last position is outside y as well.
            e.loop(lanes, [&](Value lane) {
              storeSingly(e.add(first, e.mul(lane, stride)),
                          e.add(e.add(part.offset, column), lane));
            });
          });
    });
  }

  /// Vectors along the rows: the phases of a position already lie in order, in
  /// a few runs where sections or the outputs of a column split them.
  void alongRows() {
    SmallVector<Run> runs = findRuns();
    e.loop(part.count, [&](Value i) {
      Value first = firstOutput(i);
      Value position = e.add(part.offset, i);
      if (runs.size() > kMostRuns)
        return storeSingly(first, position);
      e.ifElse(
          inside(first, stride),
          [&] {
            for (const Run &run : runs)
              copyRun(run, first, position);
          },
          [&] { storeSingly(first, position); });
    });
  }

private:
  /// Outputs in a row, and which of them are inside y.
  struct Ends {
    Value first;       ///< output
    Value inside;      ///< whether all of them are
    Value low, number; ///< those from `low` on, counted from the first
  };
  /// Some lanes of a vector and where they go, counted from the first output.
  struct Piece {
    Value vector;
    int64_t lane, count;
    Value at;
    int64_t kept; ///< the others are for another piece to overwrite
  };

  /// Neighbouring phases whose rows are neighbours.
  struct Run {
    int64_t phase, count;
  };
  /// Code for each run is only worth it for a few.
  static constexpr size_t kMostRuns = 16;

  SmallVector<Run> findRuns() {
    ArrayRef<int64_t> rows = op.getFirstRows(), steps = op.getRowSteps();
    SmallVector<Run> runs;
    for (int64_t phase = 0; phase < stride; ++phase) {
      bool follows = phase > 0 && rows[phase] >= 0 &&
                     rows[phase] == rows[phase - 1] + 1 &&
                     steps[phase] == steps[phase - 1] && rows[phase - 1] >= 0;
      if (follows)
        ++runs.back().count;
      else
        runs.push_back({phase, 1});
    }
    return runs;
  }

  bool anyTapless() { return llvm::is_contained(op.getFirstRows(), -1); }

  /// Output of phase 0 of a position of the item's part.
  Value firstOutput(Value i) {
    return e.sub(e.mul(e.sub(e.add(part.begin, i), part.start), stride),
                 e.index(op.getCrop()));
  }
  Value inside(Value first, int64_t count) {
    return e.both(e.atMost(e.index(0), first),
                  e.atMost(e.add(first, count), length));
  }
  Ends endsOf(Value first, int64_t count) {
    Ends ends = {first, inside(first, count), {}, {}};
    if (!masked())
      return ends;
    auto within = [&](Value output) {
      return e.clamp(e.sub(output, first), count);
    };
    ends.low = within(e.index(0));
    ends.number = e.sub(within(length), ends.low);
    return ends;
  }
  /// The longer vectors are, the more outputs are beside an end of y.
  bool masked() const { return usesMasks(lanes); }
  SmallVector<Value> output(Value t) { return {part.batch, channel, t}; }

  Value scratchRow(Value phase) {
    return e.add(e.lookUp(module, op.getFirstRows(), phase),
                 e.mul(relative, e.lookUp(module, op.getRowSteps(), phase)));
  }
  SmallVector<Value> scratchAt(Value row, Value column) {
    if (op.getVectors() == VectorAxis::positions)
      return {row, column};
    return {column, row};
  }
  Value withBias(Value vector) {
    if (!bias)
      return vector;
    auto type = cast<VectorType>(vector.getType());
    return e.addf(vector, e.broadcast(bias, type.getNumElements()));
  }

  /// Rows of a phase, plus the bias; zero plus the bias without taps.
  Value phaseVector(Value phase, Value column) {
    Value row = scratchRow(phase);
    auto load = [&](Value at) {
      return e.loadVector(lanes, op.getScratch(),
                          scratchAt(at, e.add(part.offset, column)));
    };
    if (auto constant = getConstantIntValue(phase))
      return withBias(op.getFirstRows()[*constant] < 0 ? e.zeroVector(lanes)
                                                       : load(row));
    if (!anyTapless())
      return withBias(load(row));
    Value has = e.atMost(e.index(0), row);
    Value value = load(e.max(row, e.index(0)));
    return withBias(e.select(has, value, e.zeroVector(lanes)));
  }

  /// Shuffles that interleave() takes for a vector of its result.
  static int64_t shufflesOf(int64_t count) {
    int64_t halvings = llvm::countr_zero(static_cast<uint64_t>(count));
    return halvings + (count >> halvings) - 1;
  }

  void storeInterleaved(const Ends &ends, Value column) {
    if (stride <= lanes) {
      SmallVector<Value> phases;
      for (int64_t phase = 0; phase < stride; ++phase)
        phases.push_back(phaseVector(e.index(phase), column));
      // Odd numbers take a shuffle for nearly every phase: filling up to a
      // power of two costs some narrower stores instead.
      auto whole = static_cast<int64_t>(llvm::PowerOf2Ceil(stride));
      if (shufflesOf(stride) > shufflesOf(whole) + 1) {
        phases.resize(whole, phases.front());
        return store(ends, takenApart(phases, e.index(0)));
      }
      SmallVector<Piece> pieces;
      for (auto [part, vector] : llvm::enumerate(interleave(e, phases))) {
        Value at = e.index(static_cast<int64_t>(part) * lanes);
        pieces.push_back({vector, 0, lanes, at, lanes});
      }
      return store(ends, pieces);
    }
    // Blocks of phases and positions; the last one overlaps its neighbour where
    // the stride is no multiple of a block. Half a vector of phases is worth it
    // where that leaves no overlap in a small stride.
    int64_t width = lanes;
    if (stride % lanes != 0 && stride % (lanes / 2) == 0 && stride < 4 * lanes)
      width = lanes / 2;
    auto block = [&](Value firstPhase) {
      SmallVector<Value> phases;
      for (int64_t i = 0; i < width; ++i)
        phases.push_back(phaseVector(e.add(firstPhase, i), column));
      store(ends, takenApart(phases, firstPhase));
    };
    e.loop(e.index(0), e.index(stride - width + 1), width, block);
    if (stride % width != 0)
      block(e.index(stride - width));
  }

  /// Interleaves a power of two of phases and takes the result apart by
  /// positions, in order. Of more phases than there are, every position but the
  /// last is stored with what fills it up, which the next one overwrites.
  SmallVector<Piece> takenApart(ArrayRef<Value> phases, Value firstPhase) {
    auto width = static_cast<int64_t>(phases.size());
    SmallVector<Piece> pieces;
    for (Value vector : interleave(e, phases))
      for (int64_t lane = 0; lane < lanes; lane += width) {
        auto position = static_cast<int64_t>(pieces.size());
        Value at = e.add(e.index(position * stride), firstPhase);
        pieces.push_back(
            {vector, lane, width, at,
             position < lanes - 1 ? width : std::min(width, stride)});
      }
    return pieces;
  }

  void store(const Ends &ends, ArrayRef<Piece> pieces) {
    auto whole = [&] {
      for (const Piece &piece : pieces)
        storeWhole(ends, piece);
    };
    if (!masked())
      return whole();
    e.ifElse(ends.inside, whole, [&] {
      for (const Piece &piece : pieces)
        storeMasked(ends, piece);
    });
  }

  /// What isn't kept is at the end: a few narrower stores leave it out.
  void storeWhole(const Ends &ends, const Piece &piece) {
    for (int64_t count = piece.count, done = 0; count >= 1; count /= 2)
      if (piece.kept & count) {
        e.storeVector(slice(piece.vector, piece.lane + done, count), op.getY(),
                      output(e.add(ends.first, e.add(piece.at, done))));
        done += count;
      }
  }

  /// What isn't kept is beyond these outputs, or for the next piece.
  void storeMasked(const Ends &ends, const Piece &piece) {
    Value mask =
        e.lanesWithin(piece.count, e.sub(piece.at, ends.low), ends.number);
    vector::MaskedStoreOp::create(e.b, e.loc, op.getY(),
                                  output(e.add(ends.first, piece.at)), mask,
                                  slice(piece.vector, piece.lane, piece.count));
  }

  Value slice(Value vector, int64_t begin, int64_t count) {
    if (count == cast<VectorType>(vector.getType()).getNumElements())
      return vector;
    return vector::ExtractStridedSliceOp::create(e.b, e.loc, vector, begin,
                                                 count, 1);
  }

  /// The phases of one position that are inside y.
  void storeSingly(Value first, Value column) {
    Value low = e.max(e.sub(e.index(0), first), e.index(0));
    Value high = e.min(e.sub(length, first), e.index(stride));
    e.loop(low, high, 1, [&](Value phase) {
      Value row = scratchRow(phase);
      Value value;
      if (!anyTapless()) {
        value = e.load(op.getScratch(), scratchAt(row, column));
      } else {
        value =
            e.load(op.getScratch(), scratchAt(e.max(row, e.index(0)), column));
        value = e.select(e.atMost(e.index(0), row), value, e.zero());
      }
      if (bias)
        value = e.addf(value, bias);
      e.store(value, op.getY(), output(e.add(first, phase)));
    });
  }

  /// A run of phases of one position as vectors: whole ones, and for the rest
  /// an overlapping one or ever shorter ones.
  void copyRun(const Run &run, Value first, Value position) {
    bool tapless = op.getFirstRows()[run.phase] < 0;
    Value row = scratchRow(e.index(run.phase));
    Value target = e.add(first, run.phase);
    auto copy = [&](Value phase, int64_t count) {
      Value value = tapless
                        ? e.zeroVector(count)
                        : e.loadVector(count, op.getScratch(),
                                       scratchAt(e.add(row, phase), position));
      e.storeVector(withBias(value), op.getY(), output(e.add(target, phase)));
    };
    e.loop(e.index(0), e.index(run.count - lanes + 1), lanes,
           [&](Value phase) { copy(phase, lanes); });
    int64_t rest = run.count % lanes;
    if (run.count > lanes && rest != 0)
      return copy(e.index(run.count - lanes), lanes);
    for (int64_t count = lanes / 2; count >= 1; count /= 2)
      if (rest & count)
        copy(e.index(run.count - rest + (rest & ~(2 * count - 1))), count);
  }

  EpilogueOp op;
  Emitter &e;
  ItemPart part;
  ModuleOp module;
  int64_t stride, lanes;
  Value relative, channel, bias;
  Value length; ///< outputs of the channel, or those of this part and before
};

/// Positions from the begin of a part on that have outputs inside y, at least;
/// between items there are others.
Value withOutputs(EpilogueOp op, Emitter &e, const ItemPart &part) {
  auto stride = static_cast<int64_t>(op.getStride());
  Value before = e.mul(e.sub(part.begin, part.start), stride);
  Value outputs = e.sub(e.add(e.size(op.getY(), 2), op.getCrop()), before);
  return e.div(e.add(e.max(outputs, e.index(0)), stride - 1), stride);
}

/// The last vector of an item's part may begin at the last position.
LogicalResult checkRoom(EpilogueOp op, int64_t columns, int64_t lanes) {
  if (!op.getItems() || op.getVectors() != VectorAxis::positions)
    return success();
  std::optional<int64_t> most = mostOf(op.getPositions());
  if (!most || *most <= columns - lanes)
    return success();
  return op.emitOpError() << "needs room for " << lanes
                          << " positions more, where batch items lie one after "
                             "the other, in a scratch of "
                          << columns;
}

struct ExpandEpiloguePass
    : tconv::impl::ExpandEpiloguePassBase<ExpandEpiloguePass> {
  using ExpandEpiloguePassBase::ExpandEpiloguePassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](EpilogueOp op) {
      int64_t columns =
          cast<MemRefType>(op.getScratch().getType()).getDimSize(1);
      if (op.getVectors() == VectorAxis::positions && columns % lanes != 0) {
        op.emitOpError() << "needs a multiple of " << lanes.getValue()
                         << " positions, got " << columns;
        return WalkResult::interrupt();
      }
      if (failed(checkRoom(op, columns, lanes)))
        return WalkResult::interrupt();
      OpBuilder b(op);
      Emitter e(b, op.getLoc());
      PositionRange tile = {op.getPosition(), op.getPositions()};
      BatchItems items(e, op.getItems(), op.getBatch(), op.getY(), tile);
      items.each(tile, [&](ItemPart part) {
        if (op.getItems())
          part.count = e.min(part.count, withOutputs(op, e, part));
        e.loop(op.getChannels(), [&](Value channel) {
          ChannelEpilogue epilogue(op, e, lanes, part, channel);
          if (op.getVectors() == VectorAxis::positions)
            epilogue.alongPositions();
          else
            epilogue.alongRows();
        });
      });
      op.erase();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
