// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/gpu.h"

#include <algorithm>

#include "common/command.h"
#include "device/cuda_target.h"
#include "support/half.h"

namespace tconv::tools {
namespace {

/// FMAs that a multiprocessor issues each clock.
int lanes(int capability) { return capability <= 80 ? 64 : 128; }

std::string architecture(int capability) {
  return "sm_" + std::to_string(capability);
}

} // namespace

Status Gpu::open(const std::string &target, std::unique_ptr<Gpu> &result) {
  if (deviceKind(target) != DeviceKind::cuda)
    return {TCONV_UNSUPPORTED,
            "target = '" + target + "': only CUDA's devices are timed"};
  auto about = [&](const Status &why) -> Status {
    return {why.code(), "target = '" + target + "': " + why.message()};
  };
  Status why;
  const cuda::Api *api = cudaDriver(why);
  if (!api)
    return about(why);
  cuda::Device device = 0;
  std::string kernels;
  if (Status error = resolveCudaDevice(*api, target, device, kernels))
    return about(error);
  std::shared_ptr<const CudaContext> context;
  if (Status error = CudaContext::of(*api, device, /*stream=*/nullptr, context))
    return error;
  std::unique_ptr<Gpu> gpu(new Gpu(std::move(context)));
  if (gpu->scope_->status())
    return gpu->scope_->status();
  if (Status error = gpu->describe())
    return error;
  result = std::move(gpu);
  return Status::ok();
}

Status Gpu::describe() {
  const cuda::Api &api = context_->api();
  DeviceFacts facts;
  if (Status error = deviceFacts(api, context_->device(), facts))
    return error;
  int kilohertz = 0, memoryKilohertz = 0, bits = 0;
  const std::pair<int, int *> wanted[] = {
      {cuda::kClockRate, &kilohertz},
      {cuda::kMemoryClockRate, &memoryKilohertz},
      {cuda::kMemoryBusWidth, &bits}};
  for (const auto &[attribute, value] : wanted)
    if (cuda::Result error =
            api.deviceAttribute(value, attribute, context_->device()))
      return cudaStatus(api, "cuDeviceGetAttribute", error);
  machine_.cpu = facts.name;
  machine_.isa = architecture(facts.capability);
  machine_.cores = facts.multiprocessors;
  machine_.threads = 1;
  machine_.peak1 = machine_.peakThreads =
      2.0 * facts.multiprocessors * lanes(facts.capability) * kilohertz * 1e-6;
  machine_.copyGbs = 2.0 * memoryKilohertz * bits / 8 * 1e-6; // double rate
  machine_.how = "from the clocks and widths that the driver reports";
  how_ = "cuEvent, " + facts.name + " (" + machine_.isa + "), driver of CUDA " +
         cudaVersionText(cudaDriverVersion());
  return Status::ok();
}

GpuArrays::GpuArrays(const Gpu &gpu, const LayerEntry &entry)
    : gpu_(gpu), api_(gpu.context()->api()), entry_(entry) {}

GpuArrays::~GpuArrays() {
  for (cuda::Event event : {begin_, end_})
    if (event)
      api_.eventDestroy(event);
}

Status GpuArrays::upload(const std::vector<float> &values,
                         std::unique_ptr<CudaMemory> &memory,
                         const char *what) {
  auto count = static_cast<int64_t>(values.size());
  std::vector<char> bytes(
      static_cast<size_t>(count * dtypeBytes(entry_.params.dtype)));
  fromFloats(entry_.params.dtype, values.data(), count, bytes.data());
  auto size = static_cast<int64_t>(bytes.size());
  if (!memory)
    if (Status error = CudaMemory::allocate(gpu_.context(), size, what, memory))
      return error;
  if (Status error = stream_->copyToDevice(*memory, bytes.data(), size))
    return error;
  return stream_->synchronize(what);
}

Status GpuArrays::write(const std::vector<float> &x,
                        const std::vector<float> &guarded, size_t guard) {
  if (!stream_) {
    if (Status error = CudaStream::create(gpu_.context(), stream_))
      return error;
    for (cuda::Event *event : {&begin_, &end_})
      if (cuda::Result error = api_.eventCreate(event, cuda::kDefaultEvent))
        return cudaStatus(api_, "cuEventCreate", error);
  }
  yOffset_ = static_cast<int64_t>(guard) * dtypeBytes(entry_.params.dtype);
  if (Status error = upload(x, x_, "x"))
    return error;
  return upload(guarded, y_, "y");
}

Status GpuArrays::read(std::vector<float> &guarded) {
  return download(*y_, guarded);
}

Status GpuArrays::download(const CudaMemory &memory,
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

Status GpuArrays::issue(tconv_layer *layer) {
  return fromC(tconv_layer_run_device(
      layer, reinterpret_cast<const void *>(x_->address()), entry_.shape.batch,
      entry_.shape.length, reinterpret_cast<char *>(y_->address()) + yOffset_,
      nullptr, stream_->handle()));
}

Status GpuArrays::run(const Issue &issue) {
  if (Status error = issue())
    return error;
  return stream_->synchronize("kernel");
}

Status GpuArrays::timeRuns(const Issue &issue, int64_t count, double &seconds) {
  if (cuda::Result error = api_.eventRecord(begin_, stream_->handle()))
    return cudaStatus(api_, "cuEventRecord", error);
  for (int64_t i = 0; i < count; ++i)
    if (Status error = issue())
      return error;
  if (cuda::Result error = api_.eventRecord(end_, stream_->handle()))
    return cudaStatus(api_, "cuEventRecord", error);
  if (cuda::Result error = api_.eventSynchronize(end_))
    return cudaStatus(api_, "kernel: cuEventSynchronize", error);
  float milliseconds = 0;
  if (cuda::Result error = api_.eventElapsed(&milliseconds, begin_, end_))
    return cudaStatus(api_, "cuEventElapsedTime", error);
  seconds = 1e-3 * milliseconds / static_cast<double>(count);
  return Status::ok();
}

Status GpuArrays::time(const Issue &issue, int64_t &perSample,
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
