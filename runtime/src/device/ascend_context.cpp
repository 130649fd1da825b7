// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/ascend_context.h"

#include <cstdio>
#include <map>
#include <mutex>

#include "device/ascend_module.h"

using namespace tconv;

namespace {

class AscendMemory : public DeviceMemory {
public:
  AscendMemory(std::shared_ptr<const AscendContext> context, void *address,
               int64_t bytes)
      : DeviceMemory(reinterpret_cast<uint64_t>(address), bytes),
        context_(std::move(context)) {}
  ~AscendMemory() override {
    if (address_ == 0)
      return;
    AscendScope scope(*context_);
    if (!scope.isOpen())
      return;
    if (wait_)
      context_->api().synchronizeDevice();
    context_->api().free(reinterpret_cast<void *>(address_));
  }

private:
  std::shared_ptr<const AscendContext> context_;
};

/// Its copies are done when they return: those that aren't need memory of the
/// host that AscendCL has allocated.
class AscendStream : public DeviceStream {
public:
  AscendStream(std::shared_ptr<const AscendContext> context,
               ascend::Stream handle)
      : context_(std::move(context)), handle_(handle) {}
  ~AscendStream() override {
    AscendScope scope(*context_);
    if (scope.isOpen())
      context_->api().streamDestroy(handle_);
  }

  void *address() const override { return handle_; }
  Status copyToDevice(const DeviceMemory &to, const void *from,
                      int64_t bytes) override {
    if (bytes == 0)
      return Status::ok();
    if (Status error = synchronize("copy"))
      return error;
    auto size = static_cast<size_t>(bytes);
    const ascend::Api &api = context_->api();
    return ascendStatus(api, "aclrtMemcpy",
                        api.copy(reinterpret_cast<void *>(to.address()), size,
                                 from, size, ascend::kHostToDevice));
  }
  Status copyToHost(void *to, uint64_t from, int64_t bytes) override {
    if (bytes == 0)
      return Status::ok();
    // After a launch that failed, nothing is copied.
    if (Status error = synchronize("copy"))
      return error;
    auto size = static_cast<size_t>(bytes);
    const ascend::Api &api = context_->api();
    return ascendStatus(api, "aclrtMemcpy",
                        api.copy(to, size, reinterpret_cast<void *>(from), size,
                                 ascend::kDeviceToHost));
  }
  Status synchronize(const std::string &what) override {
    const ascend::Api &api = context_->api();
    return ascendStatus(api, what + ": aclrtSynchronizeStream",
                        api.streamSynchronize(handle_));
  }

private:
  std::shared_ptr<const AscendContext> context_;
  ascend::Stream handle_;
};

/// Runs a call, and gives the thread back the context that it had.
template <typename Function>
Status keepingContext(const ascend::Api &api, Function &&function) {
  // Without a context, this one fails.
  ascend::Context before = nullptr;
  if (api.contextGet(&before))
    before = nullptr;
  Status status = function();
  if (before)
    (void)api.contextSet(before);
  return status;
}

/// The default context of a device.
Status defaultContext(const ascend::Api &api, int device,
                      ascend::Context &result) {
  struct Known {
    std::mutex mutex;
    std::map<int, ascend::Context> contexts;
  };
  static Known *known = new Known;
  std::lock_guard<std::mutex> lock(known->mutex);
  auto found = known->contexts.find(device);
  if (found != known->contexts.end()) {
    result = found->second;
    return Status::ok();
  }
  return keepingContext(api, [&]() -> Status {
    if (ascend::Result error = api.setDevice(device))
      return ascendStatus(
          api, "device " + std::to_string(device) + ": aclrtSetDevice", error);
    if (ascend::Result error = api.contextGet(&result))
      return ascendStatus(api, "aclrtGetCurrentContext", error);
    known->contexts[device] = result;
    return Status::ok();
  });
}

/// The device of the thread's current context; -1 without one.
int currentDevice(const ascend::Api &api) {
  int32_t device = -1;
  return api.getDevice(&device) == ascend::kSuccess ? device : -1;
}

class AscendDevices : public DeviceDriver {
public:
  DeviceKind kind() const override { return DeviceKind::ascend; }
  Status open() const override {
    Status why;
    (void)ascendDriver(why);
    return why;
  }
  Status context(int device, void *,
                 std::shared_ptr<const DeviceContext> &result) const override {
    Status why;
    const ascend::Api *api = ascendDriver(why);
    return api ? AscendContext::of(*api, device, result) : why;
  }
  Status count(int &count) const override {
    Status why;
    const ascend::Api *api = ascendDriver(why);
    if (!api)
      return why;
    uint32_t found = 0;
    if (ascend::Result error = api->deviceCount(&found))
      return ascendStatus(*api, "aclrtGetDeviceCount", error);
    count = static_cast<int>(found);
    return Status::ok();
  }
  Status describe(int device, tconv_device_info &info) const override {
    Status why;
    const ascend::Api *api = ascendDriver(why);
    if (!api)
      return why;
    if (Status error = checkDevice(device, TCONV_INVALID_VALUE))
      return error;
    std::string soc = socName(*api);
    int64_t cores = 0;
    if (api->capability && !api->capability(static_cast<uint32_t>(device),
                                            ascend::kAiCores, &cores))
      info.multiprocessors = static_cast<int32_t>(cores);
    std::snprintf(info.name, sizeof(info.name), "%s", soc.c_str());
    std::snprintf(info.target, sizeof(info.target), "%s",
                  ascendTargetOf(soc).c_str());
    return Status::ok();
  }
  Status resolve(const std::string &target,
                 DeviceTarget &result) const override {
    Status why;
    const ascend::Api *api = ascendDriver(why);
    if (!api)
      return why;
    int index = deviceIndex(target);
    if (index < 0)
      index = std::max(currentDevice(*api), 0);
    if (Status error = checkDevice(index, TCONV_UNSUPPORTED))
      return error;
    std::string soc = socName(*api);
    std::string kernels = ascendTargetOf(soc);
    if (kernels.empty())
      return {TCONV_UNSUPPORTED, "device " + std::to_string(index) + " is " +
                                     soc + ": kernels are made for " +
                                     ascendTargets()};
    if (!ascendPart(target).empty() && kernels != target)
      return {TCONV_UNSUPPORTED,
              "device " + std::to_string(index) + " is " + soc};
    result.device = index;
    result.kernels = kernels;
    return Status::ok();
  }

private:
  /// @param otherwise the status where there is no such device
  Status checkDevice(int device, tconv_status otherwise) const {
    int count = 0;
    if (Status error = this->count(count))
      return error;
    if (device >= 0 && device < count)
      return Status::ok();
    return {otherwise, "device " + std::to_string(device) + ": there are " +
                           std::to_string(count) + " Ascend devices here"};
  }
  /// All devices of a machine are of one kind.
  static std::string socName(const ascend::Api &api) {
    const char *name = api.socName();
    return name ? name : "no name";
  }
};

} // namespace

const DeviceDriver &tconv::ascendDevices() {
  static const AscendDevices *instance = new AscendDevices;
  return *instance;
}

AscendContext::AscendContext(const ascend::Api &api, ascend::Context handle,
                             int device)
    : api_(api), handle_(handle), device_(device) {
  auto count = [&](int info, int64_t &cores) {
    int64_t value = 0;
    if (api.capability &&
        !api.capability(static_cast<uint32_t>(device), info, &value) &&
        value > 0)
      cores = value;
  };
  count(ascend::kAiCores, cores_.cube);
  cores_.vector = 2 * cores_.cube;
  count(ascend::kVectorCores, cores_.vector);
}

Status AscendContext::of(const ascend::Api &api, int device,
                         std::shared_ptr<const DeviceContext> &result) {
  ascend::Context handle = nullptr;
  bool current = currentDevice(api) == device &&
                 api.contextGet(&handle) == ascend::kSuccess && handle;
  if (!current)
    if (Status error = defaultContext(api, device, handle))
      return error;
  result = std::shared_ptr<const AscendContext>(
      new AscendContext(api, handle, device));
  return Status::ok();
}

bool AscendContext::isSame(const DeviceContext &other) const {
  auto *ascend = dynamic_cast<const AscendContext *>(&other);
  return ascend && ascend->handle_ == handle_;
}

std::unique_ptr<DeviceScope> AscendContext::enter() const {
  return std::make_unique<AscendScope>(*this);
}

Status AscendContext::allocate(int64_t bytes, const std::string &what,
                               std::unique_ptr<DeviceMemory> &result) const {
  AscendScope scope(*this);
  if (scope.status())
    return scope.status();
  void *address = nullptr;
  if (bytes > 0)
    if (ascend::Result error = api_.allocate(
            &address, static_cast<size_t>(bytes), ascend::kHugeFirst))
      return ascendStatus(api_,
                          what + ": " + std::to_string(bytes) +
                              " bytes of the device's memory: aclrtMalloc",
                          error);
  try {
    result = std::make_unique<AscendMemory>(shared_from_this(), address, bytes);
  } catch (...) {
    if (address)
      api_.free(address);
    throw;
  }
  return Status::ok();
}

Status
AscendContext::createStream(std::unique_ptr<DeviceStream> &result) const {
  AscendScope scope(*this);
  if (scope.status())
    return scope.status();
  ascend::Stream handle = nullptr;
  if (ascend::Result error = api_.streamCreate(&handle))
    return ascendStatus(api_, "aclrtCreateStream", error);
  try {
    result = std::make_unique<AscendStream>(shared_from_this(), handle);
  } catch (...) {
    api_.streamDestroy(handle);
    throw;
  }
  return Status::ok();
}

Status AscendContext::load(const tconv_kernel &kernel,
                           std::unique_ptr<DeviceModule> &result) const {
  return AscendModule::load(kernel, shared_from_this(), result);
}

Status AscendContext::checkReachable(const char *name,
                                     const void *pointer) const {
  if (pointer)
    return Status::ok();
  return {TCONV_INVALID_VALUE, std::string(name) + " = NULL: must be memory "
                                                   "of the layer's device"};
}

Status AscendContext::synchronize() const {
  return ascendStatus(api_, "aclrtSynchronizeDevice", api_.synchronizeDevice());
}

AscendScope::AscendScope(const AscendContext &context) : api_(context.api()) {
  if (!ascendDriverHere())
    return;
  open_ = true;
  if (api_.contextGet(&before_))
    before_ = nullptr;
  if (before_ != context.handle())
    status_ = ascendStatus(api_, "aclrtSetCurrentContext",
                           api_.contextSet(context.handle()));
}

AscendScope::~AscendScope() {
  if (before_)
    (void)api_.contextSet(before_);
}
