// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The error of every fast algorithm, measured on compiled kernels: what
// docs/fast-algorithms.md shows, and SPEC's bound on it.
#include <cstdio>
#include <gtest/gtest.h>

#include "compiled_kernel.h"
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Pieces.h"
#include "support/bounds.h"
#include "support/layers.h"

using namespace mlir::tconv;
using namespace tconv::test;

using Parameter = std::tuple<std::string, int64_t, int64_t>;
class FastAccuracy : public testing::TestWithParam<Parameter> {};

TEST_P(FastAccuracy, MeanSquareStaysBelowThreeTimesThePlainSums) {
  auto [kind, outputs, taps] = GetParam();
  FilterCut cut = FilterCut::of(taps, outputs);
  int64_t least = llvm::divideCeil(
      FastFilter::leastChannels(outputs, cut.tapsOf(taps)), cut.filters);
  bool vectors = kind == "tiles_by_vectors";
  if (vectors)
    kind = "tiles";
  if (kind == "tiles")
    least = std::max(least, Pieces::kLeastInputs);
  Random random(11);
  for (int64_t channels : {least, int64_t(512)}) {
    tconv_params params = parse(("in_channels=" + std::to_string(channels) +
                                 " out_channels=8 stride=2 kernel_size=" +
                                 std::to_string(2 * taps) + " pad_mode=pad")
                                    .c_str());
    CompileOptions options;
    options.scheduleKind = kind; // few channels have another one
    // Without tile registers their sums are made by vectors, in f32 too.
    if (kind == "tiles")
      options.scheduleFeature = "cpu/avx512";
#ifdef __x86_64__
    if (vectors)
      options.target = "cpu:x86-64";
#endif
    options.blocks.outputs = outputs;
    CompiledKernel kernel(params, options);
    ASSERT_EQ(kernel.error(), "");
    ASSERT_EQ(kernel.isFast(), outputs > 1);
    Accuracy accuracy(params, kernel.isFast());
    std::vector<float> weight, x;
    for (int round = 0; round < 4; ++round) {
      weight = randomValues(random, weightElements(params));
      kernel.pack(weight);
      x = randomValues(random, xElements(params, 1, 60));
      Tensors tensors = {x.data(), weight.data(), nullptr, 1, 60};
      std::vector<float> y = kernel.run(tensors);
      ASSERT_EQ(accuracy.compare(tensors, y.data()), "");
    }
    EXPECT_EQ(accuracy.compareMeanSquare(), "");
    std::printf("%s%s F(%d, %d) %4d channels %.2f\n", kind.c_str(),
                vectors ? " by vectors" : "", static_cast<int>(outputs),
                static_cast<int>(taps), static_cast<int>(channels),
                accuracy.meanSquareRatio());
  }
}

static std::string nameOf(const testing::TestParamInfo<Parameter> &info) {
  return std::get<0>(info.param) + "_F" +
         std::to_string(std::get<1>(info.param)) + "_" +
         std::to_string(std::get<2>(info.param));
}

// Direct, by tile registers.
INSTANTIATE_TEST_SUITE_P(
    Direct, FastAccuracy,
    testing::Combine(testing::Values("tiles", "tiles_by_vectors"),
                     testing::Values<int64_t>(1),
                     testing::Range<int64_t>(1, FastFilter::kMostTaps + 1)),
    nameOf);

// Longer phases, cut into filters.
INSTANTIATE_TEST_SUITE_P(
    Cut, FastAccuracy,
    testing::Combine(testing::Values("positions", "tiles_by_vectors"),
                     testing::Range<int64_t>(2, FastFilter::kMostOutputs + 1),
                     testing::Values<int64_t>(5, 7, 9, 16)),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Sizes, FastAccuracy,
    testing::Combine(testing::Values("positions", "tiles", "tiles_by_vectors"),
                     testing::Range<int64_t>(2, FastFilter::kMostOutputs + 1),
                     testing::Range<int64_t>(2, FastFilter::kMostTaps + 1)),
    nameOf);
