// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_KERNEL_COMPILER_LOADER_H
#define TCONV_SRC_KERNEL_COMPILER_LOADER_H

#include "engine/engine.h"

namespace tconv {

/// An engine's library, opened on first use and for good, or why there is none.
struct Compiler {
  const tconv_compiler_api *api = nullptr;
  void *library = nullptr; ///< for dlsym
  Status why;
};

const Compiler &compiler(EngineKind kind);

/// The line (kernel_key.h) of the library that would compile. One that the
/// user named is asked; else it is the one that was built with this library, as
/// long as nobody knows better.
std::string compilerLine(EngineKind kind);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_COMPILER_LOADER_H
