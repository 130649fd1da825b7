// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How the warps of a block take turns, and how the lanes of a warp part and
// meet again.
#include "ptx/block.h"

#include <algorithm>
#include <cstring>

namespace tconv::ptx {
namespace {

/// Of the frame that a warp begins with: it is never left this way.
constexpr uint32_t kNever = ~0u;
/// Instructions after which a warp looks whether the launch was stopped.
constexpr uint64_t kSlice = 1 << 16;

} // namespace

Block::Block(LaunchState &state)
    : state(state), program(state.program), random(state.options.seed) {
  const LaunchConfig &config = state.config;
  threads = config.block[0] * config.block[1] * config.block[2];
  uint32_t warpCount = (threads + kLanes - 1) / kLanes;
  warps.resize(warpCount);
  opCounts.resize(program.ops.size());
  traffic.resize(program.memory.size());
  uint64_t sharedBytes = program.staticShared;
  if (config.sharedBytes > 0)
    sharedBytes = (sharedBytes + program.sharedAlignment - 1) /
                      program.sharedAlignment * program.sharedAlignment +
                  config.sharedBytes;
  shared.resize(kSharedBase + sharedBytes);
  uint64_t fileBytes = (program.fileBytes + 63) / 64 * 64;
  fileStorage.reset(new uint8_t[fileBytes * warpCount + 64]());
  uint8_t *file = fileStorage.get();
  file += (64 - reinterpret_cast<uintptr_t>(file) % 64) % 64;
  writtenStorage.resize(static_cast<size_t>(program.trackedCount) * warpCount);
  localStorage.resize(program.localBytes * kLanes * warpCount);
  localWrittenStorage.resize(localStorage.size());
  for (uint32_t index = 0; index < warpCount; ++index) {
    Warp &warp = warps[index];
    warp.block = this;
    warp.index = index;
    warp.registers = file + fileBytes * index;
    warp.written = writtenStorage.data() +
                   static_cast<size_t>(program.trackedCount) * index;
    warp.local = localStorage.data() + program.localBytes * kLanes * index;
    warp.localWritten =
        localWrittenStorage.data() + program.localBytes * kLanes * index;
    uint32_t left = threads - index * kLanes;
    warp.first = left >= kLanes ? kAllLanes : (1u << left) - 1;
    auto fill = [&](uint32_t offset, uint8_t bytes, uint64_t value) {
      uint8_t *to = warp.registers + offset;
      if (bytes == 0) {
        std::memcpy(to, &value, 4);
        return;
      }
      for (uint32_t lane = 0; lane < kLanes; ++lane)
        std::memcpy(to + lane * bytes, &value, bytes);
    };
    for (const Constant &constant : program.constants)
      fill(constant.offset, constant.bytes, constant.value);
    for (const SymbolUse &symbol : program.symbols)
      fill(symbol.offset, symbol.bytes,
           state.globals[symbol.variable] + symbol.addend);
  }
}

std::array<uint32_t, 3> Block::threadOf(const Warp &warp, uint32_t lane) const {
  const LaunchConfig &config = state.config;
  uint32_t thread = warp.index * kLanes + lane % kLanes;
  return {thread % config.block[0], thread / config.block[0] % config.block[1],
          thread / config.block[0] / config.block[1]};
}

void Block::fatal(FindingKind kind, Warp &warp, const Op &op, uint32_t lane,
                  const std::string &message) {
  state.report(kind, op, message, position, threadOf(warp, lane));
  state.stop = true;
  throw StopBlock();
}

void Block::note(FindingKind kind, Warp &warp, const Op &op, uint32_t lane,
                 const std::string &message) {
  state.report(kind, op, message, position, threadOf(warp, lane));
}

/// Gives a warp the state in which it begins.
void Block::prepare(Warp &warp) {
  const LaunchConfig &config = state.config;
  warp.live = warp.first;
  warp.frames.clear();
  warp.frames.push_back({0, kNever, warp.first});
  warp.syncs = 0;
  warp.waiting = false;
  warp.copies.clear();
  std::fill(std::begin(warp.commits), std::end(warp.commits), 0);
  std::fill(warp.written, warp.written + program.trackedCount, 0);
  for (const auto &[offset, bytes] : program.trackedRegisters)
    std::memset(warp.registers + offset, 0, bytes);
  size_t localBytes = program.localBytes * kLanes;
  std::fill(warp.localWritten, warp.localWritten + localBytes, 0);
  for (const SpecialUse &use : program.specials) {
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      std::array<uint32_t, 3> thread = threadOf(warp, lane);
      uint64_t value = 0;
      uint8_t special = use.special;
      if (special < 3) {
        value = thread[special];
      } else if (special < 6) {
        value = config.block[special - 3];
      } else if (special < 9) {
        value = position[special - 6];
      } else if (special < 12) {
        value = config.grid[special - 9];
      } else {
        uint32_t one = 1u << lane;
        switch (static_cast<Special>(special)) {
        case Special::Laneid:
          value = lane;
          break;
        case Special::Warpid:
          value = warp.index;
          break;
        case Special::Nwarpid:
          value = warps.size();
          break;
        case Special::LanemaskEq:
          value = one;
          break;
        case Special::LanemaskLe:
          value = one | (one - 1);
          break;
        case Special::LanemaskLt:
          value = one - 1;
          break;
        case Special::LanemaskGe:
          value = ~(one - 1);
          break;
        case Special::LanemaskGt:
          value = ~(one | (one - 1));
          break;
        case Special::Nsmid:
        case Special::Gridid:
          value = 1;
          break;
        case Special::DynamicShared:
          value = config.sharedBytes;
          break;
        case Special::TotalShared:
          value = shared.size() - kSharedBase;
          break;
        default: // one multiprocessor
          value = 0;
          break;
        }
      }
      std::memcpy(warp.registers + use.offset + lane * use.bytes, &value,
                  use.bytes);
    }
  }
}

void Block::run(uint64_t which) {
  const LaunchConfig &config = state.config;
  number = which;
  position = {static_cast<uint32_t>(which % config.grid[0]),
              static_cast<uint32_t>(which / config.grid[0] % config.grid[1]),
              static_cast<uint32_t>(which / config.grid[0] / config.grid[1])};
  epoch = 1;
  // The same whoever runs the block.
  random.seed(state.options.seed + which * 0x9e3779b97f4a7c15ull);
  // Not zero: what was never written must not look like padding.
  std::fill(shared.begin(), shared.end(), 0xff);
  if (state.options.checkShared)
    shadow.reset(shared.size(), program.sharedGranule);
  for (Warp &warp : warps)
    prepare(warp);
  // Other threads of the host may have stored to what this one only read.
  for (View &view : views) {
    if (!view.shadow && !view.allocation->readOnly)
      view.shadow = state.findShadow(*view.allocation);
  }
  budget = state.options.maximumInstructions;
  if (budget > ~0ull / warps.size())
    budget = ~0ull / warps.size();
  budget *= warps.size();
  ++counts.blocks;
  try {
    schedule();
  } catch (const StopBlock &) {
  }
}

void Block::schedule() {
  Schedule policy = state.options.schedule;
  size_t turn = 0;
  while (true) {
    // The next warp that can run, in the order of the policy.
    size_t count = warps.size();
    size_t start = policy == Schedule::RoundRobin ? turn++ % count
                   : policy == Schedule::Random   ? random() % count
                                                  : 0;
    Warp *chosen = nullptr;
    bool anyWaits = false;
    for (size_t step = 0; step < count; ++step) {
      size_t index = (start + step) % count;
      if (policy == Schedule::Reverse)
        index = count - 1 - index;
      Warp &warp = warps[index];
      anyWaits |= warp.waiting;
      if (warp.live != 0 && !warp.waiting && !chosen)
        chosen = &warp;
    }
    if (!chosen) {
      if (!anyWaits)
        return;
      releaseBarrier();
      continue;
    }
    uint64_t quantum = policy == Schedule::RoundRobin ? 1
                       : policy == Schedule::Random   ? 1 + random() % 32
                                                      : kSlice;
    quantum = std::min(quantum, budget);
    budget -= runWarp(*chosen, quantum);
    if (budget == 0 && chosen->live != 0)
      fatal(FindingKind::InstructionLimit, *chosen,
            program.ops[chosen->frames.back().pc], 0,
            "more than " + std::to_string(state.options.maximumInstructions) +
                " instructions a warp");
    if (state.stop)
      throw StopBlock();
  }
}

void Block::track(Warp &warp, const Op &op, uint32_t mask) {
  const uint32_t *words = program.tracked.data() + op.checkBegin;
  uint32_t all = kAllLanes;
  for (uint32_t index = 0; index < op.checks; ++index) {
    uint32_t written = warp.written[words[index]];
    if (!op.propagates && (~written & mask) != 0) {
      uint32_t lane = static_cast<uint32_t>(__builtin_ctz(~written & mask));
      note(FindingKind::UnwrittenRegister, warp, op, lane,
           "register " + program.trackedNames[words[index]] +
               " was not written");
      warp.written[words[index]] |= mask; // said once
    }
    if (op.selects) {
      // Where the other one is chosen it doesn't matter.
      uint32_t offset = program.trackedRegisters[words[index]].first;
      uint32_t chosen = *lanesOf<uint32_t>(warp, op.c);
      if (offset != op.c) {
        if (offset != op.a)
          written |= chosen;
        if (offset != op.b)
          written |= ~chosen;
      }
    }
    all &= written;
  }
  for (uint32_t index = 0; index < op.notes; ++index) {
    uint32_t &written = warp.written[words[op.checks + index]];
    if (op.propagates)
      written = (written & ~mask) | (all & mask);
    else
      written |= mask;
  }
}

/// Runs up to `quantum` operations; returns how many.
uint64_t Block::runWarp(Warp &warp, uint64_t quantum) {
  const Op *ops = program.ops.data();
  OpCount *opCount = opCounts.data();
  uint32_t pc = warp.frames.back().pc;
  uint32_t mask = warp.frames.back().mask;
  uint32_t rejoin = warp.frames.back().rejoin;
  auto reload = [&] {
    pc = warp.frames.back().pc;
    mask = warp.frames.back().mask;
    rejoin = warp.frames.back().rejoin;
  };
  uint64_t done = 0;
  while (done < quantum) {
    ++done;
    const Op &op = ops[pc];
    uint32_t active = mask;
    if (op.guard != 0) {
      uint32_t guard = *lanesOf<uint32_t>(warp, op.guard);
      active &= op.guardNegated ? ~guard : guard;
    }
    ++opCount[pc].warps;
    opCount[pc].lanes +=
        active == kAllLanes ? kLanes
                            : static_cast<uint64_t>(__builtin_popcount(active));
    if ((op.checks | op.notes) != 0 && active != 0)
      track(warp, op, active);
    switch (op.control) {
    case Control::None:
      if (active != 0) {
        if (op.aligned && active != kAllLanes)
          fatal(FindingKind::DivergentWarp, warp, op,
                static_cast<uint32_t>(__builtin_ctz(active)),
                "some lanes of the warp are not here");
        op.handler(warp, op, active);
      }
      ++pc;
      break;
    case Control::Branch:
      if (active == mask) {
        pc = op.target;
      } else if (active == 0) {
        ++pc;
      } else {
        diverge(warp, op, pc, active, mask & ~active);
        reload();
      }
      break;
    case Control::Exit:
      if (active == 0) {
        ++pc;
        break;
      }
      warp.frames.back().pc = pc + 1;
      if (!leave(warp, active))
        return done;
      reload();
      break;
    case Control::Barrier:
      ++pc;
      if (active == 0)
        break;
      if (active != warp.first)
        fatal(FindingKind::DivergentBarrier, warp, op,
              static_cast<uint32_t>(__builtin_ctz(active)),
              "some threads of the warp are not at this barrier");
      warp.frames.back().pc = pc;
      arrive(warp, op, active);
      return done;
    case Control::Trap:
      if (active != 0)
        fatal(FindingKind::Trap, warp, op,
              static_cast<uint32_t>(__builtin_ctz(active)), "trap");
      ++pc;
      break;
    }
    while (pc == rejoin) {
      warp.frames.pop_back();
      reload();
    }
  }
  warp.frames.back().pc = pc;
  return done;
}

void Block::diverge(Warp &warp, const Op &op, uint32_t pc, uint32_t taken,
                    uint32_t rest) {
  ++counts.divergentBranches;
  // Where the frame's own end is where both ways meet, nothing is left to do
  // in between.
  if (warp.frames.back().rejoin == op.rejoin)
    warp.frames.pop_back();
  else
    warp.frames.back().pc = op.rejoin;
  if (op.target != op.rejoin)
    warp.frames.push_back({op.target, op.rejoin, taken});
  if (pc + 1 != op.rejoin)
    warp.frames.push_back({pc + 1, op.rejoin, rest});
}

/// Ends lanes; returns whether any is left.
bool Block::leave(Warp &warp, uint32_t mask) {
  warp.live &= ~mask;
  for (Frame &frame : warp.frames)
    frame.mask &= ~mask;
  while (!warp.frames.empty() && warp.frames.back().mask == 0)
    warp.frames.pop_back();
  // What nobody waits for any more.
  for (AsyncCopy &copy : warp.copies)
    copy.mask &= warp.live;
  return warp.live != 0;
}

void Block::arrive(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t lane = static_cast<uint32_t>(__builtin_ctz(mask));
  const uint32_t *ids = lanesOf<uint32_t>(warp, op.a);
  for (uint32_t other = 0; other < kLanes; ++other) {
    if ((mask >> other & 1) != 0 && ids[other] != ids[lane])
      fatal(FindingKind::DivergentBarrier, warp, op, other,
            "threads of a warp are at different barriers");
  }
  if (op.b != 0) {
    uint32_t wanted = lanesOf<uint32_t>(warp, op.b)[lane];
    if (wanted != warps.size() * kLanes && wanted != threads)
      fatal(FindingKind::Unsupported, warp, op, lane,
            "a barrier of " + std::to_string(wanted) +
                " of the block's threads");
  }
  ++counts.barriers;
  warp.waiting = true;
  warp.barrier = ids[lane];
  warp.barrierOp = &op;
}

/// No warp can run and some wait: that is all of them, or a mistake.
void Block::releaseBarrier() {
  Warp *waiting = nullptr;
  for (Warp &warp : warps) {
    if (warp.waiting && !waiting)
      waiting = &warp;
  }
  for (Warp &warp : warps) {
    if (!warp.waiting)
      fatal(FindingKind::DivergentBarrier, *waiting, *waiting->barrierOp, 0,
            "warp " + std::to_string(warp.index) +
                " left without coming to this barrier");
    if (warp.barrier != waiting->barrier)
      fatal(FindingKind::DivergentBarrier, *waiting, *waiting->barrierOp, 0,
            "warp " + std::to_string(warp.index) + " waits at barrier " +
                std::to_string(warp.barrier) + ", this one at " +
                std::to_string(waiting->barrier));
  }
  ++epoch;
  for (Warp &warp : warps) {
    warp.waiting = false;
    warp.syncs = 0;
  }
}

void Block::addCounts(Counts &total) const {
  total.blocks += counts.blocks;
  total.barriers += counts.barriers;
  total.divergentBranches += counts.divergentBranches;
  total.globalLoadBytes += counts.globalLoadBytes;
  total.globalStoreBytes += counts.globalStoreBytes;
  total.sharedLoadBytes += counts.sharedLoadBytes;
  total.sharedStoreBytes += counts.sharedStoreBytes;
  total.globalLoadSectors += counts.globalLoadSectors;
  total.globalLoadSectorsLeast += counts.globalLoadSectorsLeast;
  total.globalStoreSectors += counts.globalStoreSectors;
  total.globalStoreSectorsLeast += counts.globalStoreSectorsLeast;
  total.sharedPasses += counts.sharedPasses;
  total.sharedPassesLeast += counts.sharedPassesLeast;
  // An instruction may be several operations; the first one counts.
  uint32_t last = kNever;
  for (size_t index = 0; index < program.ops.size(); ++index) {
    uint32_t which = program.ops[index].instruction;
    if (which == last || opCounts[index].warps == 0)
      continue;
    last = which;
    const Instruction &instruction = program.function->instructions[which];
    std::string name = instruction.opcode;
    for (const std::string &modifier : instruction.modifiers)
      name += "." + modifier;
    total.byOpcode[name] += opCounts[index].lanes;
    total.warpInstructions += opCounts[index].warps;
    total.laneInstructions += opCounts[index].lanes;
  }
}

} // namespace tconv::ptx
