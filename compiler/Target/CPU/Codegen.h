// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the LLVM dialect to optimised LLVM IR, assembly and objects.
#ifndef TCONV_COMPILER_TARGET_CPU_CODEGEN_H
#define TCONV_COMPILER_TARGET_CPU_CODEGEN_H

#include "compiler/Target/CPU/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Target/TargetMachine.h"
#include <memory>

namespace mlir::tconv {

/// Registers the LLVM targets that this compiler knows; safe to call again.
void initializeTargets();

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
createTargetMachine(const CpuTarget &target);

/// Translates and optimises for the target, addresses included (see
/// ReduceAddresses.h). The result calls nothing outside itself: it may be
/// loaded where there is no C library.
llvm::Expected<std::unique_ptr<llvm::Module>>
translateAndOptimize(ModuleOp module, const CpuTarget &target,
                     llvm::TargetMachine &machine, llvm::LLVMContext &context);

/// Who reduces the strength of addresses in a module's loops.
enum class Addresses {
  asTheyAre, ///< LLVM, while it makes code, in half of the time that this takes
  reduced,   ///< translateAndOptimize has done it
};

/// Assembly or an object file of an optimised module.
llvm::Expected<llvm::SmallVector<char, 0>>
generateCode(llvm::Module &module, llvm::TargetMachine &machine,
             llvm::CodeGenFileType type,
             Addresses addresses = Addresses::asTheyAre);

/// The version of the LLVM that is there, which may have been exchanged for
/// another since the build.
const char *linkedLlvmVersion();

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_CPU_CODEGEN_H
