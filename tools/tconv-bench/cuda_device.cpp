// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CUDA's devices, whose clocks the driver reports.
#include "device/cuda_context.h"
#include "device/cuda_target.h"
#include "tconv-bench/device.h"

namespace tconv::tools {
namespace {

/// FMAs that a multiprocessor issues each clock.
int lanes(int capability) { return capability <= 80 ? 64 : 128; }

std::string architecture(int capability) {
  return "sm_" + std::to_string(capability);
}

class CudaTimer : public StreamTimer {
public:
  CudaTimer(const cuda::Api &api, cuda::Stream stream)
      : api_(api), stream_(stream) {}
  ~CudaTimer() override {
    for (cuda::Event event : {begin_, end_})
      if (event)
        api_.eventDestroy(event);
  }
  Status create() {
    for (cuda::Event *event : {&begin_, &end_})
      if (cuda::Result error = api_.eventCreate(event, cuda::kDefaultEvent))
        return cudaStatus(api_, "cuEventCreate", error);
    return Status::ok();
  }
  Status start() override {
    return cudaStatus(api_, "cuEventRecord", api_.eventRecord(begin_, stream_));
  }
  Status stop(double &seconds) override {
    if (cuda::Result error = api_.eventRecord(end_, stream_))
      return cudaStatus(api_, "cuEventRecord", error);
    if (cuda::Result error = api_.eventSynchronize(end_))
      return cudaStatus(api_, "kernel: cuEventSynchronize", error);
    float milliseconds = 0;
    if (cuda::Result error = api_.eventElapsed(&milliseconds, begin_, end_))
      return cudaStatus(api_, "cuEventElapsedTime", error);
    seconds = 1e-3 * milliseconds;
    return Status::ok();
  }

private:
  const cuda::Api &api_;
  cuda::Stream stream_;
  cuda::Event begin_ = nullptr, end_ = nullptr;
};

class CudaDevice : public BenchDevice {
public:
  CudaDevice(const cuda::Api &api, std::shared_ptr<const CudaContext> context)
      : BenchDevice(std::move(context)), api_(api) {}

  Status describe();
  Status timer(const DeviceStream &stream,
               std::unique_ptr<StreamTimer> &result) const override {
    auto timer = std::make_unique<CudaTimer>(
        api_, static_cast<cuda::Stream>(stream.address()));
    if (Status error = timer->create())
      return error;
    result = std::move(timer);
    return Status::ok();
  }

private:
  const cuda::Api &api_;
};

Status CudaDevice::describe() {
  if (scope_->status())
    return scope_->status();
  DeviceFacts facts;
  if (Status error = deviceFacts(api_, context_->device(), facts))
    return error;
  int kilohertz = 0, memoryKilohertz = 0, bits = 0;
  const std::pair<int, int *> wanted[] = {
      {cuda::kClockRate, &kilohertz},
      {cuda::kMemoryClockRate, &memoryKilohertz},
      {cuda::kMemoryBusWidth, &bits}};
  for (const auto &[attribute, value] : wanted)
    if (cuda::Result error =
            api_.deviceAttribute(value, attribute, context_->device()))
      return cudaStatus(api_, "cuDeviceGetAttribute", error);
  machine_.cpu = facts.name;
  machine_.isa = architecture(facts.capability);
  machine_.cores = facts.multiprocessors;
  machine_.threads = 1;
  machine_.peak1 = machine_.peakThreads =
      2.0 * facts.multiprocessors * lanes(facts.capability) * kilohertz * 1e-6;
  machine_.copyGbs = 2.0 * memoryKilohertz * bits / 8 * 1e-6; // double rate
  machine_.how = "from the clocks and widths that the driver reports";
  machine_.clock = "cuEvent";
  machine_.units = "multiprocessors";
  how_ = machine_.clock + ", " + facts.name + " (" + machine_.isa +
         "), driver of CUDA " + cudaVersionText(cudaDriverVersion());
  return Status::ok();
}

} // namespace

Status openCudaDevice(const std::string &target,
                      std::unique_ptr<BenchDevice> &result) {
  Status why;
  const cuda::Api *api = cudaDriver(why);
  if (!api)
    return why;
  cuda::Device device = 0;
  std::string kernels;
  if (Status error = resolveCudaDevice(*api, target, device, kernels))
    return error;
  std::shared_ptr<const CudaContext> context;
  if (Status error = CudaContext::of(*api, device, /*stream=*/nullptr, context))
    return error;
  auto made = std::make_unique<CudaDevice>(*api, std::move(context));
  if (Status error = made->describe())
    return error;
  result = std::move(made);
  return Status::ok();
}

} // namespace tconv::tools
