// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_RUN_RUN_H
#define TCONV_TOOLS_RUN_RUN_H

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

struct RunOptions {
  std::string layer;
  std::string input;
  std::string output;
  std::string weight; ///< empty: initial weights
  std::string bias;   ///< empty: initial bias
  std::string target = "cpu:native";
  std::string engine; ///< empty: the default
  uint64_t seed = 1;
  int64_t threads = 0; ///< 0: the runtime's default
  int64_t rate = 0;    ///< of a WAV output; 0: the input's times the stride
  bool direct = false;
  bool json = false;
};

/// Declares the command line; parsing it fills `options`.
void addOptions(CLI::App &app, RunOptions &options);

/// Runs the layer on the input file and writes the output file, which is there
/// only if all went well.
Status runFile(const RunOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_RUN_RUN_H
