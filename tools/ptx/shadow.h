// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who touched what, and when: the clocks by which races are found.
//
// Threads of a block are ordered by barriers of the block, which all of them
// pass together, and by bar.warp.sync within a warp; by nothing else. So a time
// is the number of the block's barriers passed and that of the warp's syncs
// since, and two accesses, one of them a write, race if neither number orders
// them and different threads made them.
#ifndef TCONV_TOOLS_PTX_SHADOW_H
#define TCONV_TOOLS_PTX_SHADOW_H

#include <cstdint>
#include <memory>
#include <vector>

#include "ptx/op.h"

namespace tconv::ptx {

/// barriers (32 bits), syncs (20), warp (6), lane (6); 0: never.
struct Stamp {
  static constexpr uint32_t kManyWarps = 63;

  static uint64_t make(uint32_t barriers, uint32_t syncs, uint32_t warp,
                       uint32_t lane) {
    return static_cast<uint64_t>(barriers) << 32 |
           static_cast<uint64_t>(syncs & 0xfffff) << 12 | warp << 6 | lane;
  }
  static uint32_t barriers(uint64_t stamp) {
    return static_cast<uint32_t>(stamp >> 32);
  }
  static uint32_t syncs(uint64_t stamp) {
    return static_cast<uint32_t>(stamp >> 12 & 0xfffff);
  }
  static uint32_t warp(uint64_t stamp) {
    return static_cast<uint32_t>(stamp >> 6 & 63);
  }
  static uint32_t lane(uint64_t stamp) {
    return static_cast<uint32_t>(stamp & 63);
  }
  /// Whether `before` came before `now` for certain.
  static bool ordered(uint64_t before, uint64_t now) {
    if (barriers(before) < barriers(now))
      return true;
    if (warp(before) != warp(now))
      return false;
    return syncs(before) < syncs(now) ||
           (lane(before) == lane(now) && lane(now) < kLanes);
  }
  /// The readers `before` and `now` as one stamp, which is ordered before a
  /// write only if both are.
  static uint64_t join(uint64_t before, uint64_t now) {
    if (barriers(before) < barriers(now))
      return now;
    if (warp(before) != warp(now))
      return make(barriers(now), 0, kManyWarps, kLanes);
    if (syncs(before) < syncs(now) || lane(before) == lane(now))
      return now;
    // Several lanes: kLanes stands for them.
    return (now & ~63ull) | kLanes;
  }
};

/// Shared memory in granules: the smallest aligned piece that any access of
/// the kernel touches.
struct SharedShadow {
  std::vector<uint64_t> writes; ///< 0: nobody has written it
  std::vector<uint64_t> reads;  ///< since the last write
  /// 1 + thread of a cp.async that is under way; 0: none.
  std::vector<uint16_t> copies;
  uint32_t shift = 2; ///< of the granule

  void reset(uint64_t bytes, uint32_t granule) {
    shift = static_cast<uint32_t>(__builtin_ctz(granule));
    uint64_t count = (bytes + granule - 1) >> shift;
    writes.assign(count, 0);
    reads.assign(count, 0);
    copies.assign(count, 0);
  }
};

/// The last writer of each granule of an allocation, in one launch: 1 + block
/// (32 bits), barriers (21), thread (11); 0: none. Threads of the host share
/// it.
struct GlobalShadow {
  GlobalShadow(uint64_t begin, uint64_t bytes, uint32_t granule)
      : shift(static_cast<uint32_t>(__builtin_ctz(granule))),
        first(begin >> shift),
        writers(new uint64_t[((begin + bytes - 1) >> shift) - first + 1]()) {}

  uint64_t *at(uint64_t address) const {
    return &writers[(address >> shift) - first];
  }

  uint32_t shift;
  uint64_t first;
  std::unique_ptr<uint64_t[]> writers;
};

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_SHADOW_H
