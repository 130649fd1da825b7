// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every built-in schedule, numerically, on whatever machine this is: a schedule
// for wider vectors than the machine has is compiled for the machine's own
// instructions (LLVM splits its vectors), so that all of it but the choice of
// instructions is what would run there.
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

#include "compiled_kernel.h"
#include "support/bounds.h"
#include "support/layers.h"
#include "target/host_cpu.h"

using namespace mlir::tconv;
using namespace tconv::test;

namespace {

/// Values that no fast algorithm may mix with their neighbours.
void addSpecialValues(std::vector<float> &x, Random &random) {
  // So large that transformed sums overflow, though the formula's do not.
  const float specials[] = {INFINITY, -INFINITY, NAN,
                            0x1p64F,  -0x1p120F, 0x1p124F};
  for (int i = 0; i < 3; ++i)
    x[random() % x.size()] = specials[random() % std::size(specials)];
}

/// The schedule for tile registers with what a machine without them gets.
const char *const kTilesByVectors = "tiles_by_vectors";
bool inTiles(const std::string &kind) {
  return kind == "tiles" || kind == kTilesByVectors;
}

/// Smaller blocks of a kernel than its own, where a launch may choose them.
std::vector<int64_t> smallerBlocks(const tconv_kernel &kernel) {
  int64_t granule = kernel.task_granule;
  if (granule == 0)
    return {};
  int64_t granules = kernel.task_positions / granule;
  std::vector<int64_t> blocks;
  for (int64_t some : {int64_t(1), (granules + 1) / 2, granules - 1})
    if (some >= 1 && some < granules &&
        (blocks.empty() || blocks.back() != some * granule))
      blocks.push_back(some * granule);
  return blocks;
}

/// How a launch is cut: positions of a block, and from item to item.
struct Cut {
  int64_t block, distance;
};

/// Those that a launch may choose besides the kernel's own.
std::vector<Cut> otherCuts(const CompiledKernel &kernel,
                           const Tensors &tensors) {
  std::vector<int64_t> blocks = smallerBlocks(kernel.kernel());
  std::vector<Cut> cuts;
  for (int64_t block : blocks)
    cuts.push_back({block, 0});
  int64_t granule = kernel.kernel().item_granule;
  if (granule == 0)
    return cuts;
  int64_t least = kernel.leastDistance(tensors);
  cuts.push_back({0, least});
  cuts.push_back({0, least + 5 * granule});
  for (int64_t block : blocks)
    cuts.push_back({block, least});
  return cuts;
}

/// `outputs` forces an algorithm where it isn't 0.
void checkLayer(const tconv_params &params, const std::string &feature,
                std::string kind, Random &random, int64_t outputs = 0) {
  SCOPED_TRACE(::tconv::formatLayerLine(params));
  SCOPED_TRACE("outputs = " + std::to_string(outputs));
  CompileOptions options;
#ifdef __x86_64__
  // Its vectors as wide as the schedule's tiles are made for; every machine
  // runs the wide ones, in halves if need be.
  if (feature != "cpu/avx512")
    options.target = feature == "cpu/avx2" ? "cpu:x86-64-v3" : "cpu:x86-64";
  if (kind == kTilesByVectors)
    options.target = "cpu:x86-64";
#endif
  bool tiles = inTiles(kind);
  if (tiles)
    kind = "tiles";
  options.scheduleFeature = feature;
  options.scheduleKind = kind;
  // The two classes of vectors along the rows choose other blocks.
  if (kind == "rows")
    options.lengthClass = outputs != 0 || random() % 2 == 0
                              ? TCONV_LENGTH_MEDIUM
                              : TCONV_LENGTH_SHORT;
  options.blocks.outputs = outputs;
  CompiledKernel kernel(params, options);
  if (tiles &&
      kernel.error().find("phases that a fast algorithm could compute") !=
          std::string::npos) {
    ASSERT_EQ(outputs, 0);
    return;
  }
  ASSERT_EQ(kernel.error(), "");
  ASSERT_NE(kernel.description().find("builtin:" + feature + "/" + kind),
            std::string::npos)
      << kernel.description();

  std::vector<float> weight = randomValues(random, weightElements(params));
  std::vector<float> bias = randomValues(random, params.out_channels);
  kernel.pack(weight);
  // Schedules that pack x have blocks of any size.
  ASSERT_EQ(kernel.kernel().task_granule > 0,
            kind != "filter" && kind != "compact");
  ASSERT_EQ(kernel.kernel().item_granule > 0,
            kind == "rows" || kind == "compact");

  bool fast = kernel.isFast();
  if (outputs != 0) {
    ASSERT_EQ(fast, outputs > 1) << kernel.description();
  }
  Accuracy accuracy(params, fast);
  for (int64_t most : {4, 40, 300}) {
    int64_t length = randomLength(random, params, most);
    if (length == 0)
      continue;
    SCOPED_TRACE("length " + std::to_string(length));
    int64_t batch = 1 + static_cast<int64_t>(random() % 4);
    std::vector<float> x =
        randomValues(random, xElements(params, batch, length));
    Tensors tensors = {x.data(), weight.data(),
                       params.has_bias ? bias.data() : nullptr, batch, length};
    std::vector<float> y = kernel.run(tensors);
    ASSERT_EQ(accuracy.compare(tensors, y.data()), "");
    std::vector<float> split = kernel.run(tensors, /*parts=*/3);
    ASSERT_EQ(std::memcmp(y.data(), split.data(), y.size() * sizeof(float)), 0)
        << "the split of the tasks changes the result";
    std::vector<Cut> cuts = otherCuts(kernel, tensors);
    for (auto [block, distance] : cuts) {
      SCOPED_TRACE("blocks of " + std::to_string(block) + ", items " +
                   std::to_string(distance) + " apart");
      y = kernel.run(tensors, /*parts=*/1, block, distance);
      ASSERT_EQ(accuracy.compare(tensors, y.data()), "");
      split = kernel.run(tensors, /*parts=*/3, block, distance);
      ASSERT_EQ(std::memcmp(y.data(), split.data(), y.size() * sizeof(float)),
                0)
          << "the split of the tasks changes the result";
    }
    if (!fast && !tiles && kernel.kernel().item_granule == 0)
      continue;
    addSpecialValues(x, random);
    cuts.push_back({0, 0});
    for (auto [block, distance] : cuts) {
      SCOPED_TRACE("blocks of " + std::to_string(block) + ", items " +
                   std::to_string(distance) + " apart");
      y = kernel.run(tensors, /*parts=*/1, block, distance);
      ASSERT_EQ(Accuracy(params, fast).compare(tensors, y.data()), "");
    }
  }
  ASSERT_EQ(accuracy.compareMeanSquare(), "");
}

using Parameter = std::tuple<std::string, std::string>;
class Schedules : public testing::TestWithParam<Parameter> {
  void SetUp() override {
    if (std::get<1>(GetParam()) == "tiles" && !::tconv::tileRegistersHere())
      GTEST_SKIP() << "this machine has no tile registers";
  }
};

TEST_P(Schedules, RandomLayers) {
  auto [feature, kind] = GetParam();
  Random random(7);
  // Most of them have no fast algorithm.
  int layers = inTiles(kind) ? 200 : 40;
  for (int i = 0; i < layers; ++i) {
    checkLayer(randomParams(random), "cpu/" + feature, kind, random);
    if (HasFatalFailure())
      return;
  }
}

// Shapes that each take another way through the expansions.
TEST_P(Schedules, Corners) {
  auto [feature, kind] = GetParam();
  Random random(8);
  for (const char *line : {
           // Interleaved by shuffles: 1, odd, even, as many as lanes or more.
           "in_channels=9 out_channels=5 kernel_size=3 stride=1 pad_mode=same",
           "in_channels=9 out_channels=5 kernel_size=6 stride=3 pad_mode=pad "
           "has_bias=1",
           "in_channels=9 out_channels=7 kernel_size=12 stride=6 pad_mode=pad",
           "in_channels=4 out_channels=3 kernel_size=32 stride=16 pad_mode=pad "
           "padding=8",
           "in_channels=4 out_channels=3 kernel_size=40 stride=20 pad_mode=pad "
           "has_bias=1",
           "in_channels=3 out_channels=1 kernel_size=300 stride=100 "
           "pad_mode=pad padding=150",
           // Phases of different taps, of none, and shifted ones.
           "in_channels=8 out_channels=6 kernel_size=11 stride=5 pad_mode=pad",
           "in_channels=8 out_channels=6 kernel_size=2 stride=20 pad_mode=pad "
           "has_bias=1",
           "in_channels=8 out_channels=6 kernel_size=4 stride=6 dilation=9 "
           "pad_mode=pad",
           "in_channels=5 out_channels=4 kernel_size=30 stride=7 dilation=11 "
           "pad_mode=pad has_bias=1",
           // More taps than are unrolled, and a span wider than a tile.
           "in_channels=3 out_channels=2 kernel_size=130 stride=1 "
           "pad_mode=same",
           // A depth of several parts, and several blocks of channels.
           "in_channels=700 out_channels=9 kernel_size=4 stride=2 pad_mode=pad",
           "in_channels=40 out_channels=90 kernel_size=16 stride=8 "
           "pad_mode=pad has_bias=1",
           // Groups and depthwise.
           "in_channels=12 out_channels=18 kernel_size=4 stride=2 group=6 "
           "pad_mode=pad",
           "in_channels=13 out_channels=13 kernel_size=12 stride=2 group=13 "
           "pad_mode=pad has_bias=1",
           "in_channels=5 out_channels=15 kernel_size=2 stride=3 dilation=4 "
           "group=5 pad_mode=pad padding=1 has_bias=1",
           "in_channels=21 out_channels=21 kernel_size=9 stride=1 group=21 "
           "pad_mode=same",
           "in_channels=3 out_channels=3 kernel_size=700 stride=256 group=3 "
           "pad_mode=pad padding=200 has_bias=1",
           "in_channels=4 out_channels=4 kernel_size=1024 stride=4 group=4 "
           "pad_mode=pad padding=510",
           // Crops beyond a stride, and beyond the taps on both sides.
           "in_channels=6 out_channels=4 kernel_size=9 stride=2 pad_mode=pad "
           "padding=7",
           "in_channels=6 out_channels=4 kernel_size=5 stride=3 pad_mode=crop "
           "crop_begin=-7 crop_end=-40 has_bias=1",
       }) {
    checkLayer(parse(line), "cpu/" + feature, kind, random);
    if (HasFatalFailure())
      return;
  }
}

// Every fast algorithm, on layers with 1 to 4 taps a phase, and of more, which
// are cut into filters.
TEST_P(Schedules, Fast) {
  auto [feature, kind] = GetParam();
  if (kind == "filter") // direct only
    return;
  Random random(9);
  for (
      const char *line : {
          "in_channels=33 out_channels=5 kernel_size=4 stride=2 pad_mode=pad "
          "padding=1 has_bias=1",
          "in_channels=33 out_channels=5 kernel_size=3 stride=1 pad_mode=same",
          "in_channels=130 out_channels=3 kernel_size=16 stride=4 pad_mode=pad",
          "in_channels=33 out_channels=3 kernel_size=9 stride=3 pad_mode=pad "
          "padding=4 has_bias=1",
          // Phases of one tap more, also of one beside two.
          "in_channels=33 out_channels=6 kernel_size=11 stride=5 pad_mode=pad",
          "in_channels=33 out_channels=6 kernel_size=7 stride=5 pad_mode=pad",
          "in_channels=129 out_channels=4 kernel_size=19 stride=5 pad_mode=pad",
          // Phases of no tap; dilation that leaves neighbours neighbours.
          "in_channels=33 out_channels=6 kernel_size=3 stride=4 dilation=4 "
          "pad_mode=pad has_bias=1",
          "in_channels=33 out_channels=6 kernel_size=5 stride=6 dilation=3 "
          "pad_mode=pad",
          // Epilogues of many phases, and of odd numbers of them.
          "in_channels=33 out_channels=40 kernel_size=16 stride=8 "
          "pad_mode=pad padding=4 has_bias=1",
          "in_channels=33 out_channels=3 kernel_size=14 stride=7 pad_mode=pad",
          "in_channels=128 out_channels=1 kernel_size=80 stride=20 "
          "pad_mode=pad",
          // Several parts of the depth, groups, crops.
          "in_channels=700 out_channels=9 kernel_size=4 stride=2 pad_mode=pad",
          "in_channels=96 out_channels=9 kernel_size=4 stride=2 group=3 "
          "pad_mode=pad output_padding=1",
          "in_channels=33 out_channels=4 kernel_size=9 stride=3 pad_mode=pad "
          "padding=10",
          "in_channels=33 out_channels=4 kernel_size=5 stride=3 pad_mode=crop "
          "crop_begin=-7 crop_end=-40 has_bias=1",
          // Filters that phases fill, or not; that one fills and others don't;
          // and that others have none of.
          "in_channels=64 out_channels=5 kernel_size=16 stride=2 pad_mode=pad",
          "in_channels=33 out_channels=5 kernel_size=5 stride=1 pad_mode=pad "
          "padding=2 has_bias=1",
          "in_channels=65 out_channels=9 kernel_size=25 stride=4 pad_mode=pad "
          "padding=11 has_bias=1",
          "in_channels=33 out_channels=2 kernel_size=26 stride=3 pad_mode=pad",
          "in_channels=64 out_channels=2 kernel_size=25 stride=2 pad_mode=pad",
          "in_channels=132 out_channels=6 kernel_size=20 stride=4 dilation=2 "
          "group=3 pad_mode=pad",
          "in_channels=34 out_channels=2 kernel_size=67 stride=1 pad_mode=pad "
          "padding=30",
      })
    for (int64_t outputs : {1, 2, 3, 4}) {
      checkLayer(parse(line), "cpu/" + feature, kind, random, outputs);
      if (HasFatalFailure())
        return;
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, Schedules,
    testing::Combine(testing::Values("portable", "avx2", "avx512"),
                     testing::Values("positions", "rows", "filter")),
    [](const testing::TestParamInfo<Parameter> &info) {
      return std::get<0>(info.param) + "_" + std::get<1>(info.param);
    });
INSTANTIATE_TEST_SUITE_P(Tiles, Schedules,
                         testing::Combine(testing::Values("avx512"),
                                          testing::Values("tiles",
                                                          kTilesByVectors)),
                         [](const testing::TestParamInfo<Parameter> &info) {
                           return std::get<1>(info.param);
                         });

} // namespace
