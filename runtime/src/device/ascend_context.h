// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Contexts of AscendCL, and what lives in one.
#ifndef TCONV_SRC_DEVICE_ASCEND_CONTEXT_H
#define TCONV_SRC_DEVICE_ASCEND_CONTEXT_H

#include "device/ascend_driver.h"
#include "device/device.h"
#include "kernel/device_plan.h"

namespace tconv {

/// A context of the caller's, which must outlive what is made in it, or a
/// device's default one, which is set up once and stays to the process's end.
class AscendContext : public DeviceContext,
                      public std::enable_shared_from_this<AscendContext> {
public:
  /// The calling thread's current context, where it is on that device; else the
  /// default one.
  static Status of(const ascend::Api &api, int device,
                   std::shared_ptr<const DeviceContext> &result);

  const ascend::Api &api() const { return api_; }
  ascend::Context handle() const { return handle_; }
  const DeviceCores &cores() const { return cores_; }

  int device() const override { return device_; }
  bool isSame(const DeviceContext &other) const override;
  std::unique_ptr<DeviceScope> enter() const override;
  Status allocate(int64_t bytes, const std::string &what,
                  std::unique_ptr<DeviceMemory> &result) const override;
  Status createStream(std::unique_ptr<DeviceStream> &result) const override;
  Status load(const tconv_kernel &kernel,
              std::unique_ptr<DeviceModule> &result) const override;
  /// AscendCL doesn't tell where memory is; NULL is refused.
  Status checkReachable(const char *name, const void *pointer) const override;
  Status synchronize() const override;

private:
  AscendContext(const ascend::Api &api, ascend::Context handle, int device);

  const ascend::Api &api_;
  ascend::Context handle_;
  int device_;
  DeviceCores cores_;
};

/// Makes a context the thread's current one for its lifetime.
class AscendScope : public DeviceScope {
public:
  explicit AscendScope(const AscendContext &context);
  ~AscendScope() override;
  /// In a child after fork(), nothing may be done with the context. Whoever
  /// cleans up tries it in any case.
  bool isOpen() const { return open_; }

private:
  const ascend::Api &api_;
  ascend::Context before_ = nullptr;
  bool open_ = false;
};

/// AscendCL as layers use it.
const DeviceDriver &ascendDevices();

} // namespace tconv

#endif // TCONV_SRC_DEVICE_ASCEND_CONTEXT_H
