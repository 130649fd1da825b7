// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/team.h"

#include <algorithm>
#include <thread>
#include <vector>

namespace tconv::davinci {

std::string coreName(int number) {
  return number == 0 ? "the cube core"
                     : "vector core " + std::to_string(number - 1);
}

Team::Team(GlobalMemory &global, Report &report, Policy policy, uint64_t block,
           uint64_t blocks)
    : result(report) {
  for (int number = 0; number < kBlockCores; ++number)
    cores[static_cast<size_t>(number)] = std::make_unique<Core>(
        global, report, policy, block, blocks, number, this);
}

std::array<Team::Pending *, kBlockCores - 1> Team::awaited(int number,
                                                           uint64_t flag) {
  std::array<Pending *, kBlockCores - 1> all = {};
  for (size_t vector = 0; vector < all.size(); ++vector)
    if (number == 0)
      all[vector] = &fromVector[vector][flag];
    else if (static_cast<size_t>(number) == vector + 1)
      all[vector] = &toVector[vector][flag];
  return all;
}

bool Team::canGoOn(int number) {
  size_t at = static_cast<size_t>(number);
  if (ended[at])
    return false;
  if (!waits[at])
    return true;
  auto all = awaited(number, waitsFor[at]);
  return std::none_of(all.begin(), all.end(),
                      [](const Pending *one) { return one && one->empty(); });
}

/// With the mutex locked.
void Team::passTurn(int number) {
  int left = -1;
  for (int step = 1; step <= kBlockCores; ++step) {
    int next = (number + step) % kBlockCores;
    if (canGoOn(next)) {
      turn = next;
      changed.notify_all();
      return;
    }
    if (left < 0 && !ended[static_cast<size_t>(next)])
      left = next;
  }
  isStuck = true;
  turn = left; // it, too, says that it waits in vain
  changed.notify_all();
}

void Team::run(const std::function<void(Core &)> &body) {
  std::vector<std::thread> threads;
  for (int number = 0; number < kBlockCores; ++number)
    threads.emplace_back([this, number, &body] {
      size_t at = static_cast<size_t>(number);
      {
        std::unique_lock<std::mutex> lock(mutex);
        changed.wait(lock, [&] { return turn == number; });
      }
      body(*cores[at]);
      std::unique_lock<std::mutex> lock(mutex);
      ended[at] = true;
      isBroken |= cores[at]->isStopped() && !isStuck;
      passTurn(number);
    });
  for (std::thread &thread : threads)
    thread.join();
}

void Team::set(Core &core, Pipe pipe, uint64_t flag) {
  Core::Signal signal = core.signal(pipe);
  for (size_t vector = 0; vector < toVector.size(); ++vector) {
    bool isOwn = static_cast<size_t>(core.number()) == vector + 1;
    if (core.number() != 0 && !isOwn)
      continue;
    Pending &pending =
        core.number() == 0 ? toVector[vector][flag] : fromVector[vector][flag];
    if (pending.size() < kMostPending)
      pending.push_back(signal);
    else
      core.report(FindingKind::FlagSetTwice, pipe, 0,
                  "flag " + std::to_string(flag) + " of " +
                      coreName(core.number()) + " is set for the " +
                      std::to_string(kMostPending + 1) +
                      "th time before it is waited for; it counts to " +
                      std::to_string(kMostPending));
  }
}

void Team::wait(Core &core, uint64_t flag) {
  size_t at = static_cast<size_t>(core.number());
  std::unique_lock<std::mutex> lock(mutex);
  waits[at] = true;
  waitsFor[at] = flag;
  if (!canGoOn(core.number())) {
    passTurn(core.number());
    changed.wait(lock, [&] { return turn == core.number(); });
  }
  waits[at] = false;
  auto all = awaited(core.number(), flag);
  for (Pending *pending : all)
    if (pending && pending->empty()) {
      if (!isBroken)
        core.report(FindingKind::FlagNotSet, Pipe::Scalar, 0,
                    coreName(core.number()) + " waits for flag " +
                        std::to_string(flag) + " of " +
                        (at == 0 ? "the vector cores" : "the cube core") +
                        ", which nobody will set: the block stops here");
      core.stop();
      return;
    }
  for (Pending *pending : all)
    if (pending) {
      core.receive(pending->front());
      pending->pop_front();
    }
}

void Team::finish() {
  double cycles = 0;
  bool isStopped = false;
  for (const std::unique_ptr<Core> &core : cores) {
    core->finish();
    cycles = std::max(cycles, core->clocks().cycles());
    isStopped |= core->isStopped();
  }
  for (size_t vector = 0; vector < toVector.size() && !isStopped; ++vector)
    for (uint64_t flag = 0; flag < kCrossFlags; ++flag)
      for (bool isCubes : {true, false}) {
        size_t left = (isCubes ? toVector : fromVector)[vector][flag].size();
        int number = isCubes ? 0 : static_cast<int>(vector) + 1;
        if (left > 0)
          core(number).report(FindingKind::FlagLeftSet, Pipe::Scalar, 0,
                              "flag " + std::to_string(flag) + " of " +
                                  coreName(number) + " is set at the end, " +
                                  std::to_string(left) +
                                  " times more than it was waited for");
      }
  Counts &counts = result.counts;
  ++counts.blocks;
  counts.cycles += cycles;
  counts.longestBlock = std::max(counts.longestBlock, cycles);
}

} // namespace tconv::davinci
