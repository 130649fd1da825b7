// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How large and how small the values of a tensor of groups are, found in one
// pass: whether a kernel may compute with them depends on no more than that.
#ifndef TCONV_SRC_SUPPORT_MAGNITUDES_H
#define TCONV_SRC_SUPPORT_MAGNITUDES_H

#include <cstdint>

namespace tconv {

/// Magnitudes; a NaN counts as an infinite value. Where all values are zero (or
/// there are none), the first two are infinite and the last is zero.
struct Magnitudes {
  float least;     ///< of all values but zeros
  float leastPeak; ///< the largest of a group, where that is least; groups of
                   ///< zeros don't count
  float mostPeak;  ///< the largest of all

  bool finite() const;
};

/// Finds them for values that come in parts, the groups one after the other.
class MagnitudeScan {
public:
  /// `groupSize` values, at least 1, make a group.
  explicit MagnitudeScan(int64_t groupSize);

  /// The next `count` values.
  void add(const float *values, int64_t count);

  /// What the values so far come to; a group that isn't complete counts.
  Magnitudes result() const;

private:
  void endGroup();

  int64_t groupSize_;
  int64_t left_; ///< values of this group that are still to come
  // Bits of floats without their signs, which have the order of the magnitudes.
  int32_t peak_ = 0;
  int32_t leastPeak_, mostPeak_ = 0;
  int32_t leastBelow_; ///< the least but zeros, less one
};

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_MAGNITUDES_H
