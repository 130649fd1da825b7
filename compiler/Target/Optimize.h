// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM's passes over a module, with what they ask for and no more.
#ifndef TCONV_COMPILER_TARGET_OPTIMIZE_H
#define TCONV_COMPILER_TARGET_OPTIMIZE_H

#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Target/TargetMachine.h"

namespace mlir::tconv {

/// Runs passes over each function, then drops the functions that nothing uses.
///
/// LLVM's PassBuilder would do, but names every pass there is, so that all of
/// them would be in the compiler's library. Whoever adds a pass here may find
/// that it needs another analysis: LLVM says which, and ends the process.
void optimize(llvm::Module &module, llvm::TargetMachine &machine,
              llvm::FunctionPassManager passes);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_OPTIMIZE_H
