// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_DAVINCI_REPORT_H
#define TCONV_TOOLS_TCONV_DAVINCI_REPORT_H

#include <string>

#include <nlohmann/json.hpp>

#include "davinci/program.h"
#include "davinci/report.h"

namespace tconv::tools {

/// Reads a text file; errors name it.
Status readText(const std::string &path, std::string &text);

/// @param templates as given to the tool: a folder or file; empty: beside the
///   compiler that is found, if the text calls any
Status readProgram(const std::string &text, const std::string &templates,
                   std::shared_ptr<const davinci::Program> &program);

nlohmann::ordered_json reportJson(const davinci::Report &report);
std::string findingText(const davinci::Finding &finding);
/// Findings, then counts and the estimate.
void printReport(const davinci::Report &report);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_DAVINCI_REPORT_H
