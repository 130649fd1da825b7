// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_COMPILE_FILES_H
#define TCONV_TOOLS_TCONV_COMPILE_FILES_H

#include <map>
#include <string>

#include "layer/layer.h"

namespace tconv::tools {

/// Writes all files (path and bytes) or none: each has a temporary name beside
/// its own until all are complete. The message names the path that failed.
Status writeFiles(const std::map<std::string, std::string> &files);

/// Flushes standard output. What was printed and can't be written, on a full
/// disk say, is an error.
Status finishOutput();

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_FILES_H
