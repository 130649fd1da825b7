// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Keeps LLVM from looking for better shuffles than a network of shuffles has,
// which takes a third of x86's instruction selection.
#ifndef TCONV_COMPILER_TARGET_CPU_FENCESHUFFLES_H
#define TCONV_COMPILER_TARGET_CPU_FENCESHUFFLES_H

#include "llvm/IR/PassManager.h"

namespace mlir::tconv {

/// Puts an arithmetic fence, which is no instruction in the end, behind each
/// shuffle of 16 floats that another shuffle reads.
///
/// Code generation for x86 tries to make one shuffle of a tree of them, anew
/// for each of its nodes. The networks of interleave() and deinterleave() have
/// nothing to gain from that: with AVX-512 every shuffle is one instruction.
/// Those of shorter vectors stay as they are, since the search is short there.
/// So do broadcasts, which become part of other instructions.
struct FenceShufflesPass : llvm::PassInfoMixin<FenceShufflesPass> {
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_CPU_FENCESHUFFLES_H
