// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/bench.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/command.h"
#include "common/handle.h"

namespace tconv::tools {
namespace {

/// Values on both sides of y that no kernel may touch.
constexpr size_t guard = 1024;
constexpr float guardValue = -12345.5f;

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

Status fill(const LayerEntry &entry, const tconv_layer *layer,
            Buffers &buffers) {
  buffers.weight.resize(static_cast<size_t>(entry.weightElements()));
  buffers.guarded.resize(static_cast<size_t>(entry.outputElements()) +
                         2 * guard);
  if (Status status = drawInput(entry, buffers.x))
    return status;
  if (Status status =
          fromC(tconv_layer_get_weight(layer, buffers.weight.data())))
    return status;
  if (!entry.params.has_bias)
    return Status::ok();
  buffers.bias.resize(static_cast<size_t>(entry.params.out_channels));
  return fromC(tconv_layer_get_bias(layer, buffers.bias.data()));
}

Status describe(tconv_layer *layer, const LayerEntry &entry,
                BenchResult &result) {
  nlohmann::ordered_json json;
  if (Status status = describeLayer(layer, entry, json))
    return status;
  result.description = json.dump();
  result.path = json.value("path", "");
  result.why = json.value("why", "");
  result.schedule = json.value("schedule", "");
  result.target = json.value("target", "");
  result.compileMs = json.value("compile_ms", 0.0);
  return Status::ok();
}

} // namespace

tconv_layer_options layerOptions(const BenchOptions &options) {
  tconv_layer_options how;
  tconv_layer_options_init(&how);
  how.accuracy =
      options.direct ? TCONV_ACCURACY_DIRECT : TCONV_ACCURACY_DEFAULT;
  how.target = options.target.c_str();
  how.engine = options.engine.c_str();
  return how;
}

bool isFast(const std::string &description) {
  auto json = nlohmann::json::parse(description, nullptr, false);
  return json.is_object() && json.value("algorithm", "direct") != "direct";
}

Status benchLayer(const LayerEntry &entry, const BenchOptions &options,
                  BenchResult &result) {
  result.entry = entry;
  if (Status status = fromC(tconv_set_seed(options.seed)))
    return status;
  Layer layer;
  if (Status status = makeLayer(entry.params, layerOptions(options), layer))
    return status;
  Buffers buffers;
  if (Status status = fill(entry, layer.get(), buffers))
    return status;

  double start = now();
  if (Status status = fromC(tconv_layer_prepare(layer.get(), entry.shape.batch,
                                                entry.shape.length)))
    return status;
  result.prepareMs = (now() - start) * 1e3;
  if (Status status = describe(layer.get(), entry, result))
    return status;

  auto run = [&] {
    return fromC(tconv_layer_run(layer.get(), buffers.x.data(),
                                 entry.shape.batch, entry.shape.length,
                                 buffers.y()));
  };
  buffers.poison();
  if (Status status = run())
    return status;
  if (options.check != Check::None) {
    if (Status status = buffers.checkWritten())
      return status;
    Launch launch{entry, buffers.x.data(), buffers.weight.data(),
                  entry.params.has_bias ? buffers.bias.data() : nullptr,
                  buffers.y()};
    result.errors = checkLaunch(launch, options.check == Check::Full,
                                isFast(result.description));
    result.checked = true;
  }
  return measure(options.seconds, 3, run, result.timing);
}

} // namespace tconv::tools
