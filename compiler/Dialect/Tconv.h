// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The tconv dialect: attributes and operations. What they mean is documented
// in the .td files beside this header.
#ifndef TCONV_COMPILER_DIALECT_TCONV_H
#define TCONV_COMPILER_DIALECT_TCONV_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/DestinationStyleOpInterface.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "mlir/Interfaces/TilingInterface.h"

#include <limits>

#include "compiler/Dialect/TconvDialect.h.inc"

#include "compiler/Dialect/TconvEnums.h.inc"

#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/TconvAttrs.h.inc"

#define GET_OP_CLASSES
#include "compiler/Dialect/TconvOps.h.inc"

namespace mlir::tconv {

/// Phases of a layer at most: tables with a row for each are part of a kernel.
inline constexpr int64_t kMostPhases = int64_t(1) << 22;

/// Numbers of a cache line.
inline constexpr int64_t kLineElements = 16;

/// Register tiles of a block of channels at most: a contraction lists the shift
/// of each.
inline constexpr int64_t kMostTiles = int64_t(1) << 25;

/// The distance of batch items that have positions of their own.
inline constexpr int64_t kItemsApart = std::numeric_limits<int64_t>::max();

/// What a function says of that distance otherwise: see
/// transform.tconv.fold_batch.
inline constexpr llvm::StringLiteral kItemBeforeAttr = "tconv.item_before";
inline constexpr llvm::StringLiteral kItemAfterAttr = "tconv.item_after";
inline constexpr llvm::StringLiteral kItemGranuleAttr = "tconv.item_granule";

/// The largest value of a size that tiling made: a constant, or the constant in
/// an affine.min. Nothing where it isn't known.
std::optional<int64_t> mostOf(Value size);

/// Makes the destination ops bufferizable.
void registerBufferizationModels(DialectRegistry &registry);

/// Adds the transform.tconv.* operations to the transform dialect.
void registerTransformExtension(DialectRegistry &registry);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_TCONV_H
