// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is looked at before memory is touched: bounds, alignment, whether it
// was written, and who else was there.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "ptx/block.h"

namespace tconv::ptx {
namespace {

std::string hexadecimal(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
  return text;
}

std::string threadName(uint64_t stamp) {
  uint32_t warp = Stamp::warp(stamp);
  if (warp == Stamp::kManyWarps)
    return "threads of several warps";
  uint32_t lane = Stamp::lane(stamp);
  if (lane >= kLanes)
    return "threads of warp " + std::to_string(warp);
  return "thread " + std::to_string(warp * kLanes + lane);
}

} // namespace

void Block::checkAlignment(Warp &warp, const Op &op, const Addresses &addresses,
                           uint32_t mask, uint32_t bytes, Space space) {
  uint64_t all = 0;
  for (uint32_t lane = 0; lane < kLanes; ++lane)
    all |= addresses[lane];
  if ((all & (bytes - 1)) == 0)
    return;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) != 0 && (addresses[lane] & (bytes - 1)) != 0)
      fatal(FindingKind::Misaligned, warp, op, lane,
            "address " + hexadecimal(addresses[lane]) + " of " +
                spaceName(space) + " memory is no multiple of " +
                std::to_string(bytes));
  }
}

void Block::checkShared(Warp &warp, const Op &op, const Addresses &addresses,
                        uint32_t mask, uint32_t bytes) {
  uint64_t highest = 0;
  uint64_t lowest = ~0ull;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    highest = std::max(highest, addresses[lane]);
    lowest = std::min(lowest, addresses[lane]);
  }
  if (lowest >= kSharedBase && highest + bytes <= shared.size() &&
      highest + bytes > highest)
    return;
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    uint64_t address = addresses[lane];
    if ((mask >> lane & 1) != 0 &&
        (address < kSharedBase || address > shared.size() ||
         bytes > shared.size() - address))
      fatal(FindingKind::OutOfBounds, warp, op, lane,
            std::to_string(bytes) + " bytes at " + hexadecimal(address) +
                " of shared memory, which is from " + hexadecimal(kSharedBase) +
                " to " + hexadecimal(shared.size()));
  }
}

void Block::outOfBounds(Warp &warp, const Op &op, uint64_t address,
                        uint32_t lane, uint32_t bytes) {
  bool inside = false;
  const Allocation *near = state.memory.find(address, inside);
  std::string where = "no allocation is near";
  if (near)
    where = std::to_string(address - near->address) + " bytes into '" +
            near->name + "', which has " + std::to_string(near->bytes);
  fatal(FindingKind::OutOfBounds, warp, op, lane,
        std::to_string(bytes) + " bytes at " + hexadecimal(address) +
            " of global memory: " + where);
}

void Block::addView(const Allocation &allocation) {
  View view;
  view.allocation = &allocation;
  view.begin = allocation.address;
  view.end = allocation.address + allocation.bytes;
  view.data = allocation.data;
  view.written = allocation.written.get();
  view.shadow = state.findShadow(allocation);
  views.insert(views.begin(), view);
}

const View &Block::viewOfLane(Warp &warp, const Op &op, uint64_t address,
                              uint32_t lane, uint32_t bytes) {
  for (const View &view : views) {
    if (address >= view.begin && address < view.end) {
      if (bytes > view.end - address)
        outOfBounds(warp, op, address, lane, bytes);
      return view;
    }
  }
  bool inside = false;
  const Allocation *found = state.memory.find(address, inside);
  if (!inside || bytes > found->bytes - (address - found->address))
    outOfBounds(warp, op, address, lane, bytes);
  addView(*found);
  return views.front();
}

const View *Block::viewOf(Warp &warp, const Op &op, const Addresses &addresses,
                          uint32_t mask, uint32_t bytes) {
  uint64_t lowest = addresses[0];
  uint64_t highest = addresses[0];
  for (uint32_t lane = 1; lane < kLanes; ++lane) {
    lowest = std::min(lowest, addresses[lane]);
    highest = std::max(highest, addresses[lane]);
  }
  for (const View &view : views) {
    if (lowest >= view.begin && highest < view.end &&
        bytes <= view.end - highest)
      return &view;
  }
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    if ((mask >> lane & 1) != 0)
      viewOfLane(warp, op, addresses[lane], lane, bytes);
  }
  for (const View &view : views) {
    if (lowest >= view.begin && highest < view.end)
      return &view;
  }
  return nullptr;
}

//===- Shared memory --------------------------------------------------------//

void Block::readCell(Warp &warp, const Op &op, uint64_t cell, uint64_t now) {
  uint32_t lane = Stamp::lane(now);
  uint64_t before = shadow.reads[cell];
  uint64_t write = shadow.writes[cell];
  if (shadow.copies[cell] != 0)
    note(FindingKind::CopyRace, warp, op, lane,
         "reads what cp.async of thread " +
             std::to_string(shadow.copies[cell] - 1) +
             " may not have brought yet, at " +
             hexadecimal(cell << shadow.shift));
  else if (write == 0)
    note(FindingKind::UnwrittenMemory, warp, op, lane,
         "nothing was written at " + hexadecimal(cell << shadow.shift) +
             " of shared memory");
  else if (!Stamp::ordered(write, now))
    note(FindingKind::SharedRace, warp, op, lane,
         "reads what " + threadName(write) + " wrote at " +
             hexadecimal(cell << shadow.shift) + " with no barrier between");
  shadow.reads[cell] = before == 0 ? now : Stamp::join(before, now);
}

void Block::writeShared(Warp &warp, const Op &op, uint64_t offset,
                        uint32_t bytes, uint32_t lane) {
  uint64_t now = Stamp::make(epoch, warp.syncs, warp.index, lane);
  uint64_t last = (offset + bytes - 1) >> shadow.shift;
  for (uint64_t cell = offset >> shadow.shift; cell <= last; ++cell) {
    uint64_t read = shadow.reads[cell];
    uint64_t write = shadow.writes[cell];
    if (shadow.copies[cell] != 0)
      note(FindingKind::CopyRace, warp, op, lane,
           "writes where cp.async of thread " +
               std::to_string(shadow.copies[cell] - 1) + " is under way, at " +
               hexadecimal(cell << shadow.shift));
    else if (read != 0 && !Stamp::ordered(read, now))
      note(FindingKind::SharedRace, warp, op, lane,
           "writes what " + threadName(read) + " read at " +
               hexadecimal(cell << shadow.shift) + " with no barrier between");
    else if (write != 0 && !Stamp::ordered(write, now))
      note(FindingKind::SharedRace, warp, op, lane,
           "writes what " + threadName(write) + " wrote at " +
               hexadecimal(cell << shadow.shift) + " with no barrier between");
    shadow.writes[cell] = now;
    shadow.reads[cell] = 0;
  }
}

void Block::issueCopy(Warp &warp, const Op &op, uint64_t offset, uint32_t bytes,
                      uint32_t lane) {
  // From now on it may happen at any time: as a write now, first of all.
  writeShared(warp, op, offset, bytes, lane);
  uint64_t last = (offset + bytes - 1) >> shadow.shift;
  for (uint64_t cell = offset >> shadow.shift; cell <= last; ++cell)
    shadow.copies[cell] = static_cast<uint16_t>(warp.index * kLanes + lane + 1);
}

void Block::finishCopy(Warp &warp, const Op &, uint64_t offset, uint32_t bytes,
                       uint32_t lane) {
  uint64_t now = Stamp::make(epoch, warp.syncs, warp.index, lane);
  uint64_t last = (offset + bytes - 1) >> shadow.shift;
  for (uint64_t cell = offset >> shadow.shift; cell <= last; ++cell) {
    shadow.copies[cell] = 0;
    shadow.writes[cell] = now;
    shadow.reads[cell] = 0;
  }
}

//===- Global memory --------------------------------------------------------//

void Block::readGlobal(Warp &warp, const Op &op, const View &view,
                       uint64_t address, uint32_t bytes, uint32_t lane) {
  uint64_t offset = address - view.begin;
  if (view.written && std::memchr(view.written + offset, 0, bytes) != nullptr)
    note(FindingKind::UnwrittenMemory, warp, op, lane,
         "nothing was written " + std::to_string(offset) + " bytes into '" +
             view.allocation->name + "'");
  if (!view.shadow)
    return;
  const uint64_t *cell = view.shadow->at(address);
  const uint64_t *last = view.shadow->at(address + bytes - 1);
  uint64_t thread = warp.index * kLanes + lane;
  for (; cell <= last; ++cell) {
    uint64_t writer = __atomic_load_n(cell, __ATOMIC_RELAXED);
    if (writer == 0)
      continue;
    if (writer >> 32 != number + 1)
      note(FindingKind::GlobalRace, warp, op, lane,
           "reads what block " + std::to_string((writer >> 32) - 1) +
               " wrote in the same launch, " + std::to_string(offset) +
               " bytes into '" + view.allocation->name + "'");
    else if ((writer & 2047) != thread &&
             (writer >> 11 & 0x1fffff) == (epoch & 0x1fffff) &&
             ((writer & 2047) / kLanes != warp.index || warp.syncs == 0))
      note(FindingKind::GlobalRace, warp, op, lane,
           "reads what thread " + std::to_string(writer & 2047) +
               " wrote with no barrier between, " + std::to_string(offset) +
               " bytes into '" + view.allocation->name + "'");
  }
}

void Block::writeGlobal(Warp &warp, const Op &op, const View &view,
                        uint64_t address, uint32_t bytes, uint32_t lane) {
  uint64_t offset = address - view.begin;
  if (view.written)
    std::memset(view.written + offset, 1, bytes);
  if (!state.options.checkGlobal)
    return;
  // The first store to an allocation makes its shadow.
  if (!view.shadow) {
    for (View &one : views) {
      if (&one == &view)
        one.shadow = state.shadowOf(*view.allocation);
    }
  }
  uint64_t *cell = view.shadow->at(address);
  uint64_t *last = view.shadow->at(address + bytes - 1);
  uint64_t thread = warp.index * kLanes + lane;
  uint64_t now = (number + 1) << 32 |
                 static_cast<uint64_t>(epoch & 0x1fffff) << 11 | thread;
  for (; cell <= last; ++cell) {
    uint64_t writer = __atomic_exchange_n(cell, now, __ATOMIC_RELAXED);
    if (writer == 0)
      continue;
    if (writer >> 32 != number + 1)
      note(FindingKind::GlobalRace, warp, op, lane,
           "writes what block " + std::to_string((writer >> 32) - 1) +
               " wrote in the same launch, " + std::to_string(offset) +
               " bytes into '" + view.allocation->name + "'");
    else if ((writer & 2047) != thread &&
             (writer >> 11 & 0x1fffff) == (epoch & 0x1fffff) &&
             ((writer & 2047) / kLanes != warp.index || warp.syncs == 0))
      note(FindingKind::GlobalRace, warp, op, lane,
           "writes what thread " + std::to_string(writer & 2047) +
               " wrote with no barrier between, " + std::to_string(offset) +
               " bytes into '" + view.allocation->name + "'");
  }
}

} // namespace tconv::ptx
