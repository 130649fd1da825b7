// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/fork.h"

#include <condition_variable>
#include <mutex>
#include <new>

#include <pthread.h>

#include "threads/background.h"
#include "threads/pool.h"

using namespace tconv;

namespace {

struct Gate {
  std::mutex mutex;
  std::condition_variable released;
  int holders = 0; ///< threads that hold the gate
};

/// Never destroyed: threads may outlive static destructors.
Gate &gate() {
  static Gate *instance = new Gate;
  return *instance;
}

thread_local int depth = 0;

void beforeFork() {
  Gate &g = gate();
  std::unique_lock<std::mutex> lock(g.mutex);
  // A thread that forks while it holds the gate itself (a compiler that starts
  // a program) would wait for itself; others might wait for it, too.
  if (depth == 0)
    g.released.wait(lock, [&] { return g.holders == 0; });
  lock.release();
}

void afterForkInParent() { gate().mutex.unlock(); }

void afterForkInChild() {
  Gate &g = *new (&gate()) Gate;
  g.holders = depth > 0 ? 1 : 0;
  poolAfterFork();
  backgroundAfterFork();
  layersAfterFork();
}

[[maybe_unused]] const int registered =
    pthread_atfork(beforeFork, afterForkInParent, afterForkInChild);

} // namespace

ForkHold::ForkHold() {
  if (depth++ > 0)
    return;
  std::lock_guard<std::mutex> lock(gate().mutex);
  ++gate().holders;
}

ForkHold::~ForkHold() {
  if (--depth > 0)
    return;
  std::lock_guard<std::mutex> lock(gate().mutex);
  if (--gate().holders == 0)
    gate().released.notify_all();
}
