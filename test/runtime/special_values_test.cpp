// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Infinity, NaN and subnormals land where the formula says, and nowhere else.
#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "layer/layer.h"
#include "support/bounds.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Case {
  LayerHandle layer;
  tconv_params params;
  std::vector<float> weight, bias, x;
  int64_t batch = 2, length = 0;

  bool make(Random &random) {
    params = randomParams(random);
    length = randomLength(random, params, 150);
    if (length == 0)
      return false;
    weight = randomValues(random, weightElements(params));
    bias = randomValues(random, params.out_channels);
    x = randomValues(random, xElements(params, batch, length));
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    tconv_status status = makeForTarget(params, options, layer);
    if (status == TCONV_UNSUPPORTED)
      return false;
    EXPECT_EQ(status, TCONV_OK) << tconv_last_error();
    return true;
  }

  void setWeights() {
    ASSERT_EQ(test::setWeights(layer.get(), weight, bias), TCONV_OK);
  }

  std::string check() {
    std::vector<float> y(yElements(params, batch, length));
    EXPECT_EQ(tconv_layer_run(layer.get(), x.data(), batch, length, y.data()),
              TCONV_OK);
    Accuracy accuracy(params, runsFast(layer.get(), batch, length));
    return accuracy.compare({x.data(), weight.data(),
                             params.has_bias ? bias.data() : nullptr, batch,
                             length},
                            y.data());
  }
};

float &anyOf(Random &random, std::vector<float> &values) {
  return values[std::uniform_int_distribution<size_t>(0, values.size() -
                                                             1)(random)];
}

/// Targets without fused multiply-add round every product, so that one that is
/// beyond the largest float is infinite before the sum could bring it back.
bool productsAreRounded() {
  std::string target = testTarget();
  return target == "cpu:x86-64" || target == "cpu:x86-64-v2";
}

TEST(SpecialValues, InX) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    Random random(seed);
    Case one;
    if (!one.make(random))
      continue;
    SCOPED_TRACE(formatLayerLine(one.params) + " seed " + std::to_string(seed));
    if (productsAreRounded())
      for (float &w : one.weight)
        w /= 8;                    // no product with 3e38 overflows
    anyOf(random, one.weight) = 0; // times infinity: NaN
    one.setWeights();
    ASSERT_EQ(one.check(), "") << "all finite";
    if (!referenceAllowed()) {
      EXPECT_EQ(described(one.layer.get(), one.batch, one.length, "path"),
                "kernel");
    }
    const float values[] = {kInfinity, -kInfinity, NAN, 3e38f, -3e38f};
    for (float value : values) {
      std::vector<float> before = one.x;
      anyOf(random, one.x) = value;
      ASSERT_EQ(one.check(), "") << value;
      anyOf(random, one.x) = value;
      one.x.front() = value;
      one.x.back() = value;
      ASSERT_EQ(one.check(), "") << value << ", at several places";
      one.x = before;
    }
  }
}

TEST(SpecialValues, InWeightAndBias) {
  for (uint64_t seed = 100; seed < 115; ++seed) {
    Random random(seed);
    Case one;
    if (!one.make(random))
      continue;
    SCOPED_TRACE(formatLayerLine(one.params));
    anyOf(random, one.x) = 0;
    for (float value : {kInfinity, -kInfinity, static_cast<float>(NAN)}) {
      std::vector<float> before = one.weight;
      anyOf(random, one.weight) = value;
      one.setWeights();
      ASSERT_EQ(one.check(), "") << value << " in the weight";
      one.weight = before;
      before = one.bias;
      anyOf(random, one.bias) = value;
      one.setWeights();
      ASSERT_EQ(one.check(), "") << value << " in the bias";
      one.bias = before;
    }
  }
}

TEST(SpecialValues, SubnormalsAreKept) {
  tconv_params params =
      parse("in_channels=16 out_channels=16 kernel_size=4 stride=2");
  std::string target = testTarget();
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = target.c_str();
  tconv_layer *raw = nullptr;
  if (tconv_layer_create(&params, &options, &raw) == TCONV_UNSUPPORTED)
    GTEST_SKIP() << tconv_last_error();
  LayerHandle layer(raw);
  std::vector<float> weight(weightElements(params), 1.0f);
  const int64_t shape[] = {16, 16, 4};
  ASSERT_EQ(tconv_layer_set_weight(raw, weight.data(), shape, 3), TCONV_OK);
  const float tiny = std::numeric_limits<float>::denorm_min();
  // Long enough for the pool's threads to take part.
  const int64_t length = 3000;
  std::vector<float> x(xElements(params, 1, length), tiny);
  std::vector<float> y(yElements(params, 1, length));
  ASSERT_EQ(tconv_layer_run(raw, x.data(), 1, length, y.data()), TCONV_OK);
  for (size_t t = 4; t + 4 < y.size() / 16; ++t)
    for (size_t co = 0; co < 16; ++co)
      ASSERT_EQ(y[co * y.size() / 16 + t], 32 * tiny) << co << " " << t;
}

} // namespace
