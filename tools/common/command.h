// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What every tool's main does: parse, run, report, exit code.
#ifndef TCONV_TOOLS_COMMON_COMMAND_H
#define TCONV_TOOLS_COMMON_COMMAND_H

#include <functional>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

/// The Status of a call of the C interface.
Status fromC(tconv_status status);

/// Parses the arguments and runs `body`. Returns the exit code: 0, or 1 after a
/// message on standard error that starts with the program's name. Whatever
/// `body` throws (out of memory, say) becomes such a message too.
int runCommand(CLI::App &app, int argc, char **argv,
               const std::function<Status()> &body);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_COMMAND_H
