// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "target/caches.h"

#include <fstream>
#include <string>

#include <gtest/gtest.h>

using namespace tconv;

namespace {

/// What Linux says of a cache of the first core, or nothing.
std::string said(int index, const char *what) {
  std::ifstream file("/sys/devices/system/cpu/cpu0/cache/index" +
                     std::to_string(index) + "/" + what);
  std::string text;
  file >> text;
  return text;
}

TEST(Caches, AreThoseOfACore) {
  CacheSizes sizes = cacheSizes();
  bool any = false;
  for (int index = 0; index < 8; ++index) {
    std::string level = said(index, "level"), size = said(index, "size");
    if (size.empty() || size.back() != 'K' ||
        said(index, "type") == "Instruction")
      continue;
    any = true;
    int64_t bytes = std::stoll(size) * 1024;
    if (level == "1")
      EXPECT_EQ(sizes.l1, bytes);
    else if (level == "2")
      EXPECT_EQ(sizes.l2, bytes);
    else if (level == "3")
      EXPECT_EQ(sizes.l3, bytes);
  }
  if (!any)
    GTEST_SKIP() << "this system doesn't list its caches";
}

TEST(Caches, GrowWithTheirLevel) {
  CacheSizes sizes = cacheSizes();
  EXPECT_GE(sizes.l1, 0);
  if (sizes.l2) {
    EXPECT_GE(sizes.l2, sizes.l1);
  }
  if (sizes.l3) {
    EXPECT_GE(sizes.l3, sizes.l2);
  }
}

} // namespace
