// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs kernels, and says what they did.
#ifndef TCONV_TOOLS_PTX_LAUNCH_H
#define TCONV_TOOLS_PTX_LAUNCH_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "ptx/memory.h"
#include "ptx/module.h"

namespace tconv::ptx {

enum class FindingKind : uint8_t {
  OutOfBounds,
  Misaligned,
  UnwrittenMemory,   ///< read before anything was written there
  UnwrittenRegister, ///< looked at before it was written
  SharedRace,        ///< no barrier between two accesses to shared memory
  CopyRace,          ///< shared memory touched while a cp.async is under way
  GlobalRace,        ///< two threads or blocks at one place in global memory
  DivergentBarrier,  ///< not all threads reach a barrier
  DivergentWarp,     ///< not all lanes of a warp reach mma, ldmatrix, shfl, ...
  NotTf32,           ///< an operand of mma was not rounded to TF32
  ReadOnly,          ///< a store to what must not be written
  Unsupported,       ///< known only when it runs: a barrier of a few warps
  Trap,
  InstructionLimit,
};
/// "out-of-bounds" and so on.
const char *findingKindName(FindingKind kind);

/// One mistake at one instruction.
struct Finding {
  FindingKind kind = FindingKind::Trap;
  int line = 0;            ///< in the module's text
  std::string instruction; ///< that line
  std::string message;     ///< of the first time
  std::array<uint32_t, 3> block = {0, 0, 0};
  std::array<uint32_t, 3> thread = {0, 0, 0};
  uint64_t times = 0;
};

/// What happened; none of it is an error.
struct Counts {
  uint64_t blocks = 0;
  uint64_t warpInstructions = 0;
  uint64_t laneInstructions = 0; ///< lanes that were active
  uint64_t barriers = 0;         ///< by warp
  uint64_t divergentBranches = 0;
  uint64_t globalLoadBytes = 0; ///< asked for by lanes, cp.async too
  uint64_t globalStoreBytes = 0;
  uint64_t sharedLoadBytes = 0;
  uint64_t sharedStoreBytes = 0;
  /// Sectors of 32 bytes that the accesses of a warp touch, and how few would
  /// hold the bytes.
  uint64_t globalLoadSectors = 0;
  uint64_t globalLoadSectorsLeast = 0;
  uint64_t globalStoreSectors = 0;
  uint64_t globalStoreSectorsLeast = 0;
  /// Passes through shared memory's 32 banks, and how few are enough.
  uint64_t sharedPasses = 0;
  uint64_t sharedPassesLeast = 0;
  /// Lane instructions by opcode with its modifiers.
  std::map<std::string, uint64_t> byOpcode;
};

struct Report {
  std::vector<Finding> findings; ///< by line
  uint64_t findingCount = 0;     ///< every time counted
  Counts counts;
  bool stopped = false; ///< by a finding: not every block ran to its end
  double seconds = 0;
};

/// Which warp of a block goes on.
enum class Schedule : uint8_t {
  Greedy,     ///< the first one, as far as it can
  Reverse,    ///< the last one, as far as it can
  RoundRobin, ///< each for one instruction
  Random,     ///< any, for a few instructions
};

struct LaunchOptions {
  Schedule schedule = Schedule::Greedy;
  uint64_t seed = 1; ///< of Schedule::Random
  /// cp.async takes effect at once; else as late as the waits allow. Races are
  /// found either way.
  bool eagerCopies = false;
  int threads = 1; ///< of the host, each for some blocks
  /// Look for races and unwritten shared memory; bounds are always checked.
  bool checkShared = true;
  /// Look for threads and blocks that meet in global memory.
  bool checkGlobal = true;
  /// Count sectors and bank conflicts.
  bool countTraffic = true;
  uint64_t maximumInstructions = 1ull << 40; ///< of a warp, for each block
  uint64_t maximumFindings = 100;            ///< instructions that are listed
};

struct LaunchConfig {
  std::string entry;
  std::array<uint32_t, 3> grid = {1, 1, 1};
  std::array<uint32_t, 3> block = {1, 1, 1};
  uint64_t sharedBytes = 0; ///< dynamic
  std::vector<uint8_t> parameters;
};

/// Adds a parameter's bytes at its place; for entries whose parameters are
/// given one after the other.
template <typename T>
void addParameter(std::vector<uint8_t> &parameters, T value) {
  size_t start = (parameters.size() + sizeof(T) - 1) / sizeof(T) * sizeof(T);
  parameters.resize(start + sizeof(T));
  for (size_t byte = 0; byte < sizeof(T); ++byte)
    parameters[start + byte] = reinterpret_cast<const uint8_t *>(&value)[byte];
}

/// Runs a grid of blocks to its end, or to a finding after which nothing can
/// go on. Variables of the module (.global, .const) have their initial values
/// at the start of every launch. Fails, without having run anything, where a
/// driver would refuse the launch: unknown entry, sizes of 0 or beyond the
/// limits, another number of parameter bytes than the entry has.
/// Any number of launches may run at the same time.
Status launch(const Module &module, Memory &memory, const LaunchConfig &config,
              const LaunchOptions &options, Report &report);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_LAUNCH_H
