// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From kernels in the NVVM dialect to PTX, by LLVM in this process.
#ifndef TCONV_COMPILER_TARGET_NVPTX_CODEGEN_H
#define TCONV_COMPILER_TARGET_NVPTX_CODEGEN_H

#include "mlir/IR/BuiltinOps.h"

#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>
#include <string>

namespace mlir::tconv {

/// LLVM's view of an architecture such as 80.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createDeviceMachine(int64_t architecture);

/// The module's kernels as LLVM IR, optimised.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateDevice(ModuleOp module, llvm::TargetMachine &machine,
                llvm::LLVMContext &context);

/// PTX of such a module, which is used up.
llvm::Expected<std::string> generatePtx(llvm::Module &module,
                                        llvm::TargetMachine &machine);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_CODEGEN_H
