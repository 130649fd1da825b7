// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/Pieces.h"
#include "compiler/Transforms/Emitter.h"

using namespace mlir;
using namespace mlir::tconv;

static constexpr int64_t kHalf = 16;
static constexpr uint32_t kUpper = 0xffff0000;

namespace {
/// i32 arithmetic on scalars and on vectors.
class Bits {
public:
  Bits(Emitter &e, Type type) : e(e), type(type) {}
  Value constant(uint32_t value) {
    APInt bits(32, value);
    TypedAttr attr = e.b.getIntegerAttr(e.b.getI32Type(), bits);
    if (auto shaped = dyn_cast<VectorType>(type))
      attr = DenseElementsAttr::get(shaped, bits);
    return arith::ConstantOp::create(e.b, e.loc, attr);
  }
  Value upper(Value x) {
    return arith::AndIOp::create(e.b, e.loc, x, constant(kUpper));
  }

private:
  Emitter &e;
  Type type;
};
} // namespace

static Type withElement(Type like, Type element) {
  if (auto vector = dyn_cast<VectorType>(like))
    return vector.clone(element);
  return element;
}

SmallVector<Value> mlir::tconv::splitPieces(Emitter &e, Value number) {
  Type floats = number.getType();
  Type words = withElement(floats, e.b.getI32Type());
  Bits bits(e, words);
  SmallVector<Value> pieces;
  for (int64_t piece = 0; piece < Pieces::kCount; ++piece) {
    Value word = arith::BitcastOp::create(e.b, e.loc, words, number);
    // What the last one has below is zero already.
    if (piece + 1 == Pieces::kCount) {
      pieces.push_back(word);
      break;
    }
    pieces.push_back(bits.upper(word));
    Value part = arith::BitcastOp::create(e.b, e.loc, floats, pieces.back());
    number = arith::SubFOp::create(e.b, e.loc, number, part);
  }
  return pieces;
}

Value mlir::tconv::pairPieces(Emitter &e, Value even, Value odd) {
  Type words = even.getType();
  Value lower =
      arith::ShRUIOp::create(e.b, e.loc, even, Bits(e, words).constant(kHalf));
  Value word = arith::OrIOp::create(e.b, e.loc, lower, odd);
  return arith::BitcastOp::create(e.b, e.loc,
                                  withElement(words, e.b.getF32Type()), word);
}

Value mlir::tconv::pieceOf(Emitter &e, Value word, bool odd) {
  Type floats = word.getType();
  Type words = withElement(floats, e.b.getI32Type());
  Bits bits(e, words);
  Value raw = arith::BitcastOp::create(e.b, e.loc, words, word);
  raw = odd ? bits.upper(raw)
            : arith::ShLIOp::create(e.b, e.loc, raw, bits.constant(kHalf))
                  .getResult();
  return arith::BitcastOp::create(e.b, e.loc, floats, raw);
}
