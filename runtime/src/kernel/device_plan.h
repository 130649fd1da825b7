// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Plans of kernels that are several launches of a device: whether one makes
// sense, and what it comes to for a packing or a run. See kernel_abi.h.
#ifndef TCONV_SRC_KERNEL_DEVICE_PLAN_H
#define TCONV_SRC_KERNEL_DEVICE_PLAN_H

#include <array>
#include <vector>

#include "layer/layer.h"

namespace tconv {

/// Refuses a plan whose numbers point to nothing (TCONV_ABI_MISMATCH). Its
/// pointers are followed.
Status checkDevicePlan(const tconv_device_plan &plan);

/// The variables of a plan by tconv_device_variable.
using DeviceVariables = std::array<int64_t, TCONV_DEVICE_VARIABLES>;

/// Cores of a device.
struct DeviceCores {
  int64_t cube = 1, vector = 2;
};

/// Those of a run, without its workspace.
DeviceVariables runVariables(const tconv_kernel_args &args,
                             const DeviceCores &cores);
/// Those of a packing, without its workspace.
DeviceVariables packVariables(uint64_t weight, uint64_t packed,
                              const DeviceCores &cores);

/// One launch that is to be issued.
struct PlannedLaunch {
  const tconv_device_launch *launch;
  std::array<int32_t, 3> grid;
  int64_t workspace;
  std::vector<int64_t> arguments;

  int64_t blocks() const { return int64_t(grid[0]) * grid[1] * grid[2]; }
};

/// Most blocks of a launch.
constexpr int64_t kMostPlannedBlocks = 65535;

/// Bytes of the workspace.
Status planWorkspace(const tconv_device_plan &plan,
                     tconv_device_purpose purpose,
                     const DeviceVariables &variables, int64_t &bytes);

/// The launches, in order; those of no blocks are left out.
/// TCONV_INVALID_VALUE where a number doesn't fit, or a grid has too many
/// blocks.
Status planLaunches(const tconv_device_plan &plan, tconv_device_purpose purpose,
                    const DeviceVariables &variables,
                    std::vector<PlannedLaunch> &launches);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_DEVICE_PLAN_H
