// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/layers.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include <nlohmann/json.hpp>

#include "support/exact.h"

using namespace tconv;
using namespace tconv::test;

namespace {

int64_t between(Random &random, int64_t low, int64_t high) {
  return std::uniform_int_distribution<int64_t>(low, high)(random);
}

bool chance(Random &random, double probability) {
  return std::bernoulli_distribution(probability)(random);
}

template <size_t N> int64_t oneOf(Random &random, const int64_t (&values)[N]) {
  return values[between(random, 0, N - 1)];
}

/// Channels: one, few, primes, one more or less than a vector; many.
int64_t randomChannels(Random &random) {
  static const int64_t values[] = {1,  1,  2,  3,  4,  5,  7,  8,  11, 13,
                                   15, 16, 17, 23, 24, 31, 32, 33, 48, 64};
  return oneOf(random, values);
}

void randomGroups(Random &random, tconv_params &params) {
  params.in_channels = randomChannels(random);
  params.out_channels = randomChannels(random);
  double kind = std::uniform_real_distribution<double>(0, 1)(random);
  if (kind < 0.2) { // depthwise
    params.group = params.out_channels = params.in_channels;
  } else if (kind < 0.5) {
    params.group = between(random, 2, 5);
    params.in_channels = params.group * between(random, 1, 10);
    params.out_channels = params.group * between(random, 1, 10);
  } else if (kind < 0.6) {
    params.out_channels = 1;
  }
}

void randomTaps(Random &random, tconv_params &params) {
  static const int64_t primes[] = {1, 2, 3, 5, 7, 11, 13, 17, 31};
  params.kernel_size =
      chance(random, 0.5) ? oneOf(random, primes) : between(random, 1, 20);
  params.stride = between(random, 1, 10);
  double kind = std::uniform_real_distribution<double>(0, 1)(random);
  if (kind < 0.2) { // fewer taps than the stride
    params.stride = between(random, 2, 12);
    params.kernel_size = between(random, 1, params.stride - 1);
  } else if (kind < 0.4) { // an upsampler's usual form
    params.kernel_size = 2 * params.stride;
  } else if (kind < 0.7) {
    params.dilation = between(random, 2, 6);
    if (chance(random, 0.5)) // phases without taps
      params.stride = params.dilation * between(random, 1, 3);
  }
}

void randomCrops(Random &random, tconv_params &params) {
  int64_t eff = params.dilation * (params.kernel_size - 1) + 1;
  params.pad_mode = static_cast<int32_t>(between(random, 0, 3));
  if (params.pad_mode == TCONV_PAD) {
    params.padding = between(random, 0, eff - 1);
    if (chance(random, 0.2)) // the most that leaves an output at this length
      params.padding = (between(random, 0, 30) * params.stride + eff - 1) / 2;
    if (chance(random, 0.4))
      params.output_padding =
          between(random, 0, std::max(params.stride, params.dilation) - 1);
  } else if (params.pad_mode == TCONV_CROP) {
    params.crop_begin = between(random, -2 * params.stride, eff);
    params.crop_end = between(random, -3 * params.stride, eff);
    if (chance(random, 0.3)) {
      params.crop_end = 0;
      params.output_length = between(random, 1, 200);
    }
    if (chance(random, 0.1)) // nothing but bias
      params.crop_begin = -between(random, 1, 300);
  }
}

} // namespace

tconv_params test::parse(const std::string &line) {
  tconv_params params;
  if (tconv_params_parse(line.c_str(), &params, nullptr, nullptr, 0))
    throw std::runtime_error(tconv_last_error());
  return params;
}

tconv_status tconv::test::makeForTarget(const tconv_params &params,
                                        tconv_layer_options options,
                                        LayerHandle &layer) {
  std::string target = testTarget();
  options.target = target.c_str();
  tconv_layer *raw = nullptr;
  tconv_status status = tconv_layer_create(&params, &options, &raw);
  layer.reset(raw);
  return status;
}

tconv_status tconv::test::setWeights(tconv_layer *layer,
                                     const std::vector<float> &weight,
                                     const std::vector<float> &bias) {
  tconv_params params;
  if (tconv_status status = tconv_layer_params(layer, &params))
    return status;
  const int64_t shape[] = {params.in_channels,
                           params.out_channels / params.group,
                           params.kernel_size};
  tconv_status status = tconv_layer_set_weight(layer, weight.data(), shape, 3);
  if (status != TCONV_OK || !params.has_bias)
    return status;
  return tconv_layer_set_bias(layer, bias.data(), &params.out_channels, 1);
}

int64_t test::weightElements(const tconv_params &params) {
  return params.in_channels * (params.out_channels / params.group) *
         params.kernel_size;
}

int64_t test::xElements(const tconv_params &params, int64_t batch,
                        int64_t length) {
  return batch * params.in_channels * length;
}

int64_t test::yElements(const tconv_params &params, int64_t batch,
                        int64_t length) {
  return batch * params.out_channels * expectedOutputLength(params, length);
}

std::vector<float> test::randomValues(Random &random, int64_t count) {
  std::normal_distribution<float> draw;
  std::vector<float> values(static_cast<size_t>(count));
  for (float &value : values)
    value = draw(random);
  return values;
}

std::string test::testTarget() {
  const char *target = std::getenv("TCONV_TEST_TARGET");
  return target ? target : "cpu:native";
}

bool test::referenceAllowed() {
  const char *allow = std::getenv("TCONV_TEST_ALLOW_REFERENCE");
  return (allow && std::string(allow) == "1") || testTarget() == "reference";
}

std::string test::described(tconv_layer *layer, int64_t batch, int64_t length,
                            const std::string &field) {
  size_t needed = 0;
  if (tconv_layer_describe(layer, batch, length, nullptr, 0, &needed))
    throw std::runtime_error(tconv_last_error());
  std::string text(needed, '\0');
  if (tconv_layer_describe(layer, batch, length, text.data(), needed, nullptr))
    throw std::runtime_error(tconv_last_error());
  auto json = nlohmann::json::parse(text.c_str());
  if (!json.contains(field))
    return "";
  const auto &value = json.at(field);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool test::runsFast(tconv_layer *layer, int64_t batch, int64_t length) {
  std::string algorithm = described(layer, batch, length, "algorithm");
  return !algorithm.empty() && algorithm != "direct";
}

tconv_params test::randomParams(Random &random) {
  tconv_params params;
  tconv_params_init(&params);
  randomGroups(random, params);
  randomTaps(random, params);
  randomCrops(random, params);
  params.has_bias = chance(random, 0.6) ? 1 : 0;
  return params;
}

int64_t test::randomLength(Random &random, const tconv_params &params,
                           int64_t most) {
  static const int64_t special[] = {1,  1,  2,  3,   7,   13,  16,
                                    17, 31, 61, 127, 128, 257, 509};
  for (int attempt = 0; attempt < 50; ++attempt) {
    int64_t length =
        chance(random, 0.6) ? oneOf(random, special) : between(random, 1, most);
    length = std::min(length, most);
    if (expectedOutputLength(params, length) >= 1)
      return length;
  }
  return expectedOutputLength(params, most) >= 1 ? most : 0;
}
