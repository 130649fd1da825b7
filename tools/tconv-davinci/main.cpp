// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-davinci/mutate.h"
#include "tconv-davinci/run.h"

using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app("Runs and checks Ascend kernels without an Ascend.",
               "tconv-davinci");
  app.require_subcommand(1);
  DavinciRunOptions run;
  DavinciMutateOptions mutate;
  CLI::App *runApp = addDavinciRunCommand(app, run);
  addDavinciMutateCommand(app, mutate);
  return runCommand(app, argc, argv, [&] {
    return runApp->parsed() ? runDavinci(run) : mutateDavinci(mutate);
  });
}
