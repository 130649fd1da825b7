// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The decoded form of a kernel: compact operations on registers of 32 lanes.
//
// A warp's registers lie in one file. A register of 32 or 64 bits is an array
// of 32 values, one of 16 bits too (8-bit values live in these), a predicate is
// one word of 32 bits. Operands are byte offsets into the file; constants and
// special registers have places there as well, so that an operation need not
// ask what its operands are.
#ifndef TCONV_TOOLS_PTX_OP_H
#define TCONV_TOOLS_PTX_OP_H

#include <cstdint>
#include <string>
#include <vector>

#include "ptx/syntax.h"

namespace tconv::ptx {

constexpr uint32_t kLanes = 32;
constexpr uint32_t kAllLanes = ~0u;

struct Warp;
struct Op;
/// Runs an operation for the lanes in `mask`, which has at least one.
using Handler = void (*)(Warp &warp, const Op &op, uint32_t mask);

/// What changes which operation comes next.
enum class Control : uint8_t { None, Branch, Exit, Barrier, Trap };

struct Op {
  Handler handler = nullptr; ///< where control is None
  uint32_t dst = 0;          ///< offsets into the register file
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  uint64_t immediate = 0; ///< offset of an address; form of an operation
  uint32_t guard = 0;     ///< offset of a predicate; 0: none
  bool guardNegated = false;
  Control control = Control::None;
  /// Needs all lanes of a warp together (.aligned).
  bool aligned = false;
  /// Passes on whether its sources were written, instead of needing it.
  bool propagates = false;
  /// Of those, one that looks at `a` where the predicate `c` holds, else at
  /// `b`.
  bool selects = false;
  uint8_t checks = 0;       ///< number of entries at `checkBegin`
  uint8_t notes = 0;        ///< and of entries after those
  uint32_t checkBegin = 0;  ///< into Program::tracked
  uint32_t extra = 0;       ///< into Program::memory or Program::lists
  uint32_t instruction = 0; ///< into Function::instructions
  uint32_t target = 0;      ///< of a branch
  uint32_t rejoin = 0;      ///< where the two ways of a branch meet again
};

/// A load, store, copy or atomic operation.
struct MemoryForm {
  Space space = Space::Generic;
  uint8_t elementBytes = 4;
  uint8_t elements = 1;
  uint8_t storageBytes = 4; ///< of the registers
  bool isSigned = false;    ///< narrow loads: how they are widened
  bool address64 = true;    ///< the base register has 64 bits
  bool hasBase = true;
  uint8_t bytes = 4; ///< elementBytes * elements
  uint8_t operation = 0;
  Type type = Type::None;
  uint32_t registers[8] = {}; ///< offsets; kSink where nobody looks
};
constexpr uint32_t kSink = ~0u;

/// A value that a warp's register file starts with.
struct Constant {
  uint32_t offset = 0;
  uint8_t bytes = 4;
  uint64_t value = 0;
};

/// A special register that a kernel reads.
struct SpecialUse {
  uint32_t offset = 0;
  uint8_t bytes = 4;
  uint8_t special = 0; ///< a Special
};

enum class Special : uint8_t {
  Tid, ///< + axis
  Ntid = 3,
  Ctaid = 6,
  Nctaid = 9,
  Laneid = 12,
  Warpid,
  Nwarpid,
  LanemaskEq,
  LanemaskLe,
  LanemaskLt,
  LanemaskGe,
  LanemaskGt,
  Smid,
  Nsmid,
  Gridid,
  DynamicShared,
  TotalShared,
};

/// The address of a variable, as a constant.
struct SymbolUse {
  uint32_t offset = 0;
  uint8_t bytes = 8;
  uint32_t variable = 0; ///< into Program::globals; global and const only
  uint64_t addend = 0;
};

struct Program {
  Program() = default;
  // Operations point into `lists`.
  Program(const Program &) = delete;
  Program &operator=(const Program &) = delete;

  const Function *function = nullptr;
  std::vector<Op> ops;
  std::vector<MemoryForm> memory;
  std::vector<uint32_t> lists;
  std::vector<Constant> constants;
  std::vector<SpecialUse> specials;
  std::vector<SymbolUse> symbols;
  std::vector<const Variable *> globals; ///< global and const variables used
  /// Registers whose having been written is watched: indices of words in the
  /// warp's `written`; those that operations check and note.
  std::vector<uint32_t> tracked;
  uint32_t trackedCount = 0;
  std::vector<std::pair<uint32_t, uint32_t>>
      trackedRegisters; ///< offset, bytes
  std::vector<std::string> trackedNames;
  uint32_t fileBytes = 0;
  uint64_t parameterBytes = 0;
  std::vector<uint64_t> parameterOffsets;
  uint64_t staticShared = 0;     ///< bytes
  uint64_t sharedAlignment = 16; ///< of the dynamic part
  uint64_t localBytes = 0;       ///< per thread
  bool usesDynamicShared = false;
  uint32_t sharedGranule = 16; ///< smallest access to shared memory, bytes
  uint32_t globalGranule = 16; ///< smallest access to global memory, bytes
};

/// Generic addresses of the windows of shared and local memory. Global memory
/// is above both.
/// Shared memory begins here: newer GPUs keep the bytes below for themselves,
/// and a kernel that takes its own to begin at 0 is found out.
constexpr uint64_t kSharedBase = 1024;
constexpr uint64_t kSharedWindow = 0x1000000000000ull;
constexpr uint64_t kLocalWindow = 0x2000000000000ull;
constexpr uint64_t kParamWindow = 0x3000000000000ull;
constexpr uint64_t kWindowBytes = 0x100000000ull;

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_OP_H
