// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The memories, pipes and element types of an Ascend 910B core.
#ifndef TCONV_TOOLS_DAVINCI_TYPES_H
#define TCONV_TOOLS_DAVINCI_TYPES_H

#include <cstdint>

namespace tconv::davinci {

/// Of a core, or of what a module is for.
enum class CoreType : uint8_t { Cube, Vector, Mixed };

/// The numbers are those of the address spaces in the lowered IR.
enum class Space : uint8_t {
  Host = 0, ///< the scalar unit's stack
  Global = 1,
  L1 = 2,
  L0A = 3,
  L0B = 4,
  L0C = 5,
  UB = 6,
  Fixpipe = 7, ///< parameters of the fixpipe
  Bias = 8,    ///< the bias table
};
constexpr int kSpaces = 9;

/// "UB" and so on.
const char *spaceName(Space space);
/// Bytes of a memory of the core; 0 for Host and Global.
uint64_t spaceCapacity(Space space);

/// What runs beside the others. Each works through its instructions in order.
enum class Pipe : uint8_t {
  Scalar,
  Vector,
  Cube,
  Mte1, ///< L1 to L0A, L0B
  Mte2, ///< global memory to L1, UB
  Mte3, ///< UB, L1 to global memory
  Fix,  ///< L0C to global memory
};
constexpr int kPipes = 7;

/// "PIPE_MTE1" and so on.
const char *pipeName(Pipe pipe);
/// From the number in the IR; false where it names none of the above.
bool decodePipe(uint64_t number, Pipe &pipe);
/// PIPE_ALL in the IR.
constexpr uint64_t kAllPipes = 6;

enum class Element : uint8_t { F16, BF16, F32, S16, U16, S32, U32, S8, U8 };

constexpr int elementBytes(Element type) {
  return type == Element::S8 || type == Element::U8 ? 1
         : type == Element::F32 || type == Element::S32 || type == Element::U32
             ? 4
             : 2;
}
/// Exact for every type.
double loadElement(const uint8_t *from, Element type);
/// Rounds floats to nearest even; integers keep their low bits.
void storeElement(uint8_t *to, Element type, double value);

/// Bytes of what a copy engine and a vector address: 32.
constexpr uint64_t kBlock = 32;

/// `count` bits of `word` from bit `low` on.
constexpr uint64_t bits(uint64_t word, int low, int count) {
  return word >> low & ((1ull << count) - 1);
}

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_TYPES_H
