// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Transforms/Emitter.h"

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
/// Columns of a panel: a row of the workspace holds them, times the outputs.
constexpr int64_t kMostColumns = int64_t(1) << 24;

class InputTransform {
public:
  InputTransform(TransformInputOp op, int64_t lanes)
      : op(op), b(op), e(b, op.getLoc()), lanes(lanes), m(op.getOutputs()),
        taps(op.getTaps().front()), points(m + taps - 1),
        sets(llvm::divideCeil(points, m)) {}

  void expand() {
    auto panel = cast<MemRefType>(op.getPanel().getType());
    inputs = panel.getDimSize(1);
    panelsOfSet = panel.getDimSize(0) / op.getPoints();
    length = e.size(op.getX(), 2);
    firstChannel = e.mul(op.getGroup(), inputs);
    int64_t granule = op.getGranule(), panelColumns = op.getPanelColumns();
    makeRow(panelColumns);

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
    op.getRegular().replaceAllUsesWith(isRegular(most));
    op.erase();
  }

private:
  /// A row of zeros and a part of x, for panels at the ends of x.
  void makeRow(int64_t panelColumns) {
    OpBuilder::InsertionGuard guard(b);
    auto func = op->getParentOfType<func::FuncOp>();
    b.setInsertionPointToStart(&func.getBody().front());
    int64_t size = (llvm::alignTo(panelColumns, lanes) + sets) * m;
    row = memref::AllocOp::create(b, e.loc,
                                  MemRefType::get({size}, b.getF32Type()),
                                  b.getI64IntegerAttr(64));
  }

  Value roundUp(Value x, int64_t multiple) {
    return e.mul(e.div(e.add(x, multiple - 1), multiple), multiple);
  }

  /// One panel of every point; returns the largest magnitudes so far.
  SmallVector<Value> transformPanel(Value panel, Value done, Value columns,
                                    Value most) {
    // Element 0 is d_0 of column 0.
    Value start = e.sub(e.add(op.getOrigin(), e.mul(done, m)),
                        e.index(op.getShift() + taps - 1));
    Value vectors = e.div(e.add(columns, lanes - 1), lanes);
    // All that whole vectors of columns read.
    Value reach = e.mul(e.add(e.mul(vectors, lanes), sets - 1), m);
    Value inside = e.both(e.atMost(e.index(0), start),
                          e.atMost(e.add(start, reach), length));
    return e.carry(e.index(0), e.index(inputs), {most},
                   [&](Value channel, ValueRange carried) {
                     Value source = sourceOf(inside, channel, start, reach);
                     return SmallVector<Value>{transformRow(
                         panel, channel, vectors, carried.front(), source)};
                   });
  }

  /// What a panel reads of a channel: x itself, or the row with zeros, so that
  /// both share the code that follows.
  Value sourceOf(Value inside, Value channel, Value start, Value reach) {
    Value x = e.add(firstChannel, channel);
    auto type = MemRefType::get(
        {ShapedType::kDynamic}, b.getF32Type(),
        StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, {1}));
    return e
        .choose(
            inside,
            [&]() -> SmallVector<Value> {
              SmallVector<OpFoldResult> one(3, b.getIndexAttr(1));
              return {memref::SubViewOp::create(
                  b, e.loc, type, op.getX(),
                  SmallVector<OpFoldResult>{op.getBatch(), x, start},
                  SmallVector<OpFoldResult>{one[0], one[0], reach}, one)};
            },
            [&]() -> SmallVector<Value> {
              copyPadded(e,
                         {op.getX(),
                          {op.getBatch(), x},
                          start,
                          length,
                          row,
                          {},
                          reach},
                         lanes);
              return {memref::CastOp::create(b, e.loc, type, row)};
            },
            type)
        .front();
  }

  /// One channel of a panel.
  Value transformRow(Value panel, Value channel, Value vectors, Value most,
                     Value source) {
    most = e.carry(e.index(0), vectors, {most},
                   [&](Value vector, ValueRange carried) {
                     Value column = e.mul(vector, lanes);
                     return SmallVector<Value>{transformColumns(
                         panel, channel, column, carried.front(), source)};
                   })
               .front();
    if (taps == 1)
      return most;
    // What the last columns read beyond themselves.
    Value end = e.mul(e.mul(vectors, lanes), m);
    return larger(most, load(source, e.add(end, taps - 1 - lanes)));
  }

  /// A vector of columns of every point.
  Value transformColumns(Value panel, Value channel, Value column, Value most,
                         Value source) {
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
    auto store = [&](Value value, int64_t point) {
      e.storeVector(value, op.getPanel(),
                    {e.add(panel, point * panelsOfSet), channel, column});
    };
    if (op.getPlain()) {
      for (int64_t u = 0; u < points; ++u)
        store(data[u], u);
      return most;
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
        store(linearCombination(e, factors, own), point++);
      }
    }
    return most;
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
  Value isRegular(Value most) {
    Value bound = vector::ReductionOp::create(
        b, e.loc, vector::CombiningKind::MAXUI, most);
    auto compare = [&](arith::CmpIPredicate predicate, uint32_t value) {
      Value constant = arith::ConstantOp::create(
          b, e.loc, b.getI32IntegerAttr(static_cast<int32_t>(value)));
      return e.compare(predicate, bound, constant);
    };
    Value large = e.both(compare(arith::CmpIPredicate::uge, kLarge),
                         compare(arith::CmpIPredicate::ult, kTooLarge));
    return arith::OrIOp::create(b, e.loc, large,
                                compare(arith::CmpIPredicate::eq, 0));
  }

  TransformInputOp op;
  OpBuilder b;
  Emitter e;
  int64_t lanes, m, taps, points;
  /// Vectors of x that a vector of columns is taken apart from, by m.
  int64_t sets;
  int64_t inputs = 0, panelsOfSet = 0;
  Value length, firstChannel, row;
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
