// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_SUPPORT_DIVIDE_H
#define TCONV_SRC_SUPPORT_DIVIDE_H

#include <cstdint>

namespace tconv {

/// a / b rounded up, for a of 0 and more and b of 1 and more. Nothing in it can
/// wrap, as a + b - 1 would.
inline int64_t divideCeil(int64_t a, int64_t b) { return a / b + (a % b != 0); }

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_DIVIDE_H
