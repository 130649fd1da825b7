// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On which threads the tasks of a launch run, and the memory that each part
// works in.
#ifndef TCONV_SRC_THREADS_THREADS_H
#define TCONV_SRC_THREADS_THREADS_H

#include <cstdint>

#include "layer/layer.h"

namespace tconv {

/// Threads of the pool, the caller included.
int64_t numThreads();
Status setNumThreads(int64_t threads);

struct ParallelFor {
  tconv_parallel_for function = nullptr; ///< NULL: the runtime's own pool
  void *user = nullptr;
};

/// Tasks [0, count) and what is known of them.
struct TaskRange {
  int64_t count;
  /// So many tasks in a row share work that each part of them does anew.
  int64_t sharing = 1;
  /// A rough number of multiply-adds: too small a launch isn't worth waking
  /// threads for.
  double work;
};

/// Runs all tasks. The caller's own function is always asked.
Status runTasks(const ParallelFor &parallelFor, tconv_task_fn run, void *tasks,
                const TaskRange &range);

/// How many tasks a part has at most where so many threads run them.
int64_t tasksPerPart(const TaskRange &range, int64_t threads);

/// This thread's workspace of at least that size, aligned to
/// TCONV_KERNEL_ALIGNMENT; NULL where memory has run out. Valid until the
/// thread's next call; kept until the thread ends.
void *workspace(int64_t bytes) noexcept;

} // namespace tconv

#endif // TCONV_SRC_THREADS_THREADS_H
