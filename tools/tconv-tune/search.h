// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The search for a layer's best schedule: it knows what can be tried, and
// nothing of how it is measured.
#ifndef TCONV_TOOLS_TUNE_SEARCH_H
#define TCONV_TOOLS_TUNE_SEARCH_H

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tuning/choice.h"

namespace tconv::tools {

/// What a candidate came to.
struct Trial {
  /// Its time as a share of the cost model's, measured beside it; 0 where it
  /// can't be had.
  double ratio = 0;
  ScheduleChoice choice; ///< with everything that the compiler filled in
};

struct SearchSpace {
  ScheduleChoice model; ///< what the cost model chose: where it starts
  std::vector<std::string> kinds; ///< of schedules; the model's need not be in
  std::vector<std::string> engines; ///< others than the model's
  int64_t mostOutputs = 1;          ///< the largest m of F(m, r)
  ScheduleChoice most; ///< sizes that more would not change; 0: none
  /// Candidates that were measured before, by formatChoice of what was asked.
  std::map<std::string, Trial> known;
};

struct SearchResult {
  Trial best;            ///< the model's own with ratio 1 where none is better
  Trial second;          ///< the next best; ratio 0 where there is none
  int64_t tried = 0;     ///< candidates, those that can't be had included
  bool finished = false; ///< nothing is left to try
};

using Measure = std::function<Status(const ScheduleChoice &, Trial &)>;
/// Asked before a candidate is measured.
using Stop = std::function<bool()>;

/// First every other engine, whose kernels are taken as they are; then every
/// number of outputs and every kind, with the block sizes that the cost model
/// has for them; then from the best of these one size at a time, as long as it
/// gains. Deterministic: what was measured before comes from
/// `known` on the same way. Fails only where `measure` does.
Status search(const SearchSpace &space, const Measure &measure,
              const Stop &stop, SearchResult &result);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TUNE_SEARCH_H
