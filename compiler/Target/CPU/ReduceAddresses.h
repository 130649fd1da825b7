// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Strength reduction of addresses: a small one in place of LLVM's, which takes
// half of the time of code generation.
#ifndef TCONV_COMPILER_TARGET_CPU_REDUCEADDRESSES_H
#define TCONV_COMPILER_TARGET_CPU_REDUCEADDRESSES_H

#include "llvm/IR/PassManager.h"

namespace mlir::tconv {

/// Rewrites the addresses of innermost loops. Where an address grows by a
/// constant in each turn, what doesn't change moves to the preheader, and all
/// such addresses of the loop become
///
///     base + scale * offset + displacement
///
/// with a scale and a displacement that the machine's addresses have for
/// nothing. One offset in bytes serves all steps that differ by such a scale;
/// it is the loop's own counter where that will do. Addresses whose difference
/// is a constant share a base.
///
/// All arithmetic is taken modulo 2^64, as the machine has it, so that nothing
/// is asked of flags such as nuw, and none is promised. A loop is left alone
/// where it has no preheader, several latches, nothing to gain, or would need
/// more registers than the machine has.
struct ReduceAddressesPass : llvm::PassInfoMixin<ReduceAddressesPass> {
  llvm::PreservedAnalyses run(llvm::Function &function,
                              llvm::FunctionAnalysisManager &analyses);
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_CPU_REDUCEADDRESSES_H
