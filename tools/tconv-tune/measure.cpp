// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-tune/measure.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <limits>

#include "common/check.h"
#include "common/command.h"
#include "common/output.h"
#include "common/timing.h"

namespace tconv::tools {
namespace {

constexpr double kMeasureSeconds = 0.08, kConfirmSeconds = 0.3;
constexpr int64_t kMeasureRounds = 3, kConfirmRounds = 6;
/// Runs in a row last at least this long, so that those after the first find
/// in the caches what a caller that runs one layer again and again would.
constexpr double kBurstSeconds = 2e-3;
constexpr int64_t kLongestBurst = 64;
/// A candidate that is so much slower after two rounds needs no third.
constexpr double kHopeless = 1.3;

ScheduleChoice choiceIn(const nlohmann::ordered_json &description) {
  ScheduleChoice choice;
  choice.kind = description.value("kind", "");
  auto blocks = description.find("blocks");
  if (blocks != description.end() && blocks->is_object())
    for (const auto &[name, member] : kChoiceFields)
      choice.*member = blocks->value(name, int64_t{0});
  return choice;
}

/// The fastest of `count` runs.
template <typename Run>
Status burst(int64_t count, double &fastest, Run &&run) {
  for (int64_t i = 0; i < count; ++i) {
    double start = now();
    if (Status status = run())
      return status;
    fastest = std::min(fastest, now() - start);
  }
  return Status::ok();
}

} // namespace

std::string difference(const std::vector<float> &y,
                       const std::vector<float> &expected, double bound) {
  for (size_t i = 0; i < y.size(); ++i)
    if (!(std::fabs(double(y[i]) - expected[i]) <= bound))
      return "element " + std::to_string(i) + " of y is " +
             std::to_string(y[i]) + ", not " + std::to_string(expected[i]);
  return "";
}

Status ScratchFolder::make() {
  std::error_code error;
  std::string name =
      (std::filesystem::temp_directory_path(error) / "tconv-tune-XXXXXX")
          .string();
  if (!error && mkdtemp(name.data())) {
    path_ = name;
    return Status::ok();
  }
  return {TCONV_NOT_FOUND,
          "cannot make a folder '" + name + "': " + std::strerror(errno)};
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty())
    std::filesystem::remove_all(path_, ignored);
}

std::string ScratchFolder::newFile() {
  std::error_code ignored;
  std::filesystem::remove(path_ + "/" + std::to_string(count_), ignored);
  return path_ + "/" + std::to_string(++count_);
}

/// A layer whose kernel comes from the tuning file `tuning`; "" for none.
Status Subject::make(const std::string &tuning, Layer &layer,
                     nlohmann::ordered_json &description) {
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.accuracy = key.accuracy;
  options.target = key.target.c_str();
  // The first layer draws the weights, the others take them over.
  tconv_initializer zeros;
  if (Status status = fromC(tconv_initializer_by_name("zeros", &zeros)))
    return status;
  if (!weight.empty())
    options.weight_init = &zeros;
  if (Status status = makeLayer(entry.params, options, layer))
    return status;
  const int64_t shape[] = {entry.params.in_channels,
                           entry.params.out_channels / entry.params.group,
                           entry.params.kernel_size};
  if (!weight.empty()) {
    if (Status status =
            fromC(tconv_layer_set_weight(layer.get(), weight.data(), shape, 3)))
      return status;
    if (entry.params.has_bias)
      if (Status status = fromC(tconv_layer_set_bias(
              layer.get(), bias.data(), &entry.params.out_channels, 1)))
        return status;
  }
  // The runtime looks at it while the kernel is found.
  if (tuning.empty())
    unsetenv("TCONV_TUNING");
  else
    setenv("TCONV_TUNING", tuning.c_str(), 1);
  Status status = describeLayer(layer.get(), entry, description);
  unsetenv("TCONV_TUNING");
  return status;
}

Status Subject::run(const Layer &layer, std::vector<float> &y) {
  return fromC(tconv_layer_run(layer.get(), x.data(), entry.shape.batch,
                               entry.shape.length, y.data()));
}

bool Subject::exact(const std::vector<float> &y, bool fast, double &limit) {
  Launch launch{entry, x.data(), weight.data(),
                entry.params.has_bias ? bias.data() : nullptr, y.data()};
  Errors errors = checkLaunch(launch, /*everywhere=*/false, fast);
  limit = errors.bound;
  return errors.within;
}

Status Subject::prepare() {
  nlohmann::ordered_json description;
  if (Status status = make("", modelLayer, description))
    return status;
  if (description.value("path", "") != "kernel")
    return {TCONV_UNSUPPORTED,
            "there is no kernel to tune: " + description.value("why", "")};
  modelChoice = choiceIn(description);
  weight.resize(static_cast<size_t>(entry.weightElements()));
  if (Status status =
          fromC(tconv_layer_get_weight(modelLayer.get(), weight.data())))
    return status;
  if (entry.params.has_bias) {
    bias.resize(static_cast<size_t>(entry.params.out_channels));
    if (Status status =
            fromC(tconv_layer_get_bias(modelLayer.get(), bias.data())))
      return status;
  }
  if (Status status = drawInput(entry, x))
    return status;
  modelOutput.resize(static_cast<size_t>(entry.outputElements()));
  output.resize(modelOutput.size());
  if (Status status = run(modelLayer, modelOutput))
    return status;
  bool fast = isFast(description);
  if (!exact(modelOutput, fast, bound))
    return {TCONV_INTERNAL, "the cost model's kernel gives wrong results"};
  // For fast kernels, whose bound is twice as wide.
  bound *= fast ? 1 : 2;
  return Status::ok();
}

/// A candidate's layer, run once; the trial's ratio is 1 where it is good.
Status Subject::make(const ScheduleChoice &choice, Layer &layer, Trial &trial,
                     bool &fast) {
  trial = {0, choice};
  why_.clear();
  TuningFile file;
  file.identity = identity;
  TuningEntry one;
  one.key = key;
  one.choice = choice;
  one.tuned = true;
  file.entries = {one};
  std::string path = scratch.newFile();
  if (Status status = writeText(path, formatTuningFile(file)))
    return status;
  nlohmann::ordered_json description;
  if (Status status = make(path, layer, description))
    return status;
  // Another engine's kernel is what its name says.
  bool taken = choice.engine.empty()
                   ? description.value("tuned", false)
                   : description.value("engine", "") == choice.engine;
  if (!taken) {
    why_ = "refused";
    return Status::ok();
  }
  if (choice.engine.empty())
    trial.choice = choiceIn(description);
  fast = isFast(description);
  std::fill(output.begin(), output.end(),
            std::numeric_limits<float>::quiet_NaN());
  if (Status status = run(layer, output))
    return status;
  // Both are within their bounds of the exact sums, or one is wrong.
  std::string wrong = difference(output, modelOutput, 2 * bound);
  if (wrong.empty())
    trial.ratio = 1;
  else
    why_ = "WRONG: " + wrong;
  return Status::ok();
}

Status Subject::timeBeside(const Layer &layer, double seconds, int64_t rounds,
                           double &modelSeconds, double &otherSeconds) {
  modelSeconds = otherSeconds = std::numeric_limits<double>::infinity();
  auto model = [&] { return run(modelLayer, modelOutput); };
  auto other = [&] { return run(layer, output); };
  if (Status status = burst(1, modelSeconds, model))
    return status;
  int64_t length = std::clamp<int64_t>(
      static_cast<int64_t>(kBurstSeconds / std::max(modelSeconds, 1e-9)), 1,
      kLongestBurst);
  double begin = now();
  for (int64_t round = 0; round < rounds || now() - begin < seconds; ++round) {
    if (Status status = burst(length, modelSeconds, model))
      return status;
    if (Status status = burst(length, otherSeconds, other))
      return status;
    if (round >= 1 && otherSeconds > kHopeless * modelSeconds)
      break;
  }
  return Status::ok();
}

Status Subject::measure(const ScheduleChoice &choice, Trial &trial) {
  Layer layer;
  bool fast = false;
  if (Status status = make(choice, layer, trial, fast))
    return status;
  if (trial.ratio == 0)
    return Status::ok();
  double model, other;
  if (Status status =
          timeBeside(layer, kMeasureSeconds, kMeasureRounds, model, other))
    return status;
  trial.ratio = other / model;
  return Status::ok();
}

Status Subject::confirm(const ScheduleChoice &choice, double &milliseconds,
                        double &modelMilliseconds) {
  milliseconds = modelMilliseconds = 0;
  Layer layer;
  Trial trial;
  bool fast = false;
  if (Status status = make(choice, layer, trial, fast))
    return status;
  double limit;
  if (trial.ratio == 0)
    return Status::ok();
  if (!exact(output, fast, limit)) {
    why_ = "WRONG: outside of the bounds";
    return Status::ok();
  }
  double model, other;
  if (Status status =
          timeBeside(layer, kConfirmSeconds, kConfirmRounds, model, other))
    return status;
  milliseconds = other * 1e3;
  modelMilliseconds = model * 1e3;
  return Status::ok();
}

Status Subject::timeModel(double &milliseconds) {
  Timing timing;
  if (Status status = tools::measure(
          kMeasureSeconds, kMeasureRounds,
          [&] { return run(modelLayer, modelOutput); }, timing))
    return status;
  milliseconds = timing.minimum * 1e3;
  return Status::ok();
}

} // namespace tconv::tools
