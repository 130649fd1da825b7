// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_PTX_SHOW_H
#define TCONV_TOOLS_TCONV_PTX_SHOW_H

#include <string>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

struct PtxShowOptions {
  std::string file;
  bool json = false;
};

/// Declares `tconv-ptx show`.
CLI::App *addShowCommand(CLI::App &app, PtxShowOptions &options);

/// Entries, their parameters and how many instructions of each kind they have.
Status showPtx(const PtxShowOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_PTX_SHOW_H
