// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-bench/run.h"

using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app("Runs, checks and times layers; measures the machine.",
               "tconv-bench");
  BenchOptions options;
  addOptions(app, options);
  return runCommand(app, argc, argv, [&] { return runBench(options); });
}
