// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/FenceShuffles.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Module.h"

using namespace llvm;
using namespace mlir::tconv;

/// AVX-512's vectors: the search among shorter ones takes hardly any time.
static constexpr uint64_t kVectorBits = 512;

/// Whether it is a node of a network that goes on.
static bool isInner(const Instruction &instruction) {
  auto *shuffle = dyn_cast<ShuffleVectorInst>(&instruction);
  return shuffle && !shuffle->isZeroEltSplat() &&
         shuffle->getType()->getElementType()->isFloatingPointTy() &&
         shuffle->getType()->getPrimitiveSizeInBits() == kVectorBits &&
         any_of(shuffle->users(),
                [](const User *user) { return isa<ShuffleVectorInst>(user); });
}

PreservedAnalyses FenceShufflesPass::run(Function &function,
                                         FunctionAnalysisManager &) {
  if (!function.getParent()->getTargetTriple().isX86())
    return PreservedAnalyses::all();
  SmallVector<Instruction *> inner;
  for (Instruction &instruction : instructions(function))
    if (isInner(instruction))
      inner.push_back(&instruction);
  for (Instruction *shuffle : inner) {
    IRBuilder<> builder(shuffle->getNextNode());
    llvm::Value *fence =
        builder.CreateArithmeticFence(shuffle, shuffle->getType());
    shuffle->replaceUsesWithIf(
        fence, [&](const Use &use) { return use.getUser() != fence; });
  }
  if (inner.empty())
    return PreservedAnalyses::all();
  PreservedAnalyses kept;
  kept.preserveSet<CFGAnalyses>();
  return kept;
}
