// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/half.h"

#include <cmath>
#include <cstring>

using namespace tconv;

namespace {

uint32_t bitsOf(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

float floatOf(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

} // namespace

uint16_t tconv::toF16(float value) {
  constexpr float kTooLarge = 65520; // halfway beyond the largest
  constexpr float kLeastNormal = 0x1p-14F;
  auto sign = static_cast<uint16_t>(bitsOf(value) >> 16 & 0x8000U);
  float size = std::fabs(value);
  if (std::isnan(value))
    return sign | 0x7e00U;
  if (size >= kTooLarge)
    return sign | 0x7c00U;
  // Of a subnormal number, the last bit weighs 2^-24: adding a float whose last
  // bit weighs that rounds it.
  if (size < kLeastNormal)
    return sign | static_cast<uint16_t>(bitsOf(size + 0.5F) & 0x7ffU);
  uint32_t bits = bitsOf(size) - ((127U - 15U) << 23);
  uint32_t odd = bits >> 13 & 1U;
  return sign | static_cast<uint16_t>((bits + 0xfffU + odd) >> 13);
}

uint16_t tconv::toBF16(float value) {
  uint32_t bits = bitsOf(value);
  if (std::isnan(value))
    return static_cast<uint16_t>(bits >> 16 | 0x40U);
  uint32_t odd = bits >> 16 & 1U;
  return static_cast<uint16_t>((bits + 0x7fffU + odd) >> 16);
}

float tconv::fromF16(uint16_t bits) {
  uint32_t sign = (bits & 0x8000U) << 16;
  uint32_t exponent = bits >> 10 & 31U, mantissa = bits & 0x3ffU;
  if (exponent == 31)
    return floatOf(sign | 0x7f800000U | mantissa << 13);
  if (exponent == 0)
    return std::copysign(static_cast<float>(mantissa) * 0x1p-24F,
                         floatOf(sign | 0x3f800000U));
  return floatOf(sign | (exponent + 127U - 15U) << 23 | mantissa << 13);
}

float tconv::fromBF16(uint16_t bits) { return floatOf(uint32_t(bits) << 16); }

float tconv::toTF32(float value) {
  if (!std::isfinite(value))
    return value;
  return floatOf((bitsOf(value) + 0x1000U) & ~0x1fffU);
}

void tconv::fromFloats(int32_t dtype, const float *from, int64_t count,
                       void *to) {
  if (dtype == TCONV_F32) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
    return;
  }
  auto *halves = static_cast<uint16_t *>(to);
  for (int64_t i = 0; i < count; ++i)
    halves[i] = dtype == TCONV_F16 ? toF16(from[i]) : toBF16(from[i]);
}

void tconv::toFloats(int32_t dtype, const void *from, int64_t count,
                     float *to) {
  if (dtype == TCONV_F32) {
    std::memcpy(to, from, static_cast<size_t>(count) * sizeof(float));
    return;
  }
  const auto *halves = static_cast<const uint16_t *>(from);
  for (int64_t i = 0; i < count; ++i)
    to[i] = dtype == TCONV_F16 ? fromF16(halves[i]) : fromBF16(halves[i]);
}
