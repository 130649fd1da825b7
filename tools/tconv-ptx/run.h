// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_PTX_RUN_H
#define TCONV_TOOLS_TCONV_PTX_RUN_H

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

struct PtxRunOptions {
  std::string file;
  std::string entry; ///< empty: the only one
  std::vector<uint32_t> grid = {1};
  std::vector<uint32_t> block = {1};
  uint64_t shared = 0; ///< bytes
  std::vector<std::string> parameters;
  std::string schedule = "greedy";
  uint64_t seed = 1;
  int threads = 1;
  bool eager = false;
  bool noChecks = false;
  uint64_t limit = 1ull << 40; ///< instructions a warp
  bool json = false;
};

/// Declares `tconv-ptx run`.
CLI::App *addRunCommand(CLI::App &app, PtxRunOptions &options);

/// Runs a kernel, writes its output files and a report. It is an error if
/// anything was found.
Status runPtx(const PtxRunOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_PTX_RUN_H
