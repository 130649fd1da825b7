// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/magnitudes.h"

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace tconv;

namespace {

constexpr int32_t kWithoutSign = 0x7fffffff;
constexpr int32_t kInfinity = 0x7f800000;

float fromBits(int32_t bits) {
  bits = std::min(bits, kInfinity); // NaN lies above
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Raises `peak` to the largest of the values, and lowers `leastBelow` to the
/// least of them but zeros, less one. Integers' maxima may be taken in any
/// order, so that compilers make vectors of this, which they may not of floats.
void extend(const float *values, int64_t count, int32_t &peak,
            int32_t &leastBelow) {
  int32_t most = peak, least = leastBelow;
  for (int64_t i = 0; i < count; ++i) {
    int32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    bits &= kWithoutSign;
    most = std::max(most, bits);
    // One less than zero is above all others here.
    least = std::min(least, (bits - 1) & kWithoutSign);
  }
  peak = most;
  leastBelow = least;
}

} // namespace

bool Magnitudes::finite() const { return std::isfinite(mostPeak); }

MagnitudeScan::MagnitudeScan(int64_t groupSize)
    : groupSize_(groupSize), left_(groupSize), leastPeak_(kInfinity),
      leastBelow_(kWithoutSign) {}

void MagnitudeScan::add(const float *values, int64_t count) {
  while (count > 0) {
    int64_t part = std::min(count, left_);
    extend(values, part, peak_, leastBelow_);
    values += part;
    count -= part;
    left_ -= part;
    if (left_ == 0)
      endGroup();
  }
}

void MagnitudeScan::endGroup() {
  if (peak_ != 0)
    leastPeak_ = std::min(leastPeak_, peak_);
  mostPeak_ = std::max(mostPeak_, peak_);
  peak_ = 0;
  left_ = groupSize_;
}

Magnitudes MagnitudeScan::result() const {
  MagnitudeScan ended = *this;
  ended.endGroup();
  int32_t least = std::min(leastBelow_, kInfinity - 1) + 1;
  return {fromBits(least), fromBits(ended.leastPeak_),
          fromBits(ended.mostPeak_)};
}
