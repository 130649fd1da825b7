// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which instructions of the pipes are ordered by flags and barriers, and when
// they end if each takes its estimated cycles.
#ifndef TCONV_TOOLS_DAVINCI_CLOCKS_H
#define TCONV_TOOLS_DAVINCI_CLOCKS_H

#include <array>
#include <cstdint>

#include "davinci/cost.h"
#include "davinci/types.h"

namespace tconv::davinci {

constexpr int kEvents = 8;
/// That a block of a mixed kernel has: the cube core, and its vector cores.
constexpr int kBlockCores = 3;

/// A pipe's n-th instruction is its time n. `done[p][q]`: the last instruction
/// of q that has certainly ended when p begins its next one; q is a pipe of any
/// core of the block.
class Clocks {
public:
  using Times = std::array<uint32_t, kPipes>;
  using BlockTimes = std::array<uint32_t, kBlockCores * kPipes>;

  /// @param core number within its block
  explicit Clocks(int core = 0) : core(core) {}

  /// A pipe's next instruction; returns its time.
  uint32_t issue(Pipe pipe, Cost cost);
  /// Whether instruction `time` of `other` has ended before `pipe` goes on.
  bool isDone(Pipe pipe, Pipe other, uint32_t time) const {
    return isDoneOn(core, pipe, other, time);
  }
  /// The same of a pipe of another core of the block.
  bool isDoneOn(int otherCore, Pipe pipe, Pipe other, uint32_t time) const {
    return time <= done[index(pipe)][otherCore * kPipes + index(other)];
  }
  uint32_t now(Pipe pipe) const { return last[index(pipe)]; }

  enum class SetResult : uint8_t { Ok, Twice, Ahead };
  /// `position` is kept for wait().
  SetResult set(Pipe from, Pipe to, int event, uint64_t position);
  /// False, and nothing else, where the flag was not set.
  bool wait(Pipe from, Pipe to, int event, uint64_t &position);
  bool isSet(Pipe from, Pipe to, int event) const {
    return flag(from, to, event).isSet;
  }
  /// All that `pipe` has begun has ended when it goes on.
  void barrier(Pipe pipe);
  void barrierAll();
  /// What `from` has begun up to `time` has ended when `to` goes on.
  void order(Pipe from, uint32_t time, Pipe to);

  /// What another core learns of this one by a flag.
  struct Signal {
    BlockTimes done = {};
    double ready = 0;
  };
  /// All that `pipe` has begun and knows of has ended when the signal comes.
  Signal signal(Pipe pipe);
  /// The scalar unit goes on when the signal has come.
  void receive(const Signal &signal);

  /// When everything has ended, in cycles from the start of the block.
  double cycles() const;

private:
  struct Flag {
    bool isSet = false;
    BlockTimes done = {};
    double ready = 0;
    uint64_t position = 0;
    uint32_t waitedAt = 0; ///< time of the pipe that waited last
  };

  static int index(Pipe pipe) { return static_cast<int>(pipe); }
  Flag &flag(Pipe from, Pipe to, int event) {
    return flags[index(from)][index(to)][event];
  }
  const Flag &flag(Pipe from, Pipe to, int event) const {
    return flags[index(from)][index(to)][event];
  }
  int own(Pipe pipe) const { return core * kPipes + index(pipe); }
  void inherit(Pipe pipe);

  int core;
  std::array<BlockTimes, kPipes> done = {};
  Times last = {};
  std::array<double, kPipes> begins = {}; ///< earliest start of the next one
  std::array<double, kPipes> ends = {};   ///< of the last one, its latency too
  std::array<std::array<std::array<Flag, kEvents>, kPipes>, kPipes> flags = {};
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_CLOCKS_H
