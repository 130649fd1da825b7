// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is made of a layer for an Ascend.
#ifndef TCONV_TOOLS_TCONV_COMPILE_ASCEND_H
#define TCONV_TOOLS_TCONV_COMPILE_ASCEND_H

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/API/Compiler.h"
#include "tconv-compile/compile.h"
#include "tconv-compile/device.h"

namespace tconv::tools {

/// Whether --emit can ask for this kind of an Ascend target (TCONV_UNSUPPORTED
/// if not).
Status checkAscendEmit(const std::string &kind, const std::string &target);

/// How the kernels are launched, a plan of kernel_abi.h by names and indices.
nlohmann::ordered_json planOf(const mlir::tconv::AscendImage &image);

/// Adds what --emit asks for. An object that can't be had because hivmc is
/// missing is said in `missing`; everything else comes all the same. HIVM is
/// made, to check the kernels, wherever bishengir-compile is installed; where
/// it is not, a word on standard error says that nothing was checked.
Status produceForAscend(const CompileArguments &arguments,
                        mlir::tconv::Compilation &compilation,
                        const NamedLayer &layer, const std::string &symbol,
                        std::vector<Product> &products,
                        nlohmann::ordered_json &report, Status &missing);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_ASCEND_H
