// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a run of a kernel on the model shows.
#ifndef TCONV_TOOLS_DAVINCI_REPORT_H
#define TCONV_TOOLS_DAVINCI_REPORT_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "davinci/types.h"

namespace tconv::davinci {

enum class FindingKind : uint8_t {
  Capacity,      ///< beyond the end of a memory of the core
  Alignment,     ///< of an address
  FieldRange,    ///< a size, stride or count that the unit doesn't take
  Layout,        ///< sizes that don't go with the fractals
  OutOfBounds,   ///< of global memory, each allocation for itself
  ReadOnly,      ///< a write to what must not be written
  Uninitialised, ///< a value nobody wrote reaches global memory or the scalar
                 ///< unit
  PipeRace,      ///< two pipes, or two instructions of one, not ordered
  CoreRace,      ///< two blocks at one place in global memory
  FlagSetTwice,  ///< set again before it was waited for
  FlagNotSet,    ///< waited for, but never set: a core would stop here
  FlagLeftSet,   ///< at the end
  EndsEarly,     ///< pipes may still be at work when the kernel ends
  Flag,          ///< an event or pipe that doesn't exist
  Trap,          ///< the kernel's own
  Unsupported,   ///< an instruction or mode that the model doesn't know
  InstructionLimit,
};
/// "out-of-bounds" and so on.
const char *findingKindName(FindingKind kind);

/// One mistake at one place of the kernel.
struct Finding {
  FindingKind kind = FindingKind::Trap;
  int line = 0;            ///< in the module's text; 0: not known
  std::string instruction; ///< the intrinsic's name
  Pipe pipe = Pipe::Scalar;
  uint64_t address = 0; ///< in the memory that `message` names
  std::string message;  ///< of the first time
  uint64_t block = 0;
  uint64_t times = 0;
};

/// A pipe's work in one block or in all.
struct PipeCounts {
  uint64_t instructions = 0;
  uint64_t bytes = 0; ///< moved or, for the vector unit, written
  double cycles = 0;  ///< busy: an estimate
};

/// What happened; none of it is an error. Cycles are estimates by the cost
/// constants of cost.h.
struct Counts {
  uint64_t blocks = 0;
  std::array<PipeCounts, kPipes> pipes;
  double cycles = 0;            ///< of all blocks, one after the other
  double longestBlock = 0;      ///< in cycles
  uint64_t multiplications = 0; ///< by the cube, padding not counted
  /// A flag is set, in program order after its wait, by a pipe that can't know
  /// that the wait is over; the compiler's own loops do this.
  uint64_t flagsSetAhead = 0;
  uint64_t globalReadBytes = 0;
  uint64_t globalWriteBytes = 0;
  std::array<uint64_t, kSpaces> highest = {}; ///< bytes used of each memory
  std::map<std::string, uint64_t> byInstruction;
};

struct Report {
  std::vector<Finding> findings; ///< in order of the first time
  uint64_t findingCount = 0;     ///< every time counted
  Counts counts;
  bool stopped = false; ///< a block did not run to its end
  double seconds = 0;

  /// Adds one, or counts it again. At most 100 are kept.
  void add(Finding finding);
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_REPORT_H
