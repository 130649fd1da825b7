// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_DEVICE_DEVICE_KERNEL_H
#define TCONV_SRC_DEVICE_DEVICE_KERNEL_H

#include "device/device.h"
#include "kernel/loaded_kernel.h"

namespace tconv {

/// A kernel loaded in one context; shared by all layers that have the kernel.
class DeviceKernel {
public:
  /// Loads it, unless it is. The context is entered meanwhile.
  static Status load(std::shared_ptr<const LoadedKernel> kernel,
                     std::shared_ptr<const DeviceContext> context,
                     std::shared_ptr<const DeviceKernel> &result);

  const tconv_kernel &kernel() const { return **kernel_; }
  DeviceModule &module() const { return *module_; }

private:
  DeviceKernel(std::shared_ptr<const LoadedKernel> kernel,
               std::shared_ptr<const DeviceContext> context)
      : kernel_(std::move(kernel)), context_(std::move(context)) {}

  // The module goes first.
  std::shared_ptr<const LoadedKernel> kernel_;
  std::shared_ptr<const DeviceContext> context_;
  std::unique_ptr<DeviceModule> module_;
};

} // namespace tconv

#endif // TCONV_SRC_DEVICE_DEVICE_KERNEL_H
