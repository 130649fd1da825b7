// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-tune/tune.h"

using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app("Searches the fastest schedules of layers by measuring, and "
               "writes them to a tuning file.",
               "tconv-tune");
  TuneOptions options;
  addOptions(app, options);
  return runCommand(app, argc, argv, [&] { return runTune(options); });
}
