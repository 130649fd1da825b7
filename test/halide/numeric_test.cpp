// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Halide engine's kernels: MindSpore's results, random layers, shapes that
// take every way through the pipelines and the code around them, against the
// exact sums and against the compiler's own kernels.
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "halide_kernel.h"
#include "support/bounds.h"
#include "support/data.h"
#include "support/layers.h"

using namespace mlir::tconv;
using namespace tconv::test;

namespace {

/// A kernel's launches on random data of some lengths, split and whole.
void checkKernel(CompiledKernel &kernel, const tconv_params &params,
                 Random &random, const std::vector<int64_t> &lengths) {
  ASSERT_EQ(kernel.error(), "");
  EXPECT_EQ(kernel.kernel().accuracy, TCONV_ACCURACY_DIRECT);
  std::vector<float> weight = randomValues(random, weightElements(params));
  std::vector<float> bias = randomValues(random, params.out_channels);
  kernel.pack(weight);
  Accuracy accuracy(params);
  for (int64_t length : lengths) {
    if (expectedOutputLength(params, length) < 1)
      continue;
    SCOPED_TRACE("length " + std::to_string(length));
    int64_t batch = 1 + static_cast<int64_t>(random() % 2);
    std::vector<float> x =
        randomValues(random, xElements(params, batch, length));
    Tensors tensors = {x.data(), weight.data(),
                       params.has_bias ? bias.data() : nullptr, batch, length};
    std::vector<float> y = kernel.run(tensors);
    ASSERT_EQ(accuracy.compare(tensors, y.data()), "");
    std::vector<float> split = kernel.run(tensors, /*parts=*/3);
    ASSERT_EQ(std::memcmp(y.data(), split.data(), y.size() * sizeof(float)), 0)
        << "the split of the tasks changes the result";
  }
  ASSERT_EQ(accuracy.compareMeanSquare(), "");
}

void checkLayer(const tconv_params &params, const HalideOptions &options,
                Random &random, const std::vector<int64_t> &lengths) {
  SCOPED_TRACE(::tconv::formatLayerLine(params));
  SCOPED_TRACE(options.tuning);
  CompiledKernel kernel = halideKernel(params, options);
  checkKernel(kernel, params, random, lengths);
}

TEST(HalideNumeric, MindSporesResults) {
  std::vector<OracleCase> cases = loadOracle();
  ASSERT_EQ(cases.size(), 160u);
  // A kernel takes some tenths of a second: every fifth case, in each run.
  for (size_t i = 0; i < cases.size(); i += 5) {
    const OracleCase &one = cases[i];
    SCOPED_TRACE(one.line);
    HalideOptions options;
    options.lengthClass = ::tconv::lengthClass(one.params, one.length);
    CompiledKernel kernel = halideKernel(one.params, options);
    ASSERT_EQ(kernel.error(), "");
    kernel.pack(one.weight);
    Tensors tensors = {one.x.data(), one.weight.data(),
                       one.bias.empty() ? nullptr : one.bias.data(), one.batch,
                       one.length};
    std::vector<float> y = kernel.run(tensors);
    ASSERT_EQ(y.size(), one.y.size());
    ASSERT_EQ(Accuracy(one.params).compare(tensors, y.data()), "");
  }
}

class HalideClasses : public testing::TestWithParam<tconv_length_class> {};

TEST_P(HalideClasses, RandomLayers) {
  Random random(21 + GetParam());
  for (int i = 0; i < 24; ++i) {
    tconv_params params = randomParams(random);
    HalideOptions options;
    options.lengthClass = GetParam();
    std::vector<int64_t> lengths;
    for (int64_t most : {4, 40, 300})
      if (int64_t length = randomLength(random, params, most))
        lengths.push_back(length);
    checkLayer(params, options, random, lengths);
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, HalideClasses,
                         testing::Values(TCONV_LENGTH_BULK, TCONV_LENGTH_SHORT,
                                         TCONV_LENGTH_MEDIUM),
                         [](const auto &info) {
                           return std::string(
                               ::tconv::lengthClassName(info.param));
                         });

// One layer for every kind, and for what each does differently.
TEST(HalideNumeric, Corners) {
  Random random(22);
  const char *const upsampler =
      "in_channels=24 out_channels=6 kernel_size=8 stride=4 pad_mode=pad "
      "padding=2 has_bias=1";
  struct {
    const char *layer, *tuning;
  } corners[] = {
      {upsampler, "kind=positions"},
      {upsampler, "kind=rows"},
      {upsampler, "kind=filter"},
      {upsampler, "kind=phases"},
      {upsampler, "kind=positions,channels=2,tiles=2"},
      {upsampler, "kind=rows,channels=4,tiles=3"},
      {upsampler, "kind=filter,channels=2,tiles=1"},
      // Phases of different taps, of none, shifted ones, more than a table's.
      {"in_channels=9 out_channels=7 kernel_size=11 stride=5 pad_mode=pad", ""},
      {"in_channels=9 out_channels=6 kernel_size=2 stride=20 pad_mode=pad "
       "has_bias=1",
       ""},
      {"in_channels=9 out_channels=6 kernel_size=4 stride=6 dilation=9 "
       "pad_mode=pad",
       ""},
      {"in_channels=9 out_channels=4 kernel_size=30 stride=7 dilation=11 "
       "pad_mode=pad has_bias=1",
       ""},
      {"in_channels=3 out_channels=4 kernel_size=30 stride=13 dilation=11 "
       "pad_mode=pad has_bias=1",
       "kind=phases"},
      {"in_channels=12 out_channels=18 kernel_size=40 stride=19 dilation=21 "
       "group=3 pad_mode=pad padding=100 has_bias=1",
       ""},
      // A span wider than a tile; many phases; depthwise; groups.
      {"in_channels=9 out_channels=2 kernel_size=130 stride=1 pad_mode=same",
       ""},
      {"in_channels=70 out_channels=1 kernel_size=300 stride=100 pad_mode=pad "
       "padding=150",
       ""},
      {"in_channels=4 out_channels=3 kernel_size=32 stride=16 pad_mode=pad "
       "padding=8",
       ""},
      {"in_channels=13 out_channels=13 kernel_size=12 stride=2 group=13 "
       "pad_mode=pad has_bias=1",
       ""},
      {"in_channels=40 out_channels=60 kernel_size=4 stride=2 group=4 "
       "pad_mode=pad padding=1 has_bias=1",
       ""},
      {"in_channels=5 out_channels=15 kernel_size=2 stride=3 dilation=4 "
       "group=5 pad_mode=pad padding=1 has_bias=1",
       ""},
      // Crops beyond a stride, and beyond the taps on both sides.
      {"in_channels=16 out_channels=4 kernel_size=9 stride=2 pad_mode=pad "
       "padding=7",
       ""},
      {"in_channels=6 out_channels=4 kernel_size=5 stride=3 pad_mode=crop "
       "crop_begin=-7 crop_end=-40 has_bias=1",
       ""},
      {"in_channels=16 out_channels=4 kernel_size=5 stride=3 pad_mode=crop "
       "crop_begin=4 output_length=101 has_bias=1",
       ""},
  };
  for (const auto &[layer, tuning] : corners) {
    HalideOptions options;
    options.tuning = tuning;
    checkLayer(parse(layer), options, random, {1, 2, 3, 17, 64, 301});
    if (HasFatalFailure())
      return;
  }
}

// Every length: whatever is left over at the end of a tile or of a block.
TEST(HalideNumeric, EveryLength) {
  Random random(23);
  for (const char *tuning :
       {"kind=positions,tiles=2", "kind=rows,tiles=2", "kind=filter,tiles=2"}) {
    HalideOptions options;
    options.tuning = tuning;
    std::vector<int64_t> lengths;
    for (int64_t length = 1; length <= 80; ++length)
      lengths.push_back(length);
    checkLayer(parse("in_channels=3 out_channels=5 kernel_size=7 stride=3 "
                     "pad_mode=pad padding=2 has_bias=1"),
               options, random, lengths);
    if (HasFatalFailure())
      return;
  }
}

// Other targets' pipelines, as far as this machine runs them.
TEST(HalideNumeric, Levels) {
  Random random(24);
  for (const char *target :
       {"cpu:x86-64", "cpu:x86-64-v2", "cpu:x86-64-v3", "cpu:x86-64-v4"}) {
    if (!machineHas(target))
      continue;
    SCOPED_TRACE(target);
    for (const char *layer :
         {"in_channels=24 out_channels=6 kernel_size=8 stride=4 pad_mode=pad "
          "padding=2 has_bias=1",
          "in_channels=7 out_channels=7 kernel_size=4 stride=2 group=7 "
          "has_bias=1"})
      for (auto lengthClass : {TCONV_LENGTH_BULK, TCONV_LENGTH_SHORT}) {
        HalideOptions options;
        options.target = target;
        options.lengthClass = lengthClass;
        checkLayer(parse(layer), options, random, {1, 13, 100});
        if (HasFatalFailure())
          return;
      }
  }
}

// Infinity and NaN reach what the formula says, and nothing else.
TEST(HalideNumeric, SpecialValues) {
  Random random(25);
  for (const char *layer :
       {"in_channels=9 out_channels=7 kernel_size=11 stride=5 pad_mode=pad",
        "in_channels=5 out_channels=5 kernel_size=3 stride=2 group=5 "
        "pad_mode=pad padding=1",
        "in_channels=9 out_channels=4 kernel_size=30 stride=13 dilation=11 "
        "pad_mode=pad"})
    for (auto lengthClass : {TCONV_LENGTH_BULK, TCONV_LENGTH_SHORT}) {
      tconv_params params = parse(layer);
      SCOPED_TRACE(layer);
      HalideOptions options;
      options.lengthClass = lengthClass;
      CompiledKernel kernel = halideKernel(params, options);
      ASSERT_EQ(kernel.error(), "");
      std::vector<float> weight = randomValues(random, weightElements(params));
      weight[random() % weight.size()] = 0;
      kernel.pack(weight);
      for (float value : {INFINITY, -INFINITY, NAN, 3e38F, 1e-44F}) {
        std::vector<float> x = randomValues(random, xElements(params, 1, 37));
        x.front() = x.back() = x[random() % x.size()] = value;
        Tensors tensors = {x.data(), weight.data(), nullptr, 1, 37};
        std::vector<float> y = kernel.run(tensors);
        ASSERT_EQ(Accuracy(params).compare(tensors, y.data()), "") << value;
      }
    }
}

// Both engines in one process, in turns, and an autoscheduler's plugin among
// them: two LLVMs, of which neither may see the other.
TEST(HalideNumeric, BesideTheCompiler) {
  Random random(26);
  for (int i = 0; i < 4; ++i) {
    tconv_params params =
        parse("in_channels=16 out_channels=" + std::to_string(8 + i) +
              " kernel_size=4 stride=2 pad_mode=pad padding=1 has_bias=1");
    HalideOptions options;
    if (i % 2 == 1)
      options.tuning = "autoscheduler=Mullapudi2016";
    CompiledKernel halide = halideKernel(params, options);
    CompileOptions direct;
    direct.accuracy = TCONV_ACCURACY_DIRECT;
    CompiledKernel mlir(params, direct);
    ASSERT_EQ(halide.error(), "");
    ASSERT_EQ(mlir.error(), "");
    std::vector<float> weight = randomValues(random, weightElements(params));
    std::vector<float> bias = randomValues(random, params.out_channels);
    std::vector<float> x = randomValues(random, xElements(params, 1, 200));
    halide.pack(weight);
    mlir.pack(weight);
    Tensors tensors = {x.data(), weight.data(), bias.data(), 1, 200};
    std::vector<float> a = halide.run(tensors), b = mlir.run(tensors);
    ASSERT_EQ(a.size(), b.size());
    for (size_t at = 0; at < a.size(); ++at)
      ASSERT_NEAR(a[at], b[at], 1e-4) << at;
  }
}

class HalideAutoschedulers : public testing::TestWithParam<const char *> {};

// They decide how it is computed, not what.
TEST_P(HalideAutoschedulers, AreRight) {
  Random random(27);
  for (const char *layer :
       {"in_channels=12 out_channels=6 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1",
        "in_channels=8 out_channels=8 kernel_size=5 stride=3 group=8 "
        "pad_mode=pad"}) {
    HalideOptions options;
    options.tuning = "autoscheduler=" + std::string(GetParam());
    options.lengthClass = TCONV_LENGTH_MEDIUM;
    checkLayer(parse(layer), options, random, {1, 40, 150});
    if (HasFatalFailure())
      return;
  }
}

INSTANTIATE_TEST_SUITE_P(All, HalideAutoschedulers,
                         testing::Values("Mullapudi2016", "Adams2019",
                                         "Li2018"),
                         [](const auto &info) {
                           return std::string(info.param);
                         });

} // namespace
