// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the C interface that makes, changes and runs layers.
#include <algorithm>
#include <cstring>

#include <nlohmann/json.hpp>

#include "api/launch.h"
#include "api/layer_handle.h"
#include "api/layer_options.h"
#include "device/device_layer.h"
#include "init/initializer.h"
#include "kernel/launch_blocks.h"
#include "support/status.h"
#include "target/target.h"

using namespace tconv;

namespace {

/// The caller's initializer, or the layer's default where there is none.
tconv_initializer orDefault(const tconv_initializer *given,
                            const tconv_initializer &fallback) {
  if (!given)
    return fallback;
  bool isDefault = given->struct_size == sizeof(*given) &&
                   given->distribution == TCONV_INIT_DEFAULT;
  return isDefault ? fallback : *given;
}

std::string shapeText(const int64_t *shape, int rank) {
  std::string text = "(";
  for (int axis = 0; axis < rank; ++axis)
    text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + (rank == 1 ? ",)" : ")");
}

Status checkShape(const char *name, const int64_t *shape, int rank,
                  const std::vector<int64_t> &wanted) {
  constexpr int kMaxRank = 64;
  if (rank < 0 || rank > kMaxRank)
    return {TCONV_INVALID_VALUE, "rank = " + std::to_string(rank) +
                                     ": must be " +
                                     std::to_string(wanted.size())};
  if (rank > 0)
    if (Status error = checkPointer("shape", shape))
      return error;
  if (static_cast<size_t>(rank) == wanted.size() &&
      std::equal(wanted.begin(), wanted.end(), shape))
    return Status::ok();
  return {TCONV_INVALID_VALUE,
          std::string(name) + " has the shape " + shapeText(shape, rank) +
              ": must be " +
              shapeText(wanted.data(), static_cast<int>(wanted.size()))};
}

Status createLayer(const tconv_params &params,
                   const tconv_layer_options &options,
                   std::unique_ptr<tconv_layer> &result) {
  if (Status error = checkParams(params))
    return error;
  if (Status error = checkOptions(options))
    return error;
  std::string target = targetOf(options);
  DeviceTarget device;
  if (isDeviceTarget(target)) {
    ForkHold hold;
    if (Status error = resolveDevice(target, device))
      return error;
    target = device.kernels;
  }
  if (Status error = checkTargetComputes(target, params, options.accuracy))
    return error;
  auto layer = std::make_unique<tconv_layer>();
  layer->params = params;
  layer->target = target;
  if (device.driver)
    layer->device = std::make_unique<DeviceLayer>(device);
  layer->engine = engineOf(options);
  layer->foldsBatches =
      foldsBatches(target) &&
      (layer->engine.empty() || layer->engine == kDefaultEngine);
  layer->accuracy = static_cast<tconv_accuracy>(options.accuracy);
  layer->compilation = static_cast<tconv_compilation>(options.compilation);
  layer->parallelFor = {options.parallel_for, options.parallel_user};

  std::vector<int64_t> shape = layer->weightShape();
  tconv_initializer weightInit =
      orDefault(options.weight_init, defaultWeightInitializer());
  tconv_initializer biasInit =
      orDefault(options.bias_init, defaultBiasInitializer(shape[1] * shape[2]));
  if (Status error = checkInitializer("weight_init", weightInit, shape))
    return error;
  if (params.has_bias)
    if (Status error =
            checkInitializer("bias_init", biasInit, {params.out_channels}))
      return error;
  auto weights =
      std::make_shared<Weights>(Draw(weightInit, shape), params.group);
  std::shared_ptr<std::vector<float>> bias;
  if (params.has_bias) {
    bias = std::make_shared<std::vector<float>>(
        static_cast<size_t>(params.out_channels));
    Draw(biasInit, {params.out_channels}).into(bias->data());
  }
  layer->setState(std::move(weights), std::move(bias));
  result = std::move(layer);
  return Status::ok();
}

Status setWeight(tconv_layer &layer, const float *weight, const int64_t *shape,
                 int rank) {
  if (Status error = checkShape("weight", shape, rank, layer.weightShape()))
    return error;
  layer.setState(std::make_shared<Weights>(weight, layer.weightElements(),
                                           layer.params.group),
                 nullptr);
  return Status::ok();
}

Status checkHasBias(const tconv_layer &layer) {
  if (layer.params.has_bias)
    return Status::ok();
  return {TCONV_INVALID_VALUE, "bias: the layer has none (has_bias = 0)"};
}

Status setBias(tconv_layer &layer, const float *bias, const int64_t *shape,
               int rank) {
  if (Status error = checkHasBias(layer))
    return error;
  if (Status error =
          checkShape("bias", shape, rank, {layer.params.out_channels}))
    return error;
  layer.setState(nullptr, std::make_shared<std::vector<float>>(
                              bias, bias + layer.params.out_channels));
  return Status::ok();
}

/// What runs for inputs of this length, the kernel's own description included;
/// what the runtime says under the same name holds.
nlohmann::ordered_json describe(const tconv_layer &layer, const Plan &plan,
                                int64_t batch, int64_t length,
                                int64_t outputLength) {
  using Json = nlohmann::ordered_json;
  Json json = Json::object();
  json["path"] = plan.kernel ? "kernel" : "reference";
  json["layer"] = formatLayerLine(layer.params);
  json["batch"] = batch;
  json["length"] = length;
  json["output_length"] = outputLength;
  json["length_class"] = lengthClassName(layer.lengthClassOf(batch, length));
  json["target"] = layer.target;
  json["accuracy"] = accuracyName(layer.accuracy);
  std::string engine = plan.kernel            ? kernelEngine(**plan.kernel)
                       : layer.engine.empty() ? kDefaultEngine
                                              : layer.engine;
  json["engine"] = engine;
  std::string autoscheduler = checkedEngine(engine).autoscheduler;
  if (!autoscheduler.empty())
    json["autoscheduler"] = autoscheduler;
  if (!plan.kernel) {
    json["status"] = statusName(plan.why.code());
    json["why"] = plan.why.message();
    return json;
  }
  const tconv_kernel &kernel = **plan.kernel;
  Origin origin = plan.kernel->origin();
  json["from"] = originName(origin);
  json["compile_ms"] =
      origin == Origin::compiled ? plan.kernel->milliseconds() : 0.0;
  json["load_ms"] =
      origin == Origin::compiled ? 0.0 : plan.kernel->milliseconds();
  if (layer.device)
    json["device"] = std::string(deviceKindName(layer.device->kind())) + ":" +
                     std::to_string(layer.device->device());
  json["packed_bytes"] = kernel.packed_bytes;
  json["workspace_bytes"] = kernel.workspace_bytes;
  json["task_positions"] = kernel.task_positions;
  json["task_granule"] = taskGranule(kernel);
  json["task_columns"] = kernel.task_columns;
  tconv_kernel_args args = contiguousArgs(
      layer.params, {nullptr, nullptr, batch, length, outputLength});
  LaunchRows rows = launchRows(kernel, args);
  json["item_positions"] = rows.distance;
  json["block_positions"] = rows.block;
  const char *text = kernel.description ? kernel.description : "";
  Json own = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!own.is_object())
    json["description"] = text;
  else
    for (auto &[key, value] : own.items())
      if (!json.contains(key))
        json[key] = value;
  return json;
}

Status describeLayer(tconv_layer &layer, int64_t batch, int64_t length,
                     char *json, size_t size, size_t *needed) {
  int64_t outputLength;
  if (Status error = checkLaunch(layer.params, batch, length, outputLength))
    return error;
  State state = layer.state();
  const Plan &plan =
      layer.plan(*state.weights, layer.lengthClassOf(batch, length));
  std::string text =
      describe(layer, plan, batch, length, outputLength)
          .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (needed)
    *needed = text.size() + 1;
  if (size == 0)
    return Status::ok();
  if (Status error = checkPointer("json", json))
    return error;
  if (size < text.size() + 1)
    return {TCONV_INVALID_VALUE, "size = " + std::to_string(size) +
                                     ": must be at least " +
                                     std::to_string(text.size() + 1)};
  std::memcpy(json, text.c_str(), text.size() + 1);
  return Status::ok();
}

/// Runs a call that needs a layer and one more pointer.
template <typename Function>
tconv_status guardLayer(const tconv_layer *layer, const char *name,
                        const void *pointer, Function &&function) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("layer", layer))
      return error;
    if (Status error = checkPointer(name, pointer))
      return error;
    return function();
  });
}

} // namespace

extern "C" {

tconv_status tconv_layer_create(const tconv_params *params,
                                const tconv_layer_options *options,
                                tconv_layer **layer) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("params", params))
      return error;
    if (Status error = checkPointer("layer", layer))
      return error;
    std::unique_ptr<tconv_layer> result;
    if (Status error =
            createLayer(*params, options ? *options : defaultOptions(), result))
      return error;
    *layer = result.release();
    return Status::ok();
  });
}

void tconv_layer_destroy(tconv_layer *layer) { delete layer; }

tconv_status tconv_layer_params(const tconv_layer *layer,
                                tconv_params *params) {
  return guardLayer(layer, "params", params, [&] {
    *params = layer->params;
    return Status::ok();
  });
}

tconv_status tconv_layer_set_weight(tconv_layer *layer, const float *weight,
                                    const int64_t *shape, int rank) {
  return guardLayer(layer, "weight", weight,
                    [&] { return setWeight(*layer, weight, shape, rank); });
}

tconv_status tconv_layer_set_bias(tconv_layer *layer, const float *bias,
                                  const int64_t *shape, int rank) {
  return guardLayer(layer, "bias", bias,
                    [&] { return setBias(*layer, bias, shape, rank); });
}

tconv_status tconv_layer_get_weight(const tconv_layer *layer, float *weight) {
  return guardLayer(layer, "weight", weight, [&] {
    State state = layer->state();
    const WeightValues &values = state.weights->values;
    std::copy_n(values.data(), values.size(), weight);
    return Status::ok();
  });
}

tconv_status tconv_layer_get_bias(const tconv_layer *layer, float *bias) {
  return guardLayer(layer, "bias", bias, [&]() -> Status {
    if (Status error = checkHasBias(*layer))
      return error;
    State state = layer->state();
    std::copy(state.bias->begin(), state.bias->end(), bias);
    return Status::ok();
  });
}

tconv_status tconv_layer_output_length(const tconv_layer *layer, int64_t length,
                                       int64_t *output_length) {
  return guardLayer(layer, "output_length", output_length, [&] {
    return outputLength(layer->params, length, *output_length);
  });
}

tconv_status tconv_layer_prepare(tconv_layer *layer, int64_t batch,
                                 int64_t length) {
  return guardLayer(layer, "layer", layer, [&]() -> Status {
    int64_t outputLength;
    if (Status error = checkLaunch(layer->params, batch, length, outputLength))
      return error;
    State state = layer->state();
    tconv_length_class classHere = layer->lengthClassOf(batch, length);
    const Plan &plan = layer->plan(*state.weights, classHere);
    if (layer->device && plan.kernel)
      return layer->device->prepare(*layer, state, classHere);
    return Status::ok();
  });
}

tconv_status tconv_layer_run(tconv_layer *layer, const void *x, int64_t batch,
                             int64_t length, void *y) {
  return guardLayer(layer, "layer", layer, [&]() -> Status {
    LaunchArgs args = {x, y, batch, length, 0};
    if (Status error =
            checkLaunch(layer->params, batch, length, args.outputLength))
      return error;
    if (batch == 0)
      return Status::ok();
    if (Status error = checkTensors(layer->params, args))
      return error;
    return runLayer(*layer, args);
  });
}

tconv_status tconv_layer_describe(tconv_layer *layer, int64_t batch,
                                  int64_t length, char *json, size_t size,
                                  size_t *needed) {
  return guardLayer(layer, "layer", layer, [&] {
    return describeLayer(*layer, batch, length, json, size, needed);
  });
}

} // extern "C"
