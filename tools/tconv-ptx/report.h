// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A launch's report as JSON and as text.
#ifndef TCONV_TOOLS_TCONV_PTX_REPORT_H
#define TCONV_TOOLS_TCONV_PTX_REPORT_H

#include <string>

#include <nlohmann/json.hpp>

#include "ptx/launch.h"

namespace tconv::tools {

/// The text of a file, and the module in it. Errors name the file.
Status readModule(const std::string &path,
                  std::shared_ptr<const ptx::Module> &module);

nlohmann::ordered_json reportJson(const ptx::Report &report);

/// "line 12: shared-race: ...", a line or two.
std::string findingText(const ptx::Finding &finding);

/// Findings and counts on standard output.
void printReport(const ptx::Report &report);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_PTX_REPORT_H
