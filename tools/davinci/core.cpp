// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/core.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstring>

#include "davinci/team.h"

namespace tconv::davinci {
namespace {

int index(Pipe pipe) { return static_cast<int>(pipe); }

std::string hexadecimal(uint64_t value) {
  char text[32];
  std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
  return text;
}

/// Whether an earlier instruction of the same pipe may still be under way at
/// this place. The cube's sums follow each other; its unit looks for the few
/// that don't.
bool overlapsItself(Pipe pipe, bool isWrite, bool otherWrote) {
  if (pipe == Pipe::Scalar || pipe == Pipe::Cube)
    return false;
  // What was read earlier has been read; what was written may not be there.
  return otherWrote && (isWrite || pipe == Pipe::Vector);
}

} // namespace

Core::Core(GlobalMemory &global, Report &report, Policy policy, uint64_t block,
           uint64_t blocks, int number, Team *team)
    : global(global), result(report), policy(policy), blockIndex(block),
      blockCount(blocks), coreNumber(number), team(team), time(number) {
  memories.resize(kSpaces);
}

LocalMemory &Core::local(Space space) {
  std::unique_ptr<LocalMemory> &memory = memories[static_cast<size_t>(space)];
  if (!memory)
    memory = std::make_unique<LocalMemory>(space);
  return *memory;
}

void Core::report(FindingKind kind, Pipe pipe, uint64_t address,
                  const std::string &message) {
  Finding finding;
  finding.kind = kind;
  finding.line = line;
  finding.instruction = instruction;
  finding.pipe = pipe;
  finding.address = address;
  finding.message = message;
  finding.block = blockIndex;
  result.add(std::move(finding));
}

bool Core::expect(bool condition, FindingKind kind, Pipe pipe, uint64_t address,
                  const std::string &message) {
  if (!condition)
    report(kind, pipe, address, message);
  return condition;
}

bool Core::expectAligned(Space space, uint64_t address, uint64_t alignment,
                         Pipe pipe) {
  if (address % alignment == 0)
    return true;
  report(FindingKind::Alignment, pipe, address,
         "address " + hexadecimal(address) + " of " + spaceName(space) +
             " is no multiple of " + std::to_string(alignment));
  return false;
}

void Core::unsupported(Pipe pipe, const std::string &what) {
  report(FindingKind::Unsupported, pipe, 0, what);
  stop();
}

void Core::beginRegions(Pipe pipe) {
  regions.clear();
  regionPipe = pipe;
}

bool Core::addRegion(Space space, uint64_t address, uint64_t bytes,
                     bool isWrite) {
  if (bytes == 0)
    return true;
  if (space == Space::Global) {
    GlobalMemory::View view;
    std::string why;
    if (!global.find(address, bytes, view, why)) {
      report(FindingKind::OutOfBounds, regionPipe, address,
             std::string(isWrite ? "write of " : "read of ") + why);
      return false;
    }
    if (isWrite && view.readOnly) {
      report(FindingKind::ReadOnly, regionPipe, address,
             "write to memory that is read only");
      return false;
    }
  } else {
    uint64_t capacity = spaceCapacity(space);
    if (address > capacity || bytes > capacity - address) {
      report(FindingKind::Capacity, regionPipe, address,
             std::to_string(bytes) + " bytes at " + hexadecimal(address) +
                 " of " + spaceName(space) + ", which has " +
                 std::to_string(capacity));
      return false;
    }
  }
  regions.push_back({space, address, bytes, isWrite});
  return true;
}

void Core::race(const Region &region, uint64_t address, Pipe pipe, Pipe other,
                bool otherWrote) {
  std::string text =
      std::string(pipeName(pipe)) + (region.isWrite ? " writes " : " reads ") +
      hexadecimal(address) + " of " + spaceName(region.space) +
      (pipe == other ? ", which an earlier instruction of its " : ", which ") +
      (pipe == other ? "own" : pipeName(other)) +
      (otherWrote ? " may still be writing" : " may still read");
  report(FindingKind::PipeRace, pipe, address, text);
}

void Core::checkLocal(const Region &region, Pipe pipe, uint32_t now) {
  LocalMemory &memory = local(region.space);
  uint64_t end = region.address + region.bytes;
  uint64_t &highest = result.counts.highest[static_cast<size_t>(region.space)];
  highest = std::max(highest, end);
  bool isRacing = false;
  for (uint64_t at = region.address / kBlock * kBlock; at < end; at += kBlock) {
    BlockShadow &shadow = memory.shadow(at);
    for (int number = 0; number < kPipes && !isRacing; ++number) {
      Pipe other = static_cast<Pipe>(number);
      bool same = other == pipe;
      bool meetsWrite = !time.isDone(pipe, other, shadow.written[number]) &&
                        (!same || (shadow.written[number] != now &&
                                   overlapsItself(pipe, region.isWrite, true)));
      bool meetsRead = !same && region.isWrite &&
                       !time.isDone(pipe, other, shadow.read[number]);
      if (meetsWrite || meetsRead) {
        race(region, at, pipe, other, meetsWrite);
        isRacing = true; // once an instruction and region
      }
    }
    (region.isWrite ? shadow.written : shadow.read)[index(pipe)] = now;
  }
}

void Core::checkGlobal(const Region &region, Pipe pipe, uint32_t now) {
  GlobalMemory::View view;
  std::string why;
  if (!global.find(region.address, region.bytes, view, why))
    return;
  (region.isWrite ? result.counts.globalWriteBytes
                  : result.counts.globalReadBytes) += region.bytes;
  uint16_t own = static_cast<uint16_t>(blockIndex + 1);
  auto otherBlock = [&](const GlobalAccess &access) {
    return access.block != 0 && access.block != own;
  };
  auto otherCore = [&](const GlobalAccess &access) {
    return access.block == own && access.core != coreNumber;
  };
  auto unordered = [&](const GlobalAccess &access, bool wrote) {
    if (access.block != own)
      return false;
    bool isDone = time.isDoneOn(access.core, pipe, access.pipe, access.time);
    if (access.core != coreNumber)
      return !isDone;
    return !(access.pipe == pipe && access.time == now) &&
           (access.pipe != pipe ||
            overlapsItself(pipe, region.isWrite, wrote)) &&
           !isDone;
  };
  bool isRacing = false;
  // Whether there is a race with that access; says so.
  auto meets = [&](const GlobalAccess &other, bool wrote, uint64_t address) {
    bool isOther = otherBlock(other);
    if (!isOther && !unordered(other, wrote))
      return false;
    if (isOther || otherCore(other))
      report(FindingKind::CoreRace, pipe, address,
             std::string(region.isWrite ? "writes" : "reads") +
                 " global memory that " +
                 (isOther ? "block " + std::to_string(other.block - 1)
                          : coreName(other.core) + " of this block") +
                 (wrote ? " writes" : " reads") +
                 (isOther ? "" : "; no flag is between"));
    else
      race(region, address, pipe, other.pipe, wrote);
    return true;
  };
  for (uint64_t at = 0; at < view.shadowCount; ++at) {
    GlobalShadow &shadow = view.shadows[at];
    uint64_t address = region.address + 2 * at;
    if (!isRacing) {
      isRacing = meets(shadow.written, true, address);
      if (region.isWrite && !isRacing && shadow.manyReaders) {
        report(FindingKind::CoreRace, pipe, address,
               "writes global memory that other blocks read");
        isRacing = true;
      }
      for (const GlobalAccess &read : shadow.reads)
        isRacing = isRacing || (region.isWrite && meets(read, false, address));
    }
    GlobalAccess access = {now, own, static_cast<uint8_t>(coreNumber), pipe};
    if (region.isWrite) {
      shadow.written = access;
    } else {
      for (const GlobalAccess &read : shadow.reads)
        shadow.manyReaders |= otherBlock(read);
      shadow.reads[static_cast<size_t>(coreNumber)] = access;
    }
  }
}

void Core::issue(Cost cost, uint64_t bytes, std::function<void()> action) {
  Pipe pipe = regionPipe;
  uint32_t now = time.issue(pipe, cost);
  PipeCounts &counts = result.counts.pipes[static_cast<size_t>(pipe)];
  ++counts.instructions;
  counts.bytes += bytes;
  counts.cycles += cost.busy;
  ++result.counts.byInstruction[instruction];
  // Reads first: what an instruction itself writes is no one else's.
  for (bool isWrite : {false, true})
    for (const Region &region : regions)
      if (region.isWrite == isWrite)
        region.space == Space::Global ? checkGlobal(region, pipe, now)
                                      : checkLocal(region, pipe, now);
  if (++executed > instructionLimit) {
    report(FindingKind::InstructionLimit, pipe, 0,
           "more than " + std::to_string(instructionLimit) + " instructions");
    stop();
    return;
  }
  Queue &queue = queues[static_cast<size_t>(pipe)];
  ++queue.begun;
  if (policy == Policy::InOrder) {
    ++queue.done;
    action();
    return;
  }
  Entry entry;
  entry.action = std::move(action);
  entry.line = line;
  entry.instruction = instruction;
  queue.entries.push_back(std::move(entry));
}

void Core::drain(Pipe pipe, uint64_t until) {
  Queue &queue = queues[static_cast<size_t>(pipe)];
  while (queue.done < until) {
    Entry entry = std::move(queue.entries.front());
    queue.entries.pop_front();
    ++queue.done;
    if (!entry.action) {
      drain(entry.producer, entry.until);
      continue;
    }
    int lineBefore = line;
    const char *instructionBefore = instruction;
    line = entry.line;
    instruction = entry.instruction;
    entry.action();
    line = lineBefore;
    instruction = instructionBefore;
  }
}

void Core::drainAll() {
  static constexpr std::array<Pipe, 6> kConsumersFirst = {
      Pipe::Fix, Pipe::Mte3, Pipe::Cube, Pipe::Vector, Pipe::Mte1, Pipe::Mte2};
  if (policy == Policy::ConsumersFirst)
    for (Pipe pipe : kConsumersFirst)
      drain(pipe, queues[static_cast<size_t>(pipe)].begun);
  else
    for (auto pipe = kConsumersFirst.rbegin(); pipe != kConsumersFirst.rend();
         ++pipe)
      drain(*pipe, queues[static_cast<size_t>(*pipe)].begun);
}

void Core::setFlag(uint64_t from, uint64_t to, uint64_t event) {
  Pipe producer = Pipe::Scalar;
  Pipe consumer = Pipe::Scalar;
  if (!decodePipe(from, producer) || !decodePipe(to, consumer) ||
      producer == consumer || event >= kEvents) {
    report(FindingKind::Flag, producer, 0,
           "flag " + std::to_string(event) + " from pipe " +
               std::to_string(from) + " to " + std::to_string(to));
    return;
  }
  auto set = time.set(producer, consumer, static_cast<int>(event),
                      queues[static_cast<size_t>(producer)].begun);
  std::string name = std::string(pipeName(producer)) + " to " +
                     pipeName(consumer) + " EVENT_ID" + std::to_string(event);
  if (set == Clocks::SetResult::Twice)
    report(FindingKind::FlagSetTwice, producer, 0,
           "flag " + name + " is set, but was set before and not waited for");
  else if (set == Clocks::SetResult::Ahead)
    ++result.counts.flagsSetAhead;
}

void Core::waitFlag(uint64_t from, uint64_t to, uint64_t event) {
  Pipe producer = Pipe::Scalar;
  Pipe consumer = Pipe::Scalar;
  if (!decodePipe(from, producer) || !decodePipe(to, consumer) ||
      producer == consumer || event >= kEvents) {
    report(FindingKind::Flag, consumer, 0,
           "wait for flag " + std::to_string(event) + " from pipe " +
               std::to_string(from) + " to " + std::to_string(to));
    return;
  }
  uint64_t position = 0;
  if (!time.wait(producer, consumer, static_cast<int>(event), position)) {
    report(FindingKind::FlagNotSet, consumer, 0,
           std::string("flag ") + pipeName(producer) + " to " +
               pipeName(consumer) + " EVENT_ID" + std::to_string(event) +
               " is waited for, but was not set");
    return;
  }
  if (policy == Policy::InOrder)
    return;
  if (consumer == Pipe::Scalar) {
    drain(producer, position);
    return;
  }
  Queue &queue = queues[static_cast<size_t>(consumer)];
  Entry entry;
  entry.producer = producer;
  entry.until = position;
  ++queue.begun;
  queue.entries.push_back(std::move(entry));
}

void Core::barrier(uint64_t number) {
  Pipe pipe = Pipe::Scalar;
  if (number == kAllPipes) {
    time.barrierAll();
    drainAll();
  } else if (decodePipe(number, pipe)) {
    time.barrier(pipe);
  } else {
    report(FindingKind::Flag, pipe, 0,
           "barrier of pipe " + std::to_string(number));
  }
}

bool Core::isFlagOfTeam(CoreType kind, Pipe pipe, uint64_t flag) {
  std::string name = "flag " + std::to_string(flag) + " between cores";
  return expect(team != nullptr, FindingKind::Flag, pipe, 0,
                name + ", in a kernel for cores of one kind") &&
         expect(kind == type(), FindingKind::Flag, pipe, 0,
                name + ", which is " +
                    coreName(kind == CoreType::Cube ? 0 : 1) + "'s, on " +
                    coreName(coreNumber)) &&
         expect(flag < kCrossFlags, FindingKind::Flag, pipe, 0,
                name + ": there are " + std::to_string(kCrossFlags)) &&
         expect(registers.flagsAddress == kFlagsAddress, FindingKind::Flag,
                pipe, 0,
                name + ", before their address is set to what the launch gave");
}

void Core::setCrossFlag(CoreType kind, uint64_t number, uint64_t flag,
                        uint64_t address) {
  Pipe pipe = Pipe::Scalar;
  if (!expect(decodePipe(number, pipe), FindingKind::Flag, pipe, 0,
              "a flag between cores, set by pipe " + std::to_string(number)) ||
      !isFlagOfTeam(kind, pipe, flag) ||
      !expect(address == kFlagsAddress, FindingKind::Flag, pipe, 0,
              "flag " + std::to_string(flag) +
                  " between cores, at an address that the launch didn't give"))
    return;
  team->set(*this, pipe, flag);
}

void Core::waitCrossFlag(CoreType kind, uint64_t number, uint64_t flag) {
  Pipe pipe = Pipe::Scalar;
  if (!expect(decodePipe(number, pipe), FindingKind::Flag, pipe, 0,
              "a wait for a flag that pipe " + std::to_string(number) +
                  " of another core sets") ||
      !isFlagOfTeam(kind, pipe, flag))
    return;
  team->wait(*this, flag);
}

Core::Signal Core::signal(Pipe pipe) {
  Signal made;
  made.core = this;
  made.pipe = pipe;
  made.position = queues[static_cast<size_t>(pipe)].begun;
  made.time = time.signal(pipe);
  return made;
}

void Core::receive(const Signal &signal) {
  time.receive(signal.time);
  signal.core->drain(signal.pipe, signal.position);
}

void *Core::scalarAccess(Space space, uint64_t address, uint64_t bytes,
                         bool isWrite) {
  beginRegions(Pipe::Scalar);
  if (!addRegion(space, address, bytes, isWrite)) {
    nowhere.assign(bytes, 0);
    return nowhere.data();
  }
  issue({}, bytes, [] {});
  drain(Pipe::Scalar, queues[static_cast<size_t>(Pipe::Scalar)].begun);
  uint8_t *data = nullptr;
  uint8_t *poison = nullptr;
  bool isPoison = false;
  if (space == Space::Global) {
    GlobalMemory::View view;
    std::string why;
    global.find(address, bytes, view, why);
    data = view.data;
    if (view.written && isWrite)
      std::memset(view.written, 1, bytes);
    if (view.written && !isWrite)
      isPoison = std::memchr(view.written, 0, bytes) != nullptr;
  } else {
    data = local(space).data(address);
    poison = local(space).poisonOf(address);
    if (isWrite)
      std::memset(poison, 0, bytes);
    else
      isPoison = std::memchr(poison, 1, bytes) != nullptr;
  }
  expect(!isPoison, FindingKind::Uninitialised, Pipe::Scalar, address,
         std::string("the scalar unit reads ") + std::to_string(bytes) +
             " bytes of " + spaceName(space) + " that nobody wrote");
  return data;
}

void Core::readGlobal(uint64_t address, uint64_t bytes, uint8_t *to,
                      uint8_t *poison) {
  GlobalMemory::View view;
  std::string why;
  if (!global.find(address, bytes, view, why)) {
    std::memset(to, 0xff, bytes);
    std::memset(poison, 1, bytes);
    return;
  }
  std::memcpy(to, view.data, bytes);
  for (uint64_t byte = 0; byte < bytes; ++byte)
    poison[byte] = view.written && !view.written[byte];
}

void Core::writeGlobal(Pipe pipe, uint64_t address, uint64_t bytes,
                       const uint8_t *from, const uint8_t *poison) {
  GlobalMemory::View view;
  std::string why;
  if (!global.find(address, bytes, view, why) || view.readOnly)
    return;
  std::memcpy(view.data, from, bytes);
  for (uint64_t byte = 0; view.written && byte < bytes; ++byte)
    view.written[byte] = !poison[byte];
  const void *first = std::memchr(poison, 1, bytes);
  if (!first)
    return;
  uint64_t offset =
      static_cast<uint64_t>(static_cast<const uint8_t *>(first) - poison);
  report(FindingKind::Uninitialised, pipe, address + offset,
         "a value that nobody wrote reaches global memory");
}

void Core::finish() {
  instruction = "";
  for (int number = 1; number < kPipes && !stopped; ++number) {
    Pipe pipe = static_cast<Pipe>(number);
    expect(time.isDone(Pipe::Scalar, pipe, time.now(pipe)),
           FindingKind::EndsEarly, pipe, 0,
           std::string("the kernel ends while ") + pipeName(pipe) +
               " may still be at work: there is no barrier of all pipes");
  }
  time.barrierAll();
  drainAll();
  for (int from = 0; from < kPipes && !stopped; ++from)
    for (int to = 0; to < kPipes; ++to)
      for (int event = 0; event < kEvents; ++event)
        if (time.isSet(static_cast<Pipe>(from), static_cast<Pipe>(to), event))
          report(FindingKind::FlagLeftSet, static_cast<Pipe>(from), 0,
                 std::string("flag ") + pipeName(static_cast<Pipe>(from)) +
                     " to " + pipeName(static_cast<Pipe>(to)) + " EVENT_ID" +
                     std::to_string(event) + " is set at the end");
  if (isInTeam())
    return; // which counts its block
  Counts &counts = result.counts;
  ++counts.blocks;
  counts.cycles += time.cycles();
  counts.longestBlock = std::max(counts.longestBlock, time.cycles());
}

} // namespace tconv::davinci
