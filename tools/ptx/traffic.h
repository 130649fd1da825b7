// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How well the addresses of a warp fit the memories.
#ifndef TCONV_TOOLS_PTX_TRAFFIC_H
#define TCONV_TOOLS_PTX_TRAFFIC_H

#include <cstdint>

#include "ptx/op.h"

namespace tconv::ptx {

/// The last pattern of an access and what it cost: loops repeat patterns.
struct Traffic {
  uint32_t mask = 0; ///< 0: none yet
  uint32_t phase = 0;
  uint32_t deltas[kLanes] = {};
  uint32_t cost = 0;
  uint32_t least = 0;
};

/// Sectors of 32 bytes in global memory. Lanes outside of `mask` repeat one
/// inside.
void countSectors(const uint64_t (&addresses)[kLanes], uint32_t mask,
                  uint32_t bytes, Traffic &traffic);

/// Passes through the 32 banks of 4 bytes of shared memory: lanes that want
/// different words of one bank take turns. Accesses of 8 bytes go by half
/// warps, of 16 by quarters.
void countPasses(const uint64_t (&addresses)[kLanes], uint32_t mask,
                 uint32_t bytes, Traffic &traffic);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_TRAFFIC_H
