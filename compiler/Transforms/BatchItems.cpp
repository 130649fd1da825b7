// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/BatchItems.h"

using namespace mlir;
using namespace mlir::tconv;

BatchItems::BatchItems(Emitter &e, Value distance, Value batch, Value tensor,
                       PositionRange range)
    : e(e), distance(distance), batch(batch), whole(range) {
  if (!distance)
    return;
  // The only divisions: they take as long as ten multiplications.
  auto itemAt = [&](Value position) -> Value {
    return arith::DivUIOp::create(e.b, e.loc, position, distance);
  };
  firstItem = itemAt(range.begin);
  // Rounded up, a range may go on beyond the last item.
  Value last = itemAt(e.add(range.begin, e.sub(range.count, e.index(1))));
  Value others = e.sub(e.sub(e.size(tensor, 0), batch), e.index(1));
  lastItem = e.min(last, others);
}

ItemPart BatchItems::first() {
  if (!distance)
    return {batch, e.index(0), whole.begin, e.index(0), whole.count};
  return {e.add(batch, firstItem), e.mul(firstItem, distance), whole.begin,
          e.index(0), whole.count};
}

ItemPart BatchItems::partOf(Value item, PositionRange range) {
  Value end = e.add(range.begin, range.count);
  Value start = e.mul(item, distance);
  Value begin = e.max(start, range.begin);
  Value isLast = e.compare(arith::CmpIPredicate::eq, item, lastItem);
  Value next = e.select(isLast, end, e.min(e.add(start, distance), end));
  return {e.add(batch, item), start, begin, e.sub(begin, range.begin),
          e.sub(next, begin)};
}

void BatchItems::each(PositionRange range,
                      function_ref<void(const ItemPart &)> body) {
  if (!distance)
    return body({batch, e.index(0), range.begin, e.index(0), range.count});
  e.loop(firstItem, e.add(lastItem, 1), 1,
         [&](Value item) { body(partOf(item, range)); });
}

Value BatchItems::all(PositionRange range,
                      function_ref<Value(const ItemPart &)> holds) {
  Value yes = e.yes();
  return e
      .carry(firstItem, e.add(lastItem, 1), {yes},
             [&](Value item, ValueRange carried) -> SmallVector<Value> {
               return {e.both(carried.front(), holds(partOf(item, range)))};
             })
      .front();
}
