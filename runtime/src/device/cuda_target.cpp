// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/cuda_target.h"

#include "target/target.h"

using namespace tconv;

namespace {

Status attribute(const cuda::Api &api, cuda::Device device, int number,
                 int &value) {
  return cudaStatus(api, "cuDeviceGetAttribute",
                    api.deviceAttribute(&value, number, device));
}

Status capability(const cuda::Api &api, cuda::Device device, int &result) {
  int major = 0, minor = 0;
  if (Status error = attribute(api, device, cuda::kCapabilityMajor, major))
    return error;
  if (Status error = attribute(api, device, cuda::kCapabilityMinor, minor))
    return error;
  result = 10 * major + minor;
  return Status::ok();
}

/// The device of the thread's current context, else the first one.
Status currentDevice(const cuda::Api &api, cuda::Device &device) {
  cuda::Context current = nullptr;
  if (cuda::Result error = api.contextCurrent(&current))
    return cudaStatus(api, "cuCtxGetCurrent", error);
  if (!current)
    return deviceOf(api, 0, device);
  return cudaStatus(api, "cuCtxGetDevice", api.contextDevice(&device));
}

} // namespace

Status tconv::deviceOf(const cuda::Api &api, int index, cuda::Device &device) {
  int count = 0;
  if (cuda::Result error = api.deviceCount(&count))
    return cudaStatus(api, "cuDeviceGetCount", error);
  if (index < 0 || index >= count)
    return {TCONV_UNSUPPORTED, "device " + std::to_string(index) +
                                   ": there are " + std::to_string(count) +
                                   " CUDA devices here"};
  return cudaStatus(api, "cuDeviceGet", api.deviceGet(&device, index));
}

Status tconv::deviceCount(int &count) {
  Status why;
  const cuda::Api *api = cudaDriver(why);
  if (!api)
    return why;
  return cudaStatus(*api, "cuDeviceGetCount", api->deviceCount(&count));
}

Status tconv::deviceFacts(const cuda::Api &api, cuda::Device device,
                          DeviceFacts &facts) {
  char name[256] = "";
  if (cuda::Result error = api.deviceName(name, sizeof(name) - 1, device))
    return cudaStatus(api, "cuDeviceGetName", error);
  facts.name = name;
  size_t bytes = 0;
  if (cuda::Result error = api.deviceMemory(&bytes, device))
    return cudaStatus(api, "cuDeviceTotalMem", error);
  facts.memory = static_cast<int64_t>(bytes);
  int shared = 0;
  if (Status error = capability(api, device, facts.capability))
    return error;
  if (Status error =
          attribute(api, device, cuda::kMultiprocessors, facts.multiprocessors))
    return error;
  if (Status error = attribute(api, device, cuda::kMaxSharedPerBlock, shared))
    return error;
  facts.maxSharedPerBlock = shared;
  return Status::ok();
}

Status tconv::resolveCudaDevice(const cuda::Api &api, const std::string &target,
                                cuda::Device &device, std::string &kernels) {
  int index = deviceIndex(target);
  if (Status error = index >= 0 ? deviceOf(api, index, device)
                                : currentDevice(api, device))
    return error;
  int have = 0;
  if (Status error = capability(api, device, have))
    return error;
  std::string found = "device " + std::to_string(device) +
                      " has compute capability " + std::to_string(have / 10) +
                      "." + std::to_string(have % 10);
  int wanted = nvptxArchitecture(target);
  if (wanted > have)
    return {TCONV_UNSUPPORTED, found};
  kernels = wanted ? target : nearestNvptxTarget(have);
  if (kernels.empty())
    return {TCONV_UNSUPPORTED,
            found + ": kernels are made for " + nvptxTargets()};
  return Status::ok();
}
