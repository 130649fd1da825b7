// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// PTX and what describes it as a tconv_kernel.
#ifndef TCONV_COMPILER_TARGET_NVPTX_IMAGE_H
#define TCONV_COMPILER_TARGET_NVPTX_IMAGE_H

#include "compiler/JIT/JIT.h"
#include "tconv/kernel_abi.h"

#include <string>

namespace mlir::tconv {

/// A kernel for a GPU, as it is described by kernel_abi.h; the strings stand
/// where the structures have pointers.
struct DeviceKernel {
  tconv_kernel kernel = {};
  tconv_device_code device = {};
  std::string code; ///< PTX, or the bytes of a cubin or a fat binary
  std::string runEntry, packEntry, description, target;
};

/// The kernel in memory, for any address.
KernelImage deviceImage(const DeviceKernel &kernel);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_IMAGE_H
