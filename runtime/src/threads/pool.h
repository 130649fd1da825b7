// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_THREADS_POOL_H
#define TCONV_SRC_THREADS_POOL_H

#include "tconv/tconv.h"

namespace tconv {

/// Whether this library was built with a pool (pool.cpp, else no_pool.cpp).
bool hasPool();

/// Runs all tasks on `threads` threads, the caller's included; on the caller's
/// alone where the pool is in use. A part has `perPart` tasks at most.
void runOnPool(int64_t threads, tconv_task_fn run, void *tasks, int64_t count,
               int64_t perPart);

/// Called in a child after fork(), which has one thread.
void poolAfterFork();

} // namespace tconv

#endif // TCONV_SRC_THREADS_POOL_H
