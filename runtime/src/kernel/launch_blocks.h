// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a launch cuts positions into blocks, and whether batch items share them.
// No number of threads is asked: what a block computes can depend on where it
// ends, and any threads must give the same bits.
#ifndef TCONV_SRC_KERNEL_LAUNCH_BLOCKS_H
#define TCONV_SRC_KERNEL_LAUNCH_BLOCKS_H

#include <cstdint>
#include <limits>

#include "tconv/kernel_abi.h"

namespace tconv {

/// Tasks that a launch should have: 2, 4 and 8 threads share them evenly.
inline constexpr int64_t kTasksOfLaunch = 8;
/// Multiply-adds that are worth a task of their own: some microseconds.
inline constexpr double kTaskWork = 300e3;

/// What a kernel allows, and what a launch would like.
struct BlockLimits {
  int64_t most;    ///< positions of a block
  int64_t granule; ///< a block has that or a multiple; 0: it has `most`
  /// Tasks of a block: its columns, of all batch items.
  int64_t tasks = std::numeric_limits<int64_t>::max();
  int64_t least = 1; ///< positions that are worth a task of their own
};

/// How many positions a block should have: as many blocks as `most` makes, or
/// as a few threads need where that leaves them the least, and even ones.
int64_t blockPositions(int64_t positions, const BlockLimits &limits);

/// The rows of positions of a launch: its batch items, or all of them one after
/// the other.
struct LaunchRows {
  int64_t count;
  int64_t positions; ///< of each
  int64_t distance;  ///< of the items of a row; 0: they are rows of their own
  int64_t block;     ///< positions that are a task, or as many as are left
};

/// How a kernel runs with arguments of which the batch and the lengths are
/// looked at.
LaunchRows launchRows(const tconv_kernel &kernel,
                      const tconv_kernel_args &args);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_LAUNCH_BLOCKS_H
