// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-run/run.h"

#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>

#include "common/arrays.h"
#include "common/command.h"
#include "common/handle.h"
#include "common/options.h"
#include "common/timing.h"

namespace tconv::tools {
namespace {

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool isWav(const std::string &path) {
  return endsWith(path, ".wav") || endsWith(path, ".WAV");
}

Status checkName(const char *option, const std::string &path) {
  if (isWav(path) || endsWith(path, ".npy"))
    return Status::ok();
  return Status(TCONV_INVALID_VALUE, std::string(option) + " '" + path +
                                         "' must end in .npy or .wav");
}

/// The input as (batch, channels, length), and what its file was like.
struct Input {
  Array array;
  int64_t rate = 0;    ///< 0 where the file has none
  bool batched = true; ///< the file had a batch axis
};

Status readInput(const RunOptions &options, const tconv_params &params,
                 Input &input) {
  Status status = isWav(options.input)
                      ? readWav(options.input, input.array, input.rate)
                      : readNpy(options.input, input.array);
  if (status)
    return status;
  std::vector<int64_t> &shape = input.array.shape;
  std::string from = "input '" + options.input + "' has the shape " +
                     formatShape(shape) + "; ";
  input.batched = shape.size() == 3;
  if (shape.size() == 2)
    shape.insert(shape.begin(), 1);
  if (shape.size() != 3)
    return Status(TCONV_INVALID_VALUE,
                  from + "(batch, in_channels, length) or (in_channels, "
                         "length) is wanted");
  if (shape[1] != params.in_channels)
    return Status(TCONV_INVALID_VALUE, from + "the layer has in_channels=" +
                                           std::to_string(params.in_channels));
  if (shape[2] < 1)
    return Status(TCONV_INVALID_VALUE, from + "length must be at least 1");
  return Status::ok();
}

Status setParameters(const RunOptions &options, const tconv_params &params,
                     tconv_layer *layer) {
  Array array;
  if (!options.weight.empty()) {
    if (Status status = readNpy(options.weight, array))
      return status;
    if (Status status = fromC(tconv_layer_set_weight(
            layer, array.values.data(), array.shape.data(),
            static_cast<int>(array.shape.size()))))
      return Status(status.code(),
                    "'" + options.weight + "': " + status.message());
  }
  if (options.bias.empty())
    return Status::ok();
  if (!params.has_bias)
    return Status(TCONV_INVALID_VALUE, "--bias '" + options.bias +
                                           "' is given, but the layer has "
                                           "has_bias=0");
  if (Status status = readNpy(options.bias, array))
    return status;
  if (Status status = fromC(
          tconv_layer_set_bias(layer, array.values.data(), array.shape.data(),
                               static_cast<int>(array.shape.size()))))
    return Status(status.code(), "'" + options.bias + "': " + status.message());
  return Status::ok();
}

Status writeOutput(const RunOptions &options, const Input &input,
                   const tconv_params &params, Array &output) {
  if (!isWav(options.output)) {
    if (!input.batched)
      output.shape.erase(output.shape.begin());
    return writeNpy(options.output, output);
  }
  if (output.shape[0] != 1)
    return Status(TCONV_INVALID_VALUE, "--output '" + options.output +
                                           "': a WAV file takes batch=1, not " +
                                           std::to_string(output.shape[0]));
  output.shape.erase(output.shape.begin());
  // A layer makes `stride` samples of each.
  int64_t rate = options.rate ? options.rate : input.rate * params.stride;
  if (rate < 1 || rate > INT32_MAX)
    return Status(TCONV_INVALID_VALUE,
                  "--output '" + options.output + "': " +
                      (rate < 1 ? "the input has no sample rate; --rate is "
                                  "wanted"
                                : "the sample rate " + std::to_string(rate) +
                                      " is too high"));
  return writeWav(options.output, output, rate);
}

/// What the runtime says about how the layer ran.
nlohmann::ordered_json describe(tconv_layer *layer,
                                const std::vector<int64_t> &shape) {
  size_t needed = 0;
  tconv_layer_describe(layer, shape[0], shape[2], nullptr, 0, &needed);
  std::string text(needed, '\0');
  if (tconv_layer_describe(layer, shape[0], shape[2], text.data(), text.size(),
                           &needed) != TCONV_OK)
    return nullptr;
  auto json = nlohmann::ordered_json::parse(text.c_str(), nullptr, false);
  return json.is_discarded() ? nullptr : json;
}

void report(const RunOptions &options, const std::vector<int64_t> &from,
            const std::vector<int64_t> &to, double seconds,
            const nlohmann::ordered_json &description) {
  if (options.json) {
    nlohmann::ordered_json json = {{"output", options.output},
                                   {"input_shape", from},
                                   {"output_shape", to},
                                   {"seconds", seconds},
                                   {"description", description}};
    std::printf("%s\n", json.dump(2).c_str());
    return;
  }
  std::string path = "?";
  if (description.is_object())
    path = description.value("path", path) + ", " +
           description.value("engine", "?");
  std::printf("%s: %s -> %s in %.3f ms (%s)\n", options.output.c_str(),
              formatShape(from).c_str(), formatShape(to).c_str(), seconds * 1e3,
              path.c_str());
}

} // namespace

void addOptions(CLI::App &app, RunOptions &options) {
  app.add_option("layer", options.layer,
                 "Layer line, \"in_channels=... kernel_size=...\"; batch and "
                 "length are the input's")
      ->required();
  app.add_option("--input", options.input,
                 "(batch, in_channels, length) or (in_channels, length) in "
                 "float32 as .npy, or a .wav of in_channels channels")
      ->required();
  app.add_option("--output", options.output,
                 ".npy, or .wav (32-bit float, nothing clipped)")
      ->required();
  app.add_option("--weight", options.weight,
                 "(in_channels, out_channels / group, kernel_size) as .npy; "
                 "default: initial weights");
  app.add_option("--bias", options.bias,
                 "(out_channels) as .npy; default: initial bias");
  app.add_option("--seed", options.seed, "Of initial weights and bias")
      ->capture_default_str();
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--rate", options.rate,
                 "Sample rate of a .wav output (default: the input's times "
                 "the stride)")
      ->check(CLI::PositiveNumber);
  app.add_option("--target", options.target,
                 "cpu:native, cpu:x86-64-v3, cuda, reference, ...")
      ->capture_default_str();
  app.add_option("--engine", options.engine, kEngineHelp);
  app.add_flag("--direct", options.direct, "Direct kernels only");
  app.add_flag("--json", options.json, "Say what was done as JSON");
}

Status runFile(const RunOptions &options) {
  tconv_params params;
  tconv_shape shape;
  std::string name;
  if (Status status = parseLayerLine(options.layer, params, shape, name))
    return status;
  if (Status status = checkParams(params))
    return status;
  if (Status status = checkName("--input", options.input))
    return status;
  if (Status status = checkName("--output", options.output))
    return status;
  Input input;
  if (Status status = readInput(options, params, input))
    return status;
  Array output;
  output.shape = {input.array.shape[0], params.out_channels, 0};
  if (Status status =
          outputLength(params, input.array.shape[2], output.shape[2]))
    return status;
  if (Status status = checkSizes(params, input.array.shape[0],
                                 input.array.shape[2], output.shape[2]))
    return status;
  output.values.resize(
      static_cast<size_t>(output.shape[0] * output.shape[1] * output.shape[2]));

  if (Status status = fromC(tconv_set_seed(options.seed)))
    return status;
  if (options.threads)
    if (Status status = fromC(tconv_set_num_threads(options.threads)))
      return status;
  tconv_layer_options how;
  tconv_layer_options_init(&how);
  how.target = options.target.c_str();
  how.engine = options.engine.empty() ? nullptr : options.engine.c_str();
  how.accuracy =
      options.direct ? TCONV_ACCURACY_DIRECT : TCONV_ACCURACY_DEFAULT;
  Layer layer;
  if (Status status = makeLayer(params, how, layer))
    return status;
  if (Status status = setParameters(options, params, layer.get()))
    return status;
  // Compiling is not part of the time that is told.
  if (Status status = fromC(tconv_layer_prepare(
          layer.get(), input.array.shape[0], input.array.shape[2])))
    return status;
  double start = now();
  if (Status status = fromC(tconv_layer_run(
          layer.get(), input.array.values.data(), input.array.shape[0],
          input.array.shape[2], output.values.data())))
    return status;
  double seconds = now() - start;
  std::vector<int64_t> outputShape = output.shape;
  if (Status status = writeOutput(options, input, params, output))
    return status;
  report(options, input.array.shape, outputShape, seconds,
         describe(layer.get(), input.array.shape));
  return Status::ok();
}

} // namespace tconv::tools
