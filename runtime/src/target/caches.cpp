// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "target/caches.h"

#include <unistd.h>

#if defined(__x86_64__)
#include "target/cpuid.h"
#endif

using namespace tconv;

namespace {

#if defined(__x86_64__)

/// What CPUID's list of caches says. The C library's sysconf adds up the last
/// levels of all of an AMD package's parts, of which a core reaches one.
CacheSizes listed() {
  constexpr unsigned topologyExtensions = 1u << 22; // leaf 0x80000001, ECX
  // Of one format; AMD has its own number, and nothing in Intel's.
  unsigned number =
      cpuidLeaf(0x80000001).ecx & topologyExtensions ? 0x8000001d : 4;
  CacheSizes sizes;
  for (unsigned index = 0; index < 16; ++index) {
    CpuidRegisters cache = cpuidLeaf(number, index);
    enum { none, data, instruction, unified };
    unsigned type = cache.eax & 31, level = cache.eax >> 5 & 7;
    if (type == none)
      break;
    if (type == instruction)
      continue;
    auto field = [&](unsigned first, unsigned mask) {
      return int64_t(cache.ebx >> first & mask) + 1;
    };
    int64_t bytes = field(0, 0xfff) * field(12, 0x3ff) * field(22, 0x3ff) *
                    (int64_t(cache.ecx) + 1); // lines, partitions, ways, sets
    if (level == 1)
      sizes.l1 = bytes;
    else if (level == 2)
      sizes.l2 = bytes;
    else if (level == 3)
      sizes.l3 = bytes;
  }
  return sizes;
}

#endif

} // namespace

CacheSizes tconv::cacheSizes() {
#if defined(__x86_64__)
  if (CacheSizes sizes = listed(); sizes.l1)
    return sizes;
#endif
#if defined(_SC_LEVEL1_DCACHE_SIZE)
  auto bytes = [](int name) {
    long size = sysconf(name);
    return size > 0 ? int64_t(size) : 0;
  };
  return {bytes(_SC_LEVEL1_DCACHE_SIZE), bytes(_SC_LEVEL2_CACHE_SIZE),
          bytes(_SC_LEVEL3_CACHE_SIZE)};
#else
  return {};
#endif
}
