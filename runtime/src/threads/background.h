// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The thread on which kernels are made while calls go on without them. It is
// there while it has something to do.
#ifndef TCONV_SRC_THREADS_BACKGROUND_H
#define TCONV_SRC_THREADS_BACKGROUND_H

#include <cstdint>
#include <functional>

namespace tconv {

/// Jobs are done one at a time, in the order in which they come. What a job
/// throws is said where somebody listens, and forgotten.
/// @param owner to whom the job belongs, for forgetJobs
/// @return false where there can't be a thread
bool doInBackground(const void *owner, std::function<void()> job);

/// Drops the owner's jobs, and waits for one that is being done.
void forgetJobs(const void *owner);

/// Changes where jobs are lost: in the child of a fork(), which hasn't this
/// thread. Who remembers having asked for a job remembers it for this number.
uint32_t backgroundGeneration();

/// Called in the child.
void backgroundAfterFork();

} // namespace tconv

#endif // TCONV_SRC_THREADS_BACKGROUND_H
