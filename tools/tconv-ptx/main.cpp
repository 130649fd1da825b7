// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-ptx/mutate.h"
#include "tconv-ptx/run.h"
#include "tconv-ptx/show.h"

using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app("Runs and checks PTX without a GPU.", "tconv-ptx");
  app.require_subcommand(1);
  PtxRunOptions run;
  PtxShowOptions show;
  PtxMutateOptions mutate;
  CLI::App *runApp = addRunCommand(app, run);
  CLI::App *showApp = addShowCommand(app, show);
  addMutateCommand(app, mutate);
  return runCommand(app, argc, argv, [&] {
    if (runApp->parsed())
      return runPtx(run);
    return showApp->parsed() ? showPtx(show) : mutatePtx(mutate);
  });
}
