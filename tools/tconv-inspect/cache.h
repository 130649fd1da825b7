// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tconv-inspect cache: what a disk cache or a packed one holds.
#ifndef TCONV_TOOLS_TCONV_INSPECT_CACHE_H
#define TCONV_TOOLS_TCONV_INSPECT_CACHE_H

#include <cstdint>
#include <string>
#include <vector>

#include "common/command.h"

namespace tconv::tools {

struct CacheArguments {
  std::string folder;            ///< empty: the one that the runtime takes
  std::string file;              ///< a packed cache
  std::vector<std::string> keys; ///< beginnings of keys
  std::string target;            ///< only kernels for this one
  uint64_t size = 0;             ///< what pruning leaves
  bool json = false;
};

/// Adds `cache` and its own subcommands. When one of them is given, `action`
/// is what it does.
void addCacheCommands(CLI::App &app, CacheArguments &arguments,
                      std::function<Status()> &action);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_CACHE_H
