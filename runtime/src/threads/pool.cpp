// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "threads/pool.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#include <pthreadpool.h>

using namespace tconv;

namespace {

/// The pool makes no more than this; what lies beyond is a mistake that the
/// pool's library would answer with a hang.
constexpr int64_t kMaxThreads = 256;

struct Pool {
  std::mutex mutex; ///< held while tasks run
  pthreadpool_t pool = nullptr;
  int64_t threads = 0;
};

/// Never destroyed: a pool's threads must not be joined from a destructor of
/// a library that is being unloaded.
Pool &sharedPool() {
  static Pool *instance = new Pool;
  return *instance;
}

/// Parts of a launch. Threads take the next one when they are done, so that the
/// parts which are short, at the end, even out what came before; the pool's
/// own way is a range for each thread, of which others steal the end.
struct PoolTasks {
  tconv_task_fn run;
  void *tasks;
  int64_t count, perPart;
  std::atomic<int64_t> next{0};
};

void runParts(void *context, size_t /*thread*/) {
  auto *parts = static_cast<PoolTasks *>(context);
  // The count may be near the largest number: no thread adds to it twice.
  for (;;) {
    int64_t begin = parts->next.load(std::memory_order_relaxed), end;
    do {
      if (begin == parts->count)
        return;
      end = begin + std::min(parts->perPart, parts->count - begin);
    } while (!parts->next.compare_exchange_weak(begin, end,
                                                std::memory_order_relaxed));
    parts->run(parts->tasks, begin, end);
  }
}

} // namespace

bool tconv::hasPool() { return true; }

void tconv::runOnPool(int64_t wanted, tconv_task_fn run, void *tasks,
                      int64_t count, int64_t perPart) {
  int64_t threads = std::min(wanted, kMaxThreads);
  if (threads == 1 || count <= perPart)
    return run(tasks, 0, count);
  Pool &shared = sharedPool();
  // While another thread has the pool, all its cores are busy: this thread
  // does its work alone. The result is the same.
  std::unique_lock<std::mutex> lock(shared.mutex, std::try_to_lock);
  if (!lock)
    return run(tasks, 0, count);
  if (shared.threads != threads) {
    if (shared.pool)
      pthreadpool_destroy(shared.pool);
    shared.pool = pthreadpool_create(static_cast<size_t>(threads));
    shared.threads = shared.pool ? threads : 0;
  }
  if (!shared.pool)
    return run(tasks, 0, count);
  PoolTasks parts = {run, tasks, count, perPart};
  pthreadpool_parallelize_1d(shared.pool, runParts, &parts,
                             static_cast<size_t>(threads), /*flags=*/0);
}

void tconv::poolAfterFork() {
  // The parent's threads aren't here; its pool is left alone, and the next
  // launch makes a new one.
  new (&sharedPool()) Pool;
}
