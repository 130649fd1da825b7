// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/block.h"
#include "ptx/handlers.h"

namespace tconv::ptx {
namespace {

/// The lanes that a .sync instruction names have to be here.
void checkMembers(Warp &warp, const Op &op, uint32_t mask,
                  const uint32_t *members) {
  forLanes(mask, [&](uint32_t lane) {
    if ((members[lane] & warp.live & ~mask) != 0)
      warp.block->fatal(FindingKind::DivergentWarp, warp, op, lane,
                        "lanes of the mask are not here");
    if ((members[lane] >> lane & 1) == 0)
      warp.block->fatal(FindingKind::DivergentWarp, warp, op, lane,
                        "the lane itself is not in the mask");
  });
}

} // namespace

void doNothing(Warp &, const Op &, uint32_t) {}

void syncWarp(Warp &warp, const Op &op, uint32_t mask) {
  checkMembers(warp, op, mask, lanesOf<uint32_t>(warp, op.a));
  // One of a part of the lanes orders nothing here: the clock is the warp's.
  if (mask == warp.live)
    ++warp.syncs;
}

void shuffle(Warp &warp, const Op &op, uint32_t mask) {
  const auto *list = reinterpret_cast<const uint32_t *>(op.immediate);
  const uint32_t *a = lanesOf<uint32_t>(warp, list[0]);
  const uint32_t *b = lanesOf<uint32_t>(warp, list[1]);
  const uint32_t *c = lanesOf<uint32_t>(warp, list[2]);
  checkMembers(warp, op, mask, lanesOf<uint32_t>(warp, list[3]));
  uint32_t values[kLanes];
  uint32_t valid = 0;
  forLanes(mask, [&](uint32_t lane) {
    uint32_t by = b[lane] & 31;
    uint32_t clamp = c[lane] & 31;
    uint32_t segment = c[lane] >> 8 & 31;
    uint32_t most = (lane & segment) | (clamp & ~segment);
    uint32_t least = lane & segment;
    uint32_t from = lane;
    bool inside = false;
    switch (op.b) {
    case 0:
      inside =
          lane >= by && static_cast<int>(lane - by) >= static_cast<int>(most);
      from = lane - by;
      break;
    case 1:
      from = lane + by;
      inside = from <= most;
      break;
    case 2:
      from = lane ^ by;
      inside = from <= most;
      break;
    default:
      from = least | (by & ~segment);
      inside = from <= most;
      break;
    }
    if (!inside)
      from = lane;
    if ((mask >> (from & 31) & 1) == 0)
      warp.block->note(FindingKind::DivergentWarp, warp, op, lane,
                       "takes a value of lane " + std::to_string(from) +
                           ", which is not here");
    values[lane] = a[from & 31];
    valid |= static_cast<uint32_t>(inside) << lane;
  });
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  forLanes(mask, [&](uint32_t lane) { d[lane] = values[lane]; });
  uint32_t *p = lanesOf<uint32_t>(warp, op.a);
  *p = (*p & ~mask) | valid;
}

void vote(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *members = lanesOf<uint32_t>(warp, op.b);
  checkMembers(warp, op, mask, members);
  uint32_t what = *lanesOf<uint32_t>(warp, op.a);
  if (op.immediate)
    what = ~what;
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  uint32_t result = 0;
  forLanes(mask, [&](uint32_t lane) {
    uint32_t asked = members[lane] & mask;
    uint32_t yes = what & asked;
    bool answer = op.c == 0   ? yes == asked
                  : op.c == 1 ? yes != 0
                              : yes == asked || yes == 0;
    if (op.c == 3)
      d[lane] = yes;
    else
      result |= static_cast<uint32_t>(answer) << lane;
  });
  if (op.c != 3)
    *d = (*d & ~mask) | result;
}

void checkIndex(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *a = lanesOf<uint32_t>(warp, op.a);
  forLanes(mask, [&](uint32_t lane) {
    if (a[lane] >= op.immediate)
      warp.block->fatal(FindingKind::OutOfBounds, warp, op, lane,
                        "index " + std::to_string(a[lane]) + " of " +
                            std::to_string(op.immediate) + " labels");
  });
}

void activeMask(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  forLanes(mask, [&](uint32_t lane) { d[lane] = mask; });
}

void checkTf32(Warp &warp, const Op &op, uint32_t mask) {
  const auto *list = reinterpret_cast<const uint32_t *>(op.immediate);
  for (uint32_t index = 0; index < op.c; ++index) {
    const uint32_t *values = lanesOf<uint32_t>(warp, list[index]);
    uint32_t low = 0;
    for (uint32_t lane = 0; lane < kLanes; ++lane)
      low |= values[lane];
    if ((low & 0x1fff) == 0)
      continue;
    forLanes(mask, [&](uint32_t lane) {
      // The NaN that cvt makes has all its bits.
      if ((values[lane] & 0x1fff) != 0 &&
          (values[lane] & 0x7fffffff) != 0x7fffffff)
        warp.block->note(FindingKind::NotTf32, warp, op, lane,
                         "an operand has more bits than TF32");
    });
  }
}

} // namespace tconv::ptx
