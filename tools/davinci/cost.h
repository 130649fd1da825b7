// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What instructions cost, by published constants of a simulator of the 910B.
// Nothing here was measured; every result is an estimate.
#ifndef TCONV_TOOLS_DAVINCI_COST_H
#define TCONV_TOOLS_DAVINCI_COST_H

#include "davinci/types.h"

namespace tconv::davinci {

/// How long a pipe is busy, and after how many more cycles the result is there.
struct Cost {
  double busy = 0;
  double latency = 0;
};

constexpr double kGlobalBytesPerCycle = 87;
constexpr double kGlobalReadLatency = 347;
constexpr double kGlobalWriteLatency = 203;
/// The scalar unit gives out one instruction a cycle; assumed.
constexpr double kIssueCycles = 1;

inline Cost costOfGlobalRead(uint64_t bytes) {
  return {static_cast<double>(bytes) / kGlobalBytesPerCycle,
          kGlobalReadLatency};
}

/// Writes are taken as no faster than reads: no constant is published.
inline Cost costOfGlobalWrite(uint64_t bytes) {
  return {static_cast<double>(bytes) / kGlobalBytesPerCycle,
          kGlobalWriteLatency};
}

/// From L1 to L0A or L0B.
inline Cost costOfLoad(Space to, uint64_t bytes) {
  return {static_cast<double>(bytes) / (to == Space::L0A ? 256 : 128), 0};
}

/// @param perStep elements of k that one step takes: 16 of f16, 4 of f32
inline Cost costOfMad(uint64_t m, uint64_t n, uint64_t k, uint64_t perStep) {
  return {static_cast<double>((m + 15) / 16 * ((n + 15) / 16) *
                              ((k + perStep - 1) / perStep)) +
              20,
          0};
}

/// A repeat reads or writes 256 bytes of UB at 128 a cycle.
inline Cost costOfVector(uint64_t repeats) {
  return {2 * static_cast<double>(repeats), 0};
}

} // namespace tconv::davinci

#endif // TCONV_TOOLS_DAVINCI_COST_H
