// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How exact a result has to be, by SPEC.md.
#ifndef TCONV_TEST_SUPPORT_BOUNDS_H
#define TCONV_TEST_SUPPORT_BOUNDS_H

#include <string>
#include <vector>

#include "support/exact.h"

namespace tconv::test {

/// Longest sum of a layer.
int64_t longestSum(const tconv_params &params);

/// Compares results with the exact ones, and gathers what the bound on the
/// root mean square needs over several launches of a layer.
class Accuracy {
public:
  /// `fast`: by the bounds for fast algorithms, which share products.
  explicit Accuracy(const tconv_params &params, bool fast = false)
      : params_(params), fast_(fast) {}

  /// Checks every element of y, or of the given output channels only. Returns
  /// "" or what is wrong. Values that aren't finite must be the same.
  std::string compare(const Tensors &tensors, const float *y,
                      const std::vector<int64_t> &outChannels = {});

  /// The bound on the root mean square error, for centred random data. Says
  /// nothing before there are enough elements to tell.
  std::string compareMeanSquare() const;

  double largestError() const { return largestError_; }
  /// Root mean square error over that of a plain FMA sum.
  double meanSquareRatio() const;

private:
  tconv_params params_;
  bool fast_;
  double largestError_ = 0;
  double squares_ = 0, fmaSquares_ = 0;
  int64_t elements_ = 0;
};

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_BOUNDS_H
