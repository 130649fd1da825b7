// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "threads/parts.h"

#include <algorithm>

#include "support/divide.h"

using namespace tconv;

namespace {

/// Parts a thread, so that a thread that is late leaves work to the others.
constexpr int64_t kPartsPerThread = 4;
/// Up to so many where that evens them out.
constexpr int64_t kMostPartsPerThread = 8;
constexpr double kClearlyBetter = 0.97;

/// Work of the tasks [0, end), in those of a task that isn't short.
double workUpTo(const TaskRange &range, int64_t end) {
  if (range.period == 0)
    return static_cast<double>(end);
  auto within = [&](int64_t tasks) {
    int64_t full = std::min(tasks, range.period - range.sharing);
    return static_cast<double>(full) +
           static_cast<double>(tasks - full) * range.shortWork;
  };
  return static_cast<double>(end / range.period) * within(range.period) +
         within(end % range.period);
}

/// Work of the tasks [begin, end) as one part.
double workOf(const TaskRange &range, int64_t begin, int64_t end) {
  double work = workUpTo(range, end) - workUpTo(range, begin);
  if (range.sharing == 1)
    return work; // each does it, whatever the parts are
  int64_t blocks = (end - 1) / range.sharing - begin / range.sharing + 1;
  return work + static_cast<double>(blocks) * range.sharedWork;
}

/// When the last thread is done, in the work of a task, if threads take parts
/// of so many tasks by turns. It is the first one, or the one with the last
/// part.
double timeOf(const TaskRange &range, int64_t tasks, int64_t threads) {
  auto timeOfThread = [&](int64_t thread) {
    double work = 0;
    for (int64_t begin = thread * tasks; begin < range.count;
         begin += threads * tasks)
      work += workOf(range, begin, std::min(begin + tasks, range.count));
    return work;
  };
  int64_t parts = divideCeil(range.count, tasks);
  return std::max(timeOfThread(0), timeOfThread((parts - 1) % threads));
}

} // namespace

int64_t tconv::tasksPerPart(const TaskRange &range, int64_t threads) {
  int64_t fair = divideCeil(range.count, threads);
  // Each part does again what it shares with another: a part that is less than
  // two shares isn't worth what it evens out.
  int64_t parts =
      std::clamp<int64_t>(fair / 2 / range.sharing, 1, kPartsPerThread);
  int64_t best = divideCeil(fair, parts);
  if (parts > 1)
    best = best / range.sharing * range.sharing;
  // Unless others are clearly more even, of whole blocks or within one. Many
  // come first: with fewer, a thread that is late leaves less to the others.
  double least = timeOf(range, best, threads);
  for (parts = kMostPartsPerThread; parts >= 1; --parts) {
    int64_t blocks = fair / parts / range.sharing;
    // A block of one task has nothing within.
    int64_t within = range.sharing > 1 ? divideCeil(fair, parts) : 0;
    for (int64_t tasks :
         {within, blocks * range.sharing, (blocks + 1) * range.sharing}) {
      if (tasks < 1 || tasks > fair ||
          divideCeil(fair, tasks) > kMostPartsPerThread)
        continue;
      double time = timeOf(range, tasks, threads);
      if (time < least * kClearlyBetter) {
        least = time;
        best = tasks;
      }
    }
  }
  return best;
}
