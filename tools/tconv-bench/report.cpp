// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/report.h"

#include <algorithm>
#include <cmath>

namespace tconv::tools {
namespace {

constexpr int scheduleWidth = 28;

std::string note(const BenchResult &result) {
  std::string text;
  if (!result.description.value("exact_output", true))
    text += "  computes " + result.description["output_positions"].dump() +
            " positions for " + std::to_string(result.entry.outputLength);
  if (result.fellBack())
    text += "  FALLBACK to " + (result.path.empty() ? "?" : result.path) +
            ": " + (result.why.empty() ? "not a kernel" : result.why);
  if (result.wrong())
    text += "  WRONG: error above " + std::to_string(result.errors.bound) +
            " or rms above the plain sum's";
  if (!result.checked)
    text += "  not checked";
  return text;
}

/// Of a GPU, whose peak is not measured beside its runs, of the machine's; 0
/// where nobody tells that.
double peakShare(const BenchResult &result, const BenchOptions &options,
                 const Machine &machine) {
  double peak = machine.peak(options.threads);
  if (result.peakShare > 0 || peak == 0)
    return result.peakShare;
  return result.gflops() / peak;
}

/// In percent; "-" where there is none.
std::string percent(double share) {
  if (share <= 0)
    return "-";
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f", 100 * share);
  return text;
}

/// JSON has null for what nobody tells.
nlohmann::ordered_json known(double value) {
  if (value > 0)
    return value;
  return nullptr;
}

/// JSON has no infinity.
nlohmann::ordered_json finite(double value) {
  if (std::isfinite(value))
    return value;
  return nullptr;
}

} // namespace

void printMachine(std::FILE *stream, const Machine &machine) {
  if (machine.how != "measured") {
    std::fprintf(stream, "%s (%s), %lld %s; ", machine.cpu.c_str(),
                 machine.isa.c_str(), static_cast<long long>(machine.cores),
                 machine.units.c_str());
    if (machine.peak1 > 0)
      std::fprintf(stream, "at most %.1f GFLOP/s of f32 FMAs and %.1f GB/s, ",
                   machine.peak1, machine.copyGbs);
    else
      std::fprintf(stream, "no peak is known: ");
    std::fprintf(stream, "%s; times by %s\n", machine.how.c_str(),
                 machine.clock.c_str());
    return;
  }
  std::fprintf(stream,
               "%s, %lld cores; FMA peak (%s, f32) %.1f GFLOP/s on 1 thread, "
               "%.1f on %lld; copy %.1f GB/s\n",
               machine.cpu.c_str(), static_cast<long long>(machine.cores),
               machine.isa.c_str(), machine.peak1, machine.peakThreads,
               static_cast<long long>(machine.threads), machine.copyGbs);
}

Table::Table(std::FILE *stream, const std::vector<LayerEntry> &entries,
             const BenchOptions &options, const Machine &machine)
    : stream_(stream), options_(options), machine_(machine),
      contenders_(options.contenders()) {
  for (const LayerEntry &entry : entries)
    nameWidth_ = std::max(nameWidth_, static_cast<int>(entry.name.size()));
  for (const std::string &engine : contenders_)
    engineWidth_ = std::max(engineWidth_, static_cast<int>(engine.size()));
}

void Table::header() const {
  std::fprintf(stream_, "%-*s ", nameWidth_, "layer");
  if (contenders_.size() > 1)
    std::fprintf(stream_, "%-*s %6s ", engineWidth_, "engine", "ratio");
  std::fprintf(stream_, "%-*s %9s %9s %8s %6s %6s %9s %8s %9s\n", scheduleWidth,
               "schedule", "min ms", "med. ms", "GFLOP/s", "% peak", "GB/s",
               "% traffic", "comp. ms", "max error");
}

void Table::row(const BenchResult &result) const {
  std::string error = "-";
  if (result.checked) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.2e", result.errors.maximum);
    error = text;
  }
  std::fprintf(stream_, "%-*s ", nameWidth_, result.entry.name.c_str());
  if (!result.hasFigure()) {
    std::fprintf(stream_, "%-*s %6s %s: %s\n", engineWidth_,
                 result.engine.c_str(), "-", result.path.c_str(),
                 result.why.c_str());
    return;
  }
  if (contenders_.size() > 1)
    std::fprintf(stream_, "%-*s %6.3f ", engineWidth_, result.engine.c_str(),
                 result.speedup);
  std::fprintf(
      stream_, "%-*s %9.3f %9.3f %8.1f %6s %6.1f %9s %8.1f %9s%s\n",
      scheduleWidth, result.schedule.empty() ? "-" : result.schedule.c_str(),
      result.timing.minimum * 1e3, result.timing.median * 1e3, result.gflops(),
      percent(peakShare(result, options_, machine_)).c_str(),
      result.compulsoryGbs(), percent(result.trafficShare).c_str(),
      result.compileMs, error.c_str(), note(result).c_str());
  std::fflush(stream_);
}

void Table::summary(
    const std::vector<std::vector<BenchResult>> &results) const {
  for (size_t engine = 1; engine < contenders_.size(); ++engine) {
    double logarithms = 0, worst = INFINITY;
    std::string worstName;
    int layers = 0, without = 0;
    for (const std::vector<BenchResult> &layer : results) {
      const BenchResult &result = layer[engine];
      if (!result.hasFigure() || result.fellBack() || layer[0].fellBack()) {
        ++without;
        continue;
      }
      ++layers;
      logarithms += std::log(result.speedup);
      if (result.speedup < worst) {
        worst = result.speedup;
        worstName = result.entry.name;
      }
    }
    std::fprintf(stream_, "%s against %s: ", contenders_[engine].c_str(),
                 contenders_[0].c_str());
    if (layers > 0)
      std::fprintf(stream_,
                   "%.3f times as fast in geometric mean of %d layers, at "
                   "least %.3f (%s)",
                   std::exp(logarithms / layers), layers, worst,
                   worstName.c_str());
    if (without > 0)
      std::fprintf(stream_, "%s%d without a kernel", layers > 0 ? "; " : "",
                   without);
    std::fprintf(stream_, "\n");
  }
}

nlohmann::ordered_json toJson(const Machine &machine) {
  return {{"cpu", machine.cpu},
          {"isa", machine.isa},
          {"cores", machine.cores},
          {"threads", machine.threads},
          {"fma_peak_gflops_1t", known(machine.peak1)},
          {"fma_peak_gflops_Nt", known(machine.peakThreads)},
          {"copy_gbs", known(machine.copyGbs)},
          {"how", machine.how}};
}

nlohmann::ordered_json toJson(const BenchResult &result,
                              const BenchOptions &options,
                              const Machine &machine) {
  auto figure = [&](double value) -> nlohmann::ordered_json {
    if (result.hasFigure())
      return value;
    return nullptr;
  };
  nlohmann::ordered_json json = {
      {"name", result.entry.name},
      {"layer", result.entry.line},
      {"batch", result.entry.shape.batch},
      {"length", result.entry.shape.length},
      {"seconds_min", figure(result.timing.minimum)},
      {"seconds_median", figure(result.timing.median)},
      {"runs", result.timing.runs},
      {"timed_by", result.how},
      {"gflops", figure(result.gflops())},
      {"peak_share", result.hasFigure()
                         ? known(peakShare(result, options, machine))
                         : nullptr},
      {"compulsory_gbs", figure(result.compulsoryGbs())},
      {"compile_ms", result.compileMs},
      {"prepare_ms", result.prepareMs},
      {"max_abs_error", nullptr},
      {"threads", options.threads},
      {"target", result.target},
      {"engine", result.engine},
      {"accuracy", accuracyName(options.accuracy)},
      {"path", result.path},
      {"schedule", result.schedule}};
  if (result.checked) {
    json["max_abs_error"] = finite(result.errors.maximum);
    json["error_bound"] = result.errors.bound;
    json["rms_error"] = finite(result.errors.rms);
    json["plain_rms_error"] = result.errors.plainRms;
    json["checked_outputs"] = result.errors.samples;
    json["correct"] = !result.wrong();
  }
  if (result.trafficShare > 0)
    json["traffic_share"] = result.trafficShare;
  if (std::vector<std::string> all = options.contenders(); all.size() > 1) {
    json["speedup"] = figure(result.speedup);
    json["speedup_over"] = all[0];
  }
  if (!result.why.empty())
    json["why"] = result.why;
  json["description"] = result.description;
  json["machine"] = toJson(machine);
  return json;
}

} // namespace tconv::tools
