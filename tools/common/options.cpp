// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/options.h"

namespace tconv::tools {

void addLayersOptions(CLI::App &app, LayersOptions &options,
                      const std::string &threadsHelp) {
  app.add_option("--layers", options.layers, "File of layer lines");
  app.add_option("--filter", options.filter,
                 "Only the layers with this in their name");
  app.add_option("--threads", options.threads, threadsHelp)
      ->check(CLI::PositiveNumber);
  app.add_option("--json", options.json,
                 "File for the results; - for standard output");
  app.add_option("--target", options.target,
                 "cpu:native, cpu:x86-64-v3, ...: one that runs here")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--accuracy",
         [&](const std::string &value) { options.direct = value == "direct"; },
         "default, or direct: direct kernels only")
      ->check(CLI::IsMember({"default", "direct"}));
}

} // namespace tconv::tools
