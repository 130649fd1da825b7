// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/CompactWords.h"

#include "compiler/Transforms/Words.h"

using namespace mlir;
using namespace mlir::tconv;

// Of an f32.
static constexpr int64_t kMantissaBits = 23, kExponentBias = 127;
static constexpr uint32_t kMagnitude = 0x7fffffff;
/// 1.5 * 2^23: a number of less than 2^22 that is added to it is rounded to an
/// integer, which the sum's lower bits are.
static constexpr uint32_t kRounderBits = 0x4b400000;

static constexpr int64_t kNumberBits = Compact::kNumberBits,
                         kLowerBits = Compact::kLowerBits;
static constexpr uint32_t kLowerMask = (1u << kLowerBits) - 1;

namespace {

/// The eight rows of every lane: their numbers, and the exponent.
struct Lanes {
  SmallVector<Value, Compact::kVectors> numbers;
  Value exponent;
};

} // namespace

static Lanes quantize(Emitter &e, function_ref<Value(int64_t row)> weightsOf) {
  Words words(e, e.vectorType(Compact::kLanes));
  SmallVector<Value, Compact::kVectors> weights;
  Value largest;
  for (int64_t v = 0; v < Compact::kVectors; ++v) {
    weights.push_back(weightsOf(v * Compact::kLanes));
    Value magnitude = words.both(words.of(weights.back()), kMagnitude);
    largest = v == 0 ? magnitude : words.largest(largest, magnitude);
  }
  // The largest one's upper bit becomes the upper one of n.
  Value zero = words.constant(0), one = words.constant(1);
  constexpr int64_t kDown = kExponentBias + kNumberBits - 2 - Compact::kBias;
  Value exponent = words.largest(
      words.sub(words.shifted(largest, -kMantissaBits), words.constant(kDown)),
      one);
  // 2^(kBias - exponent)
  Value inverse = words.number(words.shifted(
      words.sub(words.constant(kExponentBias + Compact::kBias), exponent),
      kMantissaBits));
  Value isZero = e.compare(arith::CmpIPredicate::eq, largest, zero);
  Lanes result;
  result.exponent = e.select(isZero, zero, exponent);
  Value rounder = words.number(words.constant(kRounderBits));
  for (Value weight : weights) {
    Value scaled = arith::MulFOp::create(e.b, e.loc, weight, inverse);
    Value number = words.sub(words.of(e.addf(scaled, rounder)),
                             words.constant(kRounderBits));
    number = words.least(number, words.constant((1 << (kNumberBits - 1)) - 1));
    // Not zero where the weight isn't.
    Value bits = words.of(weight);
    Value real =
        e.compare(arith::CmpIPredicate::ne, words.both(bits, kMagnitude), zero);
    Value vanished =
        e.both(real, e.compare(arith::CmpIPredicate::eq, number, zero));
    Value negative = e.compare(arith::CmpIPredicate::slt, bits, zero);
    Value smallest = e.select(negative, words.constant(-1), one);
    result.numbers.push_back(e.select(vanished, smallest, number));
  }
  return result;
}

void mlir::tconv::packCompact(Emitter &e, Value packed, Value step,
                              function_ref<Value(int64_t row)> weightsOf) {
  Words words(e, e.vectorType(Compact::kLanes));
  auto store = [&](Value word, int64_t offset) {
    e.storeVector(words.number(word), packed, {e.add(step, offset)});
  };
  Lanes lanes = quantize(e, weightsOf);
  auto lowerOf = [&](int64_t v) {
    return words.both(lanes.numbers[v], kLowerMask);
  };
  constexpr int64_t kLast = Compact::kVectors - 1;
  for (int64_t v = 0; v < Compact::kVectors; v += 2) {
    Value even = words.both(words.shifted(lanes.numbers[v], -kLowerBits),
                            (1u << Compact::kUpperBits) - 1);
    Value above = words.shifted(
        words.shifted(lanes.numbers[v + 1], -kLowerBits), Compact::kUpperBits);
    store(words.either(even, above), v / 2 * Compact::kLanes);
  }
  Value lower = words.shifted(lanes.numbers[kLast], Compact::kSplitAt);
  for (int64_t v = 0; v < Compact::kLowerVectors; ++v)
    lower = words.either(lower, words.shifted(lowerOf(v), v * kLowerBits));
  store(lower, Compact::kLower);
  Value half = words.either(lanes.exponent,
                            words.shifted(lowerOf(Compact::kLowerVectors),
                                          Compact::kBitsAboveExponent));
  Value rest = words.shifted(lowerOf(kLast), -Compact::kSplitBits);
  half = words.either(
      half, words.shifted(rest, Compact::kBitsAboveExponent + kLowerBits));
  // Two lanes' halves are a word.
  auto shorts = VectorType::get({Compact::kLanes}, e.b.getI16Type());
  Value halves = vector::BitCastOp::create(
      e.b, e.loc, e.vectorType(Compact::kLanes / 2),
      arith::TruncIOp::create(e.b, e.loc, shorts, half));
  e.storeVector(halves, packed, {e.add(step, Compact::kHalves)});
}

/// The numbers' bits lie at the top of a word, which as an integer is
/// n * 2^11, and the exponent's power of two lacks it.
static constexpr int64_t kShift = 32 - kNumberBits;
static_assert(kExponentBias - kShift == Compact::kBias);

CompactStep::CompactStep(Emitter &e, Value weights, Value step)
    : e(e), weights(weights), step(step) {
  Words words(e, e.vectorType(Compact::kLanes));
  lower = load(Compact::kLower);
  Value pairs = e.loadVector(Compact::kLanes / 2, weights,
                             {e.add(step, Compact::kHalves)});
  auto shorts = VectorType::get({Compact::kLanes}, e.b.getI16Type());
  halves = arith::ExtUIOp::create(
      e.b, e.loc, VectorType::get({Compact::kLanes}, e.b.getI32Type()),
      vector::BitCastOp::create(e.b, e.loc, shorts, pairs));
  scale = words.number(
      words.shifted(words.both(halves, (1u << Compact::kBitsAboveExponent) - 1),
                    kMantissaBits));
}

Value CompactStep::load(int64_t offset) {
  Words words(e, e.vectorType(Compact::kLanes));
  return words.of(
      e.loadVector(Compact::kLanes, weights, {e.add(step, offset)}));
}

Value CompactStep::vector(int64_t i) {
  Words words(e, e.vectorType(Compact::kLanes));
  constexpr uint32_t kUpperMask = ~((1u << Compact::kUpperBits) - 1);
  constexpr uint32_t kBelowMask = kLowerMask << kShift;
  Value pair = load(i / 2 * Compact::kLanes);
  Value word = i % 2 == 0 ? words.shifted(pair, Compact::kUpperBits)
                          : words.both(pair, kUpperMask);
  auto add = [&](Value bits, int64_t distance, uint32_t mask) {
    word = words.either(word, words.both(words.shifted(bits, distance), mask));
  };
  if (i < Compact::kLowerVectors) {
    add(lower, kShift - i * kLowerBits, kBelowMask);
  } else if (i == Compact::kLowerVectors) {
    add(halves, kShift - Compact::kBitsAboveExponent, kBelowMask);
  } else {
    constexpr uint32_t kSplitMask = ((1u << Compact::kSplitBits) - 1) << kShift;
    add(halves,
        kShift + Compact::kSplitBits -
            (Compact::kBitsAboveExponent + kLowerBits),
        kBelowMask & ~kSplitMask);
    add(lower, kShift - Compact::kSplitAt, kSplitMask);
  }
  return arith::MulFOp::create(e.b, e.loc, words.converted(word), scale);
}
