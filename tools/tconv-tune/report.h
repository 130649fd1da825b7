// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tconv-tune says: lines while it works, a table at the end.
#ifndef TCONV_TOOLS_TUNE_REPORT_H
#define TCONV_TOOLS_TUNE_REPORT_H

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tconv-tune/search.h"
#include "tuning/tuning_file.h"

namespace tconv::tools {

/// What became of one layer.
struct TuneResult {
  std::string name;
  /// "finished", "before": by an earlier run, "unfinished", "not begun", or
  /// "as NAME": another layer has the same kernel.
  std::string state;
  int64_t tried = 0;
  int64_t wrong = 0; ///< candidates with wrong results: defects
  TuningEntry entry;

  bool measured() const { return entry.modelMilliseconds > 0; }
  /// Time of the cost model's choice as a multiple of the best that was found.
  double modelWithin() const {
    return entry.tuned ? entry.modelMilliseconds / entry.milliseconds : 1;
  }
};

/// How far the cost model is from the best, over all layers that were measured.
struct Summary {
  int64_t layers = 0;
  double geometricMean = 1;
  double worst = 1;
  std::string worstName;
};
Summary summarize(const std::vector<TuneResult> &results);

void printProgress(const std::string &name, const ScheduleChoice &choice,
                   const std::string &outcome, double best, double secondsLeft);
void printTable(std::FILE *stream, const std::vector<TuneResult> &results);
nlohmann::ordered_json toJson(const std::vector<TuneResult> &results);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TUNE_REPORT_H
