// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/options.h"

#include <map>

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
  app.add_option(
         "--target", options.target,
         "cpu:native, cpu:x86-64-v3, cuda, cuda:1, nvptx:sm_80, ...: one "
         "that runs here")
      ->capture_default_str();
  const std::map<std::string, tconv_accuracy> accuracies = {
      {"default", TCONV_ACCURACY_DEFAULT},
      {"direct", TCONV_ACCURACY_DIRECT},
      {"tf32", TCONV_ACCURACY_TF32}};
  app.add_option("--accuracy", options.accuracy,
                 "default; direct: direct kernels only; or tf32: factors "
                 "rounded to TF32, on a GPU")
      ->transform(CLI::CheckedTransformer(accuracies));
}

} // namespace tconv::tools
