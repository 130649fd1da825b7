// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "threads/pool.h"

#include <algorithm>
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

struct PoolTasks {
  tconv_task_fn run;
  void *tasks;
};

void runPart(void *context, size_t start, size_t size) {
  auto *part = static_cast<PoolTasks *>(context);
  part->run(part->tasks, static_cast<int64_t>(start),
            static_cast<int64_t>(start + size));
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
  PoolTasks context = {run, tasks};
  pthreadpool_parallelize_1d_tile_1d(shared.pool, runPart, &context,
                                     static_cast<size_t>(count),
                                     static_cast<size_t>(perPart), /*flags=*/0);
}

void tconv::poolAfterFork() {
  // The parent's threads aren't here; its pool is left alone, and the next
  // launch makes a new one.
  new (&sharedPool()) Pool;
}
