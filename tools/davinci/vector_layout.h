// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How vector instructions step through UB: repeats of 8 blocks of 32 bytes, of
// which a mask says what elements take part.
#ifndef TCONV_TOOLS_DAVINCI_VECTOR_LAYOUT_H
#define TCONV_TOOLS_DAVINCI_VECTOR_LAYOUT_H

#include <algorithm>

#include "davinci/core.h"

namespace tconv::davinci {

struct VectorOperand {
  uint64_t address = 0;
  uint64_t blockStride = 0;  ///< in blocks
  uint64_t repeatStride = 0; ///< in blocks
  Element type = Element::F32;

  uint64_t size() const { return static_cast<uint64_t>(elementBytes(type)); }
  uint64_t at(uint64_t repeat, uint64_t element) const {
    uint64_t offset = element * size();
    return address +
           (repeat * repeatStride + offset / kBlock * blockStride) * kBlock +
           offset % kBlock;
  }
};

/// Which elements an instruction works on.
struct VectorShape {
  uint64_t repeats = 0;
  uint64_t perRepeat = 0; ///< elements, 256 bytes of the widest operand
  uint64_t count = 0;     ///< in all, in count mode; else 0
  uint64_t maskLow = 0;
  uint64_t maskHigh = 0;

  /// @param field of the configuration word
  static VectorShape make(const Registers &registers, uint64_t field,
                          uint64_t widest) {
    VectorShape shape;
    shape.perRepeat = 256 / widest;
    shape.repeats = field;
    if (registers.control >> kControlCountMode & 1) {
      shape.count = registers.maskLow;
      shape.repeats = (shape.count + shape.perRepeat - 1) / shape.perRepeat;
    }
    shape.maskLow = registers.maskLow;
    shape.maskHigh = registers.maskHigh;
    return shape;
  }

  bool isActive(uint64_t repeat, uint64_t element) const {
    if (count != 0)
      return repeat * perRepeat + element < count;
    return (element < 64 ? maskLow >> element : maskHigh >> (element - 64)) & 1;
  }
};

/// Adds what an operand covers, neighbours taken together.
inline bool addOperand(Core &core, const VectorOperand &operand,
                       const VectorShape &shape, bool isWrite) {
  uint64_t start = 0;
  uint64_t end = 0;
  bool good = true;
  uint64_t size = operand.size();
  for (uint64_t repeat = 0; repeat < shape.repeats && good; ++repeat) {
    for (uint64_t element = 0; element < shape.perRepeat && good; ++element) {
      if (!shape.isActive(repeat, element))
        continue;
      uint64_t at = operand.at(repeat, element);
      if (at == end) {
        end += size;
        continue;
      }
      good = core.addRegion(Space::UB, start, end - start, isWrite);
      start = at;
      end = at + size;
    }
  }
  return good && core.addRegion(Space::UB, start, end - start, isWrite);
}

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_VECTOR_LAYOUT_H
