// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Global memory as a launch sees it: allocations of a device memory that isn't
// there, with a record of which block and pipe was last at each place.
#ifndef TCONV_TOOLS_DAVINCI_GLOBAL_H
#define TCONV_TOOLS_DAVINCI_GLOBAL_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "davinci/clocks.h"
#include "davinci/types.h"
#include "ptx/memory.h"

namespace tconv::davinci {

/// An access to global memory by one pipe of one core of one block.
struct GlobalAccess {
  uint32_t time = 0;  ///< of the pipe
  uint16_t block = 0; ///< counted from 1, up to 65535; 0: none yet
  uint8_t core = 0;   ///< within the block
  Pipe pipe = Pipe::Scalar;
};

/// Of each 2 bytes.
struct GlobalShadow {
  std::array<GlobalAccess, kBlockCores> reads; ///< the last one of each core
  GlobalAccess written;
  bool manyReaders = false; ///< blocks
};

class GlobalMemory {
public:
  explicit GlobalMemory(ptx::Memory &memory) : memory(memory) {}

  /// Bytes at an address, all within one allocation.
  struct View {
    uint8_t *data = nullptr;
    uint8_t *written = nullptr;      ///< null: all were
    GlobalShadow *shadows = nullptr; ///< of every 2 bytes
    uint64_t shadowCount = 0;
    bool readOnly = false;
  };
  /// False, and why, where the bytes are not all within an allocation.
  bool find(uint64_t address, uint64_t bytes, View &view, std::string &why);

private:
  ptx::Memory &memory;
  std::map<uint64_t, std::vector<GlobalShadow>> shadows; ///< by allocation
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_GLOBAL_H
