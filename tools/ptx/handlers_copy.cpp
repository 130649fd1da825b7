// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cp.async: copies that may happen at any time between their issue and the
// wait of the thread that issued them.
#include "ptx/handlers.h"

#include <algorithm>
#include <cstring>

#include "ptx/access.h"
#include "ptx/block.h"

namespace tconv::ptx {
namespace {

void copyLane(Block &block, Warp &warp, const AsyncCopy &copy, uint32_t lane) {
  uint8_t *to = block.shared.data() + copy.target[lane];
  uint32_t bytes = copy.sourceBytes[lane];
  if (bytes != 0) {
    const View &view =
        block.viewOfLane(warp, *copy.op, copy.source[lane], lane, bytes);
    std::memcpy(to, view.data + (copy.source[lane] - view.begin), bytes);
  }
  std::memset(to + bytes, 0, copy.bytes - bytes);
}

/// Ends the copies of the lanes in the mask for which `isDone` says so.
template <typename F> void finish(Warp &warp, uint32_t mask, F isDone) {
  Block &block = *warp.block;
  for (AsyncCopy &copy : warp.copies) {
    for (uint32_t rest = copy.mask & mask; rest != 0; rest &= rest - 1) {
      uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
      if (!isDone(copy.group[lane], lane))
        continue;
      copy.mask &= ~(1u << lane);
      if (!block.state.options.eagerCopies)
        copyLane(block, warp, copy, lane);
      if (block.state.options.checkShared)
        block.finishCopy(warp, *copy.op, copy.target[lane], copy.bytes, lane);
    }
  }
  auto isEmpty = [](const AsyncCopy &copy) { return copy.mask == 0; };
  warp.copies.erase(
      std::remove_if(warp.copies.begin(), warp.copies.end(), isEmpty),
      warp.copies.end());
}

} // namespace

void copyAsync(Warp &warp, const Op &op, uint32_t mask) {
  Block &block = *warp.block;
  const MemoryForm &form = block.program.memory[op.extra];
  uint64_t targets[kLanes];
  uint64_t sources[kLanes];
  addressesOf(warp, op.a, true, form.address64, op.immediate, mask, targets);
  addressesOf(warp, op.b, true, true,
              static_cast<uint64_t>(static_cast<int64_t>(
                  static_cast<int32_t>(form.registers[0]))),
              mask, sources);
  block.checkAlignment(warp, op, targets, mask, form.bytes, Space::Shared);
  block.checkAlignment(warp, op, sources, mask, form.bytes, Space::Global);
  block.checkShared(warp, op, targets, mask, form.bytes);
  warp.copies.emplace_back();
  AsyncCopy &copy = warp.copies.back();
  copy.op = &op;
  copy.mask = mask;
  copy.bytes = form.bytes;
  const uint32_t *sizes = op.c ? lanesOf<uint32_t>(warp, op.c) : nullptr;
  uint32_t reading = 0;
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    uint32_t lane = static_cast<uint32_t>(__builtin_ctz(rest));
    uint32_t bytes = sizes ? sizes[lane] : form.bytes;
    if (bytes > form.bytes)
      block.fatal(FindingKind::OutOfBounds, warp, op, lane,
                  "cp.async of " + std::to_string(form.bytes) +
                      " bytes that reads " + std::to_string(bytes));
    copy.group[lane] = warp.commits[lane];
    copy.target[lane] = static_cast<uint32_t>(targets[lane]);
    copy.source[lane] = sources[lane];
    copy.sourceBytes[lane] = bytes;
    block.counts.globalLoadBytes += bytes;
    block.counts.sharedStoreBytes += form.bytes;
    if (bytes != 0) {
      reading |= 1u << lane;
      const View &view = block.viewOfLane(warp, op, sources[lane], lane, bytes);
      if (view.written || view.shadow)
        block.readGlobal(warp, op, view, sources[lane], bytes, lane);
    }
    if (block.state.options.checkShared)
      block.issueCopy(warp, op, targets[lane], form.bytes, lane);
    if (block.state.options.eagerCopies)
      copyLane(block, warp, copy, lane);
  }
  if (block.state.options.countTraffic && reading != 0) {
    repeatOne(sources, reading);
    Traffic &traffic = block.traffic[op.extra];
    countSectors(sources, reading, form.bytes, traffic);
    block.counts.globalLoadSectors += traffic.cost;
    block.counts.globalLoadSectorsLeast += traffic.least;
  }
}

void commitGroup(Warp &warp, const Op &, uint32_t mask) {
  forLanes(mask, [&](uint32_t lane) { ++warp.commits[lane]; });
}

void waitGroup(Warp &warp, const Op &op, uint32_t mask) {
  uint64_t allowed = op.immediate;
  finish(warp, mask, [&](uint32_t group, uint32_t lane) {
    return group + allowed < warp.commits[lane];
  });
}

void waitAll(Warp &warp, const Op &, uint32_t mask) {
  finish(warp, mask, [](uint32_t, uint32_t) { return true; });
}

} // namespace tconv::ptx
