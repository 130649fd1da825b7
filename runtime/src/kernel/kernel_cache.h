// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compiled kernels, shared between layers: an LRU of shared futures, so that
// one thread compiles a kernel and the others wait for it.
#ifndef TCONV_SRC_KERNEL_KERNEL_CACHE_H
#define TCONV_SRC_KERNEL_KERNEL_CACHE_H

#include <memory>
#include <string>

#include "layer/layer.h"

namespace tconv {

/// A kernel that was checked against its request, and what owns it.
class LoadedKernel {
public:
  LoadedKernel(const tconv_compiler_api *api, tconv_compiled *compiled,
               double compileMs);
  ~LoadedKernel();
  LoadedKernel(const LoadedKernel &) = delete;
  LoadedKernel &operator=(const LoadedKernel &) = delete;

  const tconv_kernel &operator*() const { return *kernel_; }
  const tconv_kernel *get() const { return kernel_; }
  double compileMs() const { return compileMs_; }

private:
  const tconv_compiler_api *api_;
  tconv_compiled *compiled_;
  const tconv_kernel *kernel_;
  double compileMs_;
};

/// What a kernel is made for. Lengths have no part in it, and neither has what
/// only sets the output's length: a kernel gets that when it is launched.
struct KernelRequest {
  tconv_params params;
  std::string target;
  tconv_accuracy accuracy;
  tconv_length_class lengthClass;
};

struct KernelResult {
  std::shared_ptr<const LoadedKernel> kernel; ///< NULL: see error
  Status error;
};

/// The kernel from the cache, else from the compiler. A failure is given to
/// those who wait for it and not kept: a later call tries again.
KernelResult getKernel(const KernelRequest &request);

Status setCacheCapacity(int64_t kernels);
tconv_cache_stats cacheStats();

} // namespace tconv

#endif // TCONV_SRC_KERNEL_KERNEL_CACHE_H
