// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/Codegen.h"
#include "compiler/Target/CPU/FenceShuffles.h"
#include "compiler/Target/CPU/ReduceAddresses.h"
#include "compiler/Target/Optimize.h"

#include "mlir/Target/LLVMIR/Export.h"
#include "llvm-c/Core.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/LICM.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"
#include "llvm/Transforms/Scalar/LoopRotation.h"
#include <memory>
#include <mutex>

using namespace mlir;
using namespace mlir::tconv;

/// What these kernels need of LLVM: O2 takes several times as long and gains
/// nothing. Vectors, inlining and unrolling are the schedule's; what is left
/// are loops whose address arithmetic has to leave the inner ones.
static llvm::FunctionPassManager kernelPasses() {
  llvm::LoopPassManager loops;
  loops.addPass(llvm::LoopRotatePass());
  loops.addPass(llvm::LICMPass(llvm::LICMOptions()));
  llvm::FunctionPassManager passes;
  passes.addPass(llvm::EarlyCSEPass());
  // Where it leaves something to combine, LLVM would end the process.
  passes.addPass(llvm::InstCombinePass(
      llvm::InstCombineOptions().setVerifyFixpoint(false)));
  passes.addPass(llvm::createFunctionToLoopPassAdaptor(std::move(loops),
                                                       /*UseMemorySSA=*/true));
  passes.addPass(llvm::EarlyCSEPass());
  passes.addPass(ReduceAddressesPass());
  passes.addPass(FenceShufflesPass());
  return passes;
}

namespace {

/// Passes of code generation without LLVM's strength reduction. They are left
/// out while they are added, rather than told not to run: what only they need
/// isn't computed then, and nothing is set that others see.
class WithoutStrengthReduction : public llvm::legacy::PassManager {
public:
  void add(llvm::Pass *pass) override {
    llvm::StringRef name = pass->getPassName();
    // The second one only prepares for the first.
    if (name == "Loop Strength Reduction" ||
        name == "Canonicalize Freeze Instructions in Loops") {
      delete pass;
      return;
    }
    PassManager::add(pass);
  }
};

} // namespace

void mlir::tconv::initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    LLVMInitializeAArch64TargetInfo();
    LLVMInitializeAArch64Target();
    LLVMInitializeAArch64TargetMC();
    LLVMInitializeAArch64AsmPrinter();
    LLVMInitializeAArch64AsmParser();
  });
}

llvm::Expected<std::unique_ptr<llvm::TargetMachine>>
mlir::tconv::createTargetMachine(const CpuTarget &target) {
  initializeTargets();
  llvm::Triple triple(target.triple);
  std::string error;
  const llvm::Target *found = llvm::TargetRegistry::lookupTarget(triple, error);
  if (!found)
    return llvm::createStringError("LLVM has no target for '%s': %s",
                                   target.triple.c_str(), error.c_str());
  std::unique_ptr<llvm::TargetMachine> machine(found->createTargetMachine(
      triple, target.cpu, target.features, llvm::TargetOptions(),
      llvm::Reloc::PIC_, llvm::CodeModel::Small,
      llvm::CodeGenOptLevel::Default));
  if (!machine)
    return llvm::createStringError("LLVM can't make code for '%s'",
                                   target.triple.c_str());
  return machine;
}

llvm::Expected<std::unique_ptr<llvm::Module>>
mlir::tconv::translateAndOptimize(ModuleOp module, const CpuTarget &target,
                                  llvm::TargetMachine &machine,
                                  llvm::LLVMContext &context) {
  std::unique_ptr<llvm::Module> result =
      translateModuleToLLVMIR(module, context, "tconv",
                              /*disableVerification=*/true);
  if (!result)
    return llvm::createStringError("translation to LLVM IR failed");
  result->setTargetTriple(machine.getTargetTriple());
  result->setDataLayout(machine.createDataLayout());
  for (llvm::Function &function : *result) {
    if (function.isDeclaration())
      continue;
    // No loop becomes a call of memset or memcpy.
    function.addFnAttr("no-builtins");
    // An entry point only takes its arguments apart: inlining the body into it
    // would cost compile time and gain nothing.
    if (function.hasLocalLinkage() && !function.hasAddressTaken())
      function.addFnAttr(llvm::Attribute::NoInline);
    function.addFnAttr(llvm::Attribute::NoUnwind);
    function.addFnAttr("target-cpu", target.cpu);
    if (!target.features.empty())
      function.addFnAttr("target-features", target.features);
    // Cores that LLVM thinks better off with shorter vectors than a schedule
    // asks for would have every operation split in two.
    if (target.isX86())
      function.addFnAttr("prefer-vector-width",
                         std::to_string(target.machine.lanes * 32));
  }

  optimize(*result, machine, kernelPasses());
  return result;
}

llvm::Expected<llvm::SmallVector<char, 0>>
mlir::tconv::generateCode(llvm::Module &module, llvm::TargetMachine &machine,
                          llvm::CodeGenFileType type, Addresses addresses) {
  llvm::SmallVector<char, 0> code;
  llvm::raw_svector_ostream stream(code);
  std::unique_ptr<llvm::legacy::PassManager> passes;
  if (addresses == Addresses::reduced)
    passes = std::make_unique<WithoutStrengthReduction>();
  else
    passes = std::make_unique<llvm::legacy::PassManager>();
  if (machine.addPassesToEmitFile(*passes, stream, nullptr, type))
    return llvm::createStringError("LLVM can't emit code for '%s'",
                                   module.getTargetTriple().str().c_str());
  passes->run(module);
  return code;
}

const char *mlir::tconv::linkedLlvmVersion() {
  static const std::string version = [] {
    unsigned major, minor, patch;
    LLVMGetVersion(&major, &minor, &patch);
    return std::to_string(major) + "." + std::to_string(minor) + "." +
           std::to_string(patch);
  }();
  return version.c_str();
}
