// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers whose positions make two or three uneven blocks: how many a block has
// is a launch's choice, whoever runs the tasks. TCONV_TEST_TARGET chooses the
// target.
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "support/bounds.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

/// Task by task, the last one first.
int backwards(void *, tconv_task_fn run, void *tasks, int64_t count) {
  for (int64_t task = count - 1; task >= 0; --task)
    run(tasks, task, task + 1);
  return 0;
}

class Blocks : public testing::TestWithParam<const char *> {
protected:
  void SetUp() override {
    if (testTarget() == "reference" || referenceAllowed())
      GTEST_SKIP() << "there are no kernels";
    params_ = parse(GetParam());
    weight_ = randomValues(random_, weightElements(params_));
    bias_ = randomValues(random_, params_.out_channels);
    layer_ = make(nullptr);
    if (!layer_)
      GTEST_SKIP() << tconv_last_error();
    ownThreads_ = make(backwards);
  }

  LayerHandle make(tconv_parallel_for parallelFor) {
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.parallel_for = parallelFor;
    LayerHandle layer;
    if (tconv_status status = makeForTarget(params_, options, layer)) {
      EXPECT_EQ(status, TCONV_UNSUPPORTED) << tconv_last_error();
      return nullptr;
    }
    EXPECT_EQ(setWeights(layer.get(), weight_, bias_), TCONV_OK);
    return layer;
  }

  /// What the kernel says of itself.
  int64_t number(int64_t length, const char *field) const {
    return std::atoll(described(layer_.get(), 1, length, field).c_str());
  }

  /// Positions that cover the outputs of a length.
  int64_t positions(int64_t length) const {
    int64_t stride = params_.stride;
    int64_t crop = (expectedCropBegin(params_) % stride + stride) % stride;
    return (expectedOutputLength(params_, length) + crop + stride - 1) / stride;
  }

  std::vector<float> run(tconv_layer *layer, const std::vector<float> &x,
                         int64_t length) const {
    std::vector<float> y(yElements(params_, kBatch, length), -77.0F);
    EXPECT_EQ(tconv_layer_run(layer, x.data(), kBatch, length, y.data()),
              TCONV_OK)
        << tconv_last_error();
    return y;
  }

  /// Runs on 1, 2 and 3 threads, and as a caller's own function does: the same
  /// bits, and the right ones, if only in some channels.
  void check(const std::vector<float> &x, int64_t length,
             const std::vector<int64_t> &channels = {}) {
    ASSERT_EQ(tconv_set_num_threads(1), TCONV_OK);
    std::vector<float> one = run(layer_.get(), x, length);
    Accuracy accuracy(params_, runsFast(layer_.get(), kBatch, length));
    ASSERT_EQ(accuracy.compare(
                  {x.data(), weight_.data(), bias_.data(), kBatch, length},
                  one.data(), channels),
              "");
    size_t bytes = one.size() * sizeof(float);
    for (int64_t threads : {2, 3}) {
      ASSERT_EQ(tconv_set_num_threads(threads), TCONV_OK);
      std::vector<float> many = run(layer_.get(), x, length);
      ASSERT_EQ(std::memcmp(many.data(), one.data(), bytes), 0)
          << threads << " threads";
    }
    std::vector<float> own = run(ownThreads_.get(), x, length);
    ASSERT_EQ(std::memcmp(own.data(), one.data(), bytes), 0)
        << "the caller's own threads";
  }

  /// Lengths of two or three blocks, which are shorter than the kernel's are.
  /// Each class of lengths has a kernel of its own.
  std::set<int64_t> unevenLengths() const {
    std::set<int64_t> lengths;
    for (int64_t length = 1; length <= kMostLength; ++length) {
      if (expectedOutputLength(params_, length) < 1)
        continue;
      int64_t most = number(length, "task_positions"),
              block = number(length, "block_positions");
      int64_t blocks = (positions(length) + block - 1) / block;
      if (blocks < 2 || blocks > 3 || block == most)
        continue;
      if (lengths.empty() || length - *lengths.rbegin() > most / 3)
        lengths.insert(length);
    }
    return lengths;
  }

  static constexpr int64_t kBatch = 2, kMostLength = 2500;
  Random random_{11};
  tconv_params params_;
  std::vector<float> weight_, bias_;
  LayerHandle layer_, ownThreads_;
};

TEST_P(Blocks, AnyThreadsGiveTheSameRightBits) {
  std::set<int64_t> lengths = unevenLengths();
  ASSERT_FALSE(lengths.empty()) << "no length has uneven blocks";
  for (int64_t length : lengths) {
    SCOPED_TRACE("length " + std::to_string(length));
    check(randomValues(random_, xElements(params_, kBatch, length)), length);
    if (HasFatalFailure())
      return;
  }
}

// A block that a fast algorithm can't take has others beside it.
TEST_P(Blocks, LargeValuesNearTheirEnds) {
  std::set<int64_t> lengths = unevenLengths();
  ASSERT_FALSE(lengths.empty());
  for (int64_t length : {*lengths.begin(), *lengths.rbegin()}) {
    int64_t block = number(length, "block_positions");
    std::vector<float> finite =
        randomValues(random_, xElements(params_, kBatch, length));
    int64_t reach = params_.kernel_size / params_.stride + 1;
    for (float large : {0x1p100F, -INFINITY})
      for (int64_t at = block - reach; at <= block + reach; at += 2) {
        if (at < 0 || at >= length)
          continue;
        SCOPED_TRACE("length " + std::to_string(length) + ", " +
                     std::to_string(large) + " at " + std::to_string(at));
        std::vector<float> x = finite;
        x[static_cast<size_t>(at)] = large;
        check(x, length, {0, params_.out_channels - 1});
        if (HasFatalFailure())
          return;
      }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Layers, Blocks,
    testing::Values(
        // As istft.1024: one output channel.
        "in_channels=258 out_channels=1 kernel_size=256 stride=64 pad_mode=pad "
        "padding=128 has_bias=1",
        // Fast algorithms: phases of 2, 3 and 4 taps, and groups.
        "in_channels=64 out_channels=32 kernel_size=4 stride=2 pad_mode=pad "
        "padding=1 has_bias=1",
        "in_channels=300 out_channels=30 kernel_size=3 stride=1 pad_mode=same "
        "has_bias=1",
        "in_channels=600 out_channels=60 kernel_size=8 stride=4 group=2 "
        "pad_mode=pad padding=2 has_bias=1",
        // Direct: long phases, phases of several lengths, and groups.
        "in_channels=40 out_channels=7 kernel_size=21 stride=3 pad_mode=pad "
        "has_bias=1",
        "in_channels=128 out_channels=10 kernel_size=5 stride=3 dilation=2 "
        "group=2 pad_mode=pad has_bias=1"),
    [](const auto &info) { return std::to_string(info.index); });

} // namespace
