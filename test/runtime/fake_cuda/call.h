// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every function of the fake driver begins with.
#ifndef TCONV_TEST_RUNTIME_FAKE_CUDA_CALL_H
#define TCONV_TEST_RUNTIME_FAKE_CUDA_CALL_H

#include "state.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace tconv::test {

constexpr int kInvalidContext = 201, kContextIsDestroyed = 709,
              kInvalidHandle = 400, kNotFound = 500, kNotReady = 600;

/// Of each thread, the last is the current one.
inline thread_local std::vector<cuda::Context> contextStack;

inline cuda::Context currentContext() {
  return contextStack.empty() ? nullptr : contextStack.back();
}

/// One call: the lock, the failure that was ordered, and whether cuInit came.
struct Call {
  explicit Call(const char *function, bool needsInit = true)
      : driver(fakeDriver()), lock(driver.mutex),
        result(driver.enter(function)) {
    if (!result && needsInit && !driver.initialised)
      result = cuda::kNotInitialized;
  }
  FakeDriver &driver;
  std::unique_lock<std::mutex> lock;
  cuda::Result result;
};

/// A call in the current context, which a failed launch may have spoiled.
struct ContextCall : Call {
  explicit ContextCall(const char *function)
      : Call(function), context(currentContext()) {
    if (result)
      return;
    if (!context)
      result = kInvalidContext;
    else if (!driver.isKnown(context))
      result = kContextIsDestroyed;
    else
      result = context->error;
  }
  cuda::Context context;
};

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_FAKE_CUDA_CALL_H
