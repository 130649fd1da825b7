// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tiled reference has the plain one's bits, on every vector unit that this
// machine has.
#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "reference/tiled_reference.h"

using namespace tconv;

namespace {

constexpr int64_t kBorder = 16;

struct Launch {
  tconv_reference reference = {};
  std::vector<float> weight, bias, x;

  /// Numbers that are rounded at each step of a sum.
  void fill(std::mt19937 &random) {
    std::uniform_real_distribution<float> values(-1.0F, 1.0F);
    tconv_reference &r = reference;
    auto draw = [&](std::vector<float> &to, int64_t count) {
      to.resize(static_cast<size_t>(count));
      for (float &value : to)
        value = values(random);
    };
    draw(weight, r.in_channels * (r.out_channels / r.groups) * r.kernel_size);
    draw(bias, r.out_channels);
    draw(x, r.batch * r.in_channels * r.length);
    r.weight = weight.data();
    r.x = x.data();
  }

  template <typename Run> std::vector<float> outputs(Run &&run) {
    auto count = static_cast<size_t>(reference.batch * reference.out_channels *
                                     reference.output_length);
    std::vector<float> y(count + 2 * kBorder, 7.0F);
    reference.y = y.data() + kBorder;
    run(reference);
    return y;
  }
  std::vector<float> plain() {
    return outputs([](const tconv_reference &launch) {
      tconv_reference_tasks(&launch, 0, launch.batch * launch.out_channels);
    });
  }
  /// Task by task from the last one to the first, each in memory that holds
  /// NaN.
  std::vector<float> tiled(const TileUnit &unit) {
    return outputs([&](const tconv_reference &launch) {
      TiledReference tiles(launch, unit);
      auto bytes = static_cast<size_t>(tiles.workspaceBytes());
      std::vector<char> memory(bytes + 64);
      void *workspace = memory.data();
      size_t space = memory.size();
      ASSERT_NE(std::align(64, bytes, workspace, space), nullptr);
      for (int64_t task = tiles.taskCount(); task-- > 0;) {
        std::memset(workspace, 0xff, bytes);
        tiles.run(task, task + 1, workspace);
      }
    });
  }
};

std::string text(const tconv_reference &r) {
  return "channels " + std::to_string(r.in_channels) + " to " +
         std::to_string(r.out_channels) + " groups " +
         std::to_string(r.groups) + " kernel_size " +
         std::to_string(r.kernel_size) + " stride " + std::to_string(r.stride) +
         " dilation " + std::to_string(r.dilation) + " crop_begin " +
         std::to_string(r.crop_begin) + " batch " + std::to_string(r.batch) +
         " length " + std::to_string(r.length) + " to " +
         std::to_string(r.output_length);
}

bool sameBits(const std::vector<float> &a, const std::vector<float> &b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

class TiledReferenceTest : public testing::TestWithParam<const TileUnit *> {
protected:
  void SetUp() override {
    if (!GetParam())
      GTEST_SKIP() << "this CPU has no such vector unit";
  }
};

TEST_P(TiledReferenceTest, HasTheReferencesBits) {
  std::mt19937 random(7);
  auto pick = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int round = 0; round < 400; ++round) {
    Launch launch;
    tconv_reference &r = launch.reference;
    r.groups = pick(1, 3);
    r.in_channels = r.groups * pick(1, 9);
    r.out_channels = r.groups * pick(1, 12);
    r.kernel_size = pick(1, 17);
    r.stride = pick(1, 9);
    r.dilation = pick(1, 4);
    r.batch = pick(1, 2);
    // The long ones have more than one segment.
    r.length = round % 16 == 0 ? pick(1600, 3500) : pick(1, 90);
    int64_t full =
        (r.length - 1) * r.stride + (r.kernel_size - 1) * r.dilation + 1;
    r.crop_begin = pick(-5, std::min<int64_t>(20, full - 1));
    r.output_length = std::max<int64_t>(1, full - r.crop_begin - pick(-9, 12));
    launch.fill(random);
    if (pick(0, 1))
      r.bias = launch.bias.data();
    ASSERT_TRUE(sameBits(launch.tiled(*GetParam()), launch.plain())) << text(r);
  }
}

// Taps so far apart that x is laid out for each of them, more rows than a task
// has, and weights too many for the cache.
TEST_P(TiledReferenceTest, HasThemForLargeLayers) {
  std::mt19937 random(8);
  struct {
    int64_t in, out, kernel, stride, dilation, length;
  } const layers[] = {{3, 2, 5, 2, 301, 700},
                      {40, 70, 16, 8, 1, 61},
                      {2000, 3, 34, 3, 1, 40},
                      {5, 1, 300, 100, 1, 33}};
  for (const auto &layer : layers) {
    Launch launch;
    tconv_reference &r = launch.reference;
    r.groups = r.batch = 1;
    r.in_channels = layer.in;
    r.out_channels = layer.out;
    r.kernel_size = layer.kernel;
    r.stride = layer.stride;
    r.dilation = layer.dilation;
    r.length = layer.length;
    r.output_length =
        (r.length - 1) * r.stride + (r.kernel_size - 1) * r.dilation + 1;
    launch.fill(random);
    ASSERT_TRUE(sameBits(launch.tiled(*GetParam()), launch.plain())) << text(r);
  }
}

// What isn't finite in x reaches the outputs that it reaches in the plain one.
TEST_P(TiledReferenceTest, SpreadsNoInfinity) {
  std::mt19937 random(9);
  Launch launch;
  tconv_reference &r = launch.reference;
  r.groups = r.batch = 1;
  r.in_channels = 3;
  r.out_channels = 5;
  r.kernel_size = 7;
  r.stride = 3;
  r.dilation = 2;
  r.length = 70;
  r.output_length = 220;
  launch.fill(random);
  launch.x[30] = INFINITY;
  launch.x[110] = NAN;
  std::vector<float> plain = launch.plain(), tiled = launch.tiled(*GetParam());
  int special = 0;
  for (size_t i = 0; i < plain.size(); ++i) {
    ASSERT_EQ(std::isfinite(plain[i]), std::isfinite(tiled[i])) << i;
    if (std::isfinite(plain[i])) {
      ASSERT_EQ(plain[i], tiled[i]);
    } else {
      ++special;
    }
  }
  EXPECT_GT(special, 0);
  EXPECT_LT(special, 2 * 5 * 8);
}

const TileUnit *ifHere(bool here, const TileUnit *unit) {
  return here ? unit : nullptr;
}

#if defined(__x86_64__)
INSTANTIATE_TEST_SUITE_P(
    avx512, TiledReferenceTest,
    testing::Values(ifHere(__builtin_cpu_supports("avx512f"),
                           &kTileUnitAvx512)));
INSTANTIATE_TEST_SUITE_P(
    avx2, TiledReferenceTest,
    testing::Values(ifHere(__builtin_cpu_supports("avx2") &&
                               __builtin_cpu_supports("fma"),
                           &kTileUnitAvx2)));
#elif defined(__aarch64__)
INSTANTIATE_TEST_SUITE_P(neon, TiledReferenceTest,
                         testing::Values(&kTileUnitNeon));
#endif

// Without a bound a stride of 2^40 would list as many phases.
TEST(TiledReference, LeavesHugeStridesToThePlainOne) {
  tconv_reference launch = {};
  launch.stride = int64_t(1) << 40;
  EXPECT_EQ(TiledReference::unitFor(launch), nullptr);
}

} // namespace
