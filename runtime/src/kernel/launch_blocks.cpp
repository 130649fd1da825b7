// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/launch_blocks.h"

#include <algorithm>

#include "kernel/loaded_kernel.h"
#include "support/divide.h"

using namespace tconv;

namespace {

/// Tasks that a launch should have: 2, 4 and 8 threads share them evenly.
constexpr int64_t kTasksOfLaunch = 8;
/// Multiply-adds that are worth a task of their own: some microseconds.
constexpr double kTaskWork = 300e3;
/// What a block packs of x beyond its own positions, another packs too: it
/// should be little beside them.
constexpr double kReachesOfBlock = 4;

} // namespace

int64_t tconv::blockPositions(int64_t positions, const BlockLimits &limits) {
  const auto &[most, granule, tasks, least] = limits;
  if (granule < 1)
    return most;
  int64_t blocks = std::max(divideCeil(positions, most),
                            std::min(divideCeil(kTasksOfLaunch, tasks),
                                     positions / std::max(granule, least)));
  if (blocks <= 1)
    return most;
  // Compared in granules: a multiple beyond `most` might not fit 64 bits.
  int64_t granules = divideCeil(divideCeil(positions, blocks), granule);
  return granules > most / granule ? most : granules * granule;
}

int64_t tconv::launchBlock(const tconv_kernel &kernel,
                           const tconv_kernel_args &args) {
  BlockLimits limits = {kernel.task_positions, taskGranule(kernel)};
  int64_t positions = tconv_kernel_positions(&kernel, &args);
  if (positions < 1 || args.batch < 1 ||
      __builtin_mul_overflow(kernel.task_columns, args.batch, &limits.tasks))
    return limits.most;
  auto real = [](int64_t value) { return static_cast<double>(value); };
  double workOfPosition = real(args.length) / real(positions) *
                          real(kernel.kernel_size) *
                          real(kernel.in_channels / kernel.groups) *
                          real(kernel.out_channels) / real(kernel.task_columns);
  double least = kTaskWork / workOfPosition;
  if (kernel.workspace_bytes > 0)
    least =
        std::max(least, kReachesOfBlock * real(kernel.dilation) *
                            real(kernel.kernel_size - 1) / real(kernel.stride));
  // All of them, if not less: the quotients might not fit 64 bits.
  limits.least =
      least < real(positions) ? static_cast<int64_t>(least) + 1 : positions;
  return blockPositions(positions, limits);
}
