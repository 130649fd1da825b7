// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/clocks.h"

#include <algorithm>

namespace tconv::davinci {

/// Knows of each pipe what either knew.
static void merge(Clocks::BlockTimes &into, const Clocks::BlockTimes &from) {
  for (size_t pipe = 0; pipe < into.size(); ++pipe)
    into[pipe] = std::max(into[pipe], from[pipe]);
}

void Clocks::inherit(Pipe pipe) {
  // The scalar unit gives out every instruction: what it has waited for has
  // ended before a later one begins. Its own accesses are not ordered by that.
  if (pipe == Pipe::Scalar)
    return;
  BlockTimes &times = done[index(pipe)];
  uint32_t known = times[own(Pipe::Scalar)];
  merge(times, done[index(Pipe::Scalar)]);
  times[own(Pipe::Scalar)] = known;
}

uint32_t Clocks::issue(Pipe pipe, Cost cost) {
  inherit(pipe);
  double &scalar = begins[index(Pipe::Scalar)];
  double &next = begins[index(pipe)];
  scalar += kIssueCycles;
  next = std::max(next, scalar) + cost.busy;
  ends[index(pipe)] = std::max(ends[index(pipe)], next + cost.latency);
  return ++last[index(pipe)];
}

Clocks::SetResult Clocks::set(Pipe from, Pipe to, int event,
                              uint64_t position) {
  inherit(from);
  begins[index(Pipe::Scalar)] += kIssueCycles;
  Flag &one = flag(from, to, event);
  SetResult result = SetResult::Ok;
  if (one.isSet)
    result = SetResult::Twice;
  else if (!isDone(from, to, one.waitedAt))
    result = SetResult::Ahead;
  one.isSet = true;
  one.done = done[index(from)];
  one.done[own(from)] = last[index(from)];
  one.ready = std::max(ends[index(from)], begins[index(Pipe::Scalar)]);
  one.position = position;
  return result;
}

bool Clocks::wait(Pipe from, Pipe to, int event, uint64_t &position) {
  begins[index(Pipe::Scalar)] += kIssueCycles;
  Flag &one = flag(from, to, event);
  if (!one.isSet)
    return false;
  one.isSet = false;
  position = one.position;
  // A wait takes its place among the instructions of its pipe.
  one.waitedAt = ++last[index(to)];
  inherit(to);
  merge(done[index(to)], one.done);
  begins[index(to)] = std::max(begins[index(to)], one.ready);
  return true;
}

void Clocks::barrier(Pipe pipe) {
  begins[index(Pipe::Scalar)] += kIssueCycles;
  done[index(pipe)][own(pipe)] = last[index(pipe)];
  begins[index(pipe)] = std::max(begins[index(pipe)], ends[index(pipe)]);
}

void Clocks::barrierAll() {
  double end = cycles();
  BlockTimes all = {};
  for (const BlockTimes &times : done)
    merge(all, times);
  for (int pipe = 0; pipe < kPipes; ++pipe)
    all[core * kPipes + pipe] = last[pipe];
  for (int pipe = 0; pipe < kPipes; ++pipe) {
    done[pipe] = all;
    begins[pipe] = end;
  }
}

Clocks::Signal Clocks::signal(Pipe pipe) {
  inherit(pipe);
  double &scalar = begins[index(Pipe::Scalar)];
  scalar += kIssueCycles;
  Signal made;
  made.done = done[index(pipe)];
  made.done[own(pipe)] = last[index(pipe)];
  made.ready = std::max(ends[index(pipe)], scalar);
  return made;
}

void Clocks::receive(const Signal &signal) {
  merge(done[index(Pipe::Scalar)], signal.done);
  double &scalar = begins[index(Pipe::Scalar)];
  scalar = std::max(scalar + kIssueCycles, signal.ready);
}

void Clocks::order(Pipe from, uint32_t time, Pipe to) {
  uint32_t &known = done[index(to)][own(from)];
  known = std::max(known, time);
  begins[index(to)] = std::max(begins[index(to)], ends[index(from)]);
}

double Clocks::cycles() const {
  double end = 0;
  for (int pipe = 0; pipe < kPipes; ++pipe)
    end = std::max({end, begins[pipe], ends[pipe]});
  return end;
}

} // namespace tconv::davinci
