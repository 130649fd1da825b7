// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Options that several tools have on their command lines.
#ifndef TCONV_TOOLS_COMMON_OPTIONS_H
#define TCONV_TOOLS_COMMON_OPTIONS_H

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "layer/layer.h"

namespace tconv::tools {

constexpr const char *kEngineHelp =
    "mlir, halide, or halide:AUTOSCHEDULER (Mullapudi2016, Adams2019, Li2018, "
    "Anderson2021); default: mlir, or what a tuning file chooses";

/// Of tools that run the layers of a file.
struct LayersOptions {
  std::string layers;
  std::string filter;
  std::string target = "cpu:native";
  std::string json;
  tconv_accuracy accuracy = TCONV_ACCURACY_DEFAULT;
  int64_t threads = 1;
};

/// Declares them; parsing fills `options`.
/// @param threadsHelp what the number of threads means
void addLayersOptions(CLI::App &app, LayersOptions &options,
                      const std::string &threadsHelp);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_OPTIONS_H
