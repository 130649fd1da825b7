// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Results: MindSpore's, random layers, real layers at full size, the plain
// implementation. TCONV_TEST_TARGET chooses the target.
#include <algorithm>
#include <cstdlib>
#include <limits>

#include <gtest/gtest.h>

#include "layer/layer.h"
#include "support/bounds.h"
#include "support/data.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

int64_t numberFromEnvironment(const char *name, int64_t fallback) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : fallback;
}

/// A layer for the target under test; NULL and a message where the machine
/// lacks it.
LayerHandle makeLayer(const tconv_params &params,
                      const std::vector<float> &weight,
                      const std::vector<float> &bias) {
  tconv_initializer zero;
  EXPECT_EQ(tconv_initializer_by_name("zero", &zero), TCONV_OK);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.weight_init = options.bias_init = &zero;
  LayerHandle handle;
  EXPECT_EQ(makeForTarget(params, options, handle), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(setWeights(handle.get(), weight, bias), TCONV_OK);
  return handle;
}

/// Runs into a y between two borders that must stay as they are.
std::vector<float> runGuarded(tconv_layer *layer, const tconv_params &params,
                              const std::vector<float> &x, int64_t batch,
                              int64_t length) {
  constexpr size_t kBorder = 64;
  constexpr float kMark = 12345.678f;
  auto count = static_cast<size_t>(yElements(params, batch, length));
  std::vector<float> y(count + 2 * kBorder, kMark);
  EXPECT_EQ(tconv_layer_run(layer, x.data(), batch, length, y.data() + kBorder),
            TCONV_OK)
      << tconv_last_error();
  for (size_t i = 0; i < kBorder; ++i)
    if (y[i] != kMark || y[kBorder + count + i] != kMark) {
      ADD_FAILURE() << "wrote outside of y";
      break;
    }
  return {y.begin() + kBorder, y.begin() + kBorder + static_cast<long>(count)};
}

void expectPath(tconv_layer *layer, int64_t batch, int64_t length) {
  if (!referenceAllowed()) {
    EXPECT_EQ(described(layer, batch, length, "path"), "kernel")
        << described(layer, batch, length, "why");
  }
}

class Numeric : public testing::Test {
protected:
  void SetUp() override {
    tconv_params params = parse("in_channels=1 out_channels=1 kernel_size=1");
    std::string target = testTarget();
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.target = target.c_str();
    tconv_layer *layer = nullptr;
    if (tconv_layer_create(&params, &options, &layer) == TCONV_UNSUPPORTED)
      GTEST_SKIP() << tconv_last_error();
    tconv_layer_destroy(layer);
  }
};

TEST_F(Numeric, MindSporesResults) {
  std::vector<OracleCase> cases = loadOracle();
  ASSERT_EQ(cases.size(), 160u);
  for (const OracleCase &one : cases) {
    SCOPED_TRACE(one.line);
    const tconv_params &params = one.params;
    LayerHandle layer = makeLayer(params, one.weight, one.bias);
    int64_t outputs = 0;
    ASSERT_EQ(tconv_layer_output_length(layer.get(), one.length, &outputs),
              TCONV_OK);
    ASSERT_EQ((std::vector<int64_t>{one.batch, params.out_channels, outputs}),
              one.yShape);
    std::vector<float> y =
        runGuarded(layer.get(), params, one.x, one.batch, one.length);
    expectPath(layer.get(), one.batch, one.length);
    if (HasFailure())
      return;
    Tensors tensors = {one.x.data(), one.weight.data(),
                       one.bias.empty() ? nullptr : one.bias.data(), one.batch,
                       one.length};
    Accuracy ours(params, runsFast(layer.get(), one.batch, one.length));
    Accuracy theirs(params);
    ASSERT_EQ(ours.compare(tensors, y.data()), "");
    ASSERT_EQ(theirs.compare(tensors, one.y.data()), "")
        << "MindSpore's own result";
  }
}

/// One random layer with several launches, as the seed and number say.
void checkRandomLayer(uint64_t seed, int64_t number, int launches) {
  Random random(seed * 1000003 + static_cast<uint64_t>(number));
  tconv_params params;
  int64_t most, length = 0;
  while (length == 0) {
    params = randomParams(random);
    // A budget of multiply-adds: deep layers get short inputs.
    most = std::max<int64_t>(
        1, std::min<int64_t>(600, 1500000 / weightElements(params)));
    length = randomLength(random, params, most);
  }
  SCOPED_TRACE(formatLayerLine(params));
  std::vector<float> weight = randomValues(random, weightElements(params));
  std::vector<float> bias = randomValues(random, params.out_channels);
  LayerHandle layer = makeLayer(params, weight, bias);
  // Short and long inputs may have kernels of different algorithms.
  Accuracy direct(params), fast(params, /*fast=*/true);
  for (int i = 0; i < launches; ++i) {
    int64_t batch = std::uniform_int_distribution<int64_t>(0, 9)(random);
    batch = batch < 6 ? 1 : batch - 5;
    std::vector<float> x =
        randomValues(random, xElements(params, batch, length));
    std::vector<float> y = runGuarded(layer.get(), params, x, batch, length);
    expectPath(layer.get(), batch, length);
    Accuracy &accuracy = runsFast(layer.get(), batch, length) ? fast : direct;
    ASSERT_EQ(accuracy.compare({x.data(), weight.data(),
                                params.has_bias ? bias.data() : nullptr, batch,
                                length},
                               y.data()),
              "");
    length = randomLength(random, params, most);
    ASSERT_NE(length, 0);
  }
  ASSERT_EQ(direct.compareMeanSquare(), "");
  ASSERT_EQ(fast.compareMeanSquare(), "");
}

// TCONV_PROPERTY_CASES launches; TCONV_PROPERTY_SEED chooses other ones, and
// TCONV_PROPERTY_LAYER only that layer of them.
TEST_F(Numeric, RandomLayers) {
  constexpr int kLaunches = 7;
  int64_t cases = numberFromEnvironment("TCONV_PROPERTY_CASES", 2000);
  auto seed =
      static_cast<uint64_t>(numberFromEnvironment("TCONV_PROPERTY_SEED", 1));
  int64_t only = numberFromEnvironment("TCONV_PROPERTY_LAYER", -1);
  int64_t layers = (cases + kLaunches - 1) / kLaunches;
  for (int64_t number = 0; number < layers; ++number) {
    if (only >= 0 && number != only)
      continue;
    SCOPED_TRACE("TCONV_PROPERTY_SEED=" + std::to_string(seed) +
                 " TCONV_PROPERTY_LAYER=" + std::to_string(number));
    checkRandomLayer(seed, number, kLaunches);
    if (HasFailure())
      return;
  }
}

// Taps further apart than 32 bits count, of which a crop leaves two in x.
TEST_F(Numeric, FarTaps) {
  Random random(5);
  for (int64_t dilation : {(int64_t(1) << 29) - 1, int64_t(1) << 30,
                           (int64_t(1) << 32) - 2, int64_t(1) << 32}) {
    for (const char *channels : {"in_channels=4 out_channels=4 group=4",
                                 "in_channels=16 out_channels=12"}) {
      tconv_params params = parse(std::string(channels) +
                                  " kernel_size=2 "
                                  "pad_mode=crop output_length=60 dilation=" +
                                  std::to_string(dilation) + " crop_begin=" +
                                  std::to_string(dilation - 10));
      SCOPED_TRACE(formatLayerLine(params));
      std::vector<float> weight = randomValues(random, weightElements(params));
      LayerHandle layer = makeLayer(params, weight, {});
      for (int64_t length : {1, 50, 70}) {
        std::vector<float> x =
            randomValues(random, xElements(params, 1, length));
        std::vector<float> y = runGuarded(layer.get(), params, x, 1, length);
        expectPath(layer.get(), 1, length);
        ASSERT_EQ(Accuracy(params).compare(
                      {x.data(), weight.data(), nullptr, 1, length}, y.data()),
                  "");
      }
    }
  }
}

// Items of a batch that are tiles' neighbours: none is to see the others'
// sizes, nor what they hold that is no number.
TEST_F(Numeric, ShortItemsOfABatch) {
  Random random(6);
  for (const char *line :
       {"in_channels=64 out_channels=32 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1",
        "in_channels=48 out_channels=20 kernel_size=3 pad_mode=same",
        "in_channels=40 out_channels=24 kernel_size=7 stride=4 pad_mode=pad",
        "in_channels=32 out_channels=16 kernel_size=31 stride=2 pad_mode=pad "
        "padding=15 has_bias=1",
        "in_channels=32 out_channels=48 kernel_size=8 stride=4 group=2 "
        "pad_mode=crop crop_begin=9 crop_end=-3",
        "in_channels=16 out_channels=40 kernel_size=3 stride=2 dilation=3 "
        "pad_mode=pad padding=3"}) {
    SCOPED_TRACE(line);
    tconv_params params = parse(line);
    std::vector<float> weight = randomValues(random, weightElements(params));
    std::vector<float> bias(static_cast<size_t>(params.out_channels), 0.0F);
    LayerHandle layer = makeLayer(
        params, weight, params.has_bias ? bias : std::vector<float>());
    for (int64_t length : {5, 6, 13, 40}) {
      for (int64_t batch : {3, 30}) {
        SCOPED_TRACE("batch " + std::to_string(batch) + ", length " +
                     std::to_string(length));
        std::vector<float> x =
            randomValues(random, xElements(params, batch, length));
        auto item = static_cast<size_t>(xElements(params, 1, length));
        // The pieces of the smallest would be subnormal numbers.
        const float scales[] = {0x1p-50F, 0x1p50F, 1, 0x1p-110F};
        for (size_t i = 0; i < x.size(); ++i)
          x[i] *= scales[i / item % std::size(scales)];
        Tensors tensors = {x.data(), weight.data(),
                           params.has_bias ? bias.data() : nullptr, batch,
                           length};
        bool fast = runsFast(layer.get(), batch, length);
        std::vector<float> y =
            runGuarded(layer.get(), params, x, batch, length);
        expectPath(layer.get(), batch, length);
        ASSERT_EQ(Accuracy(params, fast).compare(tensors, y.data()), "");
        x[item + item / 2] = std::numeric_limits<float>::quiet_NaN();
        x[2 * item] = std::numeric_limits<float>::infinity();
        y = runGuarded(layer.get(), params, x, batch, length);
        ASSERT_EQ(Accuracy(params, fast).compare(tensors, y.data()), "");
      }
    }
  }
}

/// First, last and some channels between.
std::vector<int64_t> someChannels(const tconv_params &params) {
  int64_t last = params.out_channels - 1;
  std::vector<int64_t> result = {0};
  for (int64_t channel : {last / 3, last / 2, last - 1, last})
    if (channel > result.back())
      result.push_back(channel);
  return result;
}

class PublicLayers : public Numeric,
                     public testing::WithParamInterface<NamedLayer> {};

TEST_P(PublicLayers, AtFullSize) {
  const tconv_params &params = GetParam().params;
  int64_t batch = GetParam().shape.batch, length = GetParam().shape.length;
  Random random(11);
  std::vector<float> weight = randomValues(random, weightElements(params));
  std::vector<float> bias = randomValues(random, params.out_channels);
  std::vector<float> x = randomValues(random, xElements(params, batch, length));
  LayerHandle layer = makeLayer(params, weight, bias);
  std::vector<float> y = runGuarded(layer.get(), params, x, batch, length);
  expectPath(layer.get(), batch, length);
  Accuracy accuracy(params, runsFast(layer.get(), batch, length));
  EXPECT_EQ(
      accuracy.compare({x.data(), weight.data(),
                        params.has_bias ? bias.data() : nullptr, batch, length},
                       y.data(), someChannels(params)),
      "");
  EXPECT_EQ(accuracy.compareMeanSquare(), "");
}

std::vector<NamedLayer> suite() {
  std::vector<NamedLayer> layers;
  if (parseLayerFile(testPath("suites/public.layers"), layers))
    layers.clear(); // File.TheSuiteIsRead tells why
  return layers;
}

INSTANTIATE_TEST_SUITE_P(Suite, PublicLayers, testing::ValuesIn(suite()),
                         [](const auto &info) {
                           std::string name = info.param.name;
                           for (char &c : name)
                             c = c == '.' ? '_' : c;
                           return name;
                         });

/// The plain implementation's own two ways to sum, on random layers.
TEST(Reference, IsWhatItSays) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Random random(seed);
    tconv_params params = randomParams(random);
    SCOPED_TRACE(formatLayerLine(params));
    int64_t length = randomLength(random, params, 40);
    if (length == 0)
      continue;
    std::vector<float> x = randomValues(random, xElements(params, 2, length));
    std::vector<float> weight = randomValues(random, weightElements(params));
    std::vector<float> bias = randomValues(random, params.out_channels);
    std::vector<float> y32(yElements(params, 2, length)), y64(y32.size());
    Tensors tensors = {x.data(), weight.data(),
                       params.has_bias ? bias.data() : nullptr, 2, length};
    ASSERT_EQ(tconv_reference_run(&params, tensors.weight, tensors.bias,
                                  x.data(), 2, length, y32.data(), 0),
              TCONV_OK);
    ASSERT_EQ(tconv_reference_run(&params, tensors.weight, tensors.bias,
                                  x.data(), 2, length, y64.data(), 1),
              TCONV_OK);
    size_t at = 0;
    for (int64_t n = 0; n < 2; ++n)
      for (int64_t co = 0; co < params.out_channels; ++co) {
        ExactRow row = exactRow(params, tensors, n, co);
        for (size_t t = 0; t < row.sums.size(); ++t, ++at) {
          ASSERT_EQ(y32[at], row.fma[t]) << n << " " << co << " " << t;
          ASSERT_EQ(y64[at], static_cast<float>(row.sums[t]))
              << n << " " << co << " " << t;
        }
      }
  }
}

} // namespace
