// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is made of a layer for a GPU.
#ifndef TCONV_TOOLS_TCONV_COMPILE_DEVICE_H
#define TCONV_TOOLS_TCONV_COMPILE_DEVICE_H

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/API/Compiler.h"
#include "tconv-compile/compile.h"

namespace tconv::tools {

/// One text or object that a compilation makes.
struct Product {
  std::string suffix; ///< after the prefix: ".o", ".schedule.mlir"
  std::string bytes;
};

/// "ptx", "cubin" or "fatbin".
bool isDeviceEmit(const std::string &kind);

/// Adds what --emit asks for. PTX goes through ptxas wherever it is installed;
/// where it is not, a word on standard error says that nothing was checked.
Status produceForDevice(const CompileArguments &arguments,
                        mlir::tconv::Compilation &compilation,
                        const NamedLayer &layer, const std::string &symbol,
                        std::vector<Product> &products,
                        nlohmann::ordered_json &report);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_DEVICE_H
