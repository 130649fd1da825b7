// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer's objects and their plan as a tconv_kernel in memory.
#ifndef TCONV_COMPILER_TARGET_ASCEND_KERNELIMAGE_H
#define TCONV_COMPILER_TARGET_ASCEND_KERNELIMAGE_H

#include "compiler/JIT/JIT.h"
#include "compiler/Target/Ascend/Image.h"

namespace mlir::tconv {

/// Compiles every kernel to an object, and packs them for any address.
/// @param kernel what describes the layer; its pointers are set here
llvm::Expected<KernelImage> ascendKernelImage(const AscendImage &image,
                                              tconv_kernel kernel,
                                              const std::string &target);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_KERNELIMAGE_H
