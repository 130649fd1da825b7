// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Positions cut into blocks.
#include <cstddef>
#include <limits>

#include <gtest/gtest.h>

#include "kernel/launch_blocks.h"

using namespace tconv;

namespace {

TEST(BlockPositions, OneBlockIsAsItIs) {
  for (int64_t positions : {1, 47, 767, 768})
    EXPECT_EQ(blockPositions(positions, {768, 48}), 768) << positions;
}

TEST(BlockPositions, WithoutAGranuleAllAreAsTheyAre) {
  for (int64_t positions : {1, 769, 100000})
    EXPECT_EQ(blockPositions(positions, {768, 0}), 768) << positions;
}

// istft.1024's 865 positions.
TEST(BlockPositions, TwoAreEven) {
  EXPECT_EQ(blockPositions(865, {768, 64}), 448);
  EXPECT_EQ(blockPositions(865, {768, 1}), 433);
  EXPECT_EQ(blockPositions(769, {768, 384}), 768);
}

TEST(BlockPositions, AsFewBlocksAsCanBe) {
  for (int64_t granule : {1, 2, 16, 48, 96})
    for (int64_t granules : {1, 2, 7})
      for (int64_t positions = 1; positions < 3000; ++positions) {
        int64_t most = granule * granules;
        int64_t block = blockPositions(positions, {most, granule});
        ASSERT_GE(block, 1);
        ASSERT_LE(block, most);
        ASSERT_EQ(block % granule, 0);
        int64_t blocks = (positions + most - 1) / most;
        ASSERT_EQ((positions + block - 1) / block, blocks)
            << positions << " in " << most << " by " << granule;
        // Even but for the granule: no smaller block would do.
        if (blocks > 1 && block < most) {
          ASSERT_LT((block - granule) * blocks, positions);
        }
      }
}

TEST(BlockPositions, FewTasksMakeMoreBlocks) {
  // One task each: eight of them, or as many as are worth it.
  EXPECT_EQ(blockPositions(800, {1000, 4, 1, 50}), 100);
  EXPECT_EQ(blockPositions(800, {1000, 4, 1, 300}), 400);
  EXPECT_EQ(blockPositions(800, {1000, 4, 1, 401}), 1000);
  EXPECT_EQ(blockPositions(800, {1000, 300, 1, 50}), 600);
  EXPECT_EQ(blockPositions(800, {1000, 401, 1, 50}), 1000);
  // Three columns: nine tasks.
  EXPECT_EQ(blockPositions(800, {1000, 4, 3, 50}), 268);
  EXPECT_EQ(blockPositions(800, {1000, 4, 8, 50}), 1000);
  // More blocks than that by their size, even if they are worth less.
  EXPECT_EQ(blockPositions(800, {80, 4, 1, 50}), 80);
  EXPECT_EQ(blockPositions(800, {250, 10, 1, 1000}), 200);
}

// A block of one position more would read all weights again for it.
TEST(BlockPositions, MoreBlocksAreShorter) {
  EXPECT_EQ(blockPositions(64, {96, 32, 4}), 32);
  EXPECT_EQ(blockPositions(65, {96, 32, 4}), 96);
  EXPECT_EQ(blockPositions(72, {96, 32, 4}), 96);
  EXPECT_EQ(blockPositions(73, {96, 32, 4}), 64);
  EXPECT_EQ(blockPositions(100, {96, 32, 4}), 64);
}

TEST(BlockPositions, LargeNumbersDoNotWrap) {
  const int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(blockPositions(most, {most, most}), most);
  EXPECT_EQ(blockPositions(most, {most - 1, most - 1}), most - 1);
  EXPECT_EQ(blockPositions(most, {most - 1, 1}), most / 2 + 1);
}

/// 64 to 32 channels, kernel_size 4 and stride 2: 8192 multiply-adds a
/// position.
tconv_kernel smallKernel() {
  tconv_kernel kernel = {};
  kernel.struct_size = sizeof(kernel);
  kernel.in_channels = 64;
  kernel.out_channels = 32;
  kernel.kernel_size = 4;
  kernel.stride = 2;
  kernel.dilation = kernel.groups = 1;
  kernel.workspace_bytes = 64;
  kernel.task_positions = 384;
  kernel.task_granule = 48;
  kernel.task_columns = 1;
  return kernel;
}

LaunchRows rowsOf(const tconv_kernel &kernel, int64_t batch, int64_t length) {
  tconv_kernel_args args = {};
  args.batch = batch;
  args.length = length;
  args.output_length = length * kernel.stride;
  return launchRows(kernel, args);
}

int64_t launched(const tconv_kernel &kernel, int64_t length,
                 int64_t batch = 1) {
  return rowsOf(kernel, batch, length).block;
}

int64_t distance(const tconv_kernel &kernel, int64_t batch, int64_t length) {
  return rowsOf(kernel, batch, length).distance;
}

TEST(LaunchBlock, IsWorthATask) {
  tconv_kernel kernel = smallKernel();
  EXPECT_EQ(launched(kernel, 73), 384); // 37 positions are 300,000 products
  EXPECT_EQ(launched(kernel, 74), 384); // ... and less than a granule
  EXPECT_EQ(launched(kernel, 96), 48);
  EXPECT_EQ(launched(kernel, 384), 48);
  EXPECT_EQ(launched(kernel, 400), 96);
  EXPECT_EQ(launched(kernel, 1000), 144);
  EXPECT_EQ(launched(kernel, 100000), 384);
}

TEST(LaunchBlock, ColumnsAndBatchItemsAreTasks) {
  tconv_kernel kernel = smallKernel();
  EXPECT_EQ(launched(kernel, 384, 8), 384);
  EXPECT_EQ(launched(kernel, 384, 3), 144);
  kernel.task_columns = 4;
  EXPECT_EQ(launched(kernel, 384), 192); // 147 are worth a task of a column
  EXPECT_EQ(launched(kernel, 290), 384);
  EXPECT_EQ(launched(kernel, 384, 2), 384);
}

// What neighbours both pack: 3 * dilation / 2 positions.
TEST(LaunchBlock, IsLongBesideItsReach) {
  tconv_kernel kernel = smallKernel();
  kernel.dilation = 20;
  EXPECT_EQ(launched(kernel, 384), 144);
  kernel.dilation = 1 << 30;
  EXPECT_EQ(launched(kernel, 384), 384);
  kernel.workspace_bytes = 0; // nothing is packed
  EXPECT_EQ(launched(kernel, 384), 48);
}

/// The same kernel with a fast algorithm of 4 positions a column.
tconv_kernel foldingKernel() {
  tconv_kernel kernel = smallKernel();
  kernel.item_before = 1;
  kernel.item_granule = 4;
  return kernel;
}

TEST(LaunchItems, AreWholeColumnsApart) {
  tconv_kernel kernel = foldingKernel();
  EXPECT_EQ(distance(kernel, 2, 15), 16);
  EXPECT_EQ(distance(kernel, 2, 16), 20);
  EXPECT_EQ(distance(kernel, 2, 1), 4);
  kernel.item_after = 5;
  EXPECT_EQ(distance(kernel, 2, 15), 20);
}

TEST(LaunchItems, HaveBlocksOfTheirOwn) {
  tconv_kernel kernel = foldingKernel();
  EXPECT_EQ(distance(kernel, 1, 15), 0);
  // A block of 384.
  EXPECT_EQ(distance(kernel, 2, 383), 384);
  EXPECT_EQ(distance(kernel, 2, 384), 0);
  // Room of a column where an item has four.
  kernel.item_before = 5;
  EXPECT_EQ(distance(kernel, 2, 15), 20);
  EXPECT_EQ(distance(kernel, 2, 16), 0);
  EXPECT_EQ(distance(kernel, 2, 17), 0);
  // Weights that would be read again: three columns, or a quarter of an item's.
  kernel.packed_bytes = (512 << 10) + 1;
  EXPECT_EQ(distance(kernel, 2, 17), 24);
  kernel.item_before = 13;
  EXPECT_EQ(distance(kernel, 2, 15), 28);
  EXPECT_EQ(distance(kernel, 2, 16), 0);
  kernel.item_before = 88;
  EXPECT_EQ(distance(kernel, 2, 360), 448);
  EXPECT_EQ(distance(kernel, 2, 340), 0);
  kernel.item_before = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(distance(kernel, 2, 15), 0);
  kernel = foldingKernel();
  EXPECT_EQ(distance(kernel, std::numeric_limits<int64_t>::max(), 15), 0);
  kernel.struct_size = offsetof(tconv_kernel, item_before); // an older one
  EXPECT_EQ(distance(kernel, 2, 15), 0);
}

// Vectors of columns: beside one another where that saves a sixteenth of them.
TEST(LaunchItems, FillVectors) {
  tconv_kernel kernel = foldingKernel();
  kernel.task_granule = 64;
  EXPECT_EQ(distance(kernel, 2, 47), 48);
  EXPECT_EQ(distance(kernel, 2, 59), 60);
  EXPECT_EQ(distance(kernel, 2, 60), 0);
  EXPECT_EQ(distance(kernel, 2, 63), 0);
  EXPECT_EQ(distance(kernel, 2, 64 + 59), 0); // a 32nd
  EXPECT_EQ(distance(kernel, 2, 64 + 55), 120);
  kernel.packed_bytes = (512 << 10) + 1;
  EXPECT_EQ(distance(kernel, 2, 60), 64);
  EXPECT_EQ(distance(kernel, 2, 63), 64);
}

TEST(LaunchItems, ShareBlocks) {
  tconv_kernel kernel = foldingKernel();
  tconv_kernel_args args = {};
  args.batch = 100;
  args.length = 15;
  args.output_length = 30;
  EXPECT_EQ(tconv_kernel_task_count(&kernel, &args), 100);
  LaunchRows rows = launchRows(kernel, args);
  EXPECT_EQ(rows.count, 1);
  EXPECT_EQ(rows.positions, 1599); // 99 times 16, and 15
  EXPECT_EQ(rows.distance, 16);
  EXPECT_EQ(rows.block, 240); // eight of 200, by granules of 48
  args.item_positions = rows.distance;
  EXPECT_EQ(tconv_kernel_task_count(&kernel, &args), 5); // of 384
  args.task_positions = rows.block;
  EXPECT_EQ(tconv_kernel_task_count(&kernel, &args), 7);
  args.batch = 1;
  EXPECT_EQ(tconv_kernel_task_count(&kernel, &args), 1);
}

TEST(LaunchBlock, IsTheKernelsWhereALaunchHasNoChoice) {
  tconv_kernel kernel = smallKernel();
  kernel.task_granule = 0;
  EXPECT_EQ(launched(kernel, 1000), 384);
  kernel = smallKernel();
  kernel.struct_size = offsetof(tconv_kernel, task_granule); // an older one
  EXPECT_EQ(launched(kernel, 1000), 384);
  kernel.struct_size = offsetof(tconv_kernel, item_before); // not as old
  EXPECT_EQ(launched(kernel, 1000), 144);
  kernel = smallKernel();
  EXPECT_EQ(launched(kernel, 0), 384);
  EXPECT_EQ(launched(kernel, 1000, 0), 384);
  EXPECT_EQ(launched(kernel, 1000, std::numeric_limits<int64_t>::max()), 336);
  kernel.task_columns = 2; // more tasks than can be counted
  EXPECT_EQ(launched(kernel, 1000, std::numeric_limits<int64_t>::max()), 384);
}

} // namespace
