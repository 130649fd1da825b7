// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_PAGE_H
#define TCONV_TOOLS_TCONV_INSPECT_PAGE_H

#include "tconv-inspect/facts.h"

namespace tconv::tools {

/// One self-contained HTML page.
std::string htmlPage(const Facts &facts);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_PAGE_H
