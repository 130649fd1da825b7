// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cores that work on one block of a mixed kernel: a cube core and the
// vector cores beside it, each with its own function, which signal to each
// other by flags.
#ifndef TCONV_TOOLS_DAVINCI_TEAM_H
#define TCONV_TOOLS_DAVINCI_TEAM_H

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "davinci/core.h"

namespace tconv::davinci {

constexpr uint64_t kCrossFlags = 16;
/// A flag counts how often it was set and not yet waited for, up to this.
constexpr size_t kMostPending = 15;
/// What kernels get as the address of the flags between cores.
constexpr uint64_t kFlagsAddress = 0xff1a60000;

/// "the cube core", "vector core 0", "vector core 1".
std::string coreName(int number);

/// A flag of the cube core reaches each vector core; one of the vector cores
/// reaches the cube core when all of them have set it.
class Team {
public:
  Team(GlobalMemory &global, Report &report, Policy policy, uint64_t block,
       uint64_t blocks);

  Core &core(int number) { return *cores[static_cast<size_t>(number)]; }

  /// Runs `body` for each core. They take turns: one goes on until it ends or
  /// waits for a flag that isn't set. Waits that nobody will end are findings.
  void run(const std::function<void(Core &)> &body);
  /// Finishes the cores, looks for flags that are left, and counts the block.
  void finish();

  // For the cores.
  void set(Core &core, Pipe pipe, uint64_t flag);
  void wait(Core &core, uint64_t flag);

private:
  using Pending = std::deque<Core::Signal>;

  /// What has to be set for a wait of a core to end: of the cube core's one of
  /// each vector core.
  std::array<Pending *, kBlockCores - 1> awaited(int number, uint64_t flag);
  bool canGoOn(int number);
  void passTurn(int number);

  Report &result;
  std::array<std::unique_ptr<Core>, kBlockCores> cores;
  /// By vector core and flag: set by the cube core for it, and by it.
  std::array<std::array<Pending, kCrossFlags>, kBlockCores - 1> toVector,
      fromVector;

  std::mutex mutex;
  std::condition_variable changed;
  int turn = 0;
  std::array<bool, kBlockCores> ended = {};
  std::array<bool, kBlockCores> waits = {};
  std::array<uint64_t, kBlockCores> waitsFor = {};
  bool isStuck = false;  ///< all that are left wait
  bool isBroken = false; ///< a core stopped for another reason
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_TEAM_H
