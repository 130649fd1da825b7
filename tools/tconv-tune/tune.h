// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TUNE_TUNE_H
#define TCONV_TOOLS_TUNE_TUNE_H

#include <string>

#include <vector>

#include "common/options.h"
#include "layer/layer.h"

namespace tconv::tools {

struct TuneOptions : LayersOptions {
  std::string out = "tuning.json";
  std::vector<std::string> engines = {"mlir"}; ///< of which the file may choose
  bool again = false;
  double budget = 60; ///< seconds, in all
};

/// Declares the command line; parsing it fills `options`.
void addOptions(CLI::App &app, TuneOptions &options);

/// Tunes one layer after the other until all are done, the budget is spent or
/// the user interrupts; the last is a failure whose message says how to go on.
Status runTune(const TuneOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TUNE_TUNE_H
