// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The state of a warp that handlers work on.
#ifndef TCONV_TOOLS_PTX_WARP_H
#define TCONV_TOOLS_PTX_WARP_H

#include <cstdint>
#include <vector>

#include "ptx/op.h"

namespace tconv::ptx {

class Block;

/// A copy to shared memory that is under way, for up to 32 lanes.
struct AsyncCopy {
  const Op *op = nullptr;
  uint32_t mask = 0; ///< lanes whose copy isn't done
  uint32_t bytes = 0;
  uint32_t group[kLanes];  ///< of each lane's commit_groups
  uint32_t target[kLanes]; ///< offsets in shared memory
  uint64_t source[kLanes]; ///< global addresses
  uint32_t sourceBytes[kLanes];
};

/// Lanes that run together until they reach `rejoin`.
struct Frame {
  uint32_t pc = 0;
  uint32_t rejoin = 0;
  uint32_t mask = 0;
};

struct Warp {
  uint8_t *registers = nullptr;
  Block *block = nullptr;
  uint32_t index = 0;          ///< in its block
  uint32_t live = 0;           ///< lanes that haven't left
  uint32_t first = 0;          ///< lanes that it began with
  std::vector<Frame> frames;   ///< the last one runs
  uint32_t *written = nullptr; ///< lanes of each tracked register
  uint32_t syncs = 0;   ///< bar.warp.sync since the last barrier of the block
  bool waiting = false; ///< at a barrier
  uint64_t barrier = 0; ///< its number
  const Op *barrierOp = nullptr;
  std::vector<AsyncCopy> copies;
  uint32_t commits[kLanes] = {};
  uint8_t *local = nullptr;        ///< localBytes for each lane
  uint8_t *localWritten = nullptr; ///< 1 for each byte that was written
};

template <typename T> static inline T *lanesOf(Warp &warp, uint32_t offset) {
  return reinterpret_cast<T *>(warp.registers + offset);
}

/// Calls f(lane) for the lanes in the mask.
template <typename F>
[[gnu::always_inline]] static inline void forLanes(uint32_t mask, F f) {
  if (mask == kAllLanes) {
#pragma GCC ivdep
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      f(lane);
    return;
  }
  for (; mask != 0; mask &= mask - 1)
    f(static_cast<uint32_t>(__builtin_ctz(mask)));
}

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_WARP_H
