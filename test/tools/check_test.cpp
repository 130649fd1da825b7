// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The check of tconv-bench must find what is wrong with a kernel: it is run on
// right outputs and on outputs that are wrong in known ways.
#include "common/check.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

using namespace tconv;
using namespace tconv::tools;

namespace {

struct Case {
  LayerEntry entry;
  std::vector<float> x, weight, bias, y;

  explicit Case(const std::string &line) {
    Status status = parseLayerEntry(line, entry);
    EXPECT_FALSE(status) << status.message();
    std::mt19937 random(5);
    std::uniform_real_distribution<float> draw(-1, 1);
    auto fill = [&](std::vector<float> &values, int64_t count) {
      values.resize(static_cast<size_t>(count));
      for (float &value : values)
        value = draw(random);
    };
    fill(x, entry.inputElements());
    fill(weight, entry.weightElements());
    if (entry.params.has_bias)
      fill(bias, entry.params.out_channels);
    y.resize(static_cast<size_t>(entry.outputElements()));
    reference(weight);
  }

  /// The library's float32 sums, of other weights if need be.
  void reference(const std::vector<float> &weights) {
    EXPECT_EQ(tconv_reference_run(&entry.params, weights.data(),
                                  bias.empty() ? nullptr : bias.data(),
                                  x.data(), entry.shape.batch,
                                  entry.shape.length, y.data(), 0),
              TCONV_OK)
        << tconv_last_error();
  }

  Errors check(bool everywhere, bool fast = false) const {
    return checkLaunch({entry, x.data(), weight.data(),
                        bias.empty() ? nullptr : bias.data(), y.data()},
                       everywhere, fast);
  }
};

const char *const lines[] = {
    "in_channels=8 out_channels=6 kernel_size=5 stride=2 length=40 has_bias=1",
    "in_channels=64 out_channels=32 kernel_size=8 stride=4 pad_mode=pad "
    "padding=2 has_bias=1 length=300 batch=3",
    "in_channels=24 out_channels=24 kernel_size=4 stride=2 group=24 "
    "pad_mode=pad length=200",
    "in_channels=12 out_channels=8 kernel_size=3 stride=2 dilation=3 group=4 "
    "pad_mode=valid length=31",
    "in_channels=30 out_channels=1 kernel_size=64 stride=16 pad_mode=pad "
    "length=70",
    "in_channels=3 out_channels=2 kernel_size=2 stride=5 length=9 has_bias=1",
    "in_channels=3 out_channels=2 kernel_size=2 stride=1 pad_mode=pad "
    "length=1",
};

TEST(Check, RightOutputsPass) {
  for (const char *line : lines) {
    Case layer(line);
    for (bool everywhere : {false, true}) {
      Errors errors = layer.check(everywhere);
      EXPECT_TRUE(errors.within) << line << ": " << errors.maximum << " of "
                                 << errors.bound << ", rms " << errors.rms;
      EXPECT_GT(errors.samples, 0);
      // The float32 sums are the library's and the checker's own: the same
      // mistake in both is unlikely, and equal errors show that both agree.
      EXPECT_NEAR(errors.rms, errors.plainRms, 0.5 * errors.plainRms + 1e-12)
          << line;
    }
    EXPECT_EQ(layer.check(true).samples, layer.entry.outputElements());
  }
}

TEST(Check, FirstAndLastOutputsAreLookedAt) {
  for (const char *line : lines) {
    for (bool last : {false, true}) {
      Case layer(line);
      float &value = last ? layer.y.back() : layer.y.front();
      value += 0.01f;
      Errors errors = layer.check(false);
      EXPECT_FALSE(errors.within) << line;
      EXPECT_NEAR(errors.maximum, 0.01, 1e-4) << line;
    }
  }
}

TEST(Check, OneWrongOutputAnywhereFailsTheFullCheck) {
  Case layer(lines[0]);
  for (size_t index = 0; index < layer.y.size(); index += 7) {
    float kept = layer.y[index];
    layer.y[index] += 1e-3f;
    EXPECT_FALSE(layer.check(true).within) << index;
    layer.y[index] = kept;
  }
  EXPECT_TRUE(layer.check(true).within);
}

TEST(Check, NaNAndInfinityFail) {
  for (float bad : {std::numeric_limits<float>::quiet_NaN(),
                    std::numeric_limits<float>::infinity()}) {
    Case layer(lines[1]);
    layer.y[0] = bad;
    Errors errors = layer.check(false);
    EXPECT_FALSE(errors.within);
    EXPECT_TRUE(std::isinf(errors.maximum));
  }
}

TEST(Check, LessThanFloat32Fails) {
  // Weights with the 10 bits of TF32. Where sums are long the largest error is
  // within its bound, and the mean square alone tells.
  const char *longSums = "in_channels=6000 out_channels=2 kernel_size=1 "
                         "length=300";
  for (const char *line : {lines[1], lines[4], longSums}) {
    Case layer(line);
    std::vector<float> rounded = layer.weight;
    for (float &value : rounded) {
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof(bits));
      bits = (bits + 0x1000) & ~0x1fffu;
      std::memcpy(&value, &bits, sizeof(bits));
    }
    layer.reference(rounded);
    EXPECT_FALSE(layer.check(false, false).within) << line;
    EXPECT_FALSE(layer.check(false, true).within) << line;
    Errors errors = layer.check(false, true);
    EXPECT_EQ(errors.maximum <= errors.bound, line == longSums) << line;
  }
}

TEST(Check, GroupsAreHeldToTheirOwnBound) {
  // One group's values are large; an error that is nothing to it is too much
  // for the others.
  Case layer(lines[3]);
  for (int64_t ci = 0; ci < 3; ++ci)
    for (int64_t i = 0; i < layer.entry.shape.length; ++i)
      layer.x[static_cast<size_t>(ci * layer.entry.shape.length + i)] *= 1e6f;
  layer.reference(layer.weight);
  EXPECT_TRUE(layer.check(true).within);
  layer.y.back() += 1e-3f;
  EXPECT_FALSE(layer.check(true).within);
}

} // namespace
