// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/clocks.h"

#include <algorithm>

namespace tconv::davinci {

void Clocks::inherit(Pipe pipe) {
  // The scalar unit gives out every instruction: what it has waited for has
  // ended before a later one begins. Its own accesses are not ordered by that.
  if (pipe == Pipe::Scalar)
    return;
  Times &own = done[index(pipe)];
  const Times &scalar = done[index(Pipe::Scalar)];
  for (int other = 1; other < kPipes; ++other)
    own[other] = std::max(own[other], scalar[other]);
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
  one.done[index(from)] = last[index(from)];
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
  Times &own = done[index(to)];
  for (int other = 0; other < kPipes; ++other)
    own[other] = std::max(own[other], one.done[other]);
  begins[index(to)] = std::max(begins[index(to)], one.ready);
  return true;
}

void Clocks::barrier(Pipe pipe) {
  begins[index(Pipe::Scalar)] += kIssueCycles;
  done[index(pipe)][index(pipe)] = last[index(pipe)];
  begins[index(pipe)] = std::max(begins[index(pipe)], ends[index(pipe)]);
}

void Clocks::barrierAll() {
  double end = cycles();
  for (int pipe = 0; pipe < kPipes; ++pipe) {
    done[pipe] = last;
    begins[pipe] = end;
  }
}

void Clocks::order(Pipe from, uint32_t time, Pipe to) {
  uint32_t &known = done[index(to)][index(from)];
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
