// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/command.h"
#include "tconv-inspect/cache.h"
#include "tconv-inspect/inspect.h"

using namespace tconv;
using namespace tconv::tools;

int main(int argc, char **argv) {
  CLI::App app(
      "Shows how a layer is compiled, and why so; or how the kernels of a "
      "file were made.",
      "tconv-inspect");
  InspectArguments arguments;
  addArguments(app, arguments);
  CacheArguments cacheArguments;
  std::function<Status()> cacheAction;
  addCacheCommands(app, cacheArguments, cacheAction);
  return runCommand(app, argc, argv, [&] {
    return cacheAction ? cacheAction() : inspect(arguments);
  });
}
