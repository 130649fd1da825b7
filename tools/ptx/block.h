// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One block of threads, and what all blocks of a launch share.
#ifndef TCONV_TOOLS_PTX_BLOCK_H
#define TCONV_TOOLS_PTX_BLOCK_H

#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <unordered_map>
#include <vector>

#include "ptx/launch.h"
#include "ptx/op.h"
#include "ptx/shadow.h"
#include "ptx/traffic.h"
#include "ptx/warp.h"

namespace tconv::ptx {

/// Thrown through the handlers when a block can't go on.
struct StopBlock {};

/// What the blocks of a launch share; safe for several threads.
class LaunchState {
public:
  LaunchState(const Module &module, const Program &program,
              const Memory &memory, const LaunchConfig &config,
              const LaunchOptions &options)
      : module(module), program(program), memory(memory), config(config),
        options(options) {}

  void report(FindingKind kind, const Op &op, const std::string &message,
              const std::array<uint32_t, 3> &block,
              const std::array<uint32_t, 3> &thread);
  /// Who wrote what in an allocation; made when first asked for.
  GlobalShadow *shadowOf(const Allocation &allocation);
  GlobalShadow *findShadow(const Allocation &allocation);
  std::vector<Finding> takeFindings();

  const Module &module;
  const Program &program;
  const Memory &memory;
  const LaunchConfig &config;
  const LaunchOptions &options;
  std::vector<uint64_t> globals; ///< addresses of Program::globals
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> findingCount{0};

private:
  std::mutex mutex;
  std::map<std::pair<int, FindingKind>, Finding> findings;
  std::unordered_map<const Allocation *, std::unique_ptr<GlobalShadow>> shadows;
};

/// An allocation as an access sees it.
struct View {
  const Allocation *allocation = nullptr;
  uint64_t begin = 0;
  uint64_t end = 0;
  uint8_t *data = nullptr;
  uint8_t *written = nullptr;
  GlobalShadow *shadow = nullptr;
};

/// How often an operation ran.
struct OpCount {
  uint64_t warps = 0;
  uint64_t lanes = 0;
};

class Block {
public:
  explicit Block(LaunchState &state);

  /// Runs the block of that number; its findings go to the state.
  void run(uint64_t number);
  /// Adds what all blocks did.
  void addCounts(Counts &total) const;

  [[noreturn]] void fatal(FindingKind kind, Warp &warp, const Op &op,
                          uint32_t lane, const std::string &message);
  void note(FindingKind kind, Warp &warp, const Op &op, uint32_t lane,
            const std::string &message);

  /// Lanes' addresses (offsets in their space, global ones whole); lanes that
  /// don't take part repeat one that does.
  using Addresses = uint64_t[kLanes];
  void checkAlignment(Warp &warp, const Op &op, const Addresses &addresses,
                      uint32_t mask, uint32_t bytes, Space space);
  void checkShared(Warp &warp, const Op &op, const Addresses &addresses,
                   uint32_t mask, uint32_t bytes);
  /// The allocation that all lanes are in; null: they are in several, or in
  /// none of them (an error, which is reported).
  const View *viewOf(Warp &warp, const Op &op, const Addresses &addresses,
                     uint32_t mask, uint32_t bytes);
  /// The allocation of one lane.
  const View &viewOfLane(Warp &warp, const Op &op, uint64_t address,
                         uint32_t lane, uint32_t bytes);

  /// Shadows: reads and writes of shared memory by one lane; lane kLanes
  /// stands for several lanes of the warp.
  void readShared(Warp &warp, const Op &op, uint64_t offset, uint32_t bytes,
                  uint32_t lane) {
    uint64_t now = Stamp::make(epoch, warp.syncs, warp.index, lane);
    uint64_t many = (now & ~63ull) | kLanes;
    uint64_t last = (offset + bytes - 1) >> shadow.shift;
    for (uint64_t cell = offset >> shadow.shift; cell <= last; ++cell) {
      // Most reads were looked at already.
      uint64_t before = shadow.reads[cell];
      if (before != now && before != many)
        readCell(warp, op, cell, now);
    }
  }
  void writeShared(Warp &warp, const Op &op, uint64_t offset, uint32_t bytes,
                   uint32_t lane);
  void readGlobal(Warp &warp, const Op &op, const View &view, uint64_t address,
                  uint32_t bytes, uint32_t lane);
  void writeGlobal(Warp &warp, const Op &op, const View &view, uint64_t address,
                   uint32_t bytes, uint32_t lane);
  void issueCopy(Warp &warp, const Op &op, uint64_t offset, uint32_t bytes,
                 uint32_t lane);
  void finishCopy(Warp &warp, const Op &op, uint64_t offset, uint32_t bytes,
                  uint32_t lane);

  LaunchState &state;
  const Program &program;
  std::vector<uint8_t> shared;
  std::vector<Traffic> traffic; ///< of each MemoryForm
  Counts counts;

private:
  void prepare(Warp &warp);
  void schedule();
  uint64_t runWarp(Warp &warp, uint64_t quantum);
  void diverge(Warp &warp, const Op &op, uint32_t pc, uint32_t taken,
               uint32_t rest);
  bool leave(Warp &warp, uint32_t mask);
  void track(Warp &warp, const Op &op, uint32_t mask);
  void arrive(Warp &warp, const Op &op, uint32_t mask);
  void releaseBarrier();
  void addView(const Allocation &allocation);
  void readCell(Warp &warp, const Op &op, uint64_t cell, uint64_t now);
  std::array<uint32_t, 3> threadOf(const Warp &warp, uint32_t lane) const;
  [[noreturn]] void outOfBounds(Warp &warp, const Op &op, uint64_t address,
                                uint32_t lane, uint32_t bytes);

  std::vector<Warp> warps;
  std::unique_ptr<uint8_t[]> fileStorage;
  std::vector<uint32_t> writtenStorage;
  std::vector<uint8_t> localStorage;
  std::vector<uint8_t> localWrittenStorage;
  std::vector<OpCount> opCounts;
  std::vector<View> views;
  SharedShadow shadow;
  uint32_t epoch = 1; ///< barriers of the block that all threads have passed
  uint64_t number = 0;
  std::array<uint32_t, 3> position = {0, 0, 0};
  uint32_t threads = 0;
  uint64_t budget = 0;
  std::mt19937_64 random;
};

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_BLOCK_H
