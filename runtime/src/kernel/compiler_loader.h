// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_KERNEL_COMPILER_LOADER_H
#define TCONV_SRC_KERNEL_COMPILER_LOADER_H

#include "layer/layer.h"

namespace tconv {

/// The compiler, opened on first use and for good, or why there is none.
struct Compiler {
  const tconv_compiler_api *api = nullptr;
  Status why;
};

const Compiler &compiler();

/// The line (kernel_key.h) of the compiler that would compile. One that the
/// user named is asked; else it is the one that this library was built with, as
/// long as nobody knows better.
std::string compilerLine();

} // namespace tconv

#endif // TCONV_SRC_KERNEL_COMPILER_LOADER_H
