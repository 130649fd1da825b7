// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/FastFilter.h"

#include <cassert>

using namespace mlir::tconv;
using Number = FastFilter::Number;

/// Polynomials by their coefficients, constant first.
using Polynomial = llvm::SmallVector<Number>;

static Number fraction(int64_t numerator, int64_t denominator = 1) {
  return {numerator, denominator};
}

/// The finite points, in the order in which they are taken. Large powers cost
/// accuracy, so small numbers come first; -2 and then 1/2 err less together
/// than 2 and -2 (docs/fast-algorithms.md).
static Number point(int64_t t) {
  switch (t) {
  case 0:
    return fraction(0);
  case 1:
    return fraction(1);
  case 2:
    return fraction(-1);
  case 3:
    return fraction(-2);
  case 4:
    return fraction(1, 2);
  default:
    assert(t == 5 && "there are no more points");
    return fraction(2);
  }
}

static Number power(const Number &base, int64_t exponent) {
  Number result = fraction(1);
  for (int64_t i = 0; i < exponent; ++i)
    result = result * base;
  return result;
}

/// The product of (x - point) over all finite points but one.
static Polynomial productWithout(int64_t finite, int64_t excluded) {
  Polynomial product = {fraction(1)};
  for (int64_t t = 0; t < finite; ++t) {
    if (t == excluded)
      continue;
    Polynomial next(product.size() + 1, fraction(0));
    for (size_t i = 0; i < product.size(); ++i) {
      next[i + 1] = next[i + 1] + product[i];
      next[i] = next[i] - product[i] * point(t);
    }
    product = std::move(next);
  }
  return product;
}

FastFilter::FastFilter(int64_t outputs, int64_t taps)
    : outputs_(outputs), taps_(taps) {
  assert(outputs >= 1 && outputs <= kMostOutputs && taps >= 1 &&
         taps <= kMostTaps);
  int64_t n = points(), infinity = n - 1;
  auto zeros = [](int64_t rows, int64_t columns) {
    return Matrix(rows, Polynomial(columns, fraction(0)));
  };
  output_ = zeros(outputs, n);
  weight_ = zeros(n, taps);
  input_ = zeros(n, n);
  if (taps == 1 || outputs == 1) {
    for (int64_t t = 0; t < n; ++t)
      output_[taps == 1 ? t : 0][t] = weight_[t][taps == 1 ? 0 : infinity - t] =
          input_[t][t] = fraction(1);
    return;
  }
  // With a(x) of degree outputs - 1 and g(x) of degree taps - 1, g reversed
  // taps, the product's coefficients come from its values by Lagrange's
  // polynomials. Transposing that map gives the filter.
  for (int64_t t = 0; t < infinity; ++t) {
    for (int64_t j = 0; j < outputs; ++j)
      output_[j][t] = power(point(t), j);
    Polynomial lagrange = productWithout(infinity, t);
    Number scale = fraction(1);
    for (int64_t v = 0; v < infinity; ++v)
      if (v != t)
        scale = scale * (point(t) - point(v));
    // The division goes to the weights, which are transformed once, except at
    // point 0, where it is by a power of two, so that the tap stays as it is.
    // The sign goes with the data, so that no weight is negated for nothing.
    Number size = scale < fraction(0) ? -scale : scale;
    Number sign = scale / size;
    Number weightScale = t == 0 ? fraction(1) : size;
    for (int64_t u = 0; u < n - 1; ++u)
      input_[t][u] = lagrange[u] * sign / (t == 0 ? size : fraction(1));
    for (int64_t k = 0; k < taps; ++k)
      weight_[t][k] = power(point(t), taps - 1 - k) / weightScale;
  }
  output_[outputs - 1][infinity] = fraction(1);
  weight_[infinity][0] = fraction(1);
  Polynomial all = productWithout(infinity, /*excluded=*/-1);
  for (int64_t u = 0; u < n; ++u)
    input_[infinity][u] = all[u];
}

int64_t FastFilter::leastChannels(int64_t outputs, int64_t taps) {
  switch (outputs + taps - 1) {
  case 5:
  case 6:
    return 32;
  case 7:
    return 128;
  default:
    return 1;
  }
}

double FastFilter::value(const Number &number) {
  return static_cast<double>(int64fromDynamicAPInt(number.num)) /
         static_cast<double>(int64fromDynamicAPInt(number.den));
}
