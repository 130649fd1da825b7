// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tasks divided among threads.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "threads/parts.h"

using namespace tconv;

namespace {

TaskRange blocksOf(int64_t columns, int64_t blocks, double shortWork,
                   int64_t batch = 1) {
  TaskRange range = {batch * blocks * columns, columns, 1e9};
  range.period = blocks * columns;
  range.shortWork = shortWork;
  return range;
}

/// The work of the thread that has most of it, where each takes the next part
/// when it is done; what a block shares is not looked at.
double longest(const TaskRange &range, int64_t threads) {
  int64_t tasks = tasksPerPart(range, threads);
  std::vector<double> done(static_cast<size_t>(threads));
  for (int64_t begin = 0; begin < range.count; begin += tasks) {
    auto thread = std::min_element(done.begin(), done.end());
    for (int64_t i = begin; i < std::min(begin + tasks, range.count); ++i) {
      bool isShort =
          range.period && i % range.period >= range.period - range.sharing;
      *thread += isShort ? range.shortWork : 1;
    }
  }
  return *std::max_element(done.begin(), done.end());
}

TEST(TasksPerPart, OneThreadHasAllOrAFewParts) {
  EXPECT_EQ(tasksPerPart({1, 1, 1e9}, 1), 1);
  EXPECT_LE(tasksPerPart({100, 1, 1e9}, 1), 100);
}

TEST(TasksPerPart, EveryRangeIsDivided) {
  for (int64_t threads : {1, 2, 3, 8, 64})
    for (int64_t columns : {1, 2, 3, 12})
      for (int64_t blocks : {1, 2, 5, 11, 100})
        for (int64_t batch : {1, 3}) {
          TaskRange range = blocksOf(columns, blocks, 0.4, batch);
          int64_t tasks = tasksPerPart(range, threads);
          EXPECT_GE(tasks, 1);
          EXPECT_LE(tasks, range.count);
        }
}

TEST(TasksPerPart, ManyTasksMakeSeveralPartsAThread) {
  int64_t tasks = tasksPerPart({1000, 1, 1e9}, 4);
  EXPECT_LE(tasks, 1000 / 4 / 3);
}

TEST(TasksPerPart, ManyBlocksAreEven) {
  for (int64_t threads : {2, 3, 8}) {
    TaskRange range = blocksOf(4, 100, 0.1);
    double fair = (400 - 0.9 * 4) / static_cast<double>(threads);
    EXPECT_LT(longest(range, threads), 1.15 * fair) << threads;
  }
}

/// A part that ends within a block has it packed twice, and two threads at the
/// same place read the same weights.
TEST(TasksPerPart, BlocksStayWhole) {
  EXPECT_EQ(tasksPerPart(blocksOf(2, 8, 1), 2) % 2, 0);
  EXPECT_EQ(tasksPerPart(blocksOf(12, 2, 427.0 / 512), 2), 12);
  EXPECT_EQ(tasksPerPart(blocksOf(2, 4, 25.0 / 192), 2), 4);
}

/// bigvgan.up0: two blocks of 576 and 364 positions in 32 columns, whose
/// packing is little beside them. Whole, one thread would have 32 tasks and the
/// other 20.
TEST(TasksPerPart, CheapBlocksAreCut) {
  TaskRange range = blocksOf(32, 2, 364.0 / 576);
  range.sharedWork = 20;
  EXPECT_EQ(tasksPerPart(range, 2), 32);
  range.sharedWork = 0.16;
  EXPECT_LT(longest(range, 2), 1.02 * 32 * (1 + 364.0 / 576) / 2);
}

/// What each task does anyhow doesn't keep parts large.
TEST(TasksPerPart, OneColumnSharesNothing) {
  TaskRange range = blocksOf(1, 64, 1);
  range.sharedWork = 100;
  EXPECT_LE(tasksPerPart(range, 2), 8);
}

TEST(TasksPerPart, OneBlockIsTakenApart) {
  EXPECT_EQ(tasksPerPart(blocksOf(12, 1, 1), 2), 6);
}

/// As of 6001 positions in blocks of 576, of two columns: 20.84 tasks.
TEST(TasksPerPart, TheShortBlockCounts) {
  TaskRange range = blocksOf(2, 11, 241.0 / 576);
  EXPECT_EQ(tasksPerPart(range, 2), 2);
  EXPECT_LT(longest(range, 2), 0.53 * 20.84);
}

/// 110209 positions in blocks of 1024.
TEST(TasksPerPart, AnOddRestIsShared) {
  TaskRange range = blocksOf(1, 108, 641.0 / 1024);
  EXPECT_LT(longest(range, 2), 1.02 * 108 / 2);
}

/// One column of two blocks can't be divided.
TEST(TasksPerPart, OneTaskIsOneThreads) {
  EXPECT_EQ(tasksPerPart(blocksOf(1, 2, 0.1), 2), 1);
}

} // namespace
