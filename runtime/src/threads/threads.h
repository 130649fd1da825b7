// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// On which threads the tasks of a launch run, and the memory that each part
// works in.
#ifndef TCONV_SRC_THREADS_THREADS_H
#define TCONV_SRC_THREADS_THREADS_H

#include <cstdint>

#include "layer/layer.h"
#include "threads/parts.h"

namespace tconv {

/// Threads of the pool, the caller included.
int64_t numThreads();
Status setNumThreads(int64_t threads);

struct ParallelFor {
  tconv_parallel_for function = nullptr; ///< NULL: the runtime's own pool
  void *user = nullptr;
};

/// Runs all tasks. The caller's own function is always asked.
Status runTasks(const ParallelFor &parallelFor, tconv_task_fn run, void *tasks,
                const TaskRange &range);

/// This thread's workspace of at least that size, aligned to
/// TCONV_KERNEL_ALIGNMENT; NULL where memory has run out. Valid until the
/// thread's next call; kept until the thread ends.
void *workspace(int64_t bytes) noexcept;

} // namespace tconv

#endif // TCONV_SRC_THREADS_THREADS_H
