// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One of the memories inside of a core.
#ifndef TCONV_TOOLS_DAVINCI_LOCAL_H
#define TCONV_TOOLS_DAVINCI_LOCAL_H

#include <array>
#include <cstdint>
#include <vector>

#include "davinci/types.h"

namespace tconv::davinci {

/// The last accesses to a block of 32 bytes, by the pipes' times; 0: none.
struct BlockShadow {
  std::array<uint32_t, kPipes> read = {};
  std::array<uint32_t, kPipes> written = {};
};

class LocalMemory {
public:
  /// Every byte is poison, that is unwritten, and all ones: NaN in any format.
  explicit LocalMemory(Space space)
      : bytes(spaceCapacity(space), 0xff), poison(spaceCapacity(space), 1),
        shadows(spaceCapacity(space) / kBlock) {}

  uint64_t capacity() const { return bytes.size(); }
  uint8_t *data(uint64_t address) { return bytes.data() + address; }
  /// 1 for each byte that holds no value.
  uint8_t *poisonOf(uint64_t address) { return poison.data() + address; }
  bool isPoison(uint64_t address, int count) const {
    for (int byte = 0; byte < count; ++byte)
      if (poison[address + static_cast<uint64_t>(byte)])
        return true;
    return false;
  }
  BlockShadow &shadow(uint64_t address) { return shadows[address / kBlock]; }

private:
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> poison;
  std::vector<BlockShadow> shadows;
};

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_LOCAL_H
