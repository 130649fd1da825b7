// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tconv-compile --cache: kernels into the disk cache, through the runtime.
#ifndef TCONV_TOOLS_TCONV_COMPILE_WARM_H
#define TCONV_TOOLS_TCONV_COMPILE_WARM_H

#include <nlohmann/json.hpp>

#include "tconv-compile/compile.h"

namespace tconv::tools {

/// Every length class of every layer for every target, unless a class was
/// chosen. What is there already is left alone.
Status warmCache(const CompileArguments &arguments,
                 const std::vector<NamedLayer> &layers,
                 nlohmann::ordered_json &reports);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_WARM_H
