// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The short floating-point formats. All functions are static: this is compiled
// for several machines, whose copies must not be mixed by the linker.
#ifndef TCONV_TOOLS_PTX_FORMATS_H
#define TCONV_TOOLS_PTX_FORMATS_H

#include <cstdint>

#include "ptx/alu.h"

namespace tconv::ptx {

template <typename To, typename From> static inline To bitsAs(From value) {
  static_assert(sizeof(To) == sizeof(From), "sizes differ");
  To result;
  __builtin_memcpy(&result, &value, sizeof(To));
  return result;
}

static inline float f16ToFloat(uint16_t half) {
  // The exponent is moved as it is and corrected by a product, which treats
  // subnormals right too.
  uint32_t bits = static_cast<uint32_t>(half & 0x7fff) << 13;
  float value = bitsAs<float>(bits) * 0x1p112f;
  uint32_t special = (half & 0x7c00) == 0x7c00 ? 0x7f800000u : 0u;
  return bitsAs<float>(bitsAs<uint32_t>(value) | special |
                       static_cast<uint32_t>(half & 0x8000) << 16);
}

static inline float bf16ToFloat(uint16_t value) {
  return bitsAs<float>(static_cast<uint32_t>(value) << 16);
}

/// Rounds to a format of 1 + exponentBits + mantissaBits bits; NaN becomes the
/// NaN of all ones without a sign.
static inline uint32_t roundToFormat(double value, int exponentBits,
                                     int mantissaBits, Rounding rounding) {
  uint64_t bits = bitsAs<uint64_t>(value);
  bool negative = bits >> 63;
  uint32_t sign = static_cast<uint32_t>(negative)
                  << (exponentBits + mantissaBits);
  uint32_t infinity = ((1u << exponentBits) - 1) << mantissaBits;
  int exponent = static_cast<int>(bits >> 52 & 0x7ff);
  uint64_t mantissa = bits & 0xfffffffffffffull;
  if (exponent == 0x7ff)
    return mantissa ? (1u << (exponentBits + mantissaBits)) - 1
                    : sign | infinity;
  if (exponent == 0 && mantissa == 0)
    return sign;
  // Subnormal doubles are far below every format's smallest number, so that
  // their exponent may be taken as too large.
  mantissa |= 1ull << 52;
  exponent -= 1023;
  int bias = (1 << (exponentBits - 1)) - 1;
  int drop = 52 - mantissaBits;
  bool subnormal = exponent < 1 - bias;
  if (subnormal)
    drop += 1 - bias - exponent;
  if (drop > 60)
    drop = 60;
  uint64_t kept = mantissa >> drop;
  uint64_t rest = mantissa & ((1ull << drop) - 1);
  uint64_t half = 1ull << (drop - 1);
  bool up = false;
  switch (rounding) {
  case Rounding::NearestEven:
    up = rest > half || (rest == half && (kept & 1));
    break;
  case Rounding::NearestAway:
    up = rest >= half;
    break;
  case Rounding::Down:
    up = negative && rest != 0;
    break;
  case Rounding::Up:
    up = !negative && rest != 0;
    break;
  default:
    break;
  }
  kept += up;
  uint64_t result = kept;
  if (!subnormal)
    result += static_cast<uint64_t>(exponent + bias - 1) << mantissaBits;
  if (result >= infinity) {
    bool away = rounding == Rounding::NearestEven ||
                rounding == Rounding::NearestAway ||
                (rounding == Rounding::Up && !negative) ||
                (rounding == Rounding::Down && negative);
    result = away ? infinity : infinity - 1;
  }
  return sign | static_cast<uint32_t>(result);
}

static inline uint16_t floatToF16(double value,
                                  Rounding rounding = Rounding::NearestEven) {
  return static_cast<uint16_t>(roundToFormat(value, 5, 10, rounding));
}

static inline uint16_t floatToBf16(double value,
                                   Rounding rounding = Rounding::NearestEven) {
  return static_cast<uint16_t>(roundToFormat(value, 8, 7, rounding));
}

/// TF32 in the layout of f32.
static inline uint32_t floatToTf32(double value, Rounding rounding) {
  uint32_t bits = roundToFormat(value, 8, 10, rounding);
  return bits == (1u << 18) - 1 ? 0x7fffffffu : bits << 13;
}

/// a * b + c to odd: rounding it to a format of at most 24 bits afterwards
/// gives what one rounding would have given. a * b has to be exact.
static inline double fmaToOdd(double a, double b, double c) {
  double product = a * b;
  double sum = product + c;
  // The sum's error, exactly (Knuth).
  double back = sum - product;
  double error = (product - (sum - back)) + (c - back);
  uint64_t bits = bitsAs<uint64_t>(sum);
  // Finite and not exact: the odd neighbour on the error's side.
  if (error != 0 && error == error && (bits & 1) == 0) {
    bool away = (error > 0) == (sum > 0);
    bits += away ? 1 : ~0ull;
    sum = bitsAs<double>(bits);
  }
  return sum;
}

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_FORMATS_H
