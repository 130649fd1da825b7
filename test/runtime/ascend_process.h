// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tests of layers on an Ascend share: a fake library in this process, what
// it counts, and Huawei's compiler where kernels are made by it.
#ifndef TCONV_TEST_RUNTIME_ASCEND_PROCESS_H
#define TCONV_TEST_RUNTIME_ASCEND_PROCESS_H

#include <string>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "fake_ascend/fake_ascend.h"

namespace tconv::test {

/// The fake library in this process.
class FakeAscend {
public:
  explicit FakeAscend(const char *path)
      : library_(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    EXPECT_NE(library_, nullptr) << dlerror();
  }
  template <typename Function> Function get(const char *name) const {
    void *found = library_ ? dlsym(library_, name) : nullptr;
    EXPECT_NE(found, nullptr) << name;
    return reinterpret_cast<Function>(found);
  }
  fake_ascend_counts count() const {
    fake_ascend_counts counts = {};
    get<fake_ascend_count_fn>("fake_ascend_count")(&counts);
    return counts;
  }
  void fail(const char *function, int result, int64_t skip = 0) const {
    get<fake_ascend_fail_fn>("fake_ascend_fail")(function, result, skip);
  }
  bool failed() const {
    return get<fake_ascend_failed_fn>("fake_ascend_failed")() != 0;
  }
  void expectNothingLeft(const std::string &after) const {
    fake_ascend_counts counts = count();
    EXPECT_EQ(counts.binaries, 0) << after;
    EXPECT_EQ(counts.allocations, 0) << after;
    EXPECT_EQ(counts.streams, 0) << after;
    EXPECT_EQ(counts.freed_in_use, 0) << after;
    EXPECT_EQ(counts.unwritten, 0) << after;
  }

private:
  void *library_;
};

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_ASCEND_PROCESS_H
