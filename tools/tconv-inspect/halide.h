// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_HALIDE_H
#define TCONV_TOOLS_TCONV_INSPECT_HALIDE_H

#include "tconv-compile/halide.h"
#include "tconv-inspect/facts.h"

namespace tconv::tools {

/// The stages of a kernel of the Halide engine, for --stage.
constexpr const char *kHalideStages[] = {"schedule", "stmt", "llvmir"};

/// Compiles a layer by the Halide engine and gathers what it says. What is of
/// no use there (packing, cost) is left out; the phases are the compiler's own,
/// for both engines have the same.
/// @param shape length 0: no launch is described; checked otherwise
/// @param only the stage that is to be shown, or "asm"; empty: all
Status gatherHalide(const tconv_params &params, const tconv_shape &shape,
                    const mlir::tconv::CompileOptions &options,
                    const Engine &engine, const std::string &only,
                    Facts &facts);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_HALIDE_H
