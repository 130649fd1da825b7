// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The operations and attributes of schedules for Ascend; documented in
// AscendTransformOps.td.
#ifndef TCONV_COMPILER_DIALECT_ASCEND_H
#define TCONV_COMPILER_DIALECT_ASCEND_H

#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

/// The part that a module is for, "910b3".
inline constexpr llvm::StringLiteral kAscendAttr = "tconv.ascend";
/// The tile of a core: a dictionary on tconv.phases, see map_cores.
inline constexpr llvm::StringLiteral kCoresAttr = "tconv.cores";

/// What the model says of the tile that map_cores took: a dictionary of cycles
/// and bytes on the function.
inline constexpr llvm::StringLiteral kEstimateAttr = "tconv.estimate";

/// Adds the transform.tconv.* operations of Ascend's schedules.
void registerAscendTransformExtension(DialectRegistry &registry);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_ASCEND_H
