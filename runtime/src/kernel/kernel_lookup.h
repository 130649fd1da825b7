// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where kernels come from, in order: ahead-of-time tables of the program,
// packed caches, the disk cache, the compiler.
#ifndef TCONV_SRC_KERNEL_KERNEL_LOOKUP_H
#define TCONV_SRC_KERNEL_KERNEL_LOOKUP_H

#include "kernel/loaded_kernel.h"

namespace tconv {

/// Finds or compiles a kernel. Keeps nothing in memory, and everything that it
/// compiles on disk where that can be.
KernelResult findKernel(const KernelRequest &request);

/// Whether findKernel would find it without compiling.
bool kernelIsStored(const KernelRequest &request);

/// Sees to it that the kernel is in the disk cache, for a CPU that this
/// machine needn't have.
Status warmDiskCache(const KernelRequest &request);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_KERNEL_LOOKUP_H
