// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// i32 arithmetic on the bits of numbers, scalars or vectors alike.
#ifndef TCONV_COMPILER_TRANSFORMS_WORDS_H
#define TCONV_COMPILER_TRANSFORMS_WORDS_H

#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {

/// `like`, or a vector of its shape, with other elements.
inline Type withElement(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(element);
  return element;
}

class Words {
public:
  /// @param like a scalar's type, or a vector's of any elements
  Words(Emitter &e, Type like)
      : e(e), type(withElement(like, e.b.getI32Type())),
        floats(withElement(like, e.b.getF32Type())) {}

  Value constant(uint32_t value) {
    APInt bits(32, value);
    TypedAttr attr = e.b.getIntegerAttr(e.b.getI32Type(), bits);
    if (auto shaped = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(shaped, bits);
    return arith::ConstantOp::create(e.b, e.loc, attr);
  }
  Value of(Value number) { return cast(type, number); }
  Value number(Value word) { return cast(floats, word); }

  Value both(Value x, uint32_t mask) {
    return arith::AndIOp::create(e.b, e.loc, x, constant(mask));
  }
  Value either(Value x, Value y) {
    return arith::OrIOp::create(e.b, e.loc, x, y);
  }
  /// Upwards, or down with a distance below 0; zeros come in.
  Value shifted(Value x, int64_t distance) {
    if (distance > 0)
      return arith::ShLIOp::create(e.b, e.loc, x, constant(distance));
    if (distance < 0)
      return arith::ShRUIOp::create(e.b, e.loc, x, constant(-distance));
    return x;
  }
  Value sub(Value x, Value y) {
    return arith::SubIOp::create(e.b, e.loc, x, y);
  }
  Value least(Value x, Value y) {
    return arith::MinSIOp::create(e.b, e.loc, x, y);
  }
  Value largest(Value x, Value y) {
    return arith::MaxSIOp::create(e.b, e.loc, x, y);
  }
  /// As signed numbers, to f32.
  Value converted(Value x) {
    return arith::SIToFPOp::create(e.b, e.loc, floats, x);
  }

private:
  Value cast(Type to, Value x) {
    return arith::BitcastOp::create(e.b, e.loc, to, x);
  }

  Emitter &e;
  Type type, floats;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_WORDS_H
