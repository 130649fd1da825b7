// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers on a GPU: their arrays in its memory, their time by its own events.
#ifndef TCONV_TOOLS_BENCH_GPU_H
#define TCONV_TOOLS_BENCH_GPU_H

#include <functional>
#include <memory>
#include <vector>

#include "common/layers.h"
#include "common/machine.h"
#include "device/cuda_context.h"

namespace tconv::tools {

/// A device whose context is this thread's current one as long as this lives.
class Gpu {
public:
  /// @param target a GPU's: isDeviceTarget
  static Status open(const std::string &target, std::unique_ptr<Gpu> &result);

  /// Limits that follow from the clocks and widths that the driver reports;
  /// nothing is measured.
  const Machine &machine() const { return machine_; }
  /// How times are taken, and of what: "cuEvent, NVIDIA H200 (sm_90), ...".
  const std::string &how() const { return how_; }
  const std::shared_ptr<const CudaContext> &context() const { return context_; }

private:
  explicit Gpu(std::shared_ptr<const CudaContext> context)
      : context_(std::move(context)),
        scope_(std::make_unique<CudaScope>(*context_)) {}
  Status describe();

  std::shared_ptr<const CudaContext> context_;
  std::unique_ptr<CudaScope> scope_;
  Machine machine_;
  std::string how_;
};

/// One launch's arrays on a device. They hold elements of the layer's dtype;
/// what crosses is float32, and rounded on the way.
class GpuArrays {
public:
  GpuArrays(const Gpu &gpu, const LayerEntry &entry);
  ~GpuArrays();
  GpuArrays(const GpuArrays &) = delete;
  GpuArrays &operator=(const GpuArrays &) = delete;

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
  cuda::Stream stream() const { return stream_->handle(); }
  /// Elements of the layer's dtype in memory that is allocated if it isn't.
  Status upload(const std::vector<float> &values,
                std::unique_ptr<CudaMemory> &memory, const char *what);
  /// Waits for the stream.
  Status download(const CudaMemory &memory, std::vector<float> &values);

private:
  Status timeRuns(const Issue &issue, int64_t count, double &seconds);

  const Gpu &gpu_;
  const cuda::Api &api_;
  const LayerEntry &entry_;
  int64_t yOffset_ = 0; ///< bytes
  // The stream goes first.
  std::unique_ptr<CudaMemory> x_, y_;
  std::unique_ptr<CudaStream> stream_;
  cuda::Event begin_ = nullptr, end_ = nullptr;
};

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_GPU_H
