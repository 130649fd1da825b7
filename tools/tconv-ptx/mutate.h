// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_PTX_MUTATE_H
#define TCONV_TOOLS_TCONV_PTX_MUTATE_H

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

struct PtxMutateOptions {
  std::string trials;
  uint64_t perKind = 0; ///< 0: all
  int threads = 1;
  bool json = false;
};

/// Declares `tconv-ptx mutate`.
CLI::App *addMutateCommand(CLI::App &app, PtxMutateOptions &options);

/// Plants mistakes in a kernel, one at a time, and says which of them the
/// launches of a description don't show.
Status mutatePtx(const PtxMutateOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_PTX_MUTATE_H
