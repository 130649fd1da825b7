// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_COMPILER_TARGET_ASCEND_PASSES_H
#define TCONV_COMPILER_TARGET_ASCEND_PASSES_H

#include "compiler/Dialect/Ascend.h"
#include "compiler/Transforms/Passes.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"

namespace mlir::tconv {

#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "compiler/Target/Ascend/Passes.h.inc"

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_PASSES_H
