// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The heap of tools that time layers: what is large lies in huge pages where
// the system has them for those who ask, as NumPy's arrays do. In small pages
// looking up addresses is a good part of the time of layers with long x or y,
// and that would be timed instead.
#include <cstdlib>
#include <new>

#include "support/memory.h"

void *operator new(size_t bytes) {
  constexpr size_t large = size_t{1} << 20;
  void *memory = bytes >= large
                     ? tconv::allocateAligned(static_cast<int64_t>(bytes))
                     : std::malloc(bytes > 0 ? bytes : 1);
  if (!memory)
    throw std::bad_alloc();
  return memory;
}

void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }
