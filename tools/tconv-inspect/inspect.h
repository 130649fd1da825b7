// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_INSPECT_H
#define TCONV_TOOLS_TCONV_INSPECT_INSPECT_H

#include <string>

#include "common/command.h"

namespace tconv::tools {

struct InspectArguments {
  std::string layer; ///< a layer line, or a file with kernels
  std::string target = "cpu:native";
  std::string lengthClass;
  std::string accuracy = "default"; ///< or "direct"
  std::string schedulePath;
  std::string engine; ///< empty: the default, or what `tuning` chooses
  std::string tuning; ///< file of tconv-tune
  std::string stage;  ///< print the IR of this stage
  std::string html;   ///< file for a page
  bool assembly = false;
  bool machine = false;
  bool measure = false; ///< run it, beside the cost model's estimate
  bool schedules = false;
  bool json = false;
};

void addArguments(CLI::App &app, InspectArguments &arguments);
Status inspect(const InspectArguments &arguments);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_INSPECT_H
