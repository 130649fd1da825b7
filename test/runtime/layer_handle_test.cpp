// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer's state through the C interface and the C++ header.
#include <gtest/gtest.h>

#include "support/bounds.h"
#include "support/layers.h"
#include "tconv/tconv.hpp"

using namespace tconv::test;

namespace {

TEST(Layer, WeightsAreCopies) {
  tconv_params params =
      parse("in_channels=2 out_channels=3 kernel_size=2 has_bias=1");
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, nullptr, &raw), TCONV_OK);
  LayerHandle layer(raw);
  std::vector<float> weight(12), back(12), bias = {1, 2, 3}, biasBack(3);
  for (size_t i = 0; i < weight.size(); ++i)
    weight[i] = static_cast<float>(i);
  const int64_t shape[] = {2, 3, 2}, biasShape[] = {3};
  ASSERT_EQ(tconv_layer_set_weight(raw, weight.data(), shape, 3), TCONV_OK);
  ASSERT_EQ(tconv_layer_set_bias(raw, bias.data(), biasShape, 1), TCONV_OK);
  std::vector<float> kept = weight;
  weight.assign(12, -1.0f);
  bias.assign(3, -1.0f);
  ASSERT_EQ(tconv_layer_get_weight(raw, back.data()), TCONV_OK);
  ASSERT_EQ(tconv_layer_get_bias(raw, biasBack.data()), TCONV_OK);
  EXPECT_EQ(back, kept);
  EXPECT_EQ(biasBack, (std::vector<float>{1, 2, 3}));
  tconv_params same;
  ASSERT_EQ(tconv_layer_params(raw, &same), TCONV_OK);
  EXPECT_EQ(same.out_channels, 3);
}

TEST(Layer, NewWeightsAndBiasAreUsed) {
  tconv_params params =
      parse("in_channels=1 out_channels=1 kernel_size=1 has_bias=1");
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, nullptr, &raw), TCONV_OK);
  LayerHandle layer(raw);
  const int64_t shape[] = {1, 1, 1};
  const float x[] = {1, 2, 3};
  for (float w : {2.0f, -3.0f, 0.5f})
    for (float b : {0.0f, 10.0f}) {
      ASSERT_EQ(tconv_layer_set_weight(raw, &w, shape, 3), TCONV_OK);
      ASSERT_EQ(tconv_layer_set_bias(raw, &b, shape, 1), TCONV_OK);
      float y[3];
      ASSERT_EQ(tconv_layer_run(raw, x, 1, 3, y), TCONV_OK);
      for (int i = 0; i < 3; ++i)
        EXPECT_EQ(y[i], w * x[i] + b);
    }
}

TEST(Layer, DestroyTakesNull) { tconv_layer_destroy(nullptr); }

TEST(Layer, VersionIsTheHeaders) {
  EXPECT_EQ(std::string(tconv_version()),
            std::to_string(TCONV_VERSION_MAJOR) + "." +
                std::to_string(TCONV_VERSION_MINOR) + "." +
                std::to_string(TCONV_VERSION_PATCH));
}

TEST(Header, ThePublishedExample) {
  tconv::Options options;
  options.padMode = "pad";
  options.weightInit = "normal";
  tconv::Conv1dTranspose layer(3, 64, 4, options);
  std::vector<float> x(3 * 50, 1.0f), weight = layer.weight();
  std::vector<float> y = layer(x, 1, 50);
  ASSERT_EQ(y.size(), 64u * 53u);
  EXPECT_EQ(layer.outputLength(50), 53);
  // Of so few channels no kernel is fast: the stricter bounds.
  EXPECT_EQ(layer.describe(50).find("F("), std::string::npos);
  Accuracy accuracy(layer.params());
  EXPECT_EQ(
      accuracy.compare({x.data(), weight.data(), nullptr, 1, 50}, y.data()),
      "");
  if (!referenceAllowed()) {
    EXPECT_NE(layer.describe(50).find("\"path\":\"kernel\""),
              std::string::npos);
  }
}

TEST(Header, InitializersOfEveryKind) {
  tconv::Options options;
  options.hasBias = true;
  options.weightInit = 0.25;
  options.biasInit = std::vector<float>{1, 2};
  tconv::Conv1dTranspose layer(1, 2, 3, options);
  EXPECT_EQ(layer.weight(), std::vector<float>(6, 0.25f));
  EXPECT_EQ(layer.bias(), (std::vector<float>{1, 2}));
  options.weightInit = tconv::Initializer::uniform(2);
  tconv::setSeed(1);
  std::vector<float> first = tconv::Conv1dTranspose(1, 2, 3, options).weight();
  tconv::setSeed(1);
  EXPECT_EQ(tconv::Conv1dTranspose(1, 2, 3, options).weight(), first);
  for (const tconv::Initializer &init :
       {tconv::Initializer::normal(), tconv::Initializer::truncatedNormal(),
        tconv::Initializer::heUniform(), tconv::Initializer::heNormal(),
        tconv::Initializer::xavierUniform(), tconv::Initializer::xavierNormal(),
        tconv::Initializer::orthogonal(), tconv::Initializer::dirac(),
        tconv::Initializer::varianceScaling(), tconv::Initializer("one")}) {
    options.weightInit = init;
    std::vector<float> weight =
        tconv::Conv1dTranspose(1, 2, 3, options).weight();
    EXPECT_NE(weight, std::vector<float>(6, 0.0f));
  }
}

template <typename Exception>
void expectThrow(const std::function<void()> &call, tconv_status status,
                 const std::string &message) {
  try {
    call();
    ADD_FAILURE() << "nothing thrown: " << message;
  } catch (const Exception &error) {
    EXPECT_EQ(error.status(), status);
    EXPECT_EQ(std::string(error.what()), message);
  }
}

TEST(Header, ErrorsAreExceptions) {
  using tconv::Conv1dTranspose;
  using tconv::Options;
  using tconv::TypeError;
  using tconv::ValueError;
  expectThrow<ValueError>([] { Conv1dTranspose(0, 1, 1); }, TCONV_INVALID_VALUE,
                          "in_channels = 0: must be at least 1");
  expectThrow<ValueError>(
      [] {
        Options options;
        options.padMode = "Same";
        Conv1dTranspose(1, 1, 1, options);
      },
      TCONV_INVALID_VALUE,
      "pad_mode = 'Same': must be 'same', 'valid' or 'pad'");
  expectThrow<ValueError>(
      [] {
        Options options;
        options.weightInit = std::vector<float>(5);
        Conv1dTranspose(1, 2, 3, options);
      },
      TCONV_INVALID_VALUE, "weight has 5 elements: must have 6");
  expectThrow<ValueError>(
      [] {
        Options options;
        options.hasBias = true;
        options.biasInit = std::vector<float>(5);
        Conv1dTranspose(1, 2, 3, options);
      },
      TCONV_INVALID_VALUE, "bias has the shape (5,): must be (2,)");
  Conv1dTranspose layer(2, 1, 3);
  std::vector<float> before = layer.weight();
  expectThrow<ValueError>([&] { layer(std::vector<float>(7), 1, 4); },
                          TCONV_INVALID_VALUE,
                          "x has 7 elements: must have 1 * 2 * 4");
  expectThrow<ValueError>([&] { layer(std::vector<float>(8), -1, 4); },
                          TCONV_INVALID_VALUE,
                          "batch = -1: must be at least 0");
  expectThrow<TypeError>([&] { layer.run(nullptr, 1, 4, nullptr); },
                         TCONV_INVALID_TYPE, "x = NULL: must point to a value");
  expectThrow<ValueError>([&] { layer.setBias({1}); }, TCONV_INVALID_VALUE,
                          "bias: the layer has none (has_bias = 0)");
  expectThrow<ValueError>([] { tconv::setNumThreads(0); }, TCONV_INVALID_VALUE,
                          "threads = 0: must be at least 1");
  EXPECT_EQ(layer.weight(), before);
  EXPECT_TRUE(layer({}, 0, 4).empty());
}

TEST(Header, HandlesMove) {
  tconv::Conv1dTranspose a(1, 1, 1);
  std::vector<float> weight = a.weight();
  tconv::Conv1dTranspose b = std::move(a);
  EXPECT_EQ(b.weight(), weight);
}

} // namespace
