// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Pieces.h"
#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDCONTRACTPLAINPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// The sums of one section.
class PlainSection {
public:
  PlainSection(ContractPlainOp op, Emitter &e, int64_t lanes,
               const PackedLayout &layout, const PackedSection &packed)
      : op(op), e(e), lanes(lanes), layout(layout), packed(packed),
        taps(layout.filterTapsOf(packed.section)), rows(layout.rows()) {
    auto panel = cast<MemRefType>(op.getPanel().getType());
    inputs = panel.getDimSize(1);
    panels = panel.getDimSize(0) / layout.inputPoints();
  }

  void expand() {
    bool alongPositions = op.getVectors() == VectorAxis::positions;
    int64_t rowStep = alongPositions ? 1 : lanes;
    int64_t columnStep = alongPositions ? lanes : 1;
    e.loop(layout.outputs(), [&](Value j) {
      e.loop(e.index(0), e.index(packed.tiles * rows), rowStep, [&](Value row) {
        e.loop(e.index(0), op.getColumns(), columnStep,
               [&](Value column) { sum(j, row, column); });
      });
    });
  }

private:
  /// Whether a tap is one of the points.
  bool isPoint(int64_t tap) const {
    return tap == 0 || tap == taps - 1 || layout.tapsBesides(taps) == 0;
  }

  /// The packed elements of a tap, from the block's first one on.
  int64_t offsetOf(int64_t tap) {
    if (isPoint(tap)) {
      // The last tap is the first point, and the first one the last.
      int64_t point = tap == 0 ? packed.points - 1 : taps - 1 - tap;
      return packed.weightsOffset +
             point * packed.tiles * layout.tileElements();
    }
    return packed.tapsOffset + (tap - 1) * packed.tiles * inputs * rows;
  }

  /// A tap of a row: the sum of its pieces, which is exact.
  Value joined(int64_t tap, Value tile, Value input, Value inTile) {
    Value step = e.div(input, Pieces::kDepth);
    Value inStep = e.rem(input, Pieces::kDepth);
    Value at = e.add(e.add(op.getWeightsOffset(), offsetOf(tap)),
                     e.mul(tile, layout.tileElements()));
    at = e.add(at, e.mul(step, Pieces::kCount * Pieces::weightWords(rows)));
    at = e.add(at, e.add(e.mul(inTile, Pieces::kWords), e.div(inStep, 2)));
    Value odd =
        e.compare(arith::CmpIPredicate::eq, e.rem(inStep, 2), e.index(1));
    Value sum;
    for (int64_t piece = Pieces::kCount - 1; piece >= 0; --piece) {
      Value word = e.load(op.getWeights(),
                          {e.add(at, piece * Pieces::weightWords(rows))});
      Value part =
          e.select(odd, pieceOf(e, word, true), pieceOf(e, word, false));
      sum = sum ? e.addf(sum, part) : part;
    }
    return sum;
  }

  /// One vector of output j of some columns.
  void sum(Value j, Value row, Value column) {
    bool alongPositions = op.getVectors() == VectorAxis::positions;
    Value place = e.add(op.getColumn(), column);
    Value panel = e.div(place, op.getPanelColumns());
    Value inPanel = e.rem(place, op.getPanelColumns());
    Value tile = e.div(row, rows), inTile = e.rem(row, rows);
    // The panels hold the data of the filter with the most taps.
    int64_t others = layout.filterTaps().front() - 1;
    auto addTaps = [&](Value input, int64_t count, Value value) {
      Value step = e.add(e.mul(tile, inputs), input);
      Value first =
          e.add(op.getWeightsOffset(), e.add(e.mul(step, rows), inTile));
      for (int64_t tap = 0; tap < count; ++tap) {
        Value set = e.mul(e.add(j, others - tap), panels);
        if (layout.isSplit() && isPoint(tap)) {
          Value weight = joined(tap, tile, input, inTile);
          value = e.fma(e.broadcast(weight, lanes),
                        e.loadVector(lanes, op.getPanel(),
                                     {e.add(set, panel), input, inPanel}),
                        value);
          continue;
        }
        value = product(alongPositions, {e.add(set, panel), input, inPanel},
                        e.add(first, offsetOf(tap)), value);
      }
      return value;
    };
    // Not the zeros that pad the last filter: x may be infinite.
    int64_t filters = layout.filters();
    int64_t whole = packed.section.getTaps() / taps;
    int64_t rest = packed.section.getTaps() % taps;
    auto addFilters = [&](Value channel, Value value) {
      Value first = e.mul(channel, filters);
      value = e.carry(e.index(0), e.index(whole), {value},
                      [&](Value filter, ValueRange carried) {
                        return SmallVector<Value>{addTaps(
                            e.add(first, filter), taps, carried.front())};
                      })
                  .front();
      return rest > 0 ? addTaps(e.add(first, whole), rest, value) : value;
    };
    Value total =
        e.carry(e.index(0), e.index(inputs / filters), {e.zeroVector(lanes)},
                [&](Value channel, ValueRange carried) -> SmallVector<Value> {
                  return {filters == 1 ? addTaps(channel, taps, carried.front())
                                       : addFilters(channel, carried.front())};
                })
            .front();
    Value target = e.add(e.add(row, packed.firstTile * rows),
                         e.mul(j, packed.tiles * rows));
    if (alongPositions)
      e.storeVector(total, op.getScratch(), {target, column});
    else
      e.storeVector(total, op.getScratch(), {column, target});
  }

  Value product(bool alongPositions, ArrayRef<Value> xAt, Value weightAt,
                Value value) {
    if (alongPositions)
      return e.fma(e.broadcast(e.load(op.getWeights(), {weightAt}), lanes),
                   e.loadVector(lanes, op.getPanel(), xAt), value);
    return e.fma(e.broadcast(e.load(op.getPanel(), xAt), lanes),
                 e.loadVector(lanes, op.getWeights(), {weightAt}), value);
  }

  ContractPlainOp op;
  Emitter &e;
  int64_t lanes;
  const PackedLayout &layout;
  const PackedSection &packed;
  int64_t taps, rows, inputs, panels;
};

struct ExpandContractPlainPass
    : tconv::impl::ExpandContractPlainPassBase<ExpandContractPlainPass> {
  using ExpandContractPlainPassBase::ExpandContractPlainPassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](ContractPlainOp op) {
      // Whole vectors are read and stored, in panels and in scratch.
      int64_t columns = op.getPanelColumns();
      int64_t along = op.getPacking().getRows();
      if (op.getVectors() == VectorAxis::positions)
        along = columns % lanes != 0
                    ? columns
                    : cast<MemRefType>(op.getScratch().getType()).getDimSize(1);
      if (along % lanes != 0) {
        op.emitOpError() << "needs a multiple of " << lanes.getValue()
                         << " lanes along its vectors, got " << along;
        return WalkResult::interrupt();
      }
      if (op.getPacking().getPieces() > 1 &&
          op.getVectors() != VectorAxis::positions) {
        op.emitOpError("needs vectors along the positions with pieces");
        return WalkResult::interrupt();
      }
      OpBuilder b(op);
      Emitter e(b, op.getLoc());
      auto panel = cast<MemRefType>(op.getPanel().getType());
      int64_t filters =
          FilterCut::of(op.getDecomposition(), op.getPacking()).filters;
      PackedLayout layout(op.getDecomposition(), op.getPacking(), /*groups=*/1,
                          panel.getDimSize(1) / filters,
                          op.getPacking().getChannels());
      for (const PackedSection &packed : layout.sections())
        PlainSection(op, e, lanes, layout, packed).expand();
      op.erase();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
