// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-compile/compile.h"

using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app("Compiles layers ahead of time.", "tconv-compile");
  CompileArguments arguments;
  addArguments(app, arguments);
  return runCommand(app, argc, argv, [&] { return compileLayers(arguments); });
}
