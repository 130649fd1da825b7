// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/DirectSum.h"

using namespace mlir;
using namespace mlir::tconv;

Value mlir::tconv::guardSum(DeviceEmitter &e, Value sum,
                            const DirectTerms &terms) {
  Type bytes = e.b.getI8Type();
  Type raw = e.b.getIntegerType(terms.element.getIntOrFloatBitWidth());
  int64_t elementBytes = terms.element.getIntOrFloatBitWidth() / 8;

  auto addTap = [&](Value tap, Value before) {
    Value at = e.sub(terms.position,
                     e.add(terms.shift, e.mul(e.as(e.i64, tap), terms.step)));
    // A tap outside of x has no terms.
    Value inputs =
        e.select(e.inside(at, terms.length), e.int32(terms.inputs), e.int32(0));
    Value first = e.address(terms.x, bytes, e.mul(at, elementBytes));
    return e.carry(
        e.int32(0), inputs, e.int32(1), before,
        [&](Value input, ValueRange carried) -> SmallVector<Value> {
          Value from =
              e.address(first, bytes, e.mul(e.as(e.i64, input), terms.xStride));
          Value x =
              e.toF32(e.load(raw, from, /*readOnly=*/true), terms.element);
          if (terms.roundsToTf32)
            x = e.toF32(e.roundToTf32(x), e.f32);
          return {e.fma(terms.weight(tap, input), x, carried[0])};
        })[0];
  };

  return e.choose(
      e.isNaN(sum),
      [&] {
        Value first = e.sub(terms.position, terms.shift);
        Value last =
            e.sub(first, e.mul(e.as(e.i64, e.sub(terms.taps, 1)), terms.step));
        Value allInside =
            e.both(e.inside(first, terms.length), e.inside(last, terms.length));
        return e.choose(
            allInside, [&] { return sum; },
            [&] {
              return e.carry(
                  e.int32(0), terms.taps, e.int32(1), e.zero(),
                  [&](Value tap, ValueRange carried) -> SmallVector<Value> {
                    return {addTap(tap, carried[0])};
                  })[0];
            });
      },
      [&] { return sum; });
}
