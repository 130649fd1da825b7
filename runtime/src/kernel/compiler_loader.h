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

} // namespace tconv

#endif // TCONV_SRC_KERNEL_COMPILER_LOADER_H
