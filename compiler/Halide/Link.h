// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Joins the pipeline that Halide compiled and the code around it.
#ifndef TCONV_COMPILER_HALIDE_LINK_H
#define TCONV_COMPILER_HALIDE_LINK_H

#include "compiler/Target/CPU/Codegen.h"

namespace mlir::tconv::halide {

/// Takes the pipeline, as bitcode that Halide's own LLVM wrote and optimised,
/// into `module`, with what it calls: an allocator on the workspace and
/// copying. The result calls nothing outside itself and exports `symbol` only.
/// Vectors that are multiplied as they are loaded are prefetched `prefetch`
/// bytes ahead, if that is not 0: along the rows these are the weights.
llvm::Error linkPipeline(llvm::Module &module, llvm::StringRef bitcode,
                         const CpuTarget &target, llvm::StringRef symbol,
                         int64_t prefetch);

} // namespace mlir::tconv::halide

#endif // TCONV_COMPILER_HALIDE_LINK_H
