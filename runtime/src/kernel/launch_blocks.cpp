// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/launch_blocks.h"

#include <algorithm>

#include "kernel/loaded_kernel.h"
#include "support/divide.h"

using namespace tconv;

namespace {

/// What a block packs of x beyond its own positions, another packs too: it
/// should be little beside them.
constexpr double kReachesOfBlock = 4;
/// Packed weights that don't stay in the nearer caches from item to item.
constexpr int64_t kFarWeights = 512 << 10;
/// Columns of a granule that are a vector's: parts of items are stored with
/// masks, which is worth it where they save so much of an item as padding.
constexpr int64_t kVectorColumns = 16;
constexpr int64_t kWorthwhilePadding = 16; ///< one column of so many

} // namespace

int64_t tconv::blockPositions(int64_t positions, const BlockLimits &limits) {
  int64_t most = limits.most, granule = limits.granule;
  if (granule < 1)
    return most;
  auto evenly = [&](int64_t blocks) {
    if (blocks <= 1)
      return most;
    // Compared in granules: a multiple beyond `most` might not fit 64 bits.
    int64_t granules = divideCeil(divideCeil(positions, blocks), granule);
    return granules > most / granule ? most : granules * granule;
  };
  int64_t needed = divideCeil(positions, most);
  int64_t liked = std::min(divideCeil(kTasksOfLaunch, limits.tasks),
                           positions / std::max(granule, limits.least));
  int64_t block = evenly(needed);
  if (liked <= needed)
    return block;
  // 65 positions in granules of 32 would be 64 and 1: no thread gains by that.
  int64_t smaller = evenly(liked), longest = std::min(block, positions);
  return smaller <= longest - longest / 8 ? smaller : block;
}

/// How far apart the items of `rows` lie, if they are better off as one row.
static int64_t chooseDistance(const tconv_kernel &kernel,
                              const tconv_kernel_args &args,
                              const LaunchRows &rows) {
  if (rows.count <= 1 || rows.positions >= kernel.task_positions)
    return 0;
  ItemRoom room = itemRoom(kernel);
  bool readAgain = kernel.packed_bytes > kFarWeights;
  int64_t distance =
      itemDistance(rows.count, args.length, rows.positions, room, readAgain);
  int64_t granule = taskGranule(kernel);
  if (distance == 0 || readAgain || granule / room.granule < kVectorColumns)
    return distance;
  int64_t padded = divideCeil(rows.positions, granule) * granule;
  return padded - distance >= padded / kWorthwhilePadding ? distance : 0;
}

static int64_t chooseBlock(const tconv_kernel &kernel,
                           const tconv_kernel_args &args,
                           const LaunchRows &rows) {
  BlockLimits limits = {kernel.task_positions, taskGranule(kernel)};
  if (rows.positions < 1 || rows.count < 1 ||
      __builtin_mul_overflow(kernel.task_columns, rows.count, &limits.tasks))
    return limits.most;
  auto real = [](int64_t value) { return static_cast<double>(value); };
  double workOfPosition = real(args.length) * real(args.batch) /
                          real(rows.count) / real(rows.positions) *
                          real(kernel.kernel_size) *
                          real(kernel.in_channels / kernel.groups) *
                          real(kernel.out_channels) / real(kernel.task_columns);
  double least = kTaskWork / workOfPosition;
  if (kernel.workspace_bytes > 0)
    least =
        std::max(least, kReachesOfBlock * real(kernel.dilation) *
                            real(kernel.kernel_size - 1) / real(kernel.stride));
  // All of them, if not less: the quotients might not fit 64 bits.
  limits.least = least < real(rows.positions) ? static_cast<int64_t>(least) + 1
                                              : rows.positions;
  return blockPositions(rows.positions, limits);
}

LaunchRows tconv::launchRows(const tconv_kernel &kernel,
                             const tconv_kernel_args &args) {
  LaunchRows rows = {args.batch, tconv_kernel_positions(&kernel, &args), 0, 0};
  rows.distance = chooseDistance(kernel, args, rows);
  if (rows.distance) {
    rows.positions += (rows.count - 1) * rows.distance;
    rows.count = 1;
  }
  rows.block = chooseBlock(kernel, args, rows);
  return rows;
}
