// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// LLVM IR of a test, for a target, and what one pass makes of it.
#ifndef TCONV_TEST_COMPILER_LLVM_MODULE_H
#define TCONV_TEST_COMPILER_LLVM_MODULE_H

#include "compiler/Target/CPU/Codegen.h"
#include "compiler/Target/Optimize.h"

#include "llvm/AsmParser/Parser.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/SourceMgr.h"
#include "gtest/gtest.h"
#include <string>

namespace mlir::tconv {

inline constexpr const char *kX86 = "cpu:x86-64-v3";
inline constexpr const char *kArm = "cpu:aarch64+neon";

/// A module in a context of its own, for a target.
struct Module {
  Module(const std::string &text, const char *targetName) {
    auto target = parseCpuTarget(targetName);
    EXPECT_TRUE(static_cast<bool>(target));
    auto made = createTargetMachine(*target);
    EXPECT_TRUE(static_cast<bool>(made));
    machine = std::move(*made);
    llvm::SMDiagnostic error;
    module = llvm::parseAssemblyString(text, error, context);
    EXPECT_TRUE(module) << error.getLineNo() << ": " << error.getMessage().str()
                        << "\n"
                        << text;
    module->setTargetTriple(machine->getTargetTriple());
    module->setDataLayout(machine->createDataLayout());
  }

  template <typename Pass> void run(Pass pass) {
    llvm::FunctionPassManager passes;
    passes.addPass(std::move(pass));
    optimize(*module, *machine, std::move(passes));
    EXPECT_FALSE(llvm::verifyModule(*module, &llvm::errs()));
  }

  /// The function, without names.
  std::string text() {
    std::string text;
    for (llvm::Argument &argument : module->begin()->args())
      argument.setName("");
    for (llvm::BasicBlock &block : *module->begin()) {
      block.setName("");
      for (llvm::Instruction &instruction : block)
        instruction.setName("");
    }
    llvm::raw_string_ostream stream(text);
    module->begin()->print(stream);
    return text;
  }

  llvm::LLVMContext context;
  std::unique_ptr<llvm::TargetMachine> machine;
  std::unique_ptr<llvm::Module> module;
};

} // namespace mlir::tconv

#endif // TCONV_TEST_COMPILER_LLVM_MODULE_H
