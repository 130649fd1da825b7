// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/elements.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>

#include "support/bounds.h"

using namespace tconv;
using namespace tconv::test;

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

/// Rounds to `digits` bits of mantissa (the first one included), ties to even,
/// with a smallest exponent as f16 has it.
float roundNearest(float value, int digits, int least) {
  if (!std::isfinite(value) || value == 0)
    return value;
  int exponent;
  std::frexp(value, &exponent);
  int last = std::max(exponent, least) - digits;
  return std::ldexp(std::nearbyint(std::ldexp(value, -last)), last);
}

uint16_t halfBits(float value) {
  uint32_t sign = bitsOf(value) >> 16 & 0x8000;
  float magnitude = std::fabs(value);
  if (std::isnan(value))
    return 0x7fff;
  if (magnitude >= 65520)
    return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude < 0x1p-14F) // subnormal, in units of 2^-24
    return static_cast<uint16_t>(
        sign | static_cast<uint32_t>(std::nearbyint(magnitude * 0x1p24F)));
  uint32_t bits = bitsOf(roundNearest(magnitude, 11, -13));
  return static_cast<uint16_t>(sign | ((bits - (112u << 23)) >> 13));
}

float fromHalf(uint16_t bits) {
  int exponent = bits >> 10 & 31;
  float magnitude = static_cast<float>(bits & 1023);
  if (exponent == 31)
    magnitude = magnitude == 0 ? INFINITY : NAN;
  else if (exponent == 0)
    magnitude = std::ldexp(magnitude, -24);
  else
    magnitude = std::ldexp(magnitude + 1024, exponent - 25);
  return bits & 0x8000 ? -magnitude : magnitude;
}

uint16_t bfloatBits(float value) {
  if (std::isnan(value))
    return 0x7fff;
  uint32_t bits = bitsOf(value);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

} // namespace

Elements::Elements(int32_t dtype, const float *values, size_t count)
    : Elements(dtype, count) {
  for (size_t i = 0; i < count; ++i)
    set(i, values[i]);
}

void Elements::set(size_t i, float value) {
  uint16_t bits = dtype_ == TCONV_F16 ? halfBits(value) : bfloatBits(value);
  if (dtype_ == TCONV_F32)
    std::memcpy(&bytes_[i * 4], &value, 4);
  else
    std::memcpy(&bytes_[i * 2], &bits, 2);
}

float Elements::get(size_t i) const {
  float value;
  uint16_t bits;
  if (dtype_ == TCONV_F32) {
    std::memcpy(&value, &bytes_[i * 4], 4);
    return value;
  }
  std::memcpy(&bits, &bytes_[i * 2], 2);
  return dtype_ == TCONV_F16 ? fromHalf(bits)
                             : floatOf(static_cast<uint32_t>(bits) << 16);
}

std::vector<float> test::roundTo(int32_t dtype, std::vector<float> values) {
  if (dtype != TCONV_F32)
    for (float &value : values)
      value = dtype == TCONV_F16
                  ? fromHalf(halfBits(value))
                  : floatOf(static_cast<uint32_t>(bfloatBits(value)) << 16);
  return values;
}

std::vector<float> test::roundToTf32(std::vector<float> values) {
  for (float &value : values)
    if (std::isfinite(value))
      value = floatOf((bitsOf(value) + 0x1000) & ~0x1fffu);
  return values;
}

std::vector<uint8_t> test::toBytes(int32_t dtype,
                                   const std::vector<float> &values) {
  Elements elements = Elements(dtype, values.data(), values.size());
  const auto *bytes = static_cast<const uint8_t *>(elements.data());
  return {bytes, bytes + elements.size()};
}

std::vector<float> test::fromBytes(int32_t dtype,
                                   const std::vector<uint8_t> &bytes) {
  size_t size = dtype == TCONV_F32 ? 4 : 2;
  Elements elements(dtype, bytes.size() / size);
  std::memcpy(elements.data(), bytes.data(), elements.size());
  std::vector<float> values(bytes.size() / size);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = elements.get(i);
  return values;
}

std::string test::compare16(const tconv_params &params, const Tensors &tensors,
                            const std::vector<float> &y) {
  int64_t outputs = expectedOutputLength(params, tensors.length);
  int64_t columns = params.out_channels / params.group;
  auto longest = static_cast<double>(longestSum(params));
  bool f16 = params.dtype == TCONV_F16;
  double half = f16 ? 0x1p-11 : 0x1p-8, least = f16 ? 0x1p-25 : 0x1p-134;
  for (int64_t n = 0; n < tensors.batch; ++n)
    for (int64_t g = 0; g < params.group; ++g) {
      std::vector<ExactRow> rows;
      double largest = 0, fmaError = 0;
      for (int64_t c = 0; c < columns; ++c) {
        rows.push_back(exactRow(params, tensors, n, g * columns + c));
        for (size_t t = 0; t < rows.back().sums.size(); ++t) {
          if (!std::isfinite(rows.back().sums[t]))
            continue;
          largest = std::max(largest, rows.back().absolutes[t]);
          fmaError = std::max(
              fmaError, std::fabs(rows.back().fma[t] - rows.back().sums[t]));
        }
      }
      for (int64_t c = 0; c < columns; ++c)
        for (int64_t t = 0; t < outputs; ++t) {
          double wanted = rows[c].sums[t];
          double have =
              y[(n * params.out_channels + g * columns + c) * outputs + t];
          double bound =
              std::max(4 * FLT_EPSILON * std::sqrt(longest) * largest +
                           2 * FLT_EPSILON * std::fabs(wanted),
                       2 * fmaError);
          bound += half * (std::fabs(wanted) + bound) + least;
          if (std::isfinite(wanted) ? !(std::fabs(have - wanted) <= bound)
              : std::isnan(wanted)  ? !std::isnan(have)
                                    : have != wanted)
            return "y[" + std::to_string(n) + ", " +
                   std::to_string(g * columns + c) + ", " + std::to_string(t) +
                   "] = " + std::to_string(have) + ", must be " +
                   std::to_string(wanted);
        }
    }
  return "";
}
