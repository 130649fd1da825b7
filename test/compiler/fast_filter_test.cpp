// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The fast filters, in rational arithmetic: exact for every size, and with the
// properties that the passes rely on.
#include "compiler/Dialect/FastFilter.h"

#include <cmath>
#include <gtest/gtest.h>

using mlir::tconv::FastFilter;
using Number = FastFilter::Number;

class FastFilterTest
    : public testing::TestWithParam<std::tuple<int64_t, int64_t>> {
protected:
  FastFilter filter{std::get<0>(GetParam()), std::get<1>(GetParam())};
  int64_t m = filter.outputs(), r = filter.taps(), n = filter.points();
};

/// Output j takes w_k d_(j + r - 1 - k) once, and nothing else.
TEST_P(FastFilterTest, IsTheFilterExactly) {
  for (int64_t j = 0; j < m; ++j)
    for (int64_t k = 0; k < r; ++k)
      for (int64_t u = 0; u < n; ++u) {
        Number sum(0);
        for (int64_t t = 0; t < n; ++t)
          sum = sum +
                filter.output(j, t) * filter.weight(t, k) * filter.input(t, u);
        EXPECT_TRUE(sum == Number(u == j + r - 1 - k ? 1 : 0))
            << "j = " << j << ", k = " << k << ", u = " << u;
      }
}

TEST_P(FastFilterTest, HasFewerProducts) { EXPECT_EQ(n, m + r - 1); }

/// Direct sums take their taps from these two points.
TEST_P(FastFilterTest, EndsHoldTapsAsTheyAre) {
  for (int64_t k = 0; k < r; ++k) {
    EXPECT_TRUE(filter.weight(0, k) == Number(k == r - 1 ? 1 : 0));
    EXPECT_TRUE(filter.weight(n - 1, k) == Number(k == 0 ? 1 : 0));
  }
}

/// Factors of data and of sums are small and binary: no rounding in them.
TEST_P(FastFilterTest, DataFactorsAreExact) {
  auto check = [](const Number &number) {
    double value = FastFilter::value(number);
    EXPECT_EQ(static_cast<double>(static_cast<float>(value)), value);
    EXPECT_EQ(std::ldexp(value, 8), std::round(std::ldexp(value, 8)));
    EXPECT_LE(std::fabs(value), 32);
  };
  for (int64_t t = 0; t < n; ++t) {
    for (int64_t j = 0; j < m; ++j)
      check(filter.output(j, t));
    for (int64_t u = 0; u < n; ++u)
      check(filter.input(t, u));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Sizes, FastFilterTest,
    testing::Combine(testing::Range<int64_t>(1, FastFilter::kMostOutputs + 1),
                     testing::Range<int64_t>(1, FastFilter::kMostTaps + 1)),
    [](const auto &info) {
      return "F" + std::to_string(std::get<0>(info.param)) + "_" +
             std::to_string(std::get<1>(info.param));
    });
