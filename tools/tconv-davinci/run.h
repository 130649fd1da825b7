// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_DAVINCI_RUN_H
#define TCONV_TOOLS_TCONV_DAVINCI_RUN_H

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

struct DavinciRunOptions {
  std::string file;
  std::string entry; ///< empty: the only one
  std::vector<uint32_t> grid = {1};
  std::vector<std::string> parameters;
  std::string templates;
  std::string policy = "in-order";
  uint64_t workspace = 1 << 20; ///< bytes
  uint64_t limit = 1ull << 32;  ///< instructions a block
  bool json = false;
};

/// Declares `tconv-davinci run`.
CLI::App *addDavinciRunCommand(CLI::App &app, DavinciRunOptions &options);

/// Runs a kernel, writes its output files and a report. It is an error if
/// anything was found.
Status runDavinci(const DavinciRunOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_DAVINCI_RUN_H
