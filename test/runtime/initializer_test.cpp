// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Initial weights against SPEC.md's table: bounds, moments, special forms.
#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "support/layers.h"

using namespace tconv::test;

namespace {

// fan_in = 40 * 5 = 200, fan_out = 100 * 5 = 500.
constexpr int64_t kShape[] = {100, 40, 5};
constexpr size_t kCount = 100 * 40 * 5;
constexpr double kFanIn = 200, kFanOut = 500;

tconv_initializer named(const char *name) {
  tconv_initializer result;
  EXPECT_EQ(tconv_initializer_by_name(name, &result), TCONV_OK)
      << tconv_last_error();
  return result;
}

std::vector<float> draw(const tconv_initializer &init, uint64_t seed = 42) {
  std::vector<float> values(kCount);
  EXPECT_EQ(tconv_set_seed(seed), TCONV_OK);
  EXPECT_EQ(tconv_initialize(&init, kShape, 3, values.data()), TCONV_OK)
      << tconv_last_error();
  return values;
}

struct Moments {
  double mean = 0, deviation = 0, kurtosis = 0, least, most;
  explicit Moments(const std::vector<float> &values) {
    auto count = static_cast<double>(values.size());
    for (float v : values)
      mean += v / count;
    double fourth = 0;
    for (float v : values) {
      double square = (v - mean) * (v - mean);
      deviation += square / count;
      fourth += square * square / count;
    }
    kurtosis = fourth / (deviation * deviation);
    deviation = std::sqrt(deviation);
    least = *std::min_element(values.begin(), values.end());
    most = *std::max_element(values.begin(), values.end());
  }
};

void expectUniform(const tconv_initializer &init, double bound) {
  Moments m(draw(init));
  EXPECT_NEAR(m.mean, 0, 0.02 * bound);
  EXPECT_NEAR(m.deviation, bound / std::sqrt(3.0), 0.01 * bound);
  EXPECT_NEAR(m.kurtosis, 1.8, 0.05);
  EXPECT_LE(m.most, bound * (1 + 1e-6));
  EXPECT_GE(m.least, -bound * (1 + 1e-6));
  EXPECT_GT(m.most, 0.998 * bound);
  EXPECT_LT(m.least, -0.998 * bound);
}

void expectNormal(const tconv_initializer &init, double mean, double sigma) {
  Moments m(draw(init));
  EXPECT_NEAR(m.mean, mean, 0.03 * sigma);
  EXPECT_NEAR(m.deviation, sigma, 0.02 * sigma);
  EXPECT_NEAR(m.kurtosis, 3, 0.15);
  EXPECT_GT(m.most, mean + 3 * sigma);
}

TEST(Initializers, Constants) {
  for (const char *name : {"zero", "zeros", "ZEROS", "Zero"})
    EXPECT_EQ(draw(named(name)), std::vector<float>(kCount, 0.0f));
  for (const char *name : {"one", "ones", "One"})
    EXPECT_EQ(draw(named(name)), std::vector<float>(kCount, 1.0f));
  tconv_initializer constant = named("zero");
  constant.a = -2.5;
  EXPECT_EQ(draw(constant), std::vector<float>(kCount, -2.5f));
}

TEST(Initializers, Uniform) {
  expectUniform(named("uniform"), 0.07);
  tconv_initializer other = named("Uniform");
  other.a = 3;
  expectUniform(other, 3);
}

TEST(Initializers, Normal) {
  expectNormal(named("normal"), 0, 0.01);
  tconv_initializer other = named("NORMAL");
  other.a = -4;
  other.b = 2;
  expectNormal(other, -4, 2);
}

TEST(Initializers, TruncatedNormalsBoundsAreValues) {
  Moments narrow(draw(named("truncatedNormal")));
  EXPECT_NEAR(narrow.deviation, 0.01, 0.0002);
  EXPECT_GT(narrow.most, 0.03) << "not cut at two sigma";
  tconv_initializer one = named("truncatednormal");
  one.b = 1;
  Moments wide(draw(one));
  EXPECT_NEAR(wide.deviation, 0.8796, 0.01);
  EXPECT_LE(wide.most, 2);
  EXPECT_GE(wide.least, -2);
  EXPECT_GT(wide.most, 1.98);
}

TEST(Initializers, TruncatedNormalsTails) {
  // Means of the restricted distributions, by numerical integration.
  struct {
    double low, high, mean;
  } cases[] = {{5, 6, 5.184},    {-6, -5, -5.184},   {8, INFINITY, 8.121},
               {-0.5, 0.5, 0},   {0.5, 0.6, 0.5495}, {-1, 8, 0.2876},
               {30, 31, 30.0332}};
  for (auto [low, high, mean] : cases) {
    tconv_initializer init = named("truncatednormal");
    init.b = 1;
    init.c = low;
    init.d = high;
    Moments m(draw(init));
    EXPECT_NEAR(m.mean, mean, 0.02) << low << " " << high;
    EXPECT_GE(m.least, low);
    EXPECT_LE(m.most, high);
  }
}

TEST(Initializers, He) {
  double gain = std::sqrt(2.0);
  for (const char *name : {"heuniform", "he_uniform", "HeUniform"})
    expectUniform(named(name), std::sqrt(3.0) * gain / std::sqrt(kFanIn));
  for (const char *name : {"henormal", "he_normal", "HeNormal"})
    expectNormal(named(name), 0, gain / std::sqrt(kFanIn));
  tconv_initializer init = named("heuniform");
  init.mode = TCONV_FAN_OUT;
  expectUniform(init, std::sqrt(3.0) * gain / std::sqrt(kFanOut));
  init.a = 2;
  expectUniform(init, std::sqrt(3.0) * std::sqrt(0.4) / std::sqrt(kFanOut));
  init.nonlinearity = TCONV_TANH;
  expectUniform(init, std::sqrt(3.0) * (5.0 / 3) / std::sqrt(kFanOut));
  init.nonlinearity = TCONV_LINEAR;
  expectUniform(init, std::sqrt(3.0) / std::sqrt(kFanOut));
  init.nonlinearity = TCONV_RELU;
  expectUniform(init, std::sqrt(6.0) / std::sqrt(kFanOut));
}

TEST(Initializers, Xavier) {
  for (const char *name : {"xavieruniform", "xavier_uniform"})
    expectUniform(named(name), std::sqrt(6 / (kFanIn + kFanOut)));
  for (const char *name : {"xaviernormal", "xavier_normal"})
    expectNormal(named(name), 0, std::sqrt(2 / (kFanIn + kFanOut)));
  tconv_initializer init = named("xavier_uniform");
  init.a = 3;
  expectUniform(init, 3 * std::sqrt(6 / (kFanIn + kFanOut)));
}

TEST(Initializers, VarianceScaling) {
  tconv_initializer init = named("varianceScaling");
  init.scaling = TCONV_SCALING_UNIFORM;
  expectUniform(init, std::sqrt(3 / kFanIn));
  init.mode = TCONV_FAN_AVG;
  expectUniform(init, std::sqrt(3 / ((kFanIn + kFanOut) / 2)));
  init.mode = TCONV_FAN_OUT;
  init.a = 4;
  init.scaling = TCONV_SCALING_UNTRUNCATED_NORMAL;
  expectNormal(init, 0, std::sqrt(4 / kFanOut));
  init.scaling = TCONV_SCALING_TRUNCATED_NORMAL;
  expectNormal(init, 0, std::sqrt(4 / kFanOut) / 0.87962566103423978);
}

TEST(Initializers, OrthogonalRowsAndColumns) {
  tconv_initializer init = named("orthogonal");
  init.a = 2;
  for (std::pair<int64_t, int64_t> size2 :
       {std::pair<int64_t, int64_t>(20, 30), {30, 20}, {1, 7}, {16, 16}}) {
    const int64_t rows = size2.first, columns = size2.second;
    const int64_t shape[] = {rows, columns};
    std::vector<float> q(rows * columns);
    ASSERT_EQ(tconv_initialize(&init, shape, 2, q.data()), TCONV_OK);
    bool byRows = rows < columns;
    int64_t vectors = byRows ? rows : columns, size = byRows ? columns : rows;
    auto at = [&](int64_t v, int64_t k) {
      return byRows ? q[v * columns + k] : q[k * columns + v];
    };
    for (int64_t a = 0; a < vectors; ++a)
      for (int64_t b = 0; b <= a; ++b) {
        double dot = 0;
        for (int64_t k = 0; k < size; ++k)
          dot += at(a, k) * at(b, k);
        EXPECT_NEAR(dot, a == b ? 4 : 0, 1e-5);
      }
  }
}

TEST(Initializers, Dirac) {
  tconv_initializer init = named("dirac");
  init.group = 2;
  const int64_t shape[] = {6, 2, 3};
  std::vector<float> values(36);
  ASSERT_EQ(tconv_initialize(&init, shape, 3, values.data()), TCONV_OK);
  for (int64_t i = 0; i < 6; ++i)
    for (int64_t j = 0; j < 2; ++j)
      for (int64_t k = 0; k < 3; ++k)
        EXPECT_EQ(values[(i * 2 + j) * 3 + k],
                  i % 3 == j && k == 1 ? 1.0f : 0.0f);
}

TEST(Initializers, SeedsRepeat) {
  tconv_initializer init = named("normal");
  EXPECT_EQ(draw(init, 1), draw(init, 1));
  EXPECT_NE(draw(init, 1), draw(init, 2));
  std::vector<float> first(kCount), second(kCount);
  ASSERT_EQ(tconv_set_seed(1), TCONV_OK);
  ASSERT_EQ(tconv_initialize(&init, kShape, 3, first.data()), TCONV_OK);
  ASSERT_EQ(tconv_initialize(&init, kShape, 3, second.data()), TCONV_OK);
  EXPECT_NE(first, second) << "draws go on";
  EXPECT_EQ(first, draw(init, 1));
}

TEST(Initializers, LayersDefaults) {
  tconv_params params = parse("in_channels=100 out_channels=4000 group=100 "
                              "kernel_size=5 has_bias=1");
  ASSERT_EQ(tconv_set_seed(3), TCONV_OK);
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, nullptr, &raw), TCONV_OK);
  LayerHandle layer(raw);
  std::vector<float> weight(kCount), bias(4000);
  ASSERT_EQ(tconv_layer_get_weight(raw, weight.data()), TCONV_OK);
  ASSERT_EQ(tconv_layer_get_bias(raw, bias.data()), TCONV_OK);
  double bound = 1 / std::sqrt(kFanIn); // both, by different ways
  for (const Moments &m : {Moments(weight), Moments(bias)}) {
    EXPECT_LE(m.most, bound * (1 + 1e-6));
    EXPECT_GT(m.most, 0.995 * bound);
    EXPECT_LT(m.least, -0.995 * bound);
    EXPECT_NEAR(m.deviation, bound / std::sqrt(3.0), 0.02 * bound);
  }
}

TEST(Initializers, LayersTakeTheOptions) {
  tconv_params params =
      parse("in_channels=2 out_channels=3 kernel_size=4 has_bias=1");
  tconv_initializer one = named("one"), zero = named("zero");
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.weight_init = &one;
  options.bias_init = &zero;
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, &options, &raw), TCONV_OK);
  LayerHandle layer(raw);
  std::vector<float> weight(24), bias(3, 5.0f);
  ASSERT_EQ(tconv_layer_get_weight(raw, weight.data()), TCONV_OK);
  ASSERT_EQ(tconv_layer_get_bias(raw, bias.data()), TCONV_OK);
  EXPECT_EQ(weight, std::vector<float>(24, 1.0f));
  EXPECT_EQ(bias, std::vector<float>(3, 0.0f));
}

} // namespace
