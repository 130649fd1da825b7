// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Index arithmetic, loops and vectors for the tconv-expand-* passes, so that a
// pass reads like the loop nest that it makes.
#ifndef TCONV_COMPILER_TRANSFORMS_EMITTER_H
#define TCONV_COMPILER_TRANSFORMS_EMITTER_H

#include "compiler/Transforms/Passes.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::tconv {

/// The option of the tconv-expand-* passes. Vectors are halved and interleaved
/// in pairs, which needs a power of two.
inline LogicalResult checkLanes(Operation *op, int64_t lanes) {
  if (lanes > 0 && llvm::isPowerOf2_64(lanes))
    return success();
  return op->emitError("lanes must be a power of two, got ") << lanes;
}

class Emitter {
public:
  Emitter(OpBuilder &builder, Location loc) : b(builder), loc(loc) {}

  OpBuilder &b;
  Location loc;

  Value index(int64_t value) {
    return arith::ConstantIndexOp::create(b, loc, value);
  }
  // Constants fold as they are made: the IR stays readable at every stage.
  Value add(Value x, Value y) {
    auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
    if (cx && cy)
      return index(*cx + *cy);
    if (cx == 0)
      return y;
    if (cy == 0)
      return x;
    return arith::AddIOp::create(b, loc, x, y);
  }
  Value add(Value x, int64_t y) { return y == 0 ? x : add(x, index(y)); }
  Value sub(Value x, Value y) {
    auto cx = getConstantIntValue(x), cy = getConstantIntValue(y);
    if (cx && cy)
      return index(*cx - *cy);
    if (cy == 0)
      return x;
    return arith::SubIOp::create(b, loc, x, y);
  }
  Value mul(Value x, int64_t y) {
    if (auto cx = getConstantIntValue(x))
      return index(*cx * y);
    if (y == 1)
      return x;
    if (y == 0)
      return index(0);
    return arith::MulIOp::create(b, loc, x, index(y));
  }
  Value mul(Value x, Value y) {
    if (auto cy = getConstantIntValue(y))
      return mul(x, *cy);
    return arith::MulIOp::create(b, loc, x, y);
  }
  /// Of numbers that are not negative.
  Value div(Value x, int64_t y) {
    if (auto cx = getConstantIntValue(x))
      return index(*cx / y);
    return y == 1 ? x : arith::DivUIOp::create(b, loc, x, index(y)).getResult();
  }
  Value rem(Value x, int64_t y) {
    if (auto cx = getConstantIntValue(x))
      return index(*cx % y);
    return y == 1 ? index(0)
                  : arith::RemUIOp::create(b, loc, x, index(y)).getResult();
  }
  Value min(Value x, Value y) { return arith::MinSIOp::create(b, loc, x, y); }
  Value max(Value x, Value y) { return arith::MaxSIOp::create(b, loc, x, y); }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return arith::CmpIOp::create(b, loc, predicate, x, y);
  }
  Value less(Value x, Value y) {
    return compare(arith::CmpIPredicate::slt, x, y);
  }
  Value atMost(Value x, Value y) {
    return compare(arith::CmpIPredicate::sle, x, y);
  }
  Value yes() { return arith::ConstantOp::create(b, loc, b.getBoolAttr(true)); }
  Value both(Value x, Value y) { return arith::AndIOp::create(b, loc, x, y); }
  Value select(Value condition, Value x, Value y) {
    return arith::SelectOp::create(b, loc, condition, x, y);
  }

  /// Brings a line into the caches: into the nearest with locality 3, into L2
  /// with 2. Places behind the end of a buffer do no harm.
  void prefetch(Value buffer, ValueRange at, bool write, unsigned locality) {
    memref::PrefetchOp::create(b, loc, buffer, at, write, locality,
                               /*isDataCache=*/true);
  }

  /// for (i = begin; i < end; i += step) body(i)
  void loop(Value begin, Value end, int64_t step,
            function_ref<void(Value)> body) {
    auto count = getConstantIntValue(end), first = getConstantIntValue(begin);
    if (first && count && *count - *first <= step) { // one round, or none
      if (*count > *first)
        body(begin);
      return;
    }
    auto op = scf::ForOp::create(b, loc, begin, end, index(step));
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.getBody());
    body(op.getInductionVar());
  }
  void loop(int64_t end, function_ref<void(Value)> body) {
    loop(index(0), index(end), 1, body);
  }
  void loop(Value end, function_ref<void(Value)> body) {
    loop(index(0), end, 1, body);
  }
  /// A loop that carries values; body returns their next ones.
  SmallVector<Value>
  carry(Value begin, Value end, ValueRange init,
        function_ref<SmallVector<Value>(Value, ValueRange)> body) {
    auto op = scf::ForOp::create(b, loc, begin, end, index(1), init);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.getBody());
    scf::YieldOp::create(b, loc,
                         body(op.getInductionVar(), op.getRegionIterArgs()));
    return llvm::to_vector_of<Value>(op.getResults());
  }
  void ifThen(Value condition, function_ref<void()> body) {
    auto op = scf::IfOp::create(b, loc, condition, /*withElse=*/false);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.thenBlock());
    body();
  }
  void ifElse(Value condition, function_ref<void()> yes,
              function_ref<void()> no) {
    auto op = scf::IfOp::create(b, loc, condition, /*withElse=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.thenBlock());
    yes();
    b.setInsertionPointToStart(op.elseBlock());
    no();
  }
  /// Vectors of one of two ways to compute them.
  SmallVector<Value> choose(Value condition,
                            function_ref<SmallVector<Value>()> yes,
                            function_ref<SmallVector<Value>()> no,
                            TypeRange types) {
    auto op = scf::IfOp::create(b, loc, types, condition, /*withElse=*/true);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(op.thenBlock());
    scf::YieldOp::create(b, loc, yes());
    b.setInsertionPointToStart(op.elseBlock());
    scf::YieldOp::create(b, loc, no());
    return llvm::to_vector_of<Value>(op.getResults());
  }

  /// One of `most` ways, for a number from 1 to `most`: code that knows it.
  void variants(Value number, int64_t most, function_ref<void(int64_t)> way) {
    if (most == 1 || getConstantIntValue(number))
      return way(most);
    auto cases = llvm::to_vector(llvm::seq<int64_t>(1, most));
    auto choice = scf::IndexSwitchOp::create(b, loc, TypeRange(), number, cases,
                                             cases.size());
    auto fill = [&](Region &region, int64_t part) {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPointToStart(&region.emplaceBlock());
      way(part);
      scf::YieldOp::create(b, loc);
    };
    fill(choice.getDefaultRegion(), most);
    for (auto [region, part] : llvm::zip(choice.getCaseRegions(), cases))
      fill(region, part);
  }

  /// The sums that a part of the depth begins with: zeros where it is the first
  /// one, what the part before left elsewhere.
  SmallVector<Value> sumsFrom(Value firstChannel, int64_t count, int64_t lanes,
                              function_ref<Value(int64_t)> reload) {
    auto zeros = [&] { return SmallVector<Value>(count, zeroVector(lanes)); };
    auto left = [&] {
      SmallVector<Value> sums;
      for (int64_t n = 0; n < count; ++n)
        sums.push_back(reload(n));
      return sums;
    };
    if (auto channel = getConstantIntValue(firstChannel))
      return *channel == 0 ? zeros() : left();
    return choose(compare(arith::CmpIPredicate::eq, firstChannel, index(0)),
                  zeros, left, SmallVector<Type>(count, vectorType(lanes)));
  }

  /// The lanes of a vector that are in [0, number), counted from the place of
  /// lane 0. Both are numbers of 32 bits.
  Value lanesWithin(int64_t lanes, Value place, Value number) {
    auto type = VectorType::get({lanes}, b.getI32Type());
    auto everywhere = [&](Value value) -> Value {
      value = arith::IndexCastOp::create(b, loc, type.getElementType(), value);
      return vector::BroadcastOp::create(b, loc, type, value);
    };
    Value each = arith::ConstantOp::create(
        b, loc,
        DenseElementsAttr::get(type, ArrayRef(llvm::to_vector_of<int32_t>(
                                         llvm::seq<int64_t>(0, lanes)))));
    Value places = arith::AddIOp::create(b, loc, each, everywhere(place));
    // Those before 0 wrap around to large numbers.
    return compare(arith::CmpIPredicate::ult, places, everywhere(number));
  }
  /// A number of [0, most], the nearest one.
  Value clamp(Value number, int64_t most) {
    return min(max(number, index(0)), index(most));
  }

  VectorType vectorType(int64_t lanes) {
    return VectorType::get({lanes}, b.getF32Type());
  }
  Value zero() {
    return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
  }
  Value zeroVector(int64_t lanes) {
    return arith::ConstantOp::create(b, loc, b.getZeroAttr(vectorType(lanes)));
  }
  Value load(Value buffer, ValueRange at) {
    return memref::LoadOp::create(b, loc, buffer, at);
  }
  void store(Value value, Value buffer, ValueRange at) {
    memref::StoreOp::create(b, loc, value, buffer, at);
  }
  Value loadVector(int64_t lanes, Value buffer, ValueRange at) {
    return vector::LoadOp::create(b, loc, vectorType(lanes), buffer, at);
  }
  void storeVector(Value value, Value buffer, ValueRange at) {
    vector::StoreOp::create(b, loc, value, buffer, at);
  }
  Value broadcast(Value scalar, int64_t lanes) {
    return vector::BroadcastOp::create(b, loc, vectorType(lanes), scalar);
  }
  Value fma(Value x, Value y, Value z) {
    return vector::FMAOp::create(b, loc, x, y, z);
  }
  Value addf(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
  Value size(Value buffer, int64_t axis) {
    auto type = cast<MemRefType>(buffer.getType());
    if (!type.isDynamicDim(axis))
      return index(type.getDimSize(axis));
    return memref::DimOp::create(b, loc, buffer, axis);
  }

  /// numbers[i], from a constant of the module or by arithmetic where the
  /// numbers are all the same or rise by one.
  Value lookUp(ModuleOp module, ArrayRef<int64_t> numbers, Value i);
};

/// Vectors from which on masks are used where a row ends: AVX-512's. Those of
/// AVX2 gain nothing on the cores of some.
inline bool usesMasks(int64_t lanes) { return lanes >= 16; }

/// Sum of vectors with constant factors; those of 0, 1 and -1 cost no product.
Value linearCombination(Emitter &e, ArrayRef<double> factors,
                        ArrayRef<Value> vectors);

/// Takes n vectors apart: vector u of the result holds the elements u, u + n,
/// u + 2 n, ... of the vectors laid end to end.
SmallVector<Value> deinterleave(Emitter &e, ArrayRef<Value> vectors);

/// Interleaves n vectors: the result, end to end, holds element 0 of each, then
/// element 1 of each, and so on. With n = lanes this is a transposition.
SmallVector<Value> interleave(Emitter &e, ArrayRef<Value> vectors);

// compiler/Dialect/Pieces.h, for scalars and for vectors.

/// The pieces of an f32: i32 words whose upper halves are bf16 numbers and
/// whose lower halves are zero.
SmallVector<Value> splitPieces(Emitter &e, Value number);
/// A word of one piece of two channels, as the f32 that its bits are.
Value pairPieces(Emitter &e, Value even, Value odd);
/// The number that the odd or the even half of a word is, as an f32.
Value pieceOf(Emitter &e, Value word, bool odd);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_EMITTER_H
