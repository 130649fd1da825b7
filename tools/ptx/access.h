// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From an operation to the addresses of its lanes.
#ifndef TCONV_TOOLS_PTX_ACCESS_H
#define TCONV_TOOLS_PTX_ACCESS_H

#include "ptx/block.h"

namespace tconv::ptx {

/// Lanes outside of the mask get the address of one inside, so that loops over
/// all lanes see nothing strange.
static inline void repeatOne(uint64_t (&addresses)[kLanes], uint32_t mask) {
  if (mask == kAllLanes)
    return;
  uint64_t one = addresses[__builtin_ctz(mask)];
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    addresses[lane] = mask >> lane & 1 ? addresses[lane] : one;
}

/// base + offset, of 64 or 32 bits.
static inline void addressesOf(Warp &warp, uint32_t base, bool hasBase,
                               bool is64, uint64_t offset, uint32_t mask,
                               uint64_t (&addresses)[kLanes]) {
  if (!hasBase) {
    for (uint64_t &address : addresses)
      address = offset;
  } else if (is64) {
    const uint64_t *from = lanesOf<uint64_t>(warp, base);
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      addresses[lane] = from[lane] + offset;
  } else {
    const uint32_t *from = lanesOf<uint32_t>(warp, base);
    uint32_t low = static_cast<uint32_t>(offset);
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      addresses[lane] = static_cast<uint32_t>(from[lane] + low);
  }
  repeatOne(addresses, mask);
}

/// The space of a generic address.
static inline Space spaceOfGeneric(uint64_t address) {
  if (address - kSharedWindow < kWindowBytes)
    return Space::Shared;
  if (address - kLocalWindow < kWindowBytes)
    return Space::Local;
  if (address - kParamWindow < kWindowBytes)
    return Space::Param;
  return Space::Global;
}
static inline uint64_t windowOf(Space space) {
  return space == Space::Shared  ? kSharedWindow
         : space == Space::Local ? kLocalWindow
         : space == Space::Param ? kParamWindow
                                 : 0;
}

/// Calls access(space, mask, addresses) for the lanes of each space.
template <typename F>
void bySpace(Warp &warp, const Op &op, const MemoryForm &form, uint32_t mask,
             F access) {
  uint64_t addresses[kLanes];
  addressesOf(warp, op.a, form.hasBase, form.address64, op.immediate, mask,
              addresses);
  if (form.space != Space::Generic) {
    access(form.space, mask, addresses);
    return;
  }
  while (mask != 0) {
    Space space = spaceOfGeneric(addresses[__builtin_ctz(mask)]);
    uint64_t window = windowOf(space);
    uint32_t same = 0;
    uint64_t offsets[kLanes];
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      if ((mask >> lane & 1) != 0 && spaceOfGeneric(addresses[lane]) == space)
        same |= 1u << lane;
      offsets[lane] = addresses[lane] - window;
    }
    repeatOne(offsets, same);
    access(space, same, offsets);
    mask &= ~same;
  }
}

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_ACCESS_H
