// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/cuda_context.h"

#include <cstdio>
#include <map>
#include <mutex>

#include "device/cuda_module.h"
#include "device/cuda_target.h"

using namespace tconv;

namespace {

/// Streams that are numbers: the driver's default ones, which are of whatever
/// context is current.
bool isSpecial(cuda::Stream stream) {
  return reinterpret_cast<uintptr_t>(stream) <= 2;
}

/// The shares of primary contexts that this library keeps.
struct Primaries {
  std::mutex mutex;
  std::map<cuda::Device, std::weak_ptr<const CudaContext>> contexts;
};

/// Never destroyed: layers may outlive static destructors.
Primaries &primaries() {
  static Primaries *instance = new Primaries;
  return *instance;
}

} // namespace

CudaContext::CudaContext(const cuda::Api &api, cuda::Context handle,
                         cuda::Device device, bool primary)
    : api_(api), handle_(handle), device_(device), primary_(primary) {
  if (api.contextId && api.contextId(handle, &id_) != cuda::kSuccess)
    id_ = 0;
}

CudaContext::~CudaContext() {
  if (primary_ && cudaDriverHere())
    api_.primaryRelease(device_);
}

Status CudaContext::ofPrimary(const cuda::Api &api, cuda::Device device,
                              std::shared_ptr<const CudaContext> &result) {
  std::lock_guard<std::mutex> lock(primaries().mutex);
  std::weak_ptr<const CudaContext> &kept = primaries().contexts[device];
  result = kept.lock();
  if (result)
    return Status::ok();
  cuda::Context handle = nullptr;
  if (cuda::Result error = api.primaryRetain(&handle, device))
    return cudaStatus(api, "cuDevicePrimaryCtxRetain", error);
  try {
    result.reset(new CudaContext(api, handle, device, /*primary=*/true));
  } catch (...) {
    api.primaryRelease(device);
    throw;
  }
  kept = result;
  return Status::ok();
}

Status CudaContext::of(const cuda::Api &api, cuda::Device device,
                       cuda::Stream stream,
                       std::shared_ptr<const CudaContext> &result) {
  cuda::Context wanted = nullptr;
  if (!isSpecial(stream)) {
    if (cuda::Result error = api.streamContext(stream, &wanted))
      return cudaStatus(api, "stream: cuStreamGetCtx", error);
  } else if (cuda::Result error = api.contextCurrent(&wanted)) {
    return cudaStatus(api, "cuCtxGetCurrent", error);
  }
  if (!wanted)
    return ofPrimary(api, device, result);

  std::shared_ptr<const CudaContext> found(
      new CudaContext(api, wanted, device, /*primary=*/false));
  cuda::Device here = device;
  {
    CudaScope scope(*found);
    if (scope.status())
      return scope.status();
    if (cuda::Result error = api.contextDevice(&here))
      return cudaStatus(api, "cuCtxGetDevice", error);
  }
  if (here != device) {
    if (!isSpecial(stream))
      return {TCONV_INVALID_VALUE,
              "stream: is on device " + std::to_string(here) +
                  ": the layer is on device " + std::to_string(device)};
    return ofPrimary(api, device, result);
  }
  // Of the primary one, a share is kept even where the caller has it too: he
  // may let go of his.
  unsigned flags = 0;
  int active = 0;
  if (api.primaryState(device, &flags, &active) == cuda::kSuccess && active) {
    std::shared_ptr<const CudaContext> primary;
    if (Status error = ofPrimary(api, device, primary))
      return error;
    if (primary->handle() == wanted) {
      result = std::move(primary);
      return Status::ok();
    }
  }
  result = std::move(found);
  return Status::ok();
}

bool CudaContext::isSame(const DeviceContext &other) const {
  auto *cuda = dynamic_cast<const CudaContext *>(&other);
  return cuda && handle_ == cuda->handle_ && id_ == cuda->id_;
}

std::unique_ptr<DeviceScope> CudaContext::enter() const {
  return std::make_unique<CudaScope>(*this);
}

Status CudaContext::allocate(int64_t bytes, const std::string &what,
                             std::unique_ptr<DeviceMemory> &result) const {
  std::unique_ptr<CudaMemory> memory;
  if (Status error =
          CudaMemory::allocate(shared_from_this(), bytes, what, memory))
    return error;
  result = std::move(memory);
  return Status::ok();
}

Status CudaContext::createStream(std::unique_ptr<DeviceStream> &result) const {
  std::unique_ptr<CudaStream> stream;
  if (Status error = CudaStream::create(shared_from_this(), stream))
    return error;
  result = std::move(stream);
  return Status::ok();
}

Status CudaContext::load(const tconv_kernel &kernel,
                         std::unique_ptr<DeviceModule> &result) const {
  return CudaModule::load(kernel, shared_from_this(), result);
}

Status CudaContext::synchronize() const {
  return cudaStatus(api_, "cuCtxSynchronize", api_.contextSynchronize());
}

Status CudaContext::checkReachable(const char *name,
                                   const void *pointer) const {
  auto address = reinterpret_cast<cuda::Address>(pointer);
  int type = 0, there = device_;
  cuda::Result result =
      api_.pointerAttribute(&type, cuda::kMemoryType, address);
  // Memory of the host that is known to CUDA is of no device.
  if (!result && type == cuda::kDeviceMemory)
    result = api_.pointerAttribute(&there, cuda::kMemoryDevice, address);
  if (!result && there == device_)
    return Status::ok();
  char text[32];
  std::snprintf(text, sizeof(text), "%p", pointer);
  std::string given = std::string(name) + " = " + text + ": ";
  if (!result)
    return {TCONV_INVALID_VALUE,
            given + "is on device " + std::to_string(there) +
                ": the layer is on device " + std::to_string(device_)};
  return {TCONV_INVALID_VALUE,
          given + "must be memory that the layer's GPU can reach"};
}

CudaScope::CudaScope(const CudaContext &context) : api_(context.api()) {
  if (!cudaDriverHere())
    return;
  status_ =
      cudaStatus(api_, "cuCtxPushCurrent", api_.contextPush(context.handle()));
  open_ = !status_;
}

CudaScope::~CudaScope() {
  cuda::Context popped;
  if (open_)
    api_.contextPop(&popped);
}

Status CudaMemory::allocate(std::shared_ptr<const CudaContext> context,
                            int64_t bytes, const std::string &what,
                            std::unique_ptr<CudaMemory> &result) {
  const cuda::Api &api = context->api();
  CudaScope scope(*context);
  if (scope.status())
    return scope.status();
  cuda::Address address = 0;
  if (bytes > 0)
    if (cuda::Result error = api.allocate(&address, static_cast<size_t>(bytes)))
      return cudaStatus(api,
                        what + ": " + std::to_string(bytes) +
                            " bytes of the device's memory: cuMemAlloc",
                        error);
  try {
    result.reset(new CudaMemory(std::move(context), address, bytes));
  } catch (...) {
    api.free(address);
    throw;
  }
  return Status::ok();
}

CudaMemory::~CudaMemory() {
  if (address_ == 0)
    return;
  CudaScope scope(*context_);
  if (!scope.isOpen())
    return;
  if (wait_)
    context_->api().contextSynchronize();
  context_->api().free(address_);
}

Status CudaStream::create(std::shared_ptr<const CudaContext> context,
                          std::unique_ptr<CudaStream> &result) {
  const cuda::Api &api = context->api();
  CudaScope scope(*context);
  if (scope.status())
    return scope.status();
  cuda::Stream handle = nullptr;
  if (cuda::Result error = api.streamCreate(&handle, cuda::kNonBlockingStream))
    return cudaStatus(api, "cuStreamCreate", error);
  try {
    result.reset(new CudaStream(std::move(context), handle));
  } catch (...) {
    api.streamDestroy(handle);
    throw;
  }
  return Status::ok();
}

CudaStream::~CudaStream() {
  CudaScope scope(*context_);
  if (scope.isOpen())
    context_->api().streamDestroy(handle_);
}

Status CudaStream::copyToDevice(const DeviceMemory &to, const void *from,
                                int64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  const cuda::Api &api = context_->api();
  return cudaStatus(api, "cuMemcpyHtoDAsync",
                    api.copyToDevice(to.address(), from,
                                     static_cast<size_t>(bytes), handle_));
}

Status CudaStream::copyToHost(void *to, uint64_t from, int64_t bytes) {
  if (bytes == 0)
    return Status::ok();
  const cuda::Api &api = context_->api();
  return cudaStatus(
      api, "cuMemcpyDtoHAsync",
      api.copyToHost(to, from, static_cast<size_t>(bytes), handle_));
}

Status CudaStream::synchronize(const std::string &what) {
  const cuda::Api &api = context_->api();
  return cudaStatus(api, what + ": cuStreamSynchronize",
                    api.streamSynchronize(handle_));
}

namespace {

class CudaDevices : public DeviceDriver {
public:
  DeviceKind kind() const override { return DeviceKind::cuda; }
  Status open() const override {
    Status why;
    (void)cudaDriver(why);
    return why;
  }
  Status context(int device, void *stream,
                 std::shared_ptr<const DeviceContext> &result) const override {
    Status why;
    const cuda::Api *api = cudaDriver(why);
    if (!api)
      return why;
    std::shared_ptr<const CudaContext> found;
    if (Status error = CudaContext::of(
            *api, device, static_cast<cuda::Stream>(stream), found))
      return error;
    result = std::move(found);
    return Status::ok();
  }
  Status count(int &count) const override { return deviceCount(count); }
  Status describe(int device, tconv_device_info &info) const override {
    Status why;
    const cuda::Api *api = cudaDriver(why);
    if (!api)
      return why;
    cuda::Device found;
    if (Status error = deviceOf(*api, device, found))
      return {TCONV_INVALID_VALUE, error.message()};
    DeviceFacts facts;
    if (Status error = deviceFacts(*api, found, facts))
      return error;
    info.capability = facts.capability;
    info.driver = cudaDriverVersion();
    info.multiprocessors = facts.multiprocessors;
    info.memory_bytes = facts.memory;
    std::snprintf(info.name, sizeof(info.name), "%s", facts.name.c_str());
    std::snprintf(info.target, sizeof(info.target), "%s",
                  nearestNvptxTarget(facts.capability).c_str());
    return Status::ok();
  }
  Status resolve(const std::string &target,
                 DeviceTarget &result) const override {
    Status why;
    const cuda::Api *api = cudaDriver(why);
    if (!api)
      return why;
    return resolveCudaDevice(*api, target, result.device, result.kernels);
  }
};

} // namespace

const DeviceDriver &tconv::cudaDevices() {
  static const CudaDevices *instance = new CudaDevices;
  return *instance;
}
