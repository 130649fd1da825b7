// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of many layers for many CPUs, in one archive with one header.
#ifndef TCONV_TOOLS_TCONV_COMPILE_LIBRARY_H
#define TCONV_TOOLS_TCONV_COMPILE_LIBRARY_H

#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "tconv-compile/compile.h"

namespace tconv::tools {

/// Compiles all layers for all targets and length classes.
/// @param files receives PREFIX.a and PREFIX.h, by path
/// @param report receives what --json says
Status compileLibrary(const CompileArguments &arguments,
                      const std::vector<NamedLayer> &layers,
                      std::map<std::string, std::string> &files,
                      nlohmann::ordered_json &report);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_LIBRARY_H
