// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_COMPILE_REPORT_H
#define TCONV_TOOLS_TCONV_COMPILE_REPORT_H

#include <string>

#include <nlohmann/json.hpp>

#include "compiler/API/Compiler.h"
#include "tconv-compile/halide.h"

namespace tconv::tools {

/// What --json says of one kernel: layer, symbol, how it was made, times.
nlohmann::ordered_json reportOf(mlir::tconv::Compilation &compilation,
                                const tconv_params &params,
                                const std::string &symbol);
nlohmann::ordered_json reportOf(const HalideKernel &kernel,
                                const nlohmann::ordered_json &description,
                                const tconv_params &params,
                                const std::string &symbol);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_REPORT_H
