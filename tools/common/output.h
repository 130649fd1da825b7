// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Texts that the tools write.
#ifndef TCONV_TOOLS_COMMON_OUTPUT_H
#define TCONV_TOOLS_COMMON_OUTPUT_H

#include <string>

#include <nlohmann/json.hpp>

#include "layer/layer.h"

namespace tconv::tools {

/// Writes a file as a whole: whoever reads it sees the old one or the new one.
Status writeText(const std::string &path, const std::string &text);

/// Writes to a file as a whole, or to standard output for "-".
Status writeJson(const std::string &path, const nlohmann::ordered_json &json);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_OUTPUT_H
