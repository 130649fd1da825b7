// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_COMPILE_COMPILE_H
#define TCONV_TOOLS_TCONV_COMPILE_COMPILE_H

#include <string>
#include <vector>

#include "common/command.h"

namespace tconv::tools {

struct CompileArguments {
  std::string layer;      ///< a layer line
  std::string layersFile; ///< or a file of them
  std::string filter;     ///< part of the names in the file
  std::vector<std::string> targets = {"cpu:native"};
  std::vector<std::string> emit = {"object", "header"};
  std::string output; ///< prefix of the files, or "-"
  /// Of the kernel, or name of the library; empty: from the layer's name, or
  /// from the prefix.
  std::string symbol;
  std::string lengthClass; ///< "bulk", "medium", "short", "step"; empty: by the
                           ///< layer's length
  std::string accuracy = "default"; ///< or "direct"
  std::string engine; ///< empty: the default, or what `tuning` chooses
  std::string schedulePath;
  std::string tuning; ///< file of tconv-tune
  bool cache = false; ///< into the disk cache, not into files
  bool json = false;
  bool verbose = false;
};

void addArguments(CLI::App &app, CompileArguments &arguments);
Status compileLayers(const CompileArguments &arguments);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_COMPILE_H
