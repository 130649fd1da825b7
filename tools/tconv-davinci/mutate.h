// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_DAVINCI_MUTATE_H
#define TCONV_TOOLS_TCONV_DAVINCI_MUTATE_H

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

struct DavinciMutateOptions {
  std::string trial;
  std::string templates;
  uint64_t perKind = 0; ///< 0: all
  uint32_t seed = 1;
  bool json = false;
};

/// Declares `tconv-davinci mutate`.
CLI::App *addDavinciMutateCommand(CLI::App &app, DavinciMutateOptions &options);

/// Plants mistakes and prints those that nothing shows.
Status mutateDavinci(const DavinciMutateOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_DAVINCI_MUTATE_H
