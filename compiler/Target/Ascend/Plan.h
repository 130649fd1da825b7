// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a layer's kernels for Ascend are launched, as a plan of kernel_abi.h:
// numbers of tiles, parts of memory and arguments, computed of a launch's
// lengths.
#ifndef TCONV_COMPILER_TARGET_ASCEND_PLAN_H
#define TCONV_COMPILER_TARGET_ASCEND_PLAN_H

#include "tconv/kernel_abi.h"

#include <array>
#include <string>
#include <vector>

namespace mlir::tconv {

struct AscendKernels;

struct AscendLaunch {
  std::string entry; ///< the kernel's name
  tconv_device_purpose purpose;
  std::array<int32_t, 3> grid;    ///< values, as all numbers here
  std::vector<int32_t> arguments; ///< after the workspace
};

struct AscendLaunchPlan {
  std::vector<tconv_device_step> steps;
  std::vector<AscendLaunch> launches;
  int32_t packWorkspaceBytes = 0, runWorkspaceBytes = 0; ///< values
};

AscendLaunchPlan planAscend(const AscendKernels &kernels);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_PLAN_H
