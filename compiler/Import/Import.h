// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From a layer's parameters to the IR that everything begins with.
#ifndef TCONV_COMPILER_IMPORT_IMPORT_H
#define TCONV_COMPILER_IMPORT_IMPORT_H

#include "layer/layer.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace mlir::tconv {

/// A module with one function, `layer`, on tensors: x, weight, bias (if there
/// is one) and y, batch and lengths dynamic. The layer's numbers are on it as
/// attributes, for those who describe the kernel.
OwningOpRef<ModuleOp> importLayer(MLIRContext *context,
                                  const ::tconv::GeneralForm &layer);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_IMPORT_IMPORT_H
