// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// fork() copies one thread and all of the memory. If another thread is in the
// middle of a change then, its locks stay locked and its work half done in the
// child, for ever. So whoever changes shared state (compiles, packs, sets
// weights, draws) holds the gate, and fork() waits until nobody does.
#ifndef TCONV_SRC_SUPPORT_FORK_H
#define TCONV_SRC_SUPPORT_FORK_H

namespace tconv {

/// Keeps fork() waiting for its lifetime. May be nested. Not taken where
/// a layer only runs: that holds locks for a few instructions, which
/// the child makes anew.
class ForkHold {
public:
  ForkHold();
  ~ForkHold();
  ForkHold(const ForkHold &) = delete;
  ForkHold &operator=(const ForkHold &) = delete;
};

/// Called in the child, which has one thread.
void layersAfterFork();

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_FORK_H
