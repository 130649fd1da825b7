// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tests of GPU layers share: the fake driver, and what it counts.
#ifndef TCONV_TEST_RUNTIME_DEVICE_TEST_H
#define TCONV_TEST_RUNTIME_DEVICE_TEST_H

#include <cstdlib>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "device_common.h"
#include "fake_cuda/fake_cuda.h"
#include "support/naive_ptx.h"

namespace tconv::test {

/// The fake driver in this process.
class FakeCuda {
public:
  FakeCuda() : library_(dlopen(FAKE_CUDA_LIBRARY, RTLD_NOW | RTLD_LOCAL)) {}
  template <typename Function> Function get(const char *name) const {
    void *found = library_ ? dlsym(library_, name) : nullptr;
    EXPECT_NE(found, nullptr) << name;
    return reinterpret_cast<Function>(found);
  }
  fake_cuda_counts count() const {
    fake_cuda_counts counts = {};
    get<fake_cuda_count_fn>("fake_cuda_count")(&counts);
    return counts;
  }
  void fail(const char *function, int result, int64_t skip = 0) const {
    get<fake_cuda_fail_fn>("fake_cuda_fail")(function, result, skip);
  }
  bool failed() const {
    return get<fake_cuda_failed_fn>("fake_cuda_failed")() != 0;
  }

private:
  void *library_;
};

/// Registers a kernel for as long as the process runs.
inline void registerNaive(const tconv_params &params,
                          const NaiveOptions &options = {}) {
  const tconv_kernel *kernel = &(new NaiveKernel(params, options))->kernel;
  ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK) << tconv_last_error();
}

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_DEVICE_TEST_H
