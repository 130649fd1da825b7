// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels in memory, shared between layers: an LRU of shared futures, so that
// one thread gets a kernel and the others wait for it.
#ifndef TCONV_SRC_KERNEL_KERNEL_CACHE_H
#define TCONV_SRC_KERNEL_KERNEL_CACHE_H

#include "kernel/loaded_kernel.h"

namespace tconv {

/// The kernel from memory, else from findKernel; with the tuning file's choice,
/// or without it where the compiler refuses that. A failure is given to those
/// who wait for it and not kept: a later call tries again.
KernelResult getKernel(const KernelRequest &request);

/// Whether getKernel would find it: nothing has to be compiled. Counts nothing.
bool kernelIsMade(const KernelRequest &request);

Status setCacheCapacity(int64_t kernels);
tconv_cache_stats cacheStats();

} // namespace tconv

#endif // TCONV_SRC_KERNEL_KERNEL_CACHE_H
