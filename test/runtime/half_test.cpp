// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Conversions between float32 and the shorter formats: every short value comes
// back, and everything between two of them goes to the nearer one, ties to the
// even one.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "support/half.h"

using namespace tconv;

namespace {

struct Format {
  const char *name;
  uint16_t (*to)(float);
  float (*from)(uint16_t);
  uint16_t infinity;
};
const Format kFormats[] = {{"f16", toF16, fromF16, 0x7c00},
                           {"bf16", toBF16, fromBF16, 0x7f80}};

TEST(Half, EveryValueComesBack) {
  for (const Format &format : kFormats)
    for (uint32_t bits = 0; bits < 0x10000; ++bits) {
      auto half = static_cast<uint16_t>(bits);
      float value = format.from(half);
      if ((bits & 0x7fff) > format.infinity) {
        EXPECT_TRUE(std::isnan(value)) << format.name << " " << bits;
        EXPECT_TRUE(std::isnan(format.from(format.to(value))));
      } else {
        ASSERT_EQ(format.to(value), half) << format.name << " " << bits;
      }
    }
}

TEST(Half, TheNearestIsTaken) {
  for (const Format &format : kFormats)
    for (uint16_t below = 0; below + 1 < format.infinity; ++below) {
      auto above = static_cast<uint16_t>(below + 1);
      float low = format.from(below), high = format.from(above);
      // Exact in float32, but for bf16's subnormal numbers.
      double middle = (double(low) + high) / 2;
      auto between = static_cast<float>(middle);
      if (between != middle)
        continue;
      uint16_t even = below % 2 ? above : below;
      ASSERT_EQ(format.to(between), even) << format.name << " " << below;
      ASSERT_EQ(format.to(std::nextafter(between, low)), below);
      ASSERT_EQ(format.to(std::nextafter(between, high)), above);
      ASSERT_EQ(format.to(-between), even | 0x8000);
    }
}

TEST(Half, WhatIsTooLargeIsInfinite) {
  EXPECT_EQ(toF16(65519.996F), 0x7bff);
  EXPECT_EQ(toF16(65520), 0x7c00);
  EXPECT_EQ(toF16(-1e30F), 0xfc00);
  EXPECT_EQ(toBF16(std::numeric_limits<float>::max()), 0x7f80);
  EXPECT_EQ(toF16(1e-30F), 0);
}

TEST(Half, Tf32RoundsAwayFromZero) {
  const float unit = 0x1p-10F;
  EXPECT_EQ(toTF32(1 + unit), 1 + unit);
  EXPECT_EQ(toTF32(1 + unit / 2), 1 + unit);
  EXPECT_EQ(toTF32(std::nextafter(1 + unit / 2, 0.0F)), 1);
  EXPECT_EQ(toTF32(-1 - unit / 2), -1 - unit);
  EXPECT_TRUE(std::isnan(toTF32(std::nanf(""))));
}

} // namespace
