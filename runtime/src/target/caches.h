// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_TARGET_CACHES_H
#define TCONV_SRC_TARGET_CACHES_H

#include <cstdint>

namespace tconv {

/// Bytes of the data caches that a core of this machine uses, each with
/// whatever cores it shares it with. 0: it has none, or doesn't say.
struct CacheSizes {
  int64_t l1 = 0, l2 = 0, l3 = 0;
};

CacheSizes cacheSizes();

} // namespace tconv

#endif // TCONV_SRC_TARGET_CACHES_H
