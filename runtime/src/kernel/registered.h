// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels compiled ahead of time, that the program has in itself.
#ifndef TCONV_SRC_KERNEL_REGISTERED_H
#define TCONV_SRC_KERNEL_REGISTERED_H

#include <cstddef>

#include "kernel/loaded_kernel.h"

namespace tconv {

/// Adds a table of kernels, or nothing of it. Refused are kernels of another
/// ABI, and tables in which a layer has no kernel that this CPU can run.
Status registerKernels(const tconv_kernel *const *kernels, size_t count);

/// The best registered kernel for a request, or NULL: for "cpu:native" of the
/// best level that this CPU has.
const tconv_kernel *findRegistered(const KernelRequest &request);

/// One that was made for another length class: right, if not as fast.
const tconv_kernel *findRegisteredOfAnyLength(const KernelRequest &request);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_REGISTERED_H
