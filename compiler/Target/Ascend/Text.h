// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels as text that bishengir's LLVM 19 reads: this project's MLIR is newer,
// and prints a few things that the older one does not know.
#ifndef TCONV_COMPILER_TARGET_ASCEND_TEXT_H
#define TCONV_COMPILER_TARGET_ASCEND_TEXT_H

#include "mlir/IR/BuiltinOps.h"
#include <string>
#include <vector>

namespace mlir::tconv {

struct AscendText {
  std::string name; ///< of the kernel
  std::string text; ///< a module with this kernel alone
  bool onCube;      ///< else on vector cores alone
};

/// Every kernel of an expanded module as a module of its own, which is how
/// bishengir-compile wants them: it takes one entry at a time.
std::vector<AscendText> ascendTexts(ModuleOp module);

/// All of them in one module, as bishengir-opt takes it.
std::string ascendModuleText(ModuleOp module);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_TEXT_H
