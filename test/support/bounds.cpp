// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/bounds.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <numeric>
#include <sstream>

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr double kElementFactor = 4, kFastElementFactor = 8;
constexpr double kMeanSquareFactor = 1.5, kFastMeanSquareFactor = 3;
/// Below this many elements the ratio of two root mean squares is chance.
constexpr int64_t kEnoughElements = 500;

bool sameSpecial(double wanted, float have) {
  return std::isnan(wanted) ? std::isnan(have)
                            : static_cast<double>(have) == wanted;
}

} // namespace

int64_t test::longestSum(const tconv_params &params) {
  int64_t common = std::gcd(params.stride, params.dilation);
  int64_t taps =
      (params.kernel_size * common + params.stride - 1) / params.stride;
  return params.in_channels / params.group * taps;
}

std::string Accuracy::compare(const Tensors &tensors, const float *y,
                              const std::vector<int64_t> &outChannels) {
  std::vector<int64_t> channels = outChannels;
  if (channels.empty()) {
    channels.resize(static_cast<size_t>(params_.out_channels));
    std::iota(channels.begin(), channels.end(), int64_t(0));
  }
  int64_t columns = params_.out_channels / params_.group;
  int64_t outputs = expectedOutputLength(params_, tensors.length);
  double longest = static_cast<double>(longestSum(params_));
  for (int64_t n = 0; n < tensors.batch; ++n)
    for (size_t first = 0; first < channels.size();) {
      // The bound is one for a batch item and group.
      int64_t group = channels[first] / columns;
      size_t last = first;
      std::vector<ExactRow> rows;
      double largestSum = 0, fmaError = 0;
      for (; last < channels.size() && channels[last] / columns == group;
           ++last) {
        rows.push_back(exactRow(params_, tensors, n, channels[last]));
        for (size_t t = 0; t < rows.back().sums.size(); ++t) {
          double sum = rows.back().sums[t];
          if (!std::isfinite(sum) || !std::isfinite(rows.back().fma[t]))
            continue;
          largestSum = std::max(largestSum, rows.back().absolutes[t]);
          double error = std::fabs(rows.back().fma[t] - sum);
          fmaError = std::max(fmaError, error);
          fmaSquares_ += error * error;
        }
      }
      for (size_t r = first; r < last; ++r) {
        const ExactRow &row = rows[r - first];
        const float *have =
            y + (n * params_.out_channels + channels[r]) * outputs;
        for (size_t t = 0; t < row.sums.size(); ++t) {
          double wanted = row.sums[t];
          // A float32 sum may overflow where the float64 one doesn't.
          if (!std::isfinite(wanted) || !std::isfinite(row.fma[t])) {
            if (sameSpecial(std::isfinite(wanted) ? row.fma[t] : wanted,
                            have[t]))
              continue;
          } else {
            double error = std::fabs(have[t] - wanted);
            double bound = (fast_ ? kFastElementFactor : kElementFactor) *
                               FLT_EPSILON * std::sqrt(longest) * largestSum +
                           2 * FLT_EPSILON * std::fabs(wanted) +
                           longest * std::ldexp(1.0, -149);
            bound = std::max(bound, 2 * fmaError);
            if (error <= bound) { // false for NaN
              largestError_ = std::max(largestError_, error);
              squares_ += error * error;
              ++elements_;
              continue;
            }
          }
          std::ostringstream text;
          text.precision(9);
          text << "y[" << n << ", " << channels[r] << ", " << t
               << "] = " << have[t] << ", must be " << wanted << " (length "
               << tensors.length << ", batch " << tensors.batch
               << ", largest sum " << largestSum << ", FMA error " << fmaError
               << ")";
          return text.str();
        }
      }
      first = last;
    }
  return "";
}

double Accuracy::meanSquareRatio() const {
  return std::sqrt(squares_ / fmaSquares_);
}

std::string Accuracy::compareMeanSquare() const {
  if (elements_ < kEnoughElements)
    return "";
  if (squares_ == 0 ||
      meanSquareRatio() <= (fast_ ? kFastMeanSquareFactor : kMeanSquareFactor))
    return "";
  double error = std::sqrt(squares_ / static_cast<double>(elements_));
  std::ostringstream text;
  text << "root mean square error " << error << " over " << elements_
       << " elements, " << meanSquareRatio()
       << " times that of a plain FMA sum";
  return text.str();
}
