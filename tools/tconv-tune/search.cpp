// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-tune/search.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace tconv::tools {
namespace {

/// A step that gains less than this is noise.
constexpr double kStep = 0.01;
/// Farther steps first: where one gains, the nearer one often need not be
/// measured.
constexpr double kFactors[] = {2, 0.5, 4.0 / 3, 0.75};
/// In the order of what is likely to gain most.
constexpr int64_t ScheduleChoice::*kSizes[] = {
    &ScheduleChoice::depth, &ScheduleChoice::positions,
    &ScheduleChoice::channels, &ScheduleChoice::panel, &ScheduleChoice::groups};

/// `size` as a whole multiple of `unit`, at least one.
int64_t wholeMultiple(int64_t size, int64_t unit) {
  return std::max<int64_t>((size + unit / 2) / unit, 1) * unit;
}

class Search {
public:
  Search(const SearchSpace &space, const Measure &measure, const Stop &stop,
         SearchResult &result)
      : space(space), measure(measure), stop(stop), result(result) {}

  Status run() {
    result = SearchResult();
    result.best = start = {1, space.model};
    seen.insert(formatChoice(space.model));
    for (const std::string &engine : space.engines) {
      ScheduleChoice other;
      other.engine = engine;
      take(other);
    }
    algorithms();
    descend();
    result.finished = !stopped;
    return error;
  }

private:
  void algorithms() {
    ScheduleChoice open;
    open.kind = space.model.kind;
    for (int64_t outputs = 1; outputs <= space.mostOutputs; ++outputs) {
      open.outputs = outputs;
      // A kind without a choice of outputs has 0.
      if (space.model.outputs != 0 && outputs != space.model.outputs)
        take(open);
    }
    open.outputs = 0;
    for (const std::string &kind : space.kinds) {
      open.kind = kind;
      if (kind != space.model.kind)
        take(open);
    }
  }

  void descend() {
    bool gained = true;
    while (gained && !stopped) {
      gained = false;
      for (int64_t ScheduleChoice::*size : kSizes)
        for (double factor : kFactors)
          while (take(scaled(start.choice, size, factor)))
            gained = true;
    }
  }

  /// One size changed, with what must go with it. The same choice where there
  /// is nothing to change.
  ScheduleChoice scaled(ScheduleChoice choice, int64_t ScheduleChoice::*size,
                        double factor) const {
    if (choice.*size == 0)
      return choice;
    auto value = static_cast<int64_t>(
        std::llround(static_cast<double>(choice.*size) * factor));
    value = std::max<int64_t>(value, 1);
    if (int64_t most = space.most.*size)
      value = std::min(value, std::max(most, choice.*size));
    // Columns are whole, and a block has whole panels or is one. What else a
    // schedule wants, only the compiler knows.
    if (size == &ScheduleChoice::positions || size == &ScheduleChoice::panel)
      value = wholeMultiple(value, std::max<int64_t>(choice.outputs, 1));
    bool onePanel = choice.panel == choice.positions;
    if (size == &ScheduleChoice::positions && choice.panel > 0 && !onePanel)
      value = wholeMultiple(value, choice.panel);
    choice.*size = value;
    if (size == &ScheduleChoice::positions && onePanel)
      choice.panel = value;
    if (size == &ScheduleChoice::panel && choice.positions > 0)
      choice.positions = wholeMultiple(choice.positions, value);
    return choice;
  }

  /// Measures a candidate; true where sizes are to be changed from it on: where
  /// it is the best of the engine that has sizes.
  bool take(const ScheduleChoice &choice) {
    std::string text = formatChoice(choice);
    if (!seen.insert(text).second)
      return false;
    Trial trial;
    auto known = space.known.find(text);
    if (known != space.known.end()) {
      trial = known->second;
    } else {
      stopped = stopped || stop();
      if (stopped)
        return false;
      error = measure(choice, trial);
      if (error) {
        stopped = true;
        return false;
      }
    }
    ++result.tried;
    if (trial.ratio <= 0)
      return false;
    // With what the compiler filled in it is the same candidate.
    seen.insert(formatChoice(trial.choice));
    if (trial.ratio < result.best.ratio * (1 - kStep)) {
      if (result.best.ratio < 1)
        result.second = result.best;
      result.best = trial;
    } else if (trial.ratio <
               (result.second.ratio > 0 ? result.second.ratio : 1)) {
      result.second = trial;
    }
    if (!trial.choice.engine.empty() ||
        trial.ratio >= start.ratio * (1 - kStep))
      return false;
    start = trial;
    return true;
  }

  const SearchSpace &space;
  const Measure &measure;
  const Stop &stop;
  SearchResult &result;
  Trial start;                ///< the best that has sizes to change
  std::set<std::string> seen; ///< by formatChoice: no candidate comes twice
  bool stopped = false;
  Status error;
};

} // namespace

Status search(const SearchSpace &space, const Measure &measure,
              const Stop &stop, SearchResult &result) {
  return Search(space, measure, stop, result).run();
}

} // namespace tconv::tools
