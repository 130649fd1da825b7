// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Handlers of operations that touch memory or other lanes.
#ifndef TCONV_TOOLS_PTX_HANDLERS_H
#define TCONV_TOOLS_PTX_HANDLERS_H

#include "ptx/op.h"

namespace tconv::ptx {

// handlers_warp.cpp
void doNothing(Warp &warp, const Op &op, uint32_t mask);
/// a: lanes that take part.
void syncWarp(Warp &warp, const Op &op, uint32_t mask);
/// dst; a: predicate "the source lane exists"; b: 0 up, 1 down, 2 bfly, 3 idx;
/// list: value, lane, clamp, lanes that take part.
void shuffle(Warp &warp, const Op &op, uint32_t mask);
/// a: predicate; b: lanes that take part; c: 0 all, 1 any, 2 uni, 3 ballot;
/// immediate: whether the predicate is negated.
void vote(Warp &warp, const Op &op, uint32_t mask);
/// a: what must be less than `immediate`.
void checkIndex(Warp &warp, const Op &op, uint32_t mask);
void activeMask(Warp &warp, const Op &op, uint32_t mask);
/// Finds operands of mma that are no TF32: list of offsets, c of them.
void checkTf32(Warp &warp, const Op &op, uint32_t mask);

// handlers_memory.cpp; extra: the MemoryForm, a: base, immediate: offset.
void load(Warp &warp, const Op &op, uint32_t mask);
void store(Warp &warp, const Op &op, uint32_t mask);
/// b, c: operands.
void atomic(Warp &warp, const Op &op, uint32_t mask);
void prefetch(Warp &warp, const Op &op, uint32_t mask);
void loadMatrix(Warp &warp, const Op &op, uint32_t mask);
void storeMatrix(Warp &warp, const Op &op, uint32_t mask);
/// dst, a; b: 1 to a generic address, 0 from one; c: the Space.
void convertAddress(Warp &warp, const Op &op, uint32_t mask);

// handlers_copy.cpp
/// a: target, with `immediate`; b: source, with the addend in the form's
/// registers[0]; c: bytes to read, 0: all.
void copyAsync(Warp &warp, const Op &op, uint32_t mask);
void commitGroup(Warp &warp, const Op &op, uint32_t mask);
/// immediate: groups that may stay under way.
void waitGroup(Warp &warp, const Op &op, uint32_t mask);
void waitAll(Warp &warp, const Op &op, uint32_t mask);

enum class AtomicOperation : uint8_t {
  Add,
  Min,
  Max,
  And,
  Or,
  Xor,
  Exch,
  Cas,
  Inc,
  Dec
};

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_HANDLERS_H
