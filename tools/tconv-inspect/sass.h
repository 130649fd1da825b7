// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_SASS_H
#define TCONV_TOOLS_TCONV_INSPECT_SASS_H

#include <string>

#include <nlohmann/json.hpp>

namespace tconv::tools {

/// The instruction mix of the loop with the most products, from nvdisasm's
/// text: a count for each opcode without its modifiers, falling. Null where no
/// loop has any. `products_share` is the share of FFMA or HMMA among the issue
/// slots: a static bound of what f32 units can reach, never a measurement.
nlohmann::ordered_json sassLoop(const std::string &text);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_SASS_H
