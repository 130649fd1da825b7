// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/memory.h"

#include <cstdlib>

#include <sys/mman.h>

#include "tconv/kernel_abi.h"

/// Sizes from which huge pages are worth what is lost at the end of the last.
static constexpr int64_t kLargeBytes = int64_t(1) << 20;
static constexpr int64_t kHugePageBytes = int64_t(2) << 20;

void *tconv::allocateAligned(int64_t bytes) noexcept {
  int64_t alignment =
      bytes >= kLargeBytes ? kHugePageBytes : TCONV_KERNEL_ALIGNMENT;
  int64_t rounded;
  if (bytes < 0 || __builtin_add_overflow(bytes, alignment, &rounded))
    return nullptr;
  rounded -= rounded % alignment;
  void *memory = std::aligned_alloc(static_cast<size_t>(alignment),
                                    static_cast<size_t>(rounded));
#ifdef MADV_HUGEPAGE
  if (memory && alignment == kHugePageBytes)
    (void)madvise(memory, static_cast<size_t>(rounded), MADV_HUGEPAGE);
#endif
  return memory;
}
