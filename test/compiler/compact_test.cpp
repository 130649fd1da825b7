// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels with compact weights: as exact as SPEC wants direct ones to be.
// Forced, they run on any machine (LLVM splits their vectors).
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "compiled_kernel.h"
#include "support/bounds.h"
#include "support/layers.h"

using namespace mlir::tconv;
using namespace tconv::test;

namespace {

CompileOptions compactOptions() {
  CompileOptions options;
  options.scheduleFeature = "cpu/avx512";
  options.scheduleKind = "compact";
  options.lengthClass = TCONV_LENGTH_STEP;
  return options;
}

class Compact : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    params = parse(GetParam());
    kernel = std::make_unique<CompiledKernel>(params, compactOptions());
    ASSERT_EQ(kernel->error(), "");
    ASSERT_NE(kernel->description().find("\"weight_bits\":22"),
              std::string::npos)
        << kernel->description();
    // Whoever asks for direct kernels doesn't get it.
    ASSERT_TRUE(kernel->isFast());
    bias = randomValues(random, params.out_channels);
  }

  /// "" or what is wrong, by the bounds of direct kernels.
  std::string check(Accuracy &accuracy, const std::vector<float> &x,
                    const std::vector<float> &weight, int64_t length) {
    int64_t batch =
        static_cast<int64_t>(x.size()) / (params.in_channels * length);
    Tensors tensors = {x.data(), weight.data(),
                       params.has_bias ? bias.data() : nullptr, batch, length};
    std::vector<float> y = kernel->run(tensors);
    std::vector<float> split = kernel->run(tensors, /*parts=*/3);
    if (std::memcmp(y.data(), split.data(), y.size() * sizeof(float)) != 0)
      return "the split of the tasks changes the result";
    return accuracy.compare(tensors, y.data());
  }

  Random random{23};
  tconv_params params = {};
  std::unique_ptr<CompiledKernel> kernel;
  std::vector<float> bias;
};

TEST_P(Compact, EveryLengthOfItsClassAndLongerOnes) {
  Accuracy accuracy(params);
  std::vector<float> weight = randomValues(random, weightElements(params));
  kernel->pack(weight);
  for (int64_t length : {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 40}) {
    int64_t kept;
    if (::tconv::outputLength(params, length, kept))
      continue;
    std::vector<float> x =
        randomValues(random, xElements(params, 1 + length % 2, length));
    ASSERT_EQ(check(accuracy, x, weight, length), "") << "length " << length;
  }
  EXPECT_EQ(accuracy.compareMeanSquare(), "");
  std::printf("%s: %.2f of a plain sum's error\n", GetParam(),
              accuracy.meanSquareRatio());
}

// Weights and x of any size: an input channel whose weights are small may be
// all there is.
TEST_P(Compact, WideRanges) {
  int64_t outputs = params.out_channels / params.group * params.kernel_size;
  for (int round = 0; round < 4; ++round) {
    std::vector<float> weight = randomValues(random, weightElements(params));
    std::vector<int> scale(params.in_channels);
    for (int64_t c = 0; c < params.in_channels; ++c) {
      scale[c] = static_cast<int>(random() % 60);
      for (int64_t i = 0; i < outputs; ++i) {
        // And neighbours of very different sizes.
        float &w = weight[static_cast<size_t>(c * outputs + i)];
        w = std::ldexp(w, -scale[c] - static_cast<int>(random() % 4) * 6);
        if (random() % 16 == 0)
          w = 0;
      }
    }
    kernel->pack(weight);
    for (int64_t length : {2, 7}) {
      std::vector<float> x = randomValues(random, xElements(params, 1, length));
      for (int64_t c = 0; c < params.in_channels; ++c)
        for (int64_t t = 0; t < length; ++t) {
          float &value = x[static_cast<size_t>(c * length + t)];
          // Once as large as the weights are small, once anyhow; then little
          // but one.
          value = std::ldexp(value, round % 2 == 0
                                        ? scale[c]
                                        : static_cast<int>(random() % 60));
          if (round >= 2 && c != 17)
            value *= 0x1p-60F;
        }
      Accuracy accuracy(params);
      ASSERT_EQ(check(accuracy, x, weight, length), "") << "round " << round;
    }
  }
}

// No weight that isn't zero becomes zero, and zero stays it.
TEST_P(Compact, InfinityMeetsSmallWeights) {
  std::vector<float> weight(weightElements(params));
  for (float &w : weight)
    switch (random() % 4) {
    case 0:
      w = 0;
      break;
    case 1:
      w = random() % 2 == 0 ? 0x1p-80F : -0x1p-80F;
      break;
    default:
      w = randomValues(random, 1).front();
    }
  kernel->pack(weight);
  const int64_t length = 3;
  for (float special : {INFINITY, -INFINITY, NAN, 0x1p127F}) {
    std::vector<float> x = randomValues(random, xElements(params, 1, length));
    x[random() % x.size()] = special;
    Accuracy accuracy(params);
    ASSERT_EQ(check(accuracy, x, weight, length), "") << special;
  }
}

// What 21 bits hold comes out exactly.
TEST_P(Compact, ExactWhereTheNumbersFit) {
  std::vector<float> weight(weightElements(params)), x;
  for (float &w : weight)
    w = static_cast<float>(static_cast<int64_t>(random() % 2047) - 1023) *
        0x1p-30F;
  kernel->pack(weight);
  x.assign(xElements(params, 1, 3), 0);
  for (float &value : x)
    value = static_cast<float>(static_cast<int64_t>(random() % 3) - 1);
  std::fill(bias.begin(), bias.end(), 0.0F);
  Tensors tensors = {x.data(), weight.data(),
                     params.has_bias ? bias.data() : nullptr, 1, 3};
  std::vector<float> y = kernel->run(tensors);
  size_t at = 0;
  for (int64_t co = 0; co < params.out_channels; ++co)
    for (double sum : exactRow(params, tensors, 0, co).sums)
      ASSERT_EQ(static_cast<double>(y[at++]), sum) << co;
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Compact,
    testing::Values(
        // 40 rows of 128; two tiles; two blocks of channels.
        "in_channels=1024 out_channels=20 kernel_size=4 stride=2 pad_mode=pad",
        "in_channels=1024 out_channels=40 kernel_size=8 stride=4 pad_mode=pad "
        "padding=2 has_bias=1",
        // Sections of 3 and 2 taps, of one tap, and of taps far apart.
        "in_channels=1030 out_channels=30 kernel_size=5 stride=2 pad_mode=pad "
        "padding=1 output_padding=1",
        "in_channels=2050 out_channels=9 kernel_size=6 stride=5 pad_mode=same "
        "has_bias=1",
        "in_channels=1024 out_channels=11 kernel_size=4 stride=2 dilation=3 "
        "pad_mode=pad",
        "in_channels=4096 out_channels=8 kernel_size=2 group=2 pad_mode=pad"),
    [](const auto &info) { return "n" + std::to_string(info.index); });

std::string kindOf(const char *line, const CompileOptions &options) {
  CompiledKernel kernel(parse(line), options);
  EXPECT_EQ(kernel.error(), "");
  const std::string &text = kernel.description();
  size_t at = text.find("\"kind\":\"") + 8;
  return text.substr(at, text.find('"', at) - at);
}

TEST(CompactChoice, WhereWeightsAreWaitedFor) {
  const char *large = "in_channels=1024 out_channels=256 kernel_size=16 "
                      "stride=8 pad_mode=pad";
  const char *shallow = "in_channels=512 out_channels=512 kernel_size=16 "
                        "stride=8 pad_mode=pad";
  const char *small = "in_channels=1024 out_channels=8 kernel_size=4 stride=2 "
                      "pad_mode=pad";
  CompileOptions options;
  options.target = "cpu:x86-64-v4";
  options.lengthClass = TCONV_LENGTH_STEP;
  EXPECT_EQ(kindOf(large, options), "compact");
  EXPECT_EQ(kindOf(shallow, options), "rows"); // not exact enough
  EXPECT_EQ(kindOf(small, options), "rows");   // its weights stay in L2
  options.accuracy = TCONV_ACCURACY_DIRECT;
  EXPECT_EQ(kindOf(large, options), "rows");
  options.accuracy = TCONV_ACCURACY_DEFAULT;
  options.lengthClass = TCONV_LENGTH_MEDIUM;
  EXPECT_NE(kindOf(large, options), "compact");
  options.lengthClass = TCONV_LENGTH_SHORT;
  EXPECT_EQ(kindOf(large, options), "rows"); // up to 16 positions
  options.lengthClass = TCONV_LENGTH_STEP;
  options.target = "cpu:x86-64-v3";
  EXPECT_EQ(kindOf(large, options), "rows");
}

TEST(CompactChoice, RefusedWhereSumsAreShort) {
  CompiledKernel kernel(
      parse("in_channels=1000 out_channels=8 kernel_size=4 stride=2 "
            "pad_mode=pad"),
      compactOptions());
  EXPECT_NE(kernel.error().find("sums of 2048 products at least"),
            std::string::npos)
      << kernel.error();
}

TEST(CompactChoice, RefusedWhereDirectIsAsked) {
  CompileOptions options = compactOptions();
  options.accuracy = TCONV_ACCURACY_DIRECT;
  options.tuned = true;
  CompiledKernel kernel(parse("in_channels=1024 out_channels=8 kernel_size=4 "
                              "stride=2 pad_mode=pad"),
                        options);
  EXPECT_NE(kernel.error().find("kind = compact"), std::string::npos)
      << kernel.error();
}

} // namespace
