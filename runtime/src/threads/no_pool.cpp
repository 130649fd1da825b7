// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// For builds without pthreadpool: callers bring their threads, or use one.
#include "threads/pool.h"

bool tconv::hasPool() { return false; }

void tconv::runOnPool(int64_t, tconv_task_fn run, void *tasks, int64_t count,
                      int64_t) {
  run(tasks, 0, count);
}

void tconv::poolAfterFork() {}
