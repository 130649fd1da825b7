// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A GPU's kernel loaded by the driver, and its launches.
#ifndef TCONV_SRC_DEVICE_DEVICE_KERNEL_H
#define TCONV_SRC_DEVICE_DEVICE_KERNEL_H

#include "device/cuda_context.h"
#include "kernel/loaded_kernel.h"

namespace tconv {

/// A kernel's module in one context; shared by all layers that have the kernel.
class DeviceKernel {
public:
  /// Loads it, unless it is. The context is made current meanwhile.
  static Status load(std::shared_ptr<const LoadedKernel> kernel,
                     std::shared_ptr<const CudaContext> context,
                     std::shared_ptr<const DeviceKernel> &result);
  ~DeviceKernel();
  DeviceKernel(const DeviceKernel &) = delete;
  DeviceKernel &operator=(const DeviceKernel &) = delete;

  const tconv_kernel &kernel() const { return **kernel_; }
  const std::shared_ptr<const CudaContext> &context() const { return context_; }

  // Both issue launches to a stream of the context, which must be current.
  Status pack(cuda::Address weight, cuda::Address packed,
              cuda::Stream stream) const;
  /// @param args pointers into the device's memory; strides in elements
  Status run(const tconv_kernel_args &args, cuda::Stream stream) const;

private:
  DeviceKernel(std::shared_ptr<const LoadedKernel> kernel,
               std::shared_ptr<const CudaContext> context)
      : kernel_(std::move(kernel)), context_(std::move(context)) {}
  Status open();
  Status function(const char *name, int32_t sharedBytes,
                  cuda::Function &result) const;
  Status launch(cuda::Function function, const char *name, int64_t blocks,
                int32_t threads, int32_t sharedBytes, void **parameters,
                cuda::Stream stream) const;

  std::shared_ptr<const LoadedKernel> kernel_;
  std::shared_ptr<const CudaContext> context_;
  cuda::Module module_ = nullptr;
  cuda::Function run_ = nullptr, pack_ = nullptr;
};

} // namespace tconv

#endif // TCONV_SRC_DEVICE_DEVICE_KERNEL_H
