// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "threads/threads.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <thread>

#include <sched.h>

#include "support/fork.h"
#include "support/memory.h"
#include "support/status.h"
#include "threads/pool.h"

using namespace tconv;

namespace {

/// Waking a thread costs some microseconds; a core does about this many
/// multiply-adds meanwhile.
constexpr double kSerialWork = 200e3;

std::atomic<int64_t> chosenThreads{0}; ///< 0: not chosen yet

int64_t defaultThreads() {
  if (!hasPool())
    return 1;
  std::string wanted = environment("TCONV_NUM_THREADS");
  if (!wanted.empty()) {
    char *end = nullptr;
    errno = 0;
    long long value = std::strtoll(wanted.c_str(), &end, 10);
    if (errno == 0 && *end == '\0' && value >= 1)
      return value;
    say("TCONV_NUM_THREADS = '" + wanted +
        "': must be an integer of at least 1; not looked at");
  }
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0)
    return std::max(CPU_COUNT(&allowed), 1);
  return std::max<int64_t>(std::thread::hardware_concurrency(), 1);
}

/// What the caller's threads are given: counts the tasks that were run, and
/// keeps a wrong range away from the kernel.
struct CountedTasks {
  tconv_task_fn run;
  void *tasks;
  int64_t count;
  std::atomic<int64_t> done{0};
  std::atomic<bool> outOfRange{false};
};

void runCounted(void *context, int64_t begin, int64_t end) {
  auto *counted = static_cast<CountedTasks *>(context);
  if (begin < 0 || end > counted->count || begin > end) {
    counted->outOfRange = true;
    return;
  }
  if (begin == end)
    return;
  counted->run(counted->tasks, begin, end);
  counted->done += end - begin;
}

Status runOnCaller(const ParallelFor &parallelFor, tconv_task_fn run,
                   void *tasks, int64_t count) {
  CountedTasks counted;
  counted.run = run;
  counted.tasks = tasks;
  counted.count = count;
  int result =
      parallelFor.function(parallelFor.user, runCounted, &counted, count);
  if (result != 0)
    return {TCONV_INVALID_VALUE, "parallel_for: returned " +
                                     std::to_string(result) +
                                     " instead of running the tasks"};
  if (counted.outOfRange)
    return {TCONV_INVALID_VALUE,
            "parallel_for: ran a part that isn't within the " +
                std::to_string(count) + " tasks"};
  if (counted.done != count)
    return {TCONV_INVALID_VALUE, "parallel_for: ran " +
                                     std::to_string(counted.done.load()) +
                                     " of " + std::to_string(count) + " tasks"};
  return Status::ok();
}

struct Workspace {
  void *memory = nullptr;
  int64_t bytes = 0;
  ~Workspace() { std::free(memory); }
};

thread_local Workspace threadWorkspace;

} // namespace

int64_t tconv::numThreads() {
  int64_t threads = chosenThreads.load(std::memory_order_relaxed);
  if (threads != 0)
    return threads;
  int64_t fresh = defaultThreads();
  return chosenThreads.compare_exchange_strong(threads, fresh) ? fresh
                                                               : threads;
}

Status tconv::setNumThreads(int64_t threads) {
  if (threads < 1)
    return {TCONV_INVALID_VALUE,
            "threads = " + std::to_string(threads) + ": must be at least 1"};
  if (threads > 1 && !hasPool())
    return {TCONV_UNSUPPORTED,
            "threads = " + std::to_string(threads) +
                ": this library was built without a pool of threads; give a "
                "parallel_for in tconv_layer_options"};
  chosenThreads = threads;
  return Status::ok();
}

Status tconv::runTasks(const ParallelFor &parallelFor, tconv_task_fn run,
                       void *tasks, const TaskRange &range) {
  if (range.count == 0)
    return Status::ok();
  if (parallelFor.function)
    return runOnCaller(parallelFor, run, tasks, range.count);
  if (range.work <= kSerialWork) {
    run(tasks, 0, range.count);
  } else {
    int64_t threads = numThreads();
    runOnPool(threads, run, tasks, range.count, tasksPerPart(range, threads));
  }
  return Status::ok();
}

void *tconv::workspace(int64_t bytes) noexcept {
  Workspace &own = threadWorkspace;
  if (own.bytes >= bytes && own.memory)
    return own.memory;
  void *memory = allocateAligned(bytes);
  if (!memory)
    return nullptr;
  std::free(own.memory);
  own.memory = memory;
  own.bytes = bytes;
  return memory;
}

extern "C" {

tconv_status tconv_set_num_threads(int64_t threads) {
  return guard([&] { return setNumThreads(threads); });
}

int64_t tconv_get_num_threads(void) {
  try {
    return numThreads();
  } catch (...) {
    return 1; // no memory for the name of a variable
  }
}

} // extern "C"
