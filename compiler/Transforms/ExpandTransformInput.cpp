// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/Pieces.h"
#include "compiler/Transforms/BatchItems.h"
#include "compiler/Transforms/PaddedCopy.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDTRANSFORMINPUTPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// Magnitudes as the integers that their bits are, which order them, with
/// infinities and NaN above all numbers.
constexpr uint32_t kMagnitude = 0x7fffffff;
/// 2^64 and 2^-60: products with weights of the range that the runtime grants
/// (2^-40 to 2^40) and their sums neither overflow nor sink among the
/// subnormal numbers.
constexpr uint32_t kTooLarge = (127 + 64) << 23;
constexpr uint32_t kLarge = (127 - 60) << 23;
/// 2^-40, for pieces: tile registers take subnormal numbers for zeros, among
/// them products of pieces.
constexpr uint32_t kLargeInPieces = (127 - 40) << 23;
/// Columns of a panel: a row of the workspace holds them, times the outputs.
constexpr int64_t kMostColumns = int64_t(1) << 24;

class InputTransform {
public:
  InputTransform(TransformInputOp op, int64_t lanes)
      : op(op), b(op), e(b, op.getLoc()), lanes(lanes), m(op.getOutputs()),
        taps(op.getTaps().front()), filters(op.getFilters()),
        points(m + taps - 1), sets(llvm::divideCeil(points, m)) {}

  void expand() {
    auto panel = cast<MemRefType>(op.getPanel().getType());
    inputs = panel.getDimSize(1);
    panelsOfSet = panel.getDimSize(0) / op.getPoints();
    length = e.size(op.getX(), 2);
    firstChannel = e.mul(op.getGroup(), inputs / filters);
    int64_t granule = op.getGranule(), panelColumns = op.getPanelColumns();
    split = op.getPieces() > 1 && !op.getPlain();
    for (int64_t i = 0; i < (split ? 2 : 1); ++i)
      rows[i] = makeRow(panelColumns);
    if (split)
      flat = memref::CollapseShapeOp::create(
          b, e.loc, op.getPanel(), ArrayRef<ReassociationIndices>{{0}, {1, 2}});

    Value columns = roundUp(e.div(e.add(op.getPositions(), m - 1), m), granule);
    Value panels = e.div(e.add(columns, panelColumns - 1), panelColumns);
    Value most =
        e.carry(e.index(0), panels, {zeroBits()},
                [&](Value i, ValueRange carried) {
                  Value done = e.mul(i, panelColumns);
                  Value rest =
                      e.min(e.sub(columns, done), e.index(panelColumns));
                  return transformPanel(i, done, rest, carried.front());
                })
            .front();
    Value regular = isRegular(most);
    if (split && op.getItems())
      regular = e.both(regular, itemsAreLarge(columns));
    op.getRegular().replaceAllUsesWith(regular);
    op.erase();
  }

private:
  /// A row of zeros and a part of x, for panels at the ends of x.
  Value makeRow(int64_t panelColumns) {
    OpBuilder::InsertionGuard guard(b);
    auto func = op->getParentOfType<func::FuncOp>();
    b.setInsertionPointToStart(&func.getBody().front());
    int64_t size = (llvm::alignTo(panelColumns, lanes) + sets) * m;
    return memref::AllocOp::create(b, e.loc,
                                   MemRefType::get({size}, b.getF32Type()),
                                   b.getI64IntegerAttr(64));
  }

  Value roundUp(Value x, int64_t multiple) {
    return e.mul(e.div(e.add(x, multiple - 1), multiple), multiple);
  }

  /// One panel of every point; returns the largest magnitudes so far.
  SmallVector<Value> transformPanel(Value panel, Value done, Value columns,
                                    Value most) {
    Value vectors = e.div(e.add(columns, lanes - 1), lanes);
    // All that whole vectors of columns read.
    Value reach = e.mul(e.add(e.mul(vectors, lanes), sets - 1), m);
    // Counted from the leftmost position that an item's first one reads: the
    // d_0 of the last filter, and those of the others to its right.
    Value last = e.add(op.getOrigin(), e.mul(done, m));
    BatchItems items(e, op.getItems(), op.getBatch(), op.getX(),
                     {last, e.add(reach, (filters - 1) * taps)});
    ItemPart first = items.first();
    // Element 0 of x is d_0 of column 0, of the first filter.
    Value begin = e.add(last, (filters - 1) * taps);
    Value start = e.sub(e.sub(begin, first.start), e.index(leftmost()));
    Value inside = e.both(e.atMost(e.index((filters - 1) * taps), start),
                          e.atMost(e.add(start, reach), length));
    Source source = {items, first.batch, inside, begin, start, reach};
    int64_t pairs = Pieces::steps(inputs) * Pieces::kWords;
    return e.carry(
        e.index(0), e.index(split ? pairs : inputs), {most},
        [&](Value step, ValueRange carried) -> SmallVector<Value> {
          SmallVector<Value> sources;
          if (!split) {
            sources = {sourceOf(source, step, rows[0])};
          } else {
            // The last step may go on beyond the inputs, with zeros.
            for (int64_t odd = 0; odd < 2; ++odd)
              sources.push_back(sourceOf(
                  source,
                  e.min(e.add(e.mul(step, 2), odd), e.index(inputs - 1)),
                  rows[odd]));
          }
          return {transformRow(panel, step, vectors, carried.front(), sources)};
        });
  }

  /// Positions that the leftmost d_0 of an item's first column is before it.
  int64_t leftmost() { return op.getShift() + filters * taps - 1; }

  /// Where a panel reads, with the first filter.
  struct Source {
    BatchItems &items;
    Value batch;  ///< of the item that it begins in
    Value inside; ///< whether all is within that item's x
    Value begin;  ///< from the leftmost position on
    Value start;  ///< in that x
    Value reach;  ///< how many positions
  };

  /// What a panel reads for an input: x itself, or the row with zeros, so that
  /// both share the code that follows.
  Value sourceOf(const Source &source, Value input, Value row) {
    Value channel = input, begin = source.begin, start = source.start;
    if (filters > 1) {
      channel = e.div(input, filters);
      Value before = e.mul(e.rem(input, filters), taps);
      begin = e.sub(begin, before);
      start = e.sub(start, before);
    }
    Value x = e.add(firstChannel, channel);
    auto type = MemRefType::get(
        {ShapedType::kDynamic}, b.getF32Type(),
        StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {1}));
    return e
        .choose(
            source.inside,
            [&]() -> SmallVector<Value> {
              SmallVector<OpFoldResult> one(3, b.getIndexAttr(1));
              return {memref::SubViewOp::create(
                  b, e.loc, type, op.getX(),
                  SmallVector<OpFoldResult>{source.batch, x, start},
                  SmallVector<OpFoldResult>{one[0], one[0], source.reach},
                  one)};
            },
            [&]() -> SmallVector<Value> {
              source.items.each({begin, source.reach}, [&](const ItemPart &p) {
                Value start =
                    e.sub(e.sub(p.begin, p.start), e.index(leftmost()));
                PaddedCopy(e, start, length, p.count, lanes,
                           /*severalRows=*/false)
                    .copy(op.getX(), p.batch, x, {row, {}, p.offset});
              });
              return {memref::CastOp::create(b, e.loc, type, row)};
            },
            type)
        .front();
  }

  /// One input of a panel, or a pair of them.
  Value transformRow(Value panel, Value step, Value vectors, Value most,
                     ArrayRef<Value> sources) {
    most =
        e.carry(e.index(0), vectors, {most},
                [&](Value vector, ValueRange carried) {
                  Value column = e.mul(vector, lanes);
                  Value next = carried.front();
                  SmallVector<Value> pair[2];
                  for (auto [i, source] : llvm::enumerate(sources))
                    transformColumns(
                        column, next, source,
                        [&, &values = pair[i]](int64_t point, Value value) {
                          if (split)
                            values.push_back(value);
                          else
                            e.storeVector(value, op.getPanel(),
                                          {setOf(panel, point), step, column});
                        });
                  if (split)
                    storePieces(panel, step, column, pair[0], pair[1]);
                  return SmallVector<Value>{next};
                })
            .front();
    if (taps == 1)
      return most;
    // What the last columns read beyond themselves.
    Value end = e.mul(e.mul(vectors, lanes), m);
    for (Value source : sources)
      most = larger(most, load(source, e.add(end, taps - 1 - lanes)));
    return most;
  }

  /// The panel in the set of a point.
  Value setOf(Value panel, int64_t point) {
    return e.add(panel, point * panelsOfSet);
  }

  /// A vector of columns of every point, of two channels, as words of pieces.
  void storePieces(Value panel, Value pair, Value column,
                   ArrayRef<Value> evenPoints, ArrayRef<Value> oddPoints) {
    int64_t columns = op.getPanelColumns(), words = Pieces::panelWords(columns);
    Value step = e.div(pair, Pieces::kWords);
    Value word = e.rem(pair, Pieces::kWords);
    Value at =
        e.add(e.add(e.mul(step, Pieces::kCount * words), e.mul(word, columns)),
              column);
    auto beyond = [&](int64_t odd) {
      return e.atMost(e.index(inputs), e.add(e.mul(pair, 2), odd));
    };
    bool padded = inputs % Pieces::kDepth != 0;
    Value noEven, noOdd;
    if (padded) {
      noEven = beyond(0);
      noOdd = beyond(1);
    }
    for (auto [point, even, odd] : llvm::enumerate(evenPoints, oddPoints)) {
      SmallVector<Value> evens = splitPieces(e, even);
      SmallVector<Value> odds = splitPieces(e, odd);
      for (int64_t piece = 0; piece < Pieces::kCount; ++piece) {
        if (padded) {
          evens[piece] = e.select(noEven, bits(0), evens[piece]);
          odds[piece] = e.select(noOdd, bits(0), odds[piece]);
        }
        e.storeVector(pairPieces(e, evens[piece], odds[piece]), flat,
                      {setOf(panel, point), e.add(at, piece * words)});
      }
    }
  }

  /// A vector of columns of every point; `most` becomes the largest magnitudes
  /// so far.
  void transformColumns(Value column, Value &most, Value source,
                        function_ref<void(int64_t, Value)> take) {
    Value first = e.mul(column, m);
    SmallVector<Value> data;
    for (int64_t set = 0; set < sets; ++set) {
      SmallVector<Value> vectors;
      for (int64_t i = 0; i < m; ++i) {
        vectors.push_back(load(source, e.add(first, set * m + i * lanes)));
        if (set == 0)
          most = larger(most, vectors.back());
      }
      llvm::append_range(data, deinterleave(e, vectors));
    }
    if (op.getPlain()) {
      for (int64_t u = 0; u < points; ++u)
        take(u, data[u]);
      return;
    }
    int64_t point = 0;
    for (int64_t filterTaps : op.getTaps()) {
      FastFilter filter(m, filterTaps);
      // A filter of fewer taps begins later.
      auto own = ArrayRef(data).slice(taps - filterTaps, filter.points());
      for (int64_t t = 0; t < filter.points(); ++t) {
        SmallVector<double> factors;
        for (int64_t u = 0; u < filter.points(); ++u)
          factors.push_back(FastFilter::value(filter.input(t, u)));
        take(point++, linearCombination(e, factors, own));
      }
    }
  }

  Value load(Value source, Value at) {
    return e.loadVector(lanes, source, {at});
  }

  VectorType bitsType() { return VectorType::get({lanes}, b.getI32Type()); }
  Value bits(uint32_t value) {
    return arith::ConstantOp::create(
        b, e.loc, DenseElementsAttr::get(bitsType(), APInt(32, value)));
  }
  Value zeroBits() { return bits(0); }
  Value larger(Value most, Value vector) {
    if (op.getPlain()) // nobody asks
      return most;
    Value asBits = arith::BitcastOp::create(b, e.loc, bitsType(), vector);
    Value magnitude = arith::AndIOp::create(b, e.loc, asBits, bits(kMagnitude));
    return arith::MaxUIOp::create(b, e.loc, most, magnitude);
  }
  Value compareBits(arith::CmpIPredicate predicate, Value x, uint32_t value) {
    Value constant = arith::ConstantOp::create(
        b, e.loc, b.getI32IntegerAttr(static_cast<int32_t>(value)));
    return e.compare(predicate, x, constant);
  }
  Value largestOf(Value most) {
    return vector::ReductionOp::create(b, e.loc, vector::CombiningKind::MAXUI,
                                       most);
  }
  /// Whether the largest magnitude of all is large enough, or zero.
  Value isLarge(Value bound) {
    Value large = compareBits(arith::CmpIPredicate::uge, bound,
                              split ? kLargeInPieces : kLarge);
    return arith::OrIOp::create(
        b, e.loc, large, compareBits(arith::CmpIPredicate::eq, bound, 0));
  }
  Value isRegular(Value most) {
    Value bound = largestOf(most);
    Value large = isLarge(bound);
    return e.both(large,
                  compareBits(arith::CmpIPredicate::ult, bound, kTooLarge));
  }

  /// Whether every item has large values or none: one of tiny values, whose
  /// pieces would be zeros, must not hide behind its neighbours.
  Value itemsAreLarge(Value columns) {
    Value reach = e.add(e.mul(columns, m), filters * taps - 1);
    PositionRange range = {op.getOrigin(), reach};
    BatchItems items(e, op.getItems(), op.getBatch(), op.getX(), range);
    auto all = [&]() -> SmallVector<Value> {
      return {items.all(range, [&](const ItemPart &part) {
        Value start = e.sub(e.sub(part.begin, part.start), e.index(leftmost()));
        Value end = e.min(e.add(start, part.count), length);
        start = e.max(start, e.index(0));
        return isLarge(largestOf(largestIn(part.batch, start, end)));
      })};
    };
    // Of a single one it is known by now.
    return e
        .choose(
            items.areSeveral(), all,
            [&]() -> SmallVector<Value> { return {e.yes()}; }, b.getI1Type())
        .front();
  }

  /// Of all inputs of an item, from one position to another.
  Value largestIn(Value batch, Value start, Value end) {
    Value number = e.max(e.sub(end, start), e.index(0));
    Value vectors = e.div(e.add(number, lanes - 1), lanes);
    auto vectorOf = [&](Value channel, Value vector, Value most) {
      Value done = e.mul(vector, lanes);
      Value at[] = {batch, e.add(firstChannel, channel), e.add(start, done)};
      return larger(most, vector::MaskedLoadOp::create(
                              b, e.loc, e.vectorType(lanes), op.getX(), at,
                              e.lanesWithin(lanes, done, number),
                              e.zeroVector(lanes)));
    };
    return e
        .carry(
            e.index(0), e.index(inputs / filters), {zeroBits()},
            [&](Value channel, ValueRange most) -> SmallVector<Value> {
              return llvm::to_vector(e.carry(
                  e.index(0), vectors, most,
                  [&](Value vector, ValueRange carried) -> SmallVector<Value> {
                    return {vectorOf(channel, vector, carried.front())};
                  }));
            })
        .front();
  }

  TransformInputOp op;
  OpBuilder b;
  Emitter e;
  int64_t lanes, m, taps, filters, points;
  /// Vectors of x that a vector of columns is taken apart from, by m.
  int64_t sets;
  /// A channel is as many inputs as there are filters.
  int64_t inputs = 0, panelsOfSet = 0;
  bool split = false; ///< panels hold pieces
  Value length, firstChannel;
  Value rows[2]; ///< for the channels of a pair; one without pieces
  Value flat;    ///< panels of pieces: (panel, word)
};

struct ExpandTransformInputPass
    : tconv::impl::ExpandTransformInputPassBase<ExpandTransformInputPass> {
  using ExpandTransformInputPassBase::ExpandTransformInputPassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](TransformInputOp op) {
      int64_t width = cast<MemRefType>(op.getPanel().getType()).getDimSize(2);
      if (width % lanes != 0) {
        op.emitOpError() << "needs panels of a multiple of " << lanes.getValue()
                         << " columns, got " << width;
        return WalkResult::interrupt();
      }
      if (int64_t columns = op.getPanelColumns(); columns > kMostColumns) {
        op.emitOpError() << "packs panels of at most " << kMostColumns
                         << " columns, got " << columns;
        return WalkResult::interrupt();
      }
      InputTransform(op, lanes).expand();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
