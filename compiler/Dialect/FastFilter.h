// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Fast algorithms for short filters, F(m, r): m neighbouring outputs of a
// filter of r taps by m + r - 1 products instead of m * r.
#ifndef TCONV_COMPILER_DIALECT_FASTFILTER_H
#define TCONV_COMPILER_DIALECT_FASTFILTER_H

#include "mlir/Analysis/Presburger/Fraction.h"
#include "llvm/ADT/SmallVector.h"

namespace mlir::tconv {

/// For outputs j = 0 .. m - 1, taps w_0 .. w_(r-1) and data d_0 .. d_(m+r-2),
/// ```
/// sum over k of w_k d_(j + r - 1 - k)
///   = sum over t of output(j, t) (sum over k of weight(t, k) w_k)
///                                (sum over u of input(t, u) d_u)
/// ```
/// with m + r - 1 points t. The numbers are Toom and Cook's, transposed: a
/// polynomial product by values at the points 0, 1, -1, -2, 1/2, 2 and
/// infinity. Point 0 is tap r - 1 alone, the last point tap 0 alone, both as
/// they are, so that the weights of a filter of two taps hold the taps
/// themselves. output and input are exact in binary; weight may hold thirds.
///
/// A filter of one tap has m points that are the outputs themselves; with one
/// output the points are the taps, the last one first, and nothing is shared:
/// the direct algorithm.
class FastFilter {
public:
  using Number = presburger::Fraction;
  /// Of these and no more there are points.
  static constexpr int64_t kMostOutputs = 4, kMostTaps = 4;

  FastFilter(int64_t outputs, int64_t taps);

  int64_t outputs() const { return outputs_; }
  int64_t taps() const { return taps_; }
  int64_t points() const { return outputs_ + taps_ - 1; }

  const Number &output(int64_t j, int64_t t) const { return output_[j][t]; }
  const Number &weight(int64_t t, int64_t k) const { return weight_[t][k]; }
  const Number &input(int64_t t, int64_t u) const { return input_[t][u]; }

  /// Input channels from which on the root mean square error stays below three
  /// times that of a plain sum: sums of more channels err more themselves.
  static int64_t leastChannels(int64_t outputs, int64_t taps);

  static double value(const Number &number);

private:
  using Matrix = llvm::SmallVector<llvm::SmallVector<Number>>;
  int64_t outputs_, taps_;
  Matrix output_, weight_, input_;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_FASTFILTER_H
