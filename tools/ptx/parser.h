// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_PTX_PARSER_H
#define TCONV_TOOLS_PTX_PARSER_H

#include <string_view>

#include "layer/layer.h"
#include "ptx/syntax.h"

namespace tconv::ptx {

/// Parses the text of a module. An error names the line and shows it.
Status parseSyntax(std::string_view text, Syntax &syntax);

/// "line 12: WHAT: `the line`".
Status errorAt(const Syntax &syntax, int line, const std::string &what);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_PARSER_H
