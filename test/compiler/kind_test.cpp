// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kind of kernel a layer gets: the table of docs/cost-model.md, at its
// edges.
#include "compiler/Schedule/Kind.h"

#include "tconv/tconv.h"
#include "gtest/gtest.h"

using namespace mlir::tconv;

namespace {

constexpr int64_t kAvx512 = 16, kAvx2 = 8;

std::string kindOfKernel(int64_t inputs, int64_t outputs, int64_t stride,
                         int64_t kernelSize, int64_t lanes,
                         tconv_length_class lengthClass = TCONV_LENGTH_BULK,
                         int64_t groups = 1) {
  tconv_params params;
  tconv_params_init(&params);
  params.in_channels = inputs * groups;
  params.out_channels = outputs * groups;
  params.group = groups;
  params.kernel_size = kernelSize;
  params.stride = stride;
  return chooseKind(params, lengthClass, lanes).str();
}

/// With `taps` of every phase.
std::string kindOf(int64_t inputs, int64_t outputs, int64_t stride,
                   int64_t taps, int64_t lanes,
                   tconv_length_class lengthClass = TCONV_LENGTH_BULK,
                   int64_t groups = 1) {
  return kindOfKernel(inputs, outputs, stride, taps * stride, lanes,
                      lengthClass, groups);
}

TEST(Kind, OneOutputTakesManyInputs) {
  for (int64_t stride : {1, 2, 4})
    for (int64_t taps : {1, 2, 6}) {
      EXPECT_EQ(kindOf(4096, 1, stride, taps, kAvx512), "filter");
      EXPECT_EQ(kindOf(4096, 1, stride, taps, kAvx2), "filter");
    }
  // The decoders of Conv-TasNet and its like.
  EXPECT_EQ(kindOf(512, 1, 8, 2, kAvx512), "filter");
  EXPECT_EQ(kindOf(24, 1, 8, 4, kAvx512), "filter");
  EXPECT_EQ(kindOf(25, 1, 8, 4, kAvx512), "positions");
  EXPECT_EQ(kindOf(16, 1, 8, 2, kAvx2), "positions");
}

// What taps read is packed with what lies between: up to 16 MiB of it.
TEST(Kind, FarTapsAreReadWhereTheyLie) {
  tconv_params params;
  tconv_params_init(&params);
  params.in_channels = params.out_channels = 64;
  params.kernel_size = 2;
  for (tconv_length_class any : {TCONV_LENGTH_BULK, TCONV_LENGTH_SHORT}) {
    params.stride = 1;
    params.dilation = 65536;
    EXPECT_NE(chooseKind(params, any, kAvx512), "filter");
    params.dilation = 65537;
    EXPECT_EQ(chooseKind(params, any, kAvx512), "filter");
    params.stride = 4;
    EXPECT_NE(chooseKind(params, any, kAvx512), "filter");
    params.dilation = int64_t(1) << 50;
    EXPECT_EQ(chooseKind(params, any, kAvx512), "filter");
  }
}

// A register tile has 8 rows, and a phase with one tap more tiles of its own.
TEST(Kind, RowsThatFillNoTilesTakeManyInputs) {
  EXPECT_EQ(kindOf(512, 1, 10, 2, kAvx512), "filter");
  EXPECT_EQ(kindOf(512, 1, 12, 2, kAvx512), "filter");
  EXPECT_EQ(kindOf(512, 1, 13, 2, kAvx512), "positions");
  EXPECT_EQ(kindOf(512, 2, 9, 2, kAvx512), "filter");
  EXPECT_EQ(kindOf(512, 2, 10, 2, kAvx512), "positions");
  EXPECT_EQ(kindOf(512, 3, 9, 2, kAvx512), "positions");
  EXPECT_EQ(kindOf(512, 1, 6, 2, kAvx2), "positions");
  EXPECT_EQ(kindOfKernel(512, 2, 10, /*kernelSize=*/21, kAvx512), "filter");
}

TEST(Kind, TwoOutputsTakeManyInputs) {
  for (int64_t inputs : {33, 512})
    for (int64_t stride : {1, 2, 4}) {
      EXPECT_EQ(kindOf(inputs, 2, stride, 3, kAvx512), "filter");
      EXPECT_EQ(kindOf(inputs, 2, stride, 8, kAvx2), "filter");
    }
  EXPECT_EQ(kindOf(512, 2, 2, 8, kAvx512), "filter");
  EXPECT_EQ(kindOf(32, 2, 4, 4, kAvx512), "filter");
  EXPECT_EQ(kindOf(33, 2, 4, 4, kAvx512), "positions");
}

TEST(Kind, ThreeOutputsTakeManyInputs) {
  for (int64_t lanes : {kAvx512, kAvx2})
    for (int64_t stride : {1, 2})
      EXPECT_EQ(kindOf(512, 3, stride, 8, lanes), "filter");
  EXPECT_EQ(kindOf(512, 3, 4, 3, kAvx512), "filter");
  EXPECT_EQ(kindOf(24, 3, 4, 4, kAvx512), "filter");
  EXPECT_EQ(kindOf(25, 3, 4, 4, kAvx512), "positions");
  EXPECT_EQ(kindOf(512, 3, 4, 2, kAvx2), "filter");
  EXPECT_EQ(kindOf(16, 3, 4, 3, kAvx2), "filter");
  EXPECT_EQ(kindOf(17, 3, 4, 3, kAvx2), "positions");
}

TEST(Kind, FourOutputsTakeFewerInputs) {
  for (int64_t lanes : {kAvx512, kAvx2})
    for (int64_t stride : {1, 2}) {
      EXPECT_EQ(kindOf(512, 4, stride, 2, lanes), "filter");
      EXPECT_EQ(kindOf(17, 4, stride, 3, lanes), "positions");
    }
  EXPECT_EQ(kindOf(16, 4, 4, 2, kAvx512), "filter");
  EXPECT_EQ(kindOf(17, 4, 4, 2, kAvx512), "positions");
  EXPECT_EQ(kindOf(9, 4, 4, 2, kAvx2), "positions");
}

TEST(Kind, OneTapHasNoFastAlgorithm) {
  for (auto [stride, outputs] :
       {std::pair<int64_t, int64_t>{1, 4}, {2, 6}, {3, 8}, {4, 8}}) {
    EXPECT_EQ(kindOf(512, outputs, stride, 1, kAvx512), "filter");
    EXPECT_EQ(kindOf(512, outputs + 1, stride, 1, kAvx512), "positions");
    EXPECT_EQ(kindOf(512, 6, stride, 1, kAvx2), "filter");
    EXPECT_EQ(kindOf(512, 7, stride, 1, kAvx2), "positions");
  }
}

// 48 to 8 channels with a stride of 1 were three times as slow as a filter.
TEST(Kind, MoreOutputsHavePanelsWithoutMuchPadding) {
  for (int64_t stride : {1, 2, 4}) {
    EXPECT_EQ(kindOf(48, 8, stride, 3, kAvx512), "positions");
    EXPECT_EQ(kindOf(8, 64, stride, 3, kAvx512), "filter");
    EXPECT_EQ(kindOf(9, 64, stride, 3, kAvx512), "positions");
  }
  EXPECT_EQ(kindOf(4, 64, 8, 2, kAvx2), "filter");
  EXPECT_EQ(kindOf(5, 64, 8, 2, kAvx2), "positions");
}

TEST(Kind, PhasesMustFitAVector) {
  EXPECT_EQ(kindOf(1, 1, 16, 2, kAvx512), "filter");
  EXPECT_EQ(kindOf(1, 1, 17, 2, kAvx512), "positions");
  EXPECT_EQ(kindOf(1, 1, 9, 2, kAvx2), "positions");
}

TEST(Kind, AGroupsChannelsCount) {
  EXPECT_EQ(kindOf(1, 1, 2, 6, kAvx512, TCONV_LENGTH_BULK, 512), "filter");
  EXPECT_EQ(kindOf(128, 64, 2, 6, kAvx512, TCONV_LENGTH_BULK, 4), "positions");
}

// istft.1024 and its like.
TEST(Kind, ManyPhasesOfOneOutputAreARowOfY) {
  EXPECT_EQ(kindOf(1026, 1, 256, 4, kAvx2), "rows");
  EXPECT_EQ(kindOf(514, 2, 128, 4, kAvx2), "rows");
  EXPECT_EQ(kindOf(514, 3, 128, 4, kAvx2), "positions");
  EXPECT_EQ(kindOf(514, 1, 64, 4, kAvx2), "positions");
  EXPECT_EQ(kindOf(1026, 1, 256, 4, kAvx512), "positions");
}

TEST(Kind, FewPositionsHaveVectorsAlongTheRows) {
  EXPECT_EQ(kindOf(512, 256, 8, 2, kAvx512, TCONV_LENGTH_SHORT), "rows");
  EXPECT_EQ(kindOf(512, 256, 8, 2, kAvx512, TCONV_LENGTH_MEDIUM), "rows");
  EXPECT_EQ(kindOf(64, 1, 2, 2, kAvx512, TCONV_LENGTH_SHORT), "rows");
  EXPECT_EQ(kindOf(4, 1, 2, 2, kAvx512, TCONV_LENGTH_SHORT), "filter");
}

// Rows of which a tile has many more.
TEST(Kind, FewRowsOfMediumLengthsAreNoTile) {
  constexpr auto medium = TCONV_LENGTH_MEDIUM;
  for (auto [outputs, stride] :
       {std::pair<int64_t, int64_t>{8, 2}, {5, 3}, {4, 4}, {3, 8}, {2, 12}}) {
    EXPECT_EQ(kindOf(512, outputs, stride, 2, kAvx512, medium), "filter");
    EXPECT_EQ(kindOf(512, outputs + 1, stride, 2, kAvx512, medium), "rows");
    EXPECT_EQ(kindOf(512, outputs, stride, 2, kAvx512, TCONV_LENGTH_SHORT),
              "rows");
  }
  EXPECT_EQ(kindOf(512, 8, 1, 2, kAvx512, medium), "filter");
  EXPECT_EQ(kindOf(512, 9, 1, 2, kAvx512, medium), "rows");
  EXPECT_EQ(kindOf(512, 1, 16, 2, kAvx512, medium), "rows");
  for (auto [outputs, stride] : {std::pair<int64_t, int64_t>{4, 1}, {4, 2}}) {
    EXPECT_EQ(kindOf(512, outputs, stride, 3, kAvx2, medium), "positions");
    EXPECT_EQ(kindOf(512, outputs + 2, stride, 3, kAvx2, medium), "rows");
  }
}

} // namespace
