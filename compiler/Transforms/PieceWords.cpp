// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/Pieces.h"
#include "compiler/Transforms/Words.h"

using namespace mlir;
using namespace mlir::tconv;

static constexpr int64_t kHalf = 16;
static constexpr uint32_t kUpper = 0xffff0000;

SmallVector<Value> mlir::tconv::splitPieces(Emitter &e, Value number) {
  Type floats = number.getType();
  Type words = withElement(floats, e.b.getI32Type());
  Words bits(e, words);
  SmallVector<Value> pieces;
  for (int64_t piece = 0; piece < Pieces::kCount; ++piece) {
    Value word = arith::BitcastOp::create(e.b, e.loc, words, number);
    // What the last one has below is zero already.
    if (piece + 1 == Pieces::kCount) {
      pieces.push_back(word);
      break;
    }
    pieces.push_back(bits.both(word, kUpper));
    Value part = arith::BitcastOp::create(e.b, e.loc, floats, pieces.back());
    number = arith::SubFOp::create(e.b, e.loc, number, part);
  }
  return pieces;
}

Value mlir::tconv::pairPieces(Emitter &e, Value even, Value odd) {
  Type words = even.getType();
  Value lower = Words(e, words).shifted(even, -kHalf);
  Value word = arith::OrIOp::create(e.b, e.loc, lower, odd);
  return arith::BitcastOp::create(e.b, e.loc,
                                  withElement(words, e.b.getF32Type()), word);
}

Value mlir::tconv::pieceOf(Emitter &e, Value word, bool odd) {
  Type floats = word.getType();
  Type words = withElement(floats, e.b.getI32Type());
  Words bits(e, words);
  Value raw = arith::BitcastOp::create(e.b, e.loc, words, word);
  raw = odd ? bits.both(raw, kUpper) : bits.shifted(raw, kHalf);
  return arith::BitcastOp::create(e.b, e.loc, floats, raw);
}
