// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/PaddedCopy.h"

using namespace mlir;
using namespace mlir::tconv;

PaddedCopy::PaddedCopy(Emitter &e, Value start, Value length, Value columns,
                       int64_t lanes, bool severalRows)
    : e(e), start(start), columns(columns), lanes(lanes) {
  Value zero = e.index(0);
  low = e.min(e.max(e.sub(zero, start), zero), columns);
  high = e.min(e.max(e.sub(length, start), low), columns);
  if (!usesMasks(lanes) || !severalRows)
    return;
  Value others = e.max(e.sub(columns, e.index(1)), zero);
  lastColumn = e.mul(e.div(others, lanes), lanes);
  first = masksOf(zero);
  last = masksOf(lastColumn);
}

void PaddedCopy::copy(Value x, Value batch, Value channel,
                      const Target &target) {
  Value row[] = {batch, channel};
  if (!usesMasks(lanes))
    return copyByVectors(x, row, target);
  copyUnderMasks(x, row, target);
}

void PaddedCopy::copyByVectors(Value x, ArrayRef<Value> row,
                               const Target &target) {
  auto storeZero = [&](Value column) {
    e.store(e.zero(), target.buffer, targetAt(target, column));
  };
  Value vectors = e.div(e.sub(high, low), lanes);
  Value vectorEnd = e.add(low, e.mul(vectors, lanes));
  e.loop(e.index(0), low, 1, storeZero);
  e.loop(low, vectorEnd, lanes, [&](Value column) {
    e.storeVector(e.loadVector(lanes, x, source(row, column)), target.buffer,
                  targetAt(target, column));
  });
  e.loop(vectorEnd, high, 1, [&](Value column) {
    e.store(e.load(x, source(row, column)), target.buffer,
            targetAt(target, column));
  });
  e.loop(high, columns, 1, storeZero);
}

void PaddedCopy::copyUnderMasks(Value x, ArrayRef<Value> row,
                                const Target &target) {
  auto isWhole = [&](Value begin, Value end) {
    return e.both(e.atMost(low, begin), e.atMost(end, high));
  };
  auto copyWhole = [&](Value column) {
    e.storeVector(e.loadVector(lanes, x, source(row, column)), target.buffer,
                  targetAt(target, column));
  };
  auto copyMasked = [&](Value column) {
    copyVector(x, row, target, column, masksOf(column));
  };
  Value zero = e.index(0), second = e.index(lanes);
  if (!first.inside) {
    e.loop(zero, columns, lanes, [&](Value column) {
      e.ifElse(
          isWhole(column, e.add(column, lanes)), [&] { copyWhole(column); },
          [&] { copyMasked(column); });
    });
    return;
  }
  copyVector(x, row, target, zero, first);
  e.ifThen(e.less(second, columns), [&] {
    // Between them all are whole, but for a long way of zeros.
    e.ifElse(
        isWhole(second, lastColumn),
        [&] { e.loop(second, lastColumn, lanes, copyWhole); },
        [&] { e.loop(second, lastColumn, lanes, copyMasked); });
    copyVector(x, row, target, lastColumn, last);
  });
}

PaddedCopy::Masks PaddedCopy::masksOf(Value column) {
  Value zero = e.index(0);
  Value from = e.clamp(e.sub(low, column), lanes);
  Value to = e.clamp(e.sub(high, column), lanes);
  Value rest = e.clamp(e.sub(columns, column), lanes);
  return {e.lanesWithin(lanes, e.sub(zero, from), e.sub(to, from)),
          e.lanesWithin(lanes, zero, rest)};
}

void PaddedCopy::copyVector(Value x, ArrayRef<Value> row, const Target &target,
                            Value column, const Masks &masks) {
  Value value = vector::MaskedLoadOp::create(e.b, e.loc, e.vectorType(lanes), x,
                                             source(row, column), masks.inside,
                                             e.zeroVector(lanes));
  // Where the row has room, zeros may follow the columns: reads of a vector
  // that was stored under a mask wait until it is in the cache.
  int64_t width = cast<MemRefType>(target.buffer.getType()).getShape().back();
  SmallVector<Value> at = targetAt(target, column);
  e.ifElse(
      e.atMost(e.add(at.back(), lanes), e.index(width)),
      [&] { e.storeVector(value, target.buffer, at); },
      [&] {
        vector::MaskedStoreOp::create(e.b, e.loc, target.buffer, at,
                                      masks.columns, value);
      });
}

SmallVector<Value> PaddedCopy::source(ArrayRef<Value> row, Value column) {
  SmallVector<Value> at(row);
  at.push_back(e.add(start, column));
  return at;
}

SmallVector<Value> PaddedCopy::targetAt(const Target &target, Value column) {
  SmallVector<Value> at = target.row;
  at.push_back(e.add(target.column, column));
  return at;
}
