// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_COMPILER_API_REGISTER_H
#define TCONV_COMPILER_API_REGISTER_H

#include "mlir/IR/DialectRegistry.h"

namespace mlir::tconv {

/// The dialects, interfaces and extensions that a compilation needs.
void registerDialects(DialectRegistry &registry);

/// The project's passes and pipelines, under their command-line names.
void registerPassesAndPipelines();

} // namespace mlir::tconv

#endif // TCONV_COMPILER_API_REGISTER_H
