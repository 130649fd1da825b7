// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one pass over weights finds, against a plain search in float32.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "support/magnitudes.h"

using namespace tconv;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kSubnormal = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

Magnitudes scan(const std::vector<float> &values, int64_t groupSize) {
  MagnitudeScan scan(groupSize);
  scan.add(values.data(), static_cast<int64_t>(values.size()));
  return scan.result();
}

/// As the header has it.
Magnitudes search(const std::vector<float> &values, size_t groupSize) {
  Magnitudes found = {kInfinity, kInfinity, 0};
  for (size_t begin = 0; begin < values.size(); begin += groupSize) {
    float peak = 0;
    size_t end = std::min(begin + groupSize, values.size());
    for (size_t i = begin; i < end; ++i) {
      float value = std::isnan(values[i]) ? kInfinity : std::fabs(values[i]);
      peak = std::max(peak, value);
      if (value > 0)
        found.least = std::min(found.least, value);
    }
    if (peak > 0)
      found.leastPeak = std::min(found.leastPeak, peak);
    found.mostPeak = std::max(found.mostPeak, peak);
  }
  return found;
}

void expectFound(const std::vector<float> &values, int64_t groupSize,
                 const Magnitudes &wanted) {
  Magnitudes found = scan(values, groupSize);
  EXPECT_EQ(found.least, wanted.least);
  EXPECT_EQ(found.leastPeak, wanted.leastPeak);
  EXPECT_EQ(found.mostPeak, wanted.mostPeak);
}

TEST(Magnitudes, Signs) {
  expectFound({-3, 2, -0.5f, 1}, 4, {0.5f, 3, 3});
  expectFound({-3, 2, -0.5f, 1}, 2, {0.5f, 1, 3});
  expectFound({-3, 2, -0.5f, 1}, 1, {0.5f, 0.5f, 3});
}

TEST(Magnitudes, ZerosOfBothSigns) {
  for (float zero : {0.0f, -0.0f}) {
    expectFound(std::vector<float>(37, zero), 5, {kInfinity, kInfinity, 0});
    // A group of zeros has no peak.
    expectFound({zero, zero, 2, zero, zero, zero}, 2, {2, 2, 2});
    expectFound({zero, -4, 2, zero}, 2, {2, 2, 4});
  }
  expectFound({}, 3, {kInfinity, kInfinity, 0});
}

TEST(Magnitudes, SubnormalsCount) {
  expectFound({kSubnormal, 1, -kSubnormal, 0}, 2, {kSubnormal, kSubnormal, 1});
  expectFound({kSubnormal, 2 * kSubnormal}, 2,
              {kSubnormal, 2 * kSubnormal, 2 * kSubnormal});
}

TEST(Magnitudes, WhatIsNotFinite) {
  EXPECT_TRUE(scan({kLargest, -kLargest}, 2).finite());
  expectFound({kLargest}, 1, {kLargest, kLargest, kLargest});
  for (float value : {kInfinity, -kInfinity, kNaN, -kNaN})
    for (size_t place : {0, 1, 16, 17, 40}) {
      std::vector<float> values(41, 1.0f);
      values[place] = value;
      EXPECT_FALSE(scan(values, 41).finite()) << value << " at " << place;
      expectFound(values, 41, {1, kInfinity, kInfinity});
      expectFound(values, 1, {1, 1, kInfinity});
      values.assign(41, 0.0f);
      values[place] = value;
      expectFound(values, 41, {kInfinity, kInfinity, kInfinity});
    }
}

/// Any bits, in groups of any size, in parts of any size.
TEST(Magnitudes, AsASearchFinds) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 3000; ++i) {
    std::vector<float> values(random() % 200);
    uint64_t exponents = random() % 3; // all, few, or many zeros
    for (float &value : values) {
      auto bits = static_cast<uint32_t>(random());
      if (exponents > 0)
        bits = (bits & 0x83ffffff) | 0x3c000000;
      if (exponents == 2 && random() % 8 != 0)
        bits &= 0x80000000;
      std::memcpy(&value, &bits, sizeof(value));
    }
    size_t groupSize = 1 + random() % 60;
    SCOPED_TRACE(i);
    Magnitudes wanted = search(values, groupSize);
    expectFound(values, static_cast<int64_t>(groupSize), wanted);
    MagnitudeScan parts(static_cast<int64_t>(groupSize));
    for (size_t begin = 0; begin < values.size();) {
      size_t part = std::min(random() % 70, values.size() - begin);
      parts.add(values.data() + begin, static_cast<int64_t>(part));
      begin += part;
    }
    Magnitudes found = parts.result();
    EXPECT_EQ(found.least, wanted.least);
    EXPECT_EQ(found.leastPeak, wanted.leastPeak);
    EXPECT_EQ(found.mostPeak, wanted.mostPeak);
    if (HasFailure())
      break;
  }
}

} // namespace
