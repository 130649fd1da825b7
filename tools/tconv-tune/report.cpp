// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-tune/report.h"

#include <algorithm>
#include <cmath>

namespace tconv::tools {

Summary summarize(const std::vector<TuneResult> &results) {
  Summary summary;
  double logarithms = 0;
  for (const TuneResult &result : results) {
    if (!result.measured())
      continue;
    ++summary.layers;
    logarithms += std::log(result.modelWithin());
    if (result.modelWithin() > summary.worst) {
      summary.worst = result.modelWithin();
      summary.worstName = result.name;
    }
  }
  if (summary.layers > 0)
    summary.geometricMean =
        std::exp(logarithms / static_cast<double>(summary.layers));
  return summary;
}

void printProgress(const std::string &name, const ScheduleChoice &choice,
                   const std::string &outcome, double best,
                   double secondsLeft) {
  std::fprintf(stderr, "[%4.0f s left] %s: %s: %s (best %.3f)\n",
               std::max(secondsLeft, 0.0), name.c_str(),
               formatChoice(choice).c_str(), outcome.c_str(), best);
}

void printTable(std::FILE *stream, const std::vector<TuneResult> &results) {
  size_t width = 5;
  for (const TuneResult &result : results)
    width = std::max(width, result.name.size());
  int names = static_cast<int>(width);
  std::fprintf(stream, "%-*s %9s %9s %12s %6s  %-10s %s\n", names, "layer",
               "model ms", "best ms", "model within", "tried", "state",
               "best choice");
  for (const TuneResult &result : results) {
    const TuningEntry &entry = result.entry;
    if (!result.measured()) {
      std::fprintf(stream, "%-*s %9s %9s %12s %6lld  %s\n", names,
                   result.name.c_str(), "-", "-", "-",
                   static_cast<long long>(result.tried), result.state.c_str());
      continue;
    }
    std::fprintf(stream, "%-*s %9.4f %9.4f %12.3f %6lld  %-10s %s%s\n", names,
                 result.name.c_str(), entry.modelMilliseconds,
                 entry.milliseconds, result.modelWithin(),
                 static_cast<long long>(result.tried), result.state.c_str(),
                 entry.tuned ? formatChoice(entry.choice).c_str()
                             : "the cost model's",
                 result.wrong > 0 ? "; WRONG RESULTS from a candidate" : "");
  }
  Summary summary = summarize(results);
  if (summary.layers == 0)
    return;
  std::fprintf(stream,
               "the cost model's choice takes %.3f times the best that was "
               "found in geometric mean, %.3f at worst%s\n",
               summary.geometricMean, summary.worst,
               summary.worstName.empty()
                   ? ""
                   : (" (" + summary.worstName + ")").c_str());
}

nlohmann::ordered_json toJson(const std::vector<TuneResult> &results) {
  auto layers = nlohmann::ordered_json::array();
  bool finished = true;
  for (const TuneResult &result : results) {
    const TuningEntry &entry = result.entry;
    nlohmann::ordered_json json = {
        {"name", result.name},
        {"state", result.state},
        {"layer", entry.key.layer},
        {"length_class", lengthClassName(entry.key.lengthClass)},
        {"accuracy", accuracyName(entry.key.accuracy)},
        {"target", entry.key.target},
        {"threads", entry.threads},
        {"batch", entry.batch},
        {"length", entry.length},
        {"tried", result.tried},
        {"wrong", result.wrong},
        {"tuned", entry.tuned},
        {"choice", formatChoice(entry.choice)}};
    json["model_milliseconds"] = nullptr;
    json["milliseconds"] = nullptr;
    json["model_within"] = nullptr;
    if (result.measured()) {
      json["model_milliseconds"] = entry.modelMilliseconds;
      json["milliseconds"] = entry.milliseconds;
      json["model_within"] = result.modelWithin();
    }
    finished =
        finished && (entry.finished || result.state.rfind("as ", 0) == 0);
    layers.push_back(std::move(json));
  }
  Summary summary = summarize(results);
  return {{"finished", finished},
          {"geometric_mean", summary.geometricMean},
          {"worst", summary.worst},
          {"layers", std::move(layers)}};
}

} // namespace tconv::tools
