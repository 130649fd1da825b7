// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-run/run.h"

using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app("Runs a layer on a NumPy or WAV file.", "tconv-run");
  RunOptions options;
  addOptions(app, options);
  return runCommand(app, argc, argv, [&] { return runFile(options); });
}
