// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts of the driver, and what lives in one: memory and streams. All of it
// cleans up after itself, in the process that has made it: in a child after
// fork() there is nothing to clean up.
#ifndef TCONV_SRC_DEVICE_CUDA_CONTEXT_H
#define TCONV_SRC_DEVICE_CUDA_CONTEXT_H

#include <memory>

#include "device/cuda_driver.h"

namespace tconv {

/// A context: the device's primary one, of which this object keeps a share, or
/// one of the caller's, which must outlive what is made in it.
class CudaContext {
public:
  /// The context in which work for `device` is done: that of `stream`, unless
  /// this is NULL or one of the driver's special streams; else the calling
  /// thread's current one, where it is on that device; else the primary one.
  static Status of(const cuda::Api &api, cuda::Device device,
                   cuda::Stream stream,
                   std::shared_ptr<const CudaContext> &result);
  ~CudaContext();
  CudaContext(const CudaContext &) = delete;
  CudaContext &operator=(const CudaContext &) = delete;

  const cuda::Api &api() const { return api_; }
  cuda::Context handle() const { return handle_; }
  cuda::Device device() const { return device_; }
  /// Whether they are the same context; handles alone are used again.
  bool operator==(const CudaContext &other) const {
    return handle_ == other.handle_ && id_ == other.id_;
  }

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

/// Refuses what would be an access out of bounds, after which CUDA refuses
/// everything else. Where the memory ends isn't known: what was reserved and
/// mapped piecewise has no single end. The context is current.
Status checkReachable(const CudaContext &context, const char *name,
                      const void *pointer);

/// Makes a context the thread's current one for its lifetime.
class CudaScope {
public:
  explicit CudaScope(const CudaContext &context);
  ~CudaScope();
  CudaScope(const CudaScope &) = delete;
  CudaScope &operator=(const CudaScope &) = delete;
  const Status &status() const { return status_; }
  /// In a child after fork(), nothing may be done with the context.
  bool isOpen() const { return open_; }

private:
  const cuda::Api &api_;
  bool open_ = false;
  Status status_;
};

/// Memory of a context's device, aligned to 256 bytes.
class CudaMemory {
public:
  /// @param what it is for, for the message
  static Status allocate(std::shared_ptr<const CudaContext> context,
                         int64_t bytes, const std::string &what,
                         std::unique_ptr<CudaMemory> &result);
  ~CudaMemory();
  CudaMemory(const CudaMemory &) = delete;
  CudaMemory &operator=(const CudaMemory &) = delete;

  /// 0 where there are no bytes.
  cuda::Address address() const { return address_; }
  int64_t bytes() const { return bytes_; }
  const std::shared_ptr<const CudaContext> &context() const { return context_; }
  /// Launches that nobody waits for use it: it goes after everything that was
  /// issued to the context by then.
  void keepForLaunches() { wait_ = true; }

private:
  CudaMemory(std::shared_ptr<const CudaContext> context, cuda::Address address,
             int64_t bytes)
      : context_(std::move(context)), address_(address), bytes_(bytes) {}

  std::shared_ptr<const CudaContext> context_;
  cuda::Address address_;
  int64_t bytes_;
  bool wait_ = false;
};

/// A stream of the runtime's own; waits for nobody but those who wait for it.
class CudaStream {
public:
  static Status create(std::shared_ptr<const CudaContext> context,
                       std::unique_ptr<CudaStream> &result);
  ~CudaStream();
  CudaStream(const CudaStream &) = delete;
  CudaStream &operator=(const CudaStream &) = delete;

  cuda::Stream handle() const { return handle_; }
  // These three need the context to be current. Copies may be under way when
  // they return; what is copied must stay.
  Status copyToDevice(const CudaMemory &to, const void *from, int64_t bytes);
  Status copyToHost(void *to, const CudaMemory &from, int64_t bytes) {
    return copyToHost(to, from.address(), bytes);
  }
  Status copyToHost(void *to, cuda::Address from, int64_t bytes);
  /// Waits, and gives the failure of whatever was done meanwhile.
  Status synchronize(const std::string &what);

private:
  CudaStream(std::shared_ptr<const CudaContext> context, cuda::Stream handle)
      : context_(std::move(context)), handle_(handle) {}

  std::shared_ptr<const CudaContext> context_;
  cuda::Stream handle_;
};

} // namespace tconv

#endif // TCONV_SRC_DEVICE_CUDA_CONTEXT_H
