// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/device.h"

#include <algorithm>

#include "common/command.h"
#include "support/half.h"

namespace tconv::tools {

Status BenchDevice::open(const std::string &target,
                         std::unique_ptr<BenchDevice> &result) {
  DeviceKind kind = deviceKind(target);
  Status error = deviceDriver(kind).open();
  if (!error)
    error = kind == DeviceKind::cuda ? openCudaDevice(target, result)
                                     : openAscendDevice(target, result);
  if (error)
    return {error.code(), "target = '" + target + "': " + error.message()};
  return Status::ok();
}

DeviceArrays::DeviceArrays(const BenchDevice &device, const LayerEntry &entry)
    : device_(device), entry_(entry) {}

Status DeviceArrays::upload(const std::vector<float> &values,
                            std::unique_ptr<DeviceMemory> &memory,
                            const char *what) {
  auto count = static_cast<int64_t>(values.size());
  std::vector<char> bytes(
      static_cast<size_t>(count * dtypeBytes(entry_.params.dtype)));
  fromFloats(entry_.params.dtype, values.data(), count, bytes.data());
  auto size = static_cast<int64_t>(bytes.size());
  if (!memory)
    if (Status error = device_.context().allocate(size, what, memory))
      return error;
  if (Status error = stream_->copyToDevice(*memory, bytes.data(), size))
    return error;
  return stream_->synchronize(what);
}

Status DeviceArrays::write(const std::vector<float> &x,
                           const std::vector<float> &guarded, size_t guard) {
  if (!stream_) {
    if (Status error = device_.context().createStream(stream_))
      return error;
    if (Status error = device_.timer(*stream_, timer_))
      return error;
  }
  yOffset_ = static_cast<int64_t>(guard) * dtypeBytes(entry_.params.dtype);
  if (Status error = upload(x, x_, "x"))
    return error;
  return upload(guarded, y_, "y");
}

Status DeviceArrays::read(std::vector<float> &guarded) {
  return download(*y_, guarded);
}

Status DeviceArrays::download(const DeviceMemory &memory,
                              std::vector<float> &values) {
  auto count = static_cast<int64_t>(values.size());
  std::vector<char> bytes(
      static_cast<size_t>(count * dtypeBytes(entry_.params.dtype)));
  if (Status error = stream_->copyToHost(bytes.data(), memory.address(),
                                         static_cast<int64_t>(bytes.size())))
    return error;
  if (Status error = stream_->synchronize("y"))
    return error;
  toFloats(entry_.params.dtype, bytes.data(), count, values.data());
  return Status::ok();
}

Status DeviceArrays::issue(tconv_layer *layer) {
  return fromC(tconv_layer_run_device(
      layer, reinterpret_cast<const void *>(x_->address()), entry_.shape.batch,
      entry_.shape.length, reinterpret_cast<char *>(y_->address()) + yOffset_,
      nullptr, stream_->address()));
}

Status DeviceArrays::run(const Issue &issue) {
  if (Status error = issue())
    return error;
  return stream_->synchronize("kernel");
}

Status DeviceArrays::timeRuns(const Issue &issue, int64_t count,
                              double &seconds) {
  if (Status error = timer_->start())
    return error;
  for (int64_t i = 0; i < count; ++i)
    if (Status error = issue())
      return error;
  if (Status error = timer_->stop(seconds))
    return error;
  seconds /= static_cast<double>(count);
  return Status::ok();
}

Status DeviceArrays::time(const Issue &issue, int64_t &perSample,
                          double &seconds) {
  constexpr double kSample = 1e-3; // far above the events' resolution
  constexpr int64_t kMost = 1000;
  if (perSample == 0) {
    if (Status error = timeRuns(issue, 1, seconds))
      return error;
    perSample = seconds > 0 ? static_cast<int64_t>(kSample / seconds) : kMost;
    perSample = std::min(std::max<int64_t>(perSample, 1), kMost);
  }
  return timeRuns(issue, perSample, seconds);
}

} // namespace tconv::tools
