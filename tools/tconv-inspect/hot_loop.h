// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_HOT_LOOP_H
#define TCONV_TOOLS_TCONV_INSPECT_HOT_LOOP_H

#include <string>

#include <nlohmann/json.hpp>

namespace tconv::tools {

/// Instruction counts of the innermost loop (one block that jumps to its own
/// label) with the most multiply-adds; null if there is none. x86-64 in AT&T's
/// syntax, or AArch64.
///   multiply_adds   where the target has none fused, vector multiplications
///   loads           that read memory other than the stack
///   broadcasts      of one number to a whole register, from memory or not
///   stack_accesses  what the registers had no room for
nlohmann::ordered_json hotLoop(const std::string &assembly);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_HOT_LOOP_H
