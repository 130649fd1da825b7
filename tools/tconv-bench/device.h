// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers on a GPU or an Ascend: their arrays in its memory, their time by its
// own events.
#ifndef TCONV_TOOLS_BENCH_DEVICE_H
#define TCONV_TOOLS_BENCH_DEVICE_H

#include <functional>
#include <memory>
#include <vector>

#include "common/layers.h"
#include "common/machine.h"
#include "device/device.h"

namespace tconv::tools {

/// Times what is issued to a stream, by two events of it.
class StreamTimer {
public:
  virtual ~StreamTimer() = default;
  virtual Status start() = 0;
  /// Waits for what was issued since.
  virtual Status stop(double &seconds) = 0;
};

/// A device whose context is this thread's current one as long as this lives.
class BenchDevice {
public:
  /// @param target a device's: isDeviceTarget
  static Status open(const std::string &target,
                     std::unique_ptr<BenchDevice> &result);
  virtual ~BenchDevice() = default;

  /// Limits that follow from what the driver reports; nothing is measured.
  const Machine &machine() const { return machine_; }
  /// How times are taken, and of what: "cuEvent, NVIDIA H200 (sm_90), ...".
  const std::string &how() const { return how_; }
  const DeviceContext &context() const { return *context_; }
  virtual Status timer(const DeviceStream &stream,
                       std::unique_ptr<StreamTimer> &result) const = 0;

protected:
  explicit BenchDevice(std::shared_ptr<const DeviceContext> context)
      : context_(std::move(context)), scope_(context_->enter()) {}

  std::shared_ptr<const DeviceContext> context_;
  std::unique_ptr<DeviceScope> scope_;
  Machine machine_;
  std::string how_;
};

// The kinds of devices; the driver is open.
Status openCudaDevice(const std::string &target,
                      std::unique_ptr<BenchDevice> &result);
Status openAscendDevice(const std::string &target,
                        std::unique_ptr<BenchDevice> &result);

/// One launch's arrays on a device. They hold elements of the layer's dtype;
/// what crosses is float32, and rounded on the way.
class DeviceArrays {
public:
  DeviceArrays(const BenchDevice &device, const LayerEntry &entry);
  DeviceArrays(const DeviceArrays &) = delete;
  DeviceArrays &operator=(const DeviceArrays &) = delete;

  /// @param guarded y, and `guard` values on both sides of it
  Status write(const std::vector<float> &x, const std::vector<float> &guarded,
               size_t guard);
  /// Reads y and its guards.
  Status read(std::vector<float> &guarded);
  /// Issues a run to the stream.
  using Issue = std::function<Status()>;
  /// That of a layer of tconv's.
  Status issue(tconv_layer *layer);
  /// One run, to its end.
  Status run(const Issue &issue);
  /// Seconds of one run: the mean of as many, one after the other, as take a
  /// millisecond.
  /// @param perSample how many; 0 until that is known
  Status time(const Issue &issue, int64_t &perSample, double &seconds);

  /// For those who bring arrays of their own: x, and the stream.
  const void *x() const {
    return reinterpret_cast<const void *>(x_->address());
  }
  void *stream() const { return stream_->address(); }
  /// Elements of the layer's dtype in memory that is allocated if it isn't.
  Status upload(const std::vector<float> &values,
                std::unique_ptr<DeviceMemory> &memory, const char *what);
  /// Waits for the stream.
  Status download(const DeviceMemory &memory, std::vector<float> &values);

private:
  Status timeRuns(const Issue &issue, int64_t count, double &seconds);

  const BenchDevice &device_;
  const LayerEntry &entry_;
  int64_t yOffset_ = 0; ///< bytes
  // The stream goes before its arrays, and its timer before that.
  std::unique_ptr<DeviceMemory> x_, y_;
  std::unique_ptr<DeviceStream> stream_;
  std::unique_ptr<StreamTimer> timer_;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_DEVICE_H
