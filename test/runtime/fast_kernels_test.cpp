// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers whose kernels are fast algorithms: values and weights that these must
// not mix, through the C interface. TCONV_TEST_TARGET chooses the target.
#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "layer/layer.h"
#include "support/bounds.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

/// A layer with random weights, for the target under test.
class FastKernels : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    params = parse(GetParam());
    if (testTarget() == "reference" || referenceAllowed())
      GTEST_SKIP() << "there are no kernels";
    weight = randomValues(random, weightElements(params));
    // So that no product with the largest float is infinite where products are
    // rounded before they are added.
    for (float &w : weight)
      w /= 16;
    bias = randomValues(random, params.out_channels);
    layer = make(TCONV_ACCURACY_DEFAULT);
    if (!layer)
      GTEST_SKIP() << tconv_last_error();
    // Whoever changes the cost model so that this fails has to choose others.
    ASSERT_TRUE(runsFast(layer.get(), 1, kLength))
        << described(layer.get(), 1, kLength, "algorithm");
  }

  LayerHandle make(tconv_accuracy accuracy) {
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.accuracy = accuracy;
    LayerHandle made;
    if (tconv_status status = makeForTarget(params, options, made)) {
      EXPECT_EQ(status, TCONV_UNSUPPORTED) << tconv_last_error();
      return nullptr;
    }
    setWeights(made.get());
    return made;
  }

  void setWeights(tconv_layer *which) {
    ASSERT_EQ(test::setWeights(which, weight, bias), TCONV_OK);
  }

  static std::vector<float> run(tconv_layer *which, const tconv_params &params,
                                const std::vector<float> &x, int64_t batch) {
    int64_t length =
        static_cast<int64_t>(x.size()) / batch / params.in_channels;
    std::vector<float> y(yElements(params, batch, length), -77.0f);
    EXPECT_EQ(tconv_layer_run(which, x.data(), batch, length, y.data()),
              TCONV_OK)
        << tconv_last_error();
    return y;
  }

  /// Runs and compares; "" or what is wrong.
  std::string check(const std::vector<float> &x, int64_t batch, bool fast,
                    const std::vector<int64_t> &channels = {}) {
    int64_t length =
        static_cast<int64_t>(x.size()) / batch / params.in_channels;
    std::vector<float> y = run(layer.get(), params, x, batch);
    return Accuracy(params, fast)
        .compare({x.data(), weight.data(),
                  params.has_bias ? bias.data() : nullptr, batch, length},
                 y.data(), channels);
  }

  /// Positions that a block of the kernel computes.
  int64_t blockPositions() {
    const std::string field = "\"positions\":";
    std::string blocks = described(layer.get(), 1, kLength, "blocks");
    size_t at = blocks.find(field);
    return at == std::string::npos
               ? 0
               : std::atoll(blocks.c_str() + at + field.size());
  }

  /// A few channels of every group: all are computed alike.
  std::vector<int64_t> someChannels() const {
    int64_t columns = params.out_channels / params.group;
    std::vector<int64_t> channels;
    for (int64_t group = 0; group < params.group; ++group)
      for (int64_t column : {int64_t(0), columns - 1})
        channels.push_back(group * columns + column);
    return channels;
  }

  static constexpr int64_t kLength = 200; ///< for kernels of long inputs
  Random random{42};
  tconv_params params;
  std::vector<float> weight, bias;
  LayerHandle layer;
};

const float kSpecials[] = {INFINITY, -INFINITY, NAN, 0x1p64F, -0x1p64F,
                           0x1p100F, FLT_MAX, -FLT_MAX,
                           // The largest that fast algorithms still take.
                           0x1.fffffep63F};

// Exactly the formula's outputs, wherever the value is.
TEST_P(FastKernels, SpecialValuesAtEveryPosition) {
  const int64_t length = 100;
  ASSERT_TRUE(runsFast(layer.get(), 1, length));
  std::vector<float> x = randomValues(random, params.in_channels * length);
  ASSERT_EQ(check(x, 1, true), "") << "all finite";
  size_t turn = 0;
  for (int64_t position = 0; position < length; ++position) {
    auto channel = static_cast<int64_t>(
        random() % static_cast<uint64_t>(params.in_channels));
    float &value = x[static_cast<size_t>(channel * length + position)];
    float before = value;
    value = kSpecials[turn++ % std::size(kSpecials)];
    ASSERT_EQ(check(x, 1, true, someChannels()), "")
        << value << " in channel " << channel << " at " << position;
    value = before;
  }
}

// Columns of a block read beyond its positions, to where the next one begins.
TEST_P(FastKernels, SpecialValuesBetweenBlocks) {
  int64_t positions = blockPositions();
  ASSERT_GE(positions, 1) << described(layer.get(), 1, kLength, "blocks");
  // Taps and what is cropped shift the places by a few.
  int64_t shift = params.kernel_size / params.stride + 3;
  // Three blocks, all of them whole but for these few.
  const int64_t length = 3 * positions - 2 * shift;
  std::vector<float> x = randomValues(random, params.in_channels * length);
  for (float special : {INFINITY, NAN, -0x1p64F})
    for (int64_t at = positions - shift; at <= positions + shift; ++at) {
      float &value = x[static_cast<size_t>(length + at)]; // channel 1
      float before = value;
      value = special;
      ASSERT_EQ(check(x, 1, true, someChannels()), "")
          << special << " at " << at;
      value = before;
    }
}

// Many at once, in several items and at the ends.
TEST_P(FastKernels, ManySpecialValues) {
  const int64_t batch = 2, length = 433;
  std::vector<float> finite =
      randomValues(random, batch * params.in_channels * length);
  for (float special : kSpecials) {
    std::vector<float> x = finite;
    for (int i = 0; i < 5; ++i)
      x[random() % x.size()] = special;
    x.front() = x.back() = special;
    ASSERT_EQ(check(x, batch, true, someChannels()), "") << special;
  }
}

// Blocks of nothing but tiny values would lose them in differences.
TEST_P(FastKernels, TinyValuesAreKept) {
  const int64_t batch = 2, length = 433;
  for (float scale : {0x1p-149F, 0x1p-127F, 0x1p-100F, 0x1p-64F, 0x1p-56F}) {
    std::vector<float> x =
        randomValues(random, batch * params.in_channels * length);
    for (size_t i = 0; i < x.size() / 2; ++i)
      x[i] *= scale; // the other item stays as it is
    ASSERT_EQ(check(x, batch, true, someChannels()), "") << scale;
  }
}

// Differences of finite neighbours are infinite, their products' sums are not.
TEST_P(FastKernels, LargeNeighbours) {
  const int64_t length = 150;
  std::vector<float> x = randomValues(random, params.in_channels * length);
  for (int64_t begin : {0, 71, 143})
    for (bool alternating : {true, false})
      for (float large : {0x1.fffffep126F, FLT_MAX / 2}) {
        std::vector<float> changed = x;
        for (int64_t i = 0; i < 7; ++i)
          changed[static_cast<size_t>(length + begin + i)] =
              alternating && i % 2 == 1 ? -large : large;
        ASSERT_EQ(check(changed, 1, true, someChannels()), "")
            << large << " from " << begin << " on";
      }
}

/// Scales `count` values so that the largest magnitude is `most`.
void scaleTo(float *values, size_t count, float most) {
  float largest = 0;
  for (size_t i = 0; i < count; ++i)
    largest = std::max(largest, std::fabs(values[i]));
  for (size_t i = 0; i < count; ++i)
    values[i] = values[i] / largest * most;
}

// Up to their limits, neither sums nor what they are made of leave the range.
TEST_P(FastKernels, LimitsOfInputsAndWeights) {
  std::fill(bias.begin(), bias.end(), 0.0f);
  for (float w : {0x1p40F, 0x1p-40F})
    for (float most : {0x1.fffffep63F, 0x1p-60F}) {
      SCOPED_TRACE("weights " + std::to_string(std::log2(w)) + ", x " +
                   std::to_string(std::log2(most)));
      size_t size = weight.size() / static_cast<size_t>(params.group);
      for (size_t begin = 0; begin < weight.size(); begin += size)
        scaleTo(&weight[begin], size, w);
      setWeights(layer.get());
      ASSERT_TRUE(runsFast(layer.get(), 1, kLength));
      std::vector<float> x = randomValues(random, params.in_channels * kLength);
      scaleTo(x.data(), x.size(), most);
      std::vector<float> y = run(layer.get(), params, x, 1);
      Accuracy accuracy(params, /*fast=*/true);
      ASSERT_EQ(accuracy.compare({x.data(), weight.data(),
                                  params.has_bias ? bias.data() : nullptr, 1,
                                  kLength},
                                 y.data()),
                "");
      ASSERT_EQ(accuracy.compareMeanSquare(), "");
      // All as large as they may be: nothing cancels.
      for (float &value : x)
        value = std::copysign(most, value);
      ASSERT_EQ(check(x, 1, true, someChannels()), "");
    }
}

TEST_P(FastKernels, SubnormalsAreExact) {
  std::fill(weight.begin(), weight.end(), 1.0f);
  std::fill(bias.begin(), bias.end(), 0.0f);
  setWeights(layer.get());
  ASSERT_TRUE(runsFast(layer.get(), 1, kLength));
  std::vector<float> x(params.in_channels * kLength);
  for (float &value : x)
    value = std::ldexp(static_cast<float>(random() % 8), -149);
  std::vector<float> y = run(layer.get(), params, x, 1);
  Tensors tensors = {x.data(), weight.data(), nullptr, 1, kLength};
  size_t at = 0;
  for (int64_t co = 0; co < params.out_channels; ++co)
    for (double sum : exactRow(params, tensors, 0, co).sums)
      ASSERT_EQ(static_cast<double>(y[at++]), sum) << co;
}

// The kernel is direct where the weights' range is not for fast algorithms.
TEST_P(FastKernels, WeightsOutOfRange) {
  std::vector<float> x = randomValues(random, params.in_channels * kLength);
  std::vector<float> usual = weight;
  auto largest =
      std::max_element(usual.begin(), usual.end(), [](float a, float b) {
        return std::fabs(a) < std::fabs(b);
      });
  auto most = static_cast<size_t>(largest - usual.begin());
  size_t group = usual.size() / static_cast<size_t>(params.group);
  struct Change {
    const char *what;
    float scale; ///< of the last group
    float one;   ///< in the place of the largest weight; 0: none
    bool fast;
  };
  for (const Change &change : {
           Change{"as large as may be", 1, 0x1p40F, true},
           Change{"too large", 1, 0x1.000002p40F, false},
           Change{"the largest", 1, -0x1p60F, false},
           Change{"tiny", 0x1p-50F, 0, false},
           Change{"subnormal", 0x1p-140F, 0, false},
           Change{"zero", 0, 0, true},
           Change{"as usual", 1, 0, true},
       }) {
    SCOPED_TRACE(change.what);
    weight = usual;
    for (size_t i = weight.size() - group; i < weight.size(); ++i)
      weight[i] *= change.scale;
    if (change.one != 0)
      weight[most] = change.one;
    setWeights(layer.get());
    ASSERT_EQ(described(layer.get(), 1, kLength, "path"), "kernel");
    ASSERT_EQ(runsFast(layer.get(), 1, kLength), change.fast)
        << described(layer.get(), 1, kLength, "algorithm");
    ASSERT_EQ(check(x, 1, change.fast), "");
  }
  // All of them small, but one as large as it has to be.
  for (bool enough : {true, false}) {
    weight = usual;
    for (float &w : weight)
      w *= 0x1p-60F;
    for (size_t begin = 0; begin < weight.size(); begin += group)
      weight[begin + 1] = enough ? -0x1p-40F : 0x1.fffffep-41F;
    setWeights(layer.get());
    ASSERT_EQ(runsFast(layer.get(), 1, kLength), enough);
    ASSERT_EQ(check(x, 1, enough), "") << enough;
  }
}

TEST_P(FastKernels, DirectIsAnotherKernel) {
  LayerHandle direct = make(TCONV_ACCURACY_DIRECT);
  ASSERT_TRUE(direct);
  EXPECT_EQ(described(direct.get(), 1, kLength, "algorithm"), "direct");
  EXPECT_EQ(described(direct.get(), 1, kLength, "path"), "kernel");
  std::vector<float> x = randomValues(random, params.in_channels * kLength);
  std::vector<float> y = run(direct.get(), params, x, 1);
  EXPECT_EQ(Accuracy(params).compare({x.data(), weight.data(),
                                      params.has_bias ? bias.data() : nullptr,
                                      1, kLength},
                                     y.data()),
            "");
  std::vector<float> fast = run(layer.get(), params, x, 1);
  EXPECT_NE(std::memcmp(y.data(), fast.data(), y.size() * sizeof(float)), 0)
      << "the fast kernel gives the same bits";
  // Weights that fast algorithms must not take go to that very kernel.
  weight.front() = 0x1p60F;
  setWeights(layer.get());
  setWeights(direct.get());
  y = run(direct.get(), params, x, 1);
  fast = run(layer.get(), params, x, 1);
  EXPECT_EQ(std::memcmp(y.data(), fast.data(), y.size() * sizeof(float)), 0);
}

/// A layer that waits for its weights, where the target has compact ones.
TEST(CompactKernels, WeightsTooSmallForThem) {
  if (testTarget() == "reference" || referenceAllowed())
    GTEST_SKIP() << "there are no kernels";
  tconv_params params = parse("in_channels=1024 out_channels=128 "
                              "kernel_size=16 stride=8 pad_mode=pad");
  const int64_t length = 2;
  std::string target = testTarget();
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = target.c_str();
  tconv_layer *raw = nullptr;
  if (tconv_layer_create(&params, &options, &raw) != TCONV_OK)
    GTEST_SKIP() << tconv_last_error();
  LayerHandle layer(raw);
  Random random(5);
  std::vector<float> weight = randomValues(random, weightElements(params));
  std::vector<float> x = randomValues(random, params.in_channels * length);
  const int64_t shape[] = {params.in_channels, params.out_channels,
                           params.kernel_size};
  auto algorithmWith = [&](float value) {
    weight[1234] = value;
    EXPECT_EQ(tconv_layer_set_weight(raw, weight.data(), shape, 3), TCONV_OK);
    std::vector<float> y(yElements(params, 1, length), -77.0F);
    EXPECT_EQ(tconv_layer_run(raw, x.data(), 1, length, y.data()), TCONV_OK);
    EXPECT_EQ(Accuracy(params).compare(
                  {x.data(), weight.data(), nullptr, 1, length}, y.data()),
              "");
    return described(raw, 1, length, "algorithm");
  };
  if (algorithmWith(1) == "direct")
    GTEST_SKIP() << "this target waits for no weights";
  const char *compact = "direct, weights of 22 bits";
  EXPECT_EQ(algorithmWith(0x1p-90F), compact);
  EXPECT_EQ(algorithmWith(-0x1.fffffep-91F), "direct");
  EXPECT_EQ(algorithmWith(0x1p-149F), "direct");
  EXPECT_EQ(algorithmWith(0), compact);
  EXPECT_EQ(algorithmWith(0x1.000002p40F), "direct");
}

INSTANTIATE_TEST_SUITE_P(
    Layers, FastKernels,
    testing::Values(
        // Phases of 2, 3, 4 taps, and of different numbers of them.
        "in_channels=64 out_channels=32 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1",
        "in_channels=48 out_channels=40 kernel_size=3 stride=1 pad_mode=same",
        "in_channels=64 out_channels=32 kernel_size=7 stride=2 pad_mode=pad "
        "has_bias=1",
        "in_channels=40 out_channels=24 kernel_size=11 stride=5 pad_mode=pad "
        "padding=3",
        "in_channels=96 out_channels=48 kernel_size=8 stride=4 group=2 "
        "pad_mode=pad padding=2"),
    [](const auto &info) { return std::to_string(info.index); });

} // namespace
