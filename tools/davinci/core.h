// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One core while it works on one block: its memories, pipes and registers.
#ifndef TCONV_TOOLS_DAVINCI_CORE_H
#define TCONV_TOOLS_DAVINCI_CORE_H

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "davinci/clocks.h"
#include "davinci/global.h"
#include "davinci/local.h"
#include "davinci/report.h"

namespace tconv::davinci {

/// When a pipe does what was given to it, within what flags and barriers allow.
/// The findings are the same for all; outputs differ where an order is missing.
enum class Policy : uint8_t {
  InOrder,        ///< at once
  ConsumersFirst, ///< as late as can be, the last pipe of the chain first
  ProducersFirst, ///< copies from global memory run ahead of all others
};

/// Registers that instructions read implicitly.
struct Registers {
  uint64_t control = 0;
  uint64_t maskLow = ~0ull; ///< of a vector; or how many elements
  uint64_t maskHigh = ~0ull;
  uint64_t matrixA = 0; ///< the feature map of 3D loads into L0A
  uint64_t matrixB = 0;
  uint64_t padValue = 0; ///< of copies that pad
  uint64_t loadPadding = 0;
  uint64_t ndParameters = 1;
  uint64_t flagsAddress = 0; ///< of the flags between cores; 0: not set
  /// Eight registers of eight addresses, for transpositions.
  std::array<std::array<uint64_t, 8>, 8> addresses = {};
};
/// The mask holds a number of elements, not bits.
constexpr int kControlCountMode = 56;

class Team;

class Core {
public:
  /// @param block counted from 0
  /// @param number of the core within its block
  /// @param team the cores of the block of a mixed kernel; else null
  Core(GlobalMemory &global, Report &report, Policy policy, uint64_t block,
       uint64_t blocks, int number = 0, Team *team = nullptr);

  // --- For the units -------------------------------------------------------

  /// Bytes that an instruction reads or writes.
  struct Region {
    Space space;
    uint64_t address;
    uint64_t bytes;
    bool isWrite;
  };

  /// Notes a finding at the present instruction.
  void report(FindingKind kind, Pipe pipe, uint64_t address,
              const std::string &message);
  /// The same unless `condition`; returns it.
  bool expect(bool condition, FindingKind kind, Pipe pipe, uint64_t address,
              const std::string &message);
  bool expectAligned(Space space, uint64_t address, uint64_t alignment,
                     Pipe pipe);

  /// Begins the list of what the instruction accesses.
  void beginRegions(Pipe pipe);
  /// Adds to it. False, with a finding, where that is outside of the memory;
  /// the instruction then has no effect there.
  bool addRegion(Space space, uint64_t address, uint64_t bytes, bool isWrite);
  /// Gives the instruction with these regions to its pipe: looks for races,
  /// counts, and keeps `action` until the policy lets it happen.
  /// @param bytes for the counts
  void issue(Cost cost, uint64_t bytes, std::function<void()> action);
  /// As the present instruction leaves something of it out.
  void unsupported(Pipe pipe, const std::string &what);

  LocalMemory &local(Space space);
  /// Of global memory, for actions: bytes outside are poison.
  void readGlobal(uint64_t address, uint64_t bytes, uint8_t *to,
                  uint8_t *poison);
  /// Poison is a finding, and leaves the place unwritten.
  void writeGlobal(Pipe pipe, uint64_t address, uint64_t bytes,
                   const uint8_t *from, const uint8_t *poison);

  // --- For instructions of control ------------------------------------------

  void setFlag(uint64_t from, uint64_t to, uint64_t event);
  void waitFlag(uint64_t from, uint64_t to, uint64_t event);
  void barrier(uint64_t pipe);
  /// A flag for other cores of the block, when `pipe` has done all before it;
  /// it goes through the flags at `address`.
  void setCrossFlag(CoreType kind, uint64_t pipe, uint64_t flag,
                    uint64_t address);
  /// The scalar unit goes on when it is set.
  void waitCrossFlag(CoreType kind, uint64_t pipe, uint64_t flag);
  /// A load or store of the scalar unit; returns where the bytes are. Bytes
  /// out of bounds are in a place that nobody else sees.
  void *scalarAccess(Space space, uint64_t address, uint64_t bytes,
                     bool isWrite);
  /// Ends the block as soon as the present instruction returns.
  void stop() { stopped = true; }
  /// What reaches other cores by a flag that `pipe` sets.
  struct Signal {
    Core *core = nullptr;
    Pipe pipe = Pipe::Scalar;
    uint64_t position = 0; ///< entries of the pipe that are done then
    Clocks::Signal time;
  };
  Signal signal(Pipe pipe);
  void receive(const Signal &signal);
  /// Everything that was given out is done; looks for flags that are left.
  void finish();

  Registers registers;
  Counts &counts() { return result.counts; }
  Clocks &clocks() { return time; }
  bool isStopped() const { return stopped; }
  uint64_t block() const { return blockIndex; }
  int number() const { return coreNumber; }
  CoreType type() const {
    return coreNumber == 0 ? CoreType::Cube : CoreType::Vector;
  }
  /// Whether it is one of the cores of a mixed kernel's block.
  bool isInTeam() const { return team != nullptr; }
  uint64_t blocks() const { return blockCount; }

  /// Where the kernel is.
  int line = 0;
  const char *instruction = "";

  uint64_t instructionLimit = 1ull << 32;

  /// The cube's last instruction that tells the fixpipe by its unit flag, and
  /// the fixpipe's.
  uint32_t unitFlagCube = 0;
  uint32_t unitFlagFix = 0;

private:
  struct Entry {
    std::function<void()> action; ///< null: a wait
    int line = 0;
    const char *instruction = "";
    Pipe producer = Pipe::Scalar;
    uint64_t until = 0;
  };
  struct Queue {
    std::deque<Entry> entries;
    uint64_t begun = 0; ///< entries ever given out
    uint64_t done = 0;
  };

  void checkLocal(const Region &region, Pipe pipe, uint32_t now);
  void checkGlobal(const Region &region, Pipe pipe, uint32_t now);
  void race(const Region &region, uint64_t address, Pipe pipe, Pipe other,
            bool otherWrote);
  void drain(Pipe pipe, uint64_t until);
  void drainAll();
  bool isFlagOfTeam(CoreType kind, Pipe pipe, uint64_t flag);

  GlobalMemory &global;
  Report &result;
  Policy policy;
  uint64_t blockIndex = 0;
  uint64_t blockCount = 0;
  int coreNumber = 0;
  Team *team = nullptr;
  Clocks time;
  std::vector<std::unique_ptr<LocalMemory>> memories;
  std::array<Queue, kPipes> queues;
  std::vector<Region> regions;
  Pipe regionPipe = Pipe::Scalar;
  std::vector<uint8_t> nowhere; ///< for accesses out of bounds
  bool stopped = false;
  uint64_t executed = 0;
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_CORE_H
