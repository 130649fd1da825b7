// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the parts of the arithmetic share. They are compiled for each kind of
// machine, in a namespace that TCONV_PTX_ISA names, so that the linker can't
// give one machine what was made for another.
#ifndef TCONV_TOOLS_PTX_ALU_PARTS_H
#define TCONV_TOOLS_PTX_ALU_PARTS_H

#include <cmath>

#include "ptx/alu.h"
#include "ptx/formats.h"
#include "ptx/warp.h"

namespace tconv::ptx::TCONV_PTX_ISA {

// Each gives null for what it doesn't have.
Handler findFloats(const AluForm &form);
Handler findIntegers(const AluForm &form);
Handler findComparisons(const AluForm &form);
Handler findMoves(const AluForm &form);
Handler findConversions(const AluForm &form);

__extension__ using Int128 = __int128;
__extension__ using Unsigned128 = unsigned __int128;

/// How values of T are kept in a register.
template <typename T> struct StorageOf {
  using Kind = T;
};
template <> struct StorageOf<uint8_t> {
  using Kind = uint16_t;
};
template <> struct StorageOf<int8_t> {
  using Kind = uint16_t;
};
template <typename T> using Storage = typename StorageOf<T>::Kind;

template <typename T> constexpr int bitsOf = sizeof(T) * 8;

inline float canonical(float value) {
  return value != value ? bitsAs<float>(0x7fffffffu) : value;
}
inline double canonical(double value) {
  return value != value ? bitsAs<double>(0x7fffffffffffffffull) : value;
}
inline float flush(float value) {
  uint32_t bits = bitsAs<uint32_t>(value);
  return (bits & 0x7f800000u) == 0 ? bitsAs<float>(bits & 0x80000000u) : value;
}
inline double flush(double value) { return value; }
template <typename T> inline T saturate(T value) {
  // NaN becomes zero.
  return value > T(0) ? (value < T(1) ? value : T(1)) : T(0);
}

struct F16 {
  static double load(uint16_t bits) { return f16ToFloat(bits); }
  static uint16_t store(double value) { return floatToF16(value); }
  static constexpr uint16_t exponent = 0x7c00;
};
struct BF16 {
  static double load(uint16_t bits) { return bf16ToFloat(bits); }
  static uint16_t store(double value) { return floatToBf16(value); }
  static constexpr uint16_t exponent = 0x7f80;
};

} // namespace tconv::ptx::TCONV_PTX_ISA

#endif // TCONV_TOOLS_PTX_ALU_PARTS_H
