// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What layers need of a device, whoever made it: contexts, memory, streams, and
// modules of kernels. Each driver implements it: cuda_*.h, ascend_*.h. All of
// it cleans up after itself, in the process that has made it: in a child after
// fork() there is nothing to clean up.
#ifndef TCONV_SRC_DEVICE_DEVICE_H
#define TCONV_SRC_DEVICE_DEVICE_H

#include <memory>
#include <string>

#include "layer/layer.h"
#include "target/target.h"

namespace tconv {

/// Memory of a device, aligned to 256 bytes at least.
class DeviceMemory {
public:
  virtual ~DeviceMemory() = default;
  DeviceMemory(const DeviceMemory &) = delete;
  DeviceMemory &operator=(const DeviceMemory &) = delete;

  /// 0 where there are no bytes.
  uint64_t address() const { return address_; }
  int64_t bytes() const { return bytes_; }
  /// Launches that nobody waits for use it: it goes after everything that was
  /// issued to its context by then.
  void keepForLaunches() { wait_ = true; }

protected:
  DeviceMemory(uint64_t address, int64_t bytes)
      : address_(address), bytes_(bytes) {}

  uint64_t address_;
  int64_t bytes_;
  bool wait_ = false;
};

/// A stream of the runtime's own; waits for nobody but those who wait for it.
/// All calls need the context to be entered.
class DeviceStream {
public:
  DeviceStream() = default;
  virtual ~DeviceStream() = default;
  DeviceStream(const DeviceStream &) = delete;
  DeviceStream &operator=(const DeviceStream &) = delete;

  /// The driver's.
  virtual void *address() const = 0;
  // Copies may be under way when these return; what is copied must stay.
  virtual Status copyToDevice(const DeviceMemory &to, const void *from,
                              int64_t bytes) = 0;
  virtual Status copyToHost(void *to, uint64_t from, int64_t bytes) = 0;
  /// Waits, and gives the failure of whatever was done meanwhile.
  virtual Status synchronize(const std::string &what) = 0;
};

/// Makes a context the thread's current one for its lifetime.
class DeviceScope {
public:
  DeviceScope() = default;
  virtual ~DeviceScope() = default;
  DeviceScope(const DeviceScope &) = delete;
  DeviceScope &operator=(const DeviceScope &) = delete;
  const Status &status() const { return status_; }

protected:
  Status status_;
};

/// A kernel's code, loaded in a context, which is entered in all calls.
class DeviceModule {
public:
  DeviceModule() = default;
  virtual ~DeviceModule() = default;
  DeviceModule(const DeviceModule &) = delete;
  DeviceModule &operator=(const DeviceModule &) = delete;

  // Both issue launches to a stream. What they need beside their arguments is
  // handed out in `scratch`, to stay until the stream is there.
  virtual Status pack(uint64_t weight, uint64_t packed, void *stream,
                      std::unique_ptr<DeviceMemory> &scratch) = 0;
  /// @param args pointers into the device's memory; strides in elements
  /// @param scratch NULL where nobody waits: the module keeps it
  virtual Status run(const tconv_kernel_args &args, void *stream,
                     std::unique_ptr<DeviceMemory> *scratch) = 0;
};

class DeviceContext {
public:
  DeviceContext() = default;
  virtual ~DeviceContext() = default;
  DeviceContext(const DeviceContext &) = delete;
  DeviceContext &operator=(const DeviceContext &) = delete;

  virtual int device() const = 0;
  /// Whether they are the same context of the same driver.
  virtual bool isSame(const DeviceContext &other) const = 0;
  virtual std::unique_ptr<DeviceScope> enter() const = 0;
  /// @param what it is for, for the message
  virtual Status allocate(int64_t bytes, const std::string &what,
                          std::unique_ptr<DeviceMemory> &result) const = 0;
  virtual Status createStream(std::unique_ptr<DeviceStream> &result) const = 0;
  /// Loads a kernel for this kind of devices; it must outlive the module.
  virtual Status load(const tconv_kernel &kernel,
                      std::unique_ptr<DeviceModule> &result) const = 0;
  /// Refuses a pointer that the device can't reach, where the driver knows; the
  /// context is entered.
  virtual Status checkReachable(const char *name,
                                const void *pointer) const = 0;
  /// Waits for everything that was issued to it, and reports what of that
  /// failed; it is entered.
  virtual Status synchronize() const = 0;
};

struct DeviceTarget;

class DeviceDriver {
public:
  virtual ~DeviceDriver() = default;

  virtual DeviceKind kind() const = 0;
  /// Opens it, or says why it can't be had; after fork() too. Touches no lock
  /// where it was open before.
  virtual Status open() const = 0;
  /// The context in which work for a device is done: that of `stream` where
  /// this says one, else the thread's current one where it is on that device,
  /// else a default one.
  virtual Status
  context(int device, void *stream,
          std::shared_ptr<const DeviceContext> &result) const = 0;
  /// How many devices it has; opens it.
  virtual Status count(int &count) const = 0;
  /// What tconv.h says of one of them; opens it, and sets nothing up on the
  /// device. TCONV_INVALID_VALUE where there is none of that number.
  virtual Status describe(int device, tconv_device_info &info) const = 0;
  /// See resolveDevice.
  virtual Status resolve(const std::string &target,
                         DeviceTarget &result) const = 0;
};

/// That of a kind.
const DeviceDriver &deviceDriver(DeviceKind kind);

struct DeviceTarget {
  const DeviceDriver *driver = nullptr; ///< NULL: no device
  int device = 0;
  std::string kernels; ///< "nvptx:sm_86", "ascend:910b3"
};

/// The device of a target that was checked (isDeviceTarget): "cuda",
/// "nvptx:sm_XX", "ascend" and "ascend:PART" mean that of the calling thread's
/// current context, else the first one; "cuda:N" and "ascend:N" the one with
/// that number. Kernels are those for the device, or those that were named,
/// which the device must run.
Status resolveDevice(const std::string &target, DeviceTarget &result);

} // namespace tconv

#endif // TCONV_SRC_DEVICE_DEVICE_H
