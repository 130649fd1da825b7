// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/bench.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "common/command.h"
#include "common/handle.h"
#include "common/machine.h"
#include "support/half.h"
#include "tconv-bench/cudnn_layer.h"

namespace tconv::tools {
namespace {

/// Values on both sides of y that no kernel may touch.
constexpr size_t guard = 1024;
constexpr float guardValue = -12288; ///< the same in every dtype

struct Buffers {
  std::vector<float> x, weight, bias, guarded;

  float *y() { return guarded.data() + guard; }
  size_t outputs() const { return guarded.size() - 2 * guard; }
  /// Makes every output that a run does not write a NaN.
  void poison() {
    std::fill(guarded.begin(), guarded.end(), guardValue);
    std::fill(guarded.begin() + guard, guarded.end() - guard,
              std::numeric_limits<float>::quiet_NaN());
  }
  Status checkWritten() const {
    for (size_t index = 0; index < guard; ++index)
      if (guarded[index] != guardValue ||
          guarded[guarded.size() - 1 - index] != guardValue)
        return Status(TCONV_INTERNAL, "the kernel wrote outside y");
    for (size_t index = 0; index < outputs(); ++index)
      if (std::isnan(guarded[guard + index]))
        return Status(TCONV_INTERNAL, "y has a NaN at element " +
                                          std::to_string(index) +
                                          ", or was not written there");
    return Status::ok();
  }
};

/// Makes values what a layer's kernel multiplies: rounded to its dtype, or to
/// TF32.
void roundFactors(const LayerEntry &entry, tconv_accuracy accuracy,
                  std::vector<float> &values) {
  auto count = static_cast<int64_t>(values.size());
  std::vector<char> elements(
      static_cast<size_t>(count * dtypeBytes(entry.params.dtype)));
  fromFloats(entry.params.dtype, values.data(), count, elements.data());
  toFloats(entry.params.dtype, elements.data(), count, values.data());
  if (accuracy == TCONV_ACCURACY_TF32)
    for (float &value : values)
      value = toTF32(value);
}

Status fill(const LayerEntry &entry, const tconv_layer *layer,
            tconv_accuracy accuracy, Buffers &buffers) {
  buffers.weight.resize(static_cast<size_t>(entry.weightElements()));
  buffers.guarded.resize(static_cast<size_t>(entry.outputElements()) +
                         2 * guard);
  if (Status status = drawInput(entry, buffers.x))
    return status;
  if (Status status =
          fromC(tconv_layer_get_weight(layer, buffers.weight.data())))
    return status;
  roundFactors(entry, accuracy, buffers.x);
  roundFactors(entry, accuracy, buffers.weight);
  if (!entry.params.has_bias)
    return Status::ok();
  buffers.bias.resize(static_cast<size_t>(entry.params.out_channels));
  if (Status status = fromC(tconv_layer_get_bias(layer, buffers.bias.data())))
    return status;
  roundFactors(entry, TCONV_ACCURACY_DEFAULT, buffers.bias);
  return Status::ok();
}

Status describe(tconv_layer *layer, const LayerEntry &entry,
                BenchResult &result) {
  nlohmann::ordered_json &json = result.description;
  if (Status status = describeLayer(layer, entry, json))
    return status;
  result.path = json.value("path", "");
  result.why = json.value("why", "");
  result.engine = json.value("engine", "");
  result.schedule = json.value("schedule", "");
  result.target = json.value("target", "");
  result.compileMs = json.value("compile_ms", 0.0);
  return Status::ok();
}

/// Reorders them.
double medianOf(std::vector<double> &values) {
  auto middle = values.begin() + static_cast<int64_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// One engine's layer or another system's, and what came of it.
struct Candidate {
  Layer layer;
  std::unique_ptr<CudnnLayer> cudnn; ///< in place of `layer`
  BenchResult result;
  std::vector<double> samples; ///< seconds of each timed run
  // One for each burst of runs: what share the fastest of them had.
  std::vector<double> peakShares, trafficShares;
  int64_t perSample = 0; ///< runs, of a GPU's

  Timing timing() {
    Timing timing;
    if (samples.empty())
      return timing;
    timing.runs = static_cast<int64_t>(samples.size());
    timing.median = medianOf(samples);
    timing.minimum = *std::min_element(samples.begin(), samples.end());
    return timing;
  }
};

/// One layer's run.
class Bench {
public:
  Bench(const LayerEntry &entry, const BenchOptions &options,
        const BenchDevice *device, const CudnnLibrary *cudnn)
      : entry(entry), options(options), device(device), cudnn(cudnn) {
    if (device)
      arrays = std::make_unique<DeviceArrays>(*device, entry);
  }

  Status run(std::vector<BenchResult> &results) {
    std::vector<const char *> engines;
    for (const std::string &engine : options.engines)
      engines.push_back(engine.c_str());
    if (engines.empty())
      engines.push_back(nullptr);
    for (const char *engine : engines) {
      candidates.emplace_back();
      if (Status status = prepare(engine, candidates.back()))
        return status;
    }
    if (cudnn) {
      candidates.emplace_back();
      if (Status status = prepareCudnn(candidates.back()))
        return status;
    }
    if (Status status = takeTurns())
      return status;
    for (Candidate &candidate : candidates) {
      candidate.result.timing = candidate.timing();
      if (!candidate.peakShares.empty())
        candidate.result.peakShare = medianOf(candidate.peakShares);
      if (!candidate.trafficShares.empty())
        candidate.result.trafficShare = medianOf(candidate.trafficShares);
      if (candidate.result.hasFigure())
        candidate.result.speedup = candidates[0].result.timing.minimum /
                                   candidate.result.timing.minimum;
      results.push_back(std::move(candidate.result));
    }
    return Status::ok();
  }

private:
  /// Runs on the buffers.
  Status runOnce(const Candidate &candidate) {
    if (arrays) {
      if (Status status = arrays->write(buffers.x, buffers.guarded, guard))
        return status;
      if (Status status =
              arrays->run([&] { return arrays->issue(candidate.layer.get()); }))
        return status;
      return arrays->read(buffers.guarded);
    }
    return runOnCpu(candidate);
  }

  /// Seconds of a run. A GPU's leave its arrays where they are.
  Status timeOnce(Candidate &candidate, double &seconds) {
    if (candidate.cudnn)
      return arrays->time([&] { return candidate.cudnn->issue(); },
                          candidate.perSample, seconds);
    if (arrays)
      return arrays->time([&] { return arrays->issue(candidate.layer.get()); },
                          candidate.perSample, seconds);
    double start = now();
    if (Status status = runOnCpu(candidate))
      return status;
    seconds = now() - start;
    return Status::ok();
  }

  Status runOnCpu(const Candidate &candidate) {
    return fromC(tconv_layer_run(candidate.layer.get(), buffers.x.data(),
                                 entry.shape.batch, entry.shape.length,
                                 buffers.y()));
  }

  /// Makes the layer, and checks its first run.
  Status prepare(const char *engine, Candidate &candidate) {
    // The same draws for each.
    if (Status status = fromC(tconv_set_seed(options.seed)))
      return status;
    BenchResult &result = candidate.result;
    result.entry = entry;
    result.how = device ? device->how() : "wall clock";
    if (Status status = makeLayer(entry.params, layerOptions(options, engine),
                                  candidate.layer))
      return status;
    if (Status status =
            fill(entry, candidate.layer.get(), options.accuracy, buffers))
      return status;
    double start = now();
    if (Status status = fromC(tconv_layer_prepare(
            candidate.layer.get(), entry.shape.batch, entry.shape.length)))
      return status;
    result.prepareMs = (now() - start) * 1e3;
    if (Status status = describe(candidate.layer.get(), entry, result))
      return status;
    buffers.poison();
    if (Status status = runOnce(candidate))
      return status;
    if (options.check == Check::None)
      return Status::ok();
    if (Status status = buffers.checkWritten())
      return status;
    Launch launch{entry, buffers.x.data(), buffers.weight.data(),
                  entry.params.has_bias ? buffers.bias.data() : nullptr,
                  buffers.y()};
    result.errors = checkLaunch(launch, options.check == Check::Full,
                                isFast(result.description));
    result.checked = true;
    return Status::ok();
  }

  /// Sets a layer of cuDNN's up. Whatever fails there has no figure, and
  /// others go on.
  Status prepareCudnn(Candidate &candidate) {
    BenchResult &result = candidate.result;
    result.entry = entry;
    result.how = device->how() + ", cuDNN " + cudnn->version();
    result.engine = "cudnn";
    result.target = options.target;
    auto judge = [&](const std::vector<float> &y, bool fast) -> Status {
      if (options.check == Check::None)
        return Status::ok();
      Launch launch{entry, buffers.x.data(), buffers.weight.data(),
                    /*bias=*/nullptr, y.data()};
      Errors errors = checkLaunch(launch, options.check == Check::Full, fast);
      if (!errors.within)
        return {TCONV_INTERNAL, "wrong numbers: an error of " +
                                    std::to_string(errors.maximum) + " where " +
                                    std::to_string(errors.bound) +
                                    " is allowed, or too many of them"};
      result.errors = errors;
      return Status::ok();
    };
    double start = now();
    auto layer = std::make_unique<CudnnLayer>(*cudnn, *device, entry, *arrays);
    Status outcome =
        layer->prepare(buffers.weight, buffers.bias, options.accuracy, judge);
    result.prepareMs = (now() - start) * 1e3;
    result.description = layer->description();
    if (outcome) {
      result.path = outcome.code() == TCONV_UNSUPPORTED ? "unsupported"
                    : outcome.code() == TCONV_INTERNAL  ? "wrong"
                                                        : "failed";
      result.why = outcome.message();
      return Status::ok();
    }
    result.path = "library";
    result.checked = options.check != Check::None;
    result.schedule = layer->way();
    candidate.cudnn = std::move(layer);
    return Status::ok();
  }

  /// Bursts of runs, so that those after the first find in the caches what a
  /// caller that runs one layer again and again would; whatever else the
  /// machine does meets all engines alike, and the peaks that are measured
  /// beside them.
  Status takeTurns() {
    std::unique_ptr<BareTraffic> traffic;
    if (!device && options.threads == 1)
      traffic = std::make_unique<BareTraffic>(entry.compulsoryReadBytes(),
                                              entry.compulsoryWriteBytes());
    double begin = now(), seconds = options.seconds * candidates.size();
    for (int64_t round = 0; round < kLeastRounds || now() - begin < seconds;
         ++round)
      for (Candidate &candidate : candidates) {
        if (!candidate.layer && !candidate.cudnn)
          continue;
        double bare = traffic ? sampleOf(*traffic) : 0;
        double best;
        if (Status status = burst(candidate, best))
          return status;
        if (traffic)
          candidate.trafficShares.push_back(bare / best);
      }
    return Status::ok();
  }

  /// @param best seconds of the fastest
  Status burst(Candidate &candidate, double &best) {
    best = std::numeric_limits<double>::infinity();
    double end = now() + kBurstSeconds, peak = 0;
    for (int64_t run = 0; run < kLeastBurst || now() < end; ++run) {
      double seconds = 0;
      if (Status status = timeOnce(candidate, seconds))
        return status;
      candidate.samples.push_back(seconds);
      best = std::min(best, seconds);
      if (device)
        continue;
      seconds = std::clamp(seconds, kShortPeak, kLongPeak);
      peak = std::max(peak, sampleFmaPeak(options.threads, seconds));
    }
    if (!device)
      candidate.peakShares.push_back(entry.flops() / best * 1e-9 / peak);
    return Status::ok();
  }

  static double sampleOf(BareTraffic &traffic) {
    double best = traffic.sample();
    for (int run = 1; run < 3; ++run)
      best = std::min(best, traffic.sample());
    return best;
  }

  static constexpr int64_t kLeastRounds = 3;
  static constexpr double kBurstSeconds = 5e-3;
  static constexpr int64_t kLeastBurst = 3;                    ///< runs
  static constexpr double kShortPeak = 1e-4, kLongPeak = 2e-2; ///< seconds

  const LayerEntry &entry;
  const BenchOptions &options;
  const BenchDevice *device;
  const CudnnLibrary *cudnn;
  Buffers buffers;
  std::unique_ptr<DeviceArrays> arrays;
  std::vector<Candidate> candidates;
};

} // namespace

tconv_layer_options layerOptions(const BenchOptions &options,
                                 const char *engine) {
  tconv_layer_options how;
  tconv_layer_options_init(&how);
  how.accuracy = options.accuracy;
  how.target = options.target.c_str();
  how.engine = engine;
  return how;
}

Status benchLayer(const LayerEntry &entry, const BenchOptions &options,
                  const BenchDevice *device, const CudnnLibrary *cudnn,
                  std::vector<BenchResult> &results) {
  return Bench(entry, options, device, cudnn).run(results);
}

} // namespace tconv::tools
