// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Numbers of layers that run on an Ascend, which is a model of its cores: every
// kind of kernel, from parameters to y, within SPEC.md's bounds.
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <sys/wait.h>

#include "ascend_model.h"
#include "tconv/tconv.hpp"

using namespace tconv::test;

namespace {

struct Case {
  const char *name;
  const char *line;
  std::vector<std::array<int64_t, 2>> runs; ///< batch and length
};
std::ostream &operator<<(std::ostream &stream, const Case &one) {
  return stream << one.name;
}

const Case kCases[] = {
    {"Cube",
     "in_channels=64 out_channels=32 kernel_size=4 stride=2 pad_mode=pad "
     "padding=1 has_bias=1",
     {{1, 300}, {2, 1}}},
    {"CubeInGroups",
     "in_channels=96 out_channels=40 kernel_size=5 stride=2 group=2 "
     "pad_mode=valid has_bias=1",
     {{2, 150}}},
    {"ManyRows",
     "in_channels=32 out_channels=48 kernel_size=16 stride=8 pad_mode=pad "
     "padding=4",
     {{1, 150}}},
    {"Vector",
     "in_channels=6 out_channels=4 kernel_size=5 stride=3 dilation=2 group=2 "
     "has_bias=1",
     {{2, 140}, {1, 3}}},
    {"Depthwise",
     "in_channels=16 out_channels=16 kernel_size=7 stride=2 group=16 "
     "has_bias=1",
     {{1, 300}}},
    {"OneOutput",
     "in_channels=32 out_channels=1 kernel_size=7 stride=1 has_bias=1",
     {{1, 300}}},
    {"PhasesWithoutTaps",
     "in_channels=5 out_channels=6 kernel_size=5 stride=8 has_bias=1",
     {{2, 150}}},
    {"TailBeyondTaps",
     "in_channels=3 out_channels=5 kernel_size=2 stride=4 pad_mode=valid "
     "has_bias=1",
     {{1, 130}}},
    {"DilationAndStrideShareAFactor",
     "in_channels=4 out_channels=3 kernel_size=4 stride=8 dilation=6",
     {{1, 130}}},
    {"Cropped",
     "in_channels=8 out_channels=8 kernel_size=9 stride=4 pad_mode=pad "
     "padding=6 output_padding=3",
     {{1, 140}, {2, 2}}},
    {"One", "in_channels=1 out_channels=1 kernel_size=1", {{1, 1}, {1, 130}}}};

class AscendModelLayers
    : public AscendModel,
      public testing::WithParamInterface<std::tuple<Case, tconv_dtype>> {};

INSTANTIATE_TEST_SUITE_P(Kinds, AscendModelLayers,
                         testing::Combine(testing::ValuesIn(kCases),
                                          testing::Values(TCONV_F32, TCONV_F16,
                                                          TCONV_BF16)),
                         [](const auto &info) {
                           tconv_dtype dtype = std::get<1>(info.param);
                           const char *type = dtype == TCONV_F32   ? "_f32"
                                              : dtype == TCONV_F16 ? "_f16"
                                                                   : "_bf16";
                           return std::get<0>(info.param).name +
                                  std::string(type);
                         });

TEST_P(AscendModelLayers, FromParametersToNumbers) {
  auto [one, dtype] = GetParam();
  tconv_params params = parse(one.line);
  params.dtype = dtype;
  {
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    for (auto [batch, length] : one.runs) {
      EXPECT_EQ(runOnHost(layer.get(), params, random, batch, length), "")
          << "length " << length;
      EXPECT_EQ(described(layer.get(), batch, length, "path"), "kernel");
      EXPECT_EQ(described(layer.get(), batch, length, "from"), "compiled");
      EXPECT_EQ(described(layer.get(), batch, length, "target"),
                "ascend:910b3");
    }
  }
  EXPECT_GT(fake.count().launches, 0);
  fake.expectNothingLeft("the layer");
}

} // namespace
