// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA's contexts, and what lives in one.
#ifndef TCONV_SRC_DEVICE_CUDA_CONTEXT_H
#define TCONV_SRC_DEVICE_CUDA_CONTEXT_H

#include <memory>

#include "device/cuda_driver.h"
#include "device/device.h"

namespace tconv {

/// A context: the device's primary one, of which this object keeps a share, or
/// one of the caller's, which must outlive what is made in it.
class CudaContext : public DeviceContext,
                    public std::enable_shared_from_this<CudaContext> {
public:
  /// The context in which work for `device` is done: that of `stream`, unless
  /// this is NULL or one of the driver's special streams; else the calling
  /// thread's current one, where it is on that device; else the primary one.
  static Status of(const cuda::Api &api, cuda::Device device,
                   cuda::Stream stream,
                   std::shared_ptr<const CudaContext> &result);
  ~CudaContext() override;

  const cuda::Api &api() const { return api_; }
  cuda::Context handle() const { return handle_; }
  cuda::Device device() const override { return device_; }
  /// Handles alone are used again.
  bool isSame(const DeviceContext &other) const override;
  std::unique_ptr<DeviceScope> enter() const override;
  Status allocate(int64_t bytes, const std::string &what,
                  std::unique_ptr<DeviceMemory> &result) const override;
  Status createStream(std::unique_ptr<DeviceStream> &result) const override;
  Status load(const tconv_kernel &kernel,
              std::unique_ptr<DeviceModule> &result) const override;
  /// What is out of bounds makes CUDA refuse everything else. Where the memory
  /// ends isn't known: what was reserved and mapped piecewise has no single
  /// end.
  Status checkReachable(const char *name, const void *pointer) const override;
  Status synchronize() const override;

private:
  CudaContext(const cuda::Api &api, cuda::Context handle, cuda::Device device,
              bool primary);
  static Status ofPrimary(const cuda::Api &api, cuda::Device device,
                          std::shared_ptr<const CudaContext> &result);

  const cuda::Api &api_;
  cuda::Context handle_;
  cuda::Device device_;
  bool primary_;
  unsigned long long id_ = 0;
};

class CudaScope : public DeviceScope {
public:
  explicit CudaScope(const CudaContext &context);
  ~CudaScope() override;
  /// In a child after fork(), nothing may be done with the context.
  bool isOpen() const { return open_; }

private:
  const cuda::Api &api_;
  bool open_ = false;
};

class CudaMemory : public DeviceMemory {
public:
  static Status allocate(std::shared_ptr<const CudaContext> context,
                         int64_t bytes, const std::string &what,
                         std::unique_ptr<CudaMemory> &result);
  ~CudaMemory() override;

private:
  CudaMemory(std::shared_ptr<const CudaContext> context, cuda::Address address,
             int64_t bytes)
      : DeviceMemory(address, bytes), context_(std::move(context)) {}

  std::shared_ptr<const CudaContext> context_;
};

class CudaStream : public DeviceStream {
public:
  static Status create(std::shared_ptr<const CudaContext> context,
                       std::unique_ptr<CudaStream> &result);
  ~CudaStream() override;

  cuda::Stream handle() const { return handle_; }
  void *address() const override { return handle_; }
  Status copyToDevice(const DeviceMemory &to, const void *from,
                      int64_t bytes) override;
  Status copyToHost(void *to, uint64_t from, int64_t bytes) override;
  Status synchronize(const std::string &what) override;

private:
  CudaStream(std::shared_ptr<const CudaContext> context, cuda::Stream handle)
      : context_(std::move(context)), handle_(handle) {}

  std::shared_ptr<const CudaContext> context_;
  cuda::Stream handle_;
};

/// CUDA as layers use it.
const DeviceDriver &cudaDevices();

} // namespace tconv

#endif // TCONV_SRC_DEVICE_CUDA_CONTEXT_H
