// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A GPU's kernel loaded by the driver, and its launches.
#ifndef TCONV_SRC_DEVICE_CUDA_MODULE_H
#define TCONV_SRC_DEVICE_CUDA_MODULE_H

#include "device/cuda_context.h"

namespace tconv {

/// A kernel's module in one context.
class CudaModule : public DeviceModule {
public:
  static Status load(const tconv_kernel &kernel,
                     std::shared_ptr<const CudaContext> context,
                     std::unique_ptr<DeviceModule> &result);
  ~CudaModule() override;

  Status pack(uint64_t weight, uint64_t packed, void *stream,
              std::unique_ptr<DeviceMemory> &scratch) override;
  Status run(const tconv_kernel_args &args, void *stream,
             std::unique_ptr<DeviceMemory> *scratch) override;

private:
  CudaModule(const tconv_kernel &kernel,
             std::shared_ptr<const CudaContext> context)
      : kernel_(kernel), context_(std::move(context)) {}
  const tconv_kernel &kernel() const { return kernel_; }
  Status open();
  Status function(const char *name, int32_t sharedBytes,
                  cuda::Function &result) const;
  Status launch(cuda::Function function, const char *name, int64_t blocks,
                int32_t threads, int32_t sharedBytes, void **parameters,
                cuda::Stream stream) const;

  const tconv_kernel &kernel_;
  std::shared_ptr<const CudaContext> context_;
  cuda::Module module_ = nullptr;
  cuda::Function run_ = nullptr, pack_ = nullptr;
};

} // namespace tconv

#endif // TCONV_SRC_DEVICE_CUDA_MODULE_H
