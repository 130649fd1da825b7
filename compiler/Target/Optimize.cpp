// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Optimize.h"

#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/BasicAliasAnalysis.h"
#include "llvm/Analysis/CGSCCPassManager.h"
#include "llvm/Analysis/LastRunTrackingAnalysis.h"
#include "llvm/Analysis/LoopAnalysisManager.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Analysis/MemorySSA.h"
#include "llvm/Analysis/OptimizationRemarkEmitter.h"
#include "llvm/Analysis/ProfileSummaryInfo.h"
#include "llvm/Analysis/ScalarEvolution.h"
#include "llvm/Analysis/ScopedNoAliasAA.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/Dominators.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/Scalar/LoopPassManager.h"

using namespace llvm;

static AAManager aliases() {
  AAManager manager;
  manager.registerFunctionAnalysis<BasicAA>();
  manager.registerFunctionAnalysis<ScopedNoAliasAA>();
  return manager;
}

void mlir::tconv::optimize(Module &module, TargetMachine &machine,
                           FunctionPassManager passes) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  llvm::ModuleAnalysisManager modules;
  // No function of these modules is the C library's.
  TargetLibraryInfoImpl library(machine.getTargetTriple());
  library.disableAllFunctions();

  functions.registerPass(aliases);
  functions.registerPass([] { return AssumptionAnalysis(); });
  functions.registerPass([] { return BasicAA(); });
  functions.registerPass([] { return DominatorTreeAnalysis(); });
  functions.registerPass([] { return LastRunTrackingAnalysis(); });
  functions.registerPass([] { return LoopAnalysis(); });
  functions.registerPass([] { return MemorySSAAnalysis(); });
  functions.registerPass([] { return OptimizationRemarkEmitterAnalysis(); });
  functions.registerPass([] { return ScalarEvolutionAnalysis(); });
  functions.registerPass([] { return ScopedNoAliasAA(); });
  functions.registerPass([&] { return machine.getTargetIRAnalysis(); });
  functions.registerPass([&] { return TargetLibraryAnalysis(library); });
  modules.registerPass([] { return ProfileSummaryAnalysis(); });
  loops.registerPass([] { return PassInstrumentationAnalysis(); });
  functions.registerPass([] { return PassInstrumentationAnalysis(); });
  modules.registerPass([] { return PassInstrumentationAnalysis(); });
  functions.registerPass(
      [&] { return LoopAnalysisManagerFunctionProxy(loops); });
  functions.registerPass(
      [&] { return ModuleAnalysisManagerFunctionProxy(modules); });
  modules.registerPass(
      [&] { return FunctionAnalysisManagerModuleProxy(functions); });
  loops.registerPass(
      [&] { return FunctionAnalysisManagerLoopProxy(functions); });

  ModulePassManager all;
  all.addPass(createModuleToFunctionPassAdaptor(std::move(passes)));
  all.addPass(GlobalDCEPass());
  all.run(module, modules);
}
