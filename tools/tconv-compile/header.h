// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a kernel is called and declared in C.
#ifndef TCONV_TOOLS_TCONV_COMPILE_HEADER_H
#define TCONV_TOOLS_TCONV_COMPILE_HEADER_H

#include <string>

#include "layer/layer.h"

namespace tconv::tools {

/// Refuses what can't be the name of a kernel in C and C++: no identifier, a
/// keyword, a reserved name, or one that kernel_abi.h or the object itself has.
Status checkSymbol(const std::string &symbol);

/// A good symbol from a layer's name: hifigan_up0 for "hifigan.up0".
std::string symbolOf(const std::string &name);

/// Include guard of a header.
std::string headerGuard(const std::string &name);

/// "Made by tconv-compile 0.1.0".
std::string madeBy();

/// Text that neither ends a comment nor seems to begin one in its midst.
std::string commentText(std::string text);

/// The header that declares a kernel.
/// @param description the kernel's own, JSON
std::string headerText(const std::string &symbol,
                       const std::string &description);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_HEADER_H
