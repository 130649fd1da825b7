// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Memory for weights, packed weights and workspaces.
#ifndef TCONV_SRC_SUPPORT_MEMORY_H
#define TCONV_SRC_SUPPORT_MEMORY_H

#include <cstdint>
#include <cstdlib>

namespace tconv {

/// At least `bytes` bytes aligned to TCONV_KERNEL_ALIGNMENT, to be freed by
/// std::free; NULL where there is no memory. Large ones lie in huge pages where
/// the system has them for those who ask: weights are read from end to end, and
/// looking up small pages would take a good part of the time.
void *allocateAligned(int64_t bytes) noexcept;

/// Frees what std::unique_ptr holds of it.
struct AlignedFree {
  void operator()(void *memory) const { std::free(memory); }
};

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_MEMORY_H
