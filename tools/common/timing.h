// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Wall-clock timing of something that is run again and again.
#ifndef TCONV_TOOLS_COMMON_TIMING_H
#define TCONV_TOOLS_COMMON_TIMING_H

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "layer/layer.h"

namespace tconv::tools {

/// Seconds of a clock that never goes back.
inline double now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

struct Timing {
  double minimum = 0; ///< seconds of the fastest run
  double median = 0;  ///< seconds
  int64_t runs = 0;
};

/// Times `run` (which returns a Status) until `seconds` have passed and at
/// least `minimumRuns` are done. Stops at the first failure. The minimum is the
/// figure to compare by: whatever else the machine does only adds to it.
template <typename Run>
Status measure(double seconds, int64_t minimumRuns, Run &&run, Timing &timing) {
  std::vector<double> samples;
  double begin = now();
  while (static_cast<int64_t>(samples.size()) < minimumRuns ||
         now() - begin < seconds) {
    double start = now();
    if (Status status = run())
      return status;
    samples.push_back(now() - start);
  }
  timing.runs = static_cast<int64_t>(samples.size());
  auto middle = samples.begin() + static_cast<int64_t>(samples.size() / 2);
  std::nth_element(samples.begin(), middle, samples.end());
  timing.median = *middle;
  timing.minimum = *std::min_element(samples.begin(), samples.end());
  return Status::ok();
}

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_TIMING_H
