// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How many programs the tiles of a product are dealt out to: what the cost
// model estimates and the plan of launches does.
#ifndef TCONV_COMPILER_SCHEDULE_ASCENDPROGRAMS_H
#define TCONV_COMPILER_SCHEDULE_ASCENDPROGRAMS_H

#include <cstdint>

namespace mlir::tconv {

/// Programs of a product that each core gets, about, so that the last ones
/// leave few cores idle: where weights stay in L1, each loads them anew.
inline int64_t programsPerCore(bool stationary) { return stationary ? 1 : 4; }

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_ASCENDPROGRAMS_H
