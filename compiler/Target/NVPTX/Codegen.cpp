// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Codegen.h"

#include "compiler/Target/CPU/Codegen.h"
#include "compiler/Target/Optimize.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Target/LLVMIR/Export.h"
#include "llvm-c/Target.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include <mutex>

using namespace mlir;
using namespace mlir::tconv;

/// Everything is unrolled already; what is left is address arithmetic. Loops
/// are not rotated, nor bodies duplicated, so that barriers stay where they
/// are.
static llvm::FunctionPassManager devicePasses() {
  llvm::LoopPassManager loops;
  loops.addPass(llvm::LICMPass(llvm::LICMOptions()));
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::SROAPass(llvm::SROAOptions::PreserveCFG));
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::SimplifyCFGPass());
  passes.addPass(llvm::InstCombinePass(
      llvm::InstCombineOptions().setVerifyFixpoint(false)));
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loops),
                                                       /*UseMemorySSA=*/true));
  passes.addPass(llvm::EarlyCSEPass(/*UseMemorySSA=*/true));
  passes.addPass(llvm::SimplifyCFGPass());
  return passes;
}

/// The oldest PTX that has the architecture and what these kernels use: the
/// older, the more drivers take it.
static const char *ptxFeature(int64_t architecture) {
  if (architecture >= 120)
    return "+ptx87";
  if (architecture >= 100)
    return "+ptx86";
  if (architecture >= 89)
    return "+ptx78";
  return architecture >= 86 ? "+ptx71" : "+ptx70";
}

/// Tells ptxas to leave loops as they are: what has to be unrolled is, and more
/// would take registers that the schedule has counted on.
static void keepLoops(llvm::Module &module) {
  for (llvm::Function &function : module) {
    if (function.isDeclaration())
      continue;
    llvm::DominatorTree tree(function);
    llvm::LoopInfo loops(tree);
    for (llvm::Loop *loop : loops.getLoopsInPreorder())
      loop->setLoopAlreadyUnrolled();
  }
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
mlir::tconv::createDeviceMachine(int64_t architecture) {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeNVPTXTargetInfo();
    LLVMInitializeNVPTXTarget();
    LLVMInitializeNVPTXTargetMC();
    LLVMInitializeNVPTXAsmPrinter();
  });
  llvm::Triple triple("nvptx64-nvidia-cuda");
  std::string error;
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return llvm::createStringError("LLVM has no target for GPUs: %s",
                                   error.c_str());
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, "sm_" + std::to_string(architecture), ptxFeature(architecture),
      llvm::TargetOptions(), std::nullopt, std::nullopt,
      llvm::CodeGenOptLevel::Default));
  if (!machine)
    return llvm::createStringError("LLVM can't make code for sm_%d",
                                   static_cast<int>(architecture));
  return machine;
}

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::tconv::translateDevice(ModuleOp module, llvm::TargetMachine &machine,
                             llvm::LLVMContext &context) {
  auto modules = module.getOps<gpu::GPUModuleOp>();
  if (modules.empty())
    return llvm::createStringError("there is no GPU module");
  std::unique_ptr<llvm::Module> result =
      translateModuleToLLVMIR(*modules.begin(), context, "tconv");
  if (!result)
    return llvm::createStringError("translation to LLVM IR failed");
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  optimize(*result, machine, devicePasses());
  keepLoops(*result);
  return result;
}

llvm::Expected<std::string>
mlir::tconv::generatePtx(llvm::Module &module, llvm::TargetMachine &machine) {
  auto code =
      generateCode(module, machine, llvm::CodeGenFileType::AssemblyFile);
  if (!code)
    return code.takeError();
  return std::string(code->begin(), code->end());
}
