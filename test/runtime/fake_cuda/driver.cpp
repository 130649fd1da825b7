// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The functions of libcuda.so.1 that tconv uses, but for those of streams and
// events, and those that its tests need beside them.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "call.h"

using namespace tconv;
using namespace tconv::test;
using cuda::Address;
using cuda::Context;
using cuda::Device;
using cuda::Function;
using cuda::Module;
using cuda::Result;
using cuda::Stream;

namespace {

constexpr int kSharedWithoutAsking = 48 * 1024, kMostShared = 163 * 1024;
constexpr int kMultiprocessors = 4, kMostThreads = 1024;

struct Name {
  int result;
  const char *name, *text;
};
const Name kNames[] = {
    {0, "CUDA_SUCCESS", "no error"},
    {1, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {3, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {34, "CUDA_ERROR_STUB_LIBRARY", "stub library"},
    {100, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {101, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {200, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {201, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", "no kernel image is available"},
    {218, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", "unsupported PTX version"},
    {400, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {500, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested"},
    {709, "CUDA_ERROR_CONTEXT_IS_DESTROYED", "context is destroyed"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
};

Result nameOf(Result result, const char **text, const char *Name::*member) {
  if (fakeDriver().nameless)
    return cuda::kSuccess;
  for (const Name &known : kNames)
    if (known.result == result) {
      *text = known.*member;
      return cuda::kSuccess;
    }
  *text = nullptr;
  return cuda::kInvalidValue;
}

/// Puts a text where cuModuleLoadDataEx's options want it.
void writeLog(const std::string &text, unsigned options, const int *names,
              void **values) {
  char *log = nullptr;
  size_t size = 0;
  for (unsigned i = 0; i < options; ++i) {
    if (names[i] == cuda::kErrorLog)
      log = static_cast<char *>(values[i]);
    if (names[i] == cuda::kErrorLogBytes)
      size = reinterpret_cast<size_t>(values[i]) & 0xffffffff;
  }
  if (log && size > 0) {
    size_t count = std::min(size - 1, text.size());
    std::memcpy(log, text.data(), count);
    log[count] = '\0';
  }
}

/// What a launch's parameters point to.
std::vector<std::shared_ptr<FakeAllocation>>
allocationsIn(const std::vector<char> &parameters) {
  std::vector<std::shared_ptr<FakeAllocation>> found;
  for (size_t at = 0; at + 8 <= parameters.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, &parameters[at], sizeof(word));
    if (auto allocation = fakeDriver().find(word, 1))
      found.push_back(std::move(allocation));
  }
  return found;
}

bool checkLaunch(const CUfunc_st &function, const FakeLaunch &launch) {
  uint64_t threads =
      uint64_t(launch.block[0]) * launch.block[1] * launch.block[2];
  uint32_t limit = function.dynamicShared
                       ? static_cast<uint32_t>(function.dynamicShared)
                       : kSharedWithoutAsking - function.entry->staticShared;
  bool some = launch.grid[0] && launch.grid[1] && launch.grid[2] && threads;
  return some &&
         threads <=
             std::min<uint64_t>(kMostThreads, function.entry->maxThreads) &&
         launch.grid[0] <= INT32_MAX && launch.grid[1] <= 65535 &&
         launch.grid[2] <= 65535 && launch.sharedBytes <= limit;
}

} // namespace

/*----------------------------------------------------------------- process -*/

EXPORT Result cuInit(unsigned flags) {
  Call call("cuInit", /*needsInit=*/false);
  if (call.result)
    return call.result;
  if (flags)
    return cuda::kInvalidValue;
  if (!call.driver.initialised) {
    const char *words = std::getenv("FAKE_CUDA");
    call.driver.configure(words ? words : "");
    if (auto found = call.driver.always.find("cuInit");
        found != call.driver.always.end())
      return found->second;
    if (call.driver.devices < 1)
      return cuda::kNoDevice;
  }
  call.driver.initialised = true;
  return cuda::kSuccess;
}

EXPORT Result cuDriverGetVersion(int *version) {
  Call call("cuDriverGetVersion", /*needsInit=*/false);
  if (!call.result)
    *version = call.driver.version;
  return call.result;
}

EXPORT Result cuGetErrorName(Result result, const char **text) {
  return nameOf(result, text, &Name::name);
}

EXPORT Result cuGetErrorString(Result result, const char **text) {
  return nameOf(result, text, &Name::text);
}

/*----------------------------------------------------------------- devices -*/

EXPORT Result cuDeviceGetCount(int *count) {
  Call call("cuDeviceGetCount");
  if (!call.result)
    *count = call.driver.devices;
  return call.result;
}

EXPORT Result cuDeviceGet(Device *device, int index) {
  Call call("cuDeviceGet");
  if (call.result)
    return call.result;
  if (index < 0 || index >= call.driver.devices)
    return cuda::kInvalidDevice;
  *device = index;
  return cuda::kSuccess;
}

EXPORT Result cuDeviceGetName(char *name, int size, Device device) {
  Call call("cuDeviceGetName");
  if (!call.result)
    std::snprintf(name, static_cast<size_t>(size), "fake device %d", device);
  return call.result;
}

EXPORT Result cuDeviceGetAttribute(int *value, int attribute, Device device) {
  Call call("cuDeviceGetAttribute");
  if (call.result)
    return call.result;
  if (device < 0 || device >= call.driver.devices)
    return cuda::kInvalidDevice;
  switch (attribute) {
  case cuda::kMultiprocessors:
    *value = kMultiprocessors;
    return cuda::kSuccess;
  case cuda::kClockRate:
  case cuda::kMemoryClockRate:
    *value = 1000000;
    return cuda::kSuccess;
  case cuda::kMemoryBusWidth:
    *value = 256;
    return cuda::kSuccess;
  case cuda::kCapabilityMajor:
    *value = call.driver.capability(device) / 10;
    return cuda::kSuccess;
  case cuda::kCapabilityMinor:
    *value = call.driver.capability(device) % 10;
    return cuda::kSuccess;
  case cuda::kMaxSharedPerBlock:
    *value = kMostShared;
    return cuda::kSuccess;
  default:
    return cuda::kInvalidValue;
  }
}

EXPORT Result cuDeviceTotalMem_v2(size_t *bytes, Device) {
  Call call("cuDeviceTotalMem_v2");
  if (!call.result)
    *bytes = static_cast<size_t>(call.driver.memoryBytes);
  return call.result;
}

/*---------------------------------------------------------------- contexts -*/

EXPORT Result cuDevicePrimaryCtxGetState(Device device, unsigned *flags,
                                         int *active) {
  Call call("cuDevicePrimaryCtxGetState");
  if (call.result)
    return call.result;
  *flags = 0;
  *active = call.driver.primaries.count(device) > 0;
  return cuda::kSuccess;
}

EXPORT Result cuDevicePrimaryCtxRetain(Context *context, Device device) {
  Call call("cuDevicePrimaryCtxRetain");
  if (call.result)
    return call.result;
  if (device < 0 || device >= call.driver.devices)
    return cuda::kInvalidDevice;
  Context &primary = call.driver.primaries[device];
  if (!primary) {
    primary = call.driver.makeContext(device);
    primary->primary = true;
  }
  ++primary->shares;
  ++call.driver.counts.primary_shares;
  *context = primary;
  return cuda::kSuccess;
}

EXPORT Result cuDevicePrimaryCtxRelease_v2(Device device) {
  Call call("cuDevicePrimaryCtxRelease_v2");
  if (call.result)
    return call.result;
  auto found = call.driver.primaries.find(device);
  if (found == call.driver.primaries.end())
    return kInvalidContext;
  --call.driver.counts.primary_shares;
  Context context = found->second;
  if (--context->shares > 0)
    return cuda::kSuccess;
  call.driver.primaries.erase(found);
  call.driver.destroyContext(context, call.lock);
  return cuda::kSuccess;
}

EXPORT Result cuCtxCreate_v2(Context *context, unsigned, Device device) {
  Call call("cuCtxCreate_v2");
  if (call.result)
    return call.result;
  if (device < 0 || device >= call.driver.devices)
    return cuda::kInvalidDevice;
  *context = call.driver.makeContext(device);
  contextStack.push_back(*context);
  return cuda::kSuccess;
}

EXPORT Result cuCtxDestroy_v2(Context context) {
  Call call("cuCtxDestroy_v2");
  if (call.result)
    return call.result;
  if (!call.driver.isKnown(context) || context->primary)
    return kInvalidContext;
  if (currentContext() == context)
    contextStack.pop_back();
  call.driver.destroyContext(context, call.lock);
  return cuda::kSuccess;
}

EXPORT Result cuCtxGetCurrent(Context *context) {
  Call call("cuCtxGetCurrent");
  if (!call.result)
    *context = currentContext();
  return call.result;
}

EXPORT Result cuCtxGetDevice(Device *device) {
  ContextCall call("cuCtxGetDevice");
  if (!call.result)
    *device = call.context->device;
  return call.result;
}

EXPORT Result cuCtxGetId(Context context, unsigned long long *id) {
  Call call("cuCtxGetId");
  if (call.result)
    return call.result;
  if (!call.driver.isKnown(context))
    return kContextIsDestroyed;
  *id = context->id;
  return cuda::kSuccess;
}

EXPORT Result cuCtxPushCurrent_v2(Context context) {
  Call call("cuCtxPushCurrent_v2");
  if (call.result)
    return call.result;
  if (!call.driver.isKnown(context))
    return kInvalidContext;
  contextStack.push_back(context);
  return cuda::kSuccess;
}

EXPORT Result cuCtxPopCurrent_v2(Context *context) {
  Call call("cuCtxPopCurrent_v2");
  if (call.result)
    return call.result;
  if (contextStack.empty())
    return kInvalidContext;
  *context = contextStack.back();
  contextStack.pop_back();
  return cuda::kSuccess;
}

EXPORT Result cuCtxSynchronize() {
  ContextCall call("cuCtxSynchronize");
  if (call.result)
    return call.result;
  call.driver.waitForAll(call.context, call.lock);
  return call.context->error;
}

/*----------------------------------------------------------------- modules -*/

EXPORT Result cuModuleLoadDataEx(Module *module, const void *image,
                                 unsigned options, int *names, void **values) {
  ContextCall call("cuModuleLoadDataEx");
  if (call.result) {
    writeLog("fake log: ordered to fail", options, names, values);
    return call.result;
  }
  std::string error;
  std::shared_ptr<FakeModule> program =
      FakeModule::parse(static_cast<const char *>(image), error);
  if (!program) {
    writeLog("ptxas application ptx input, " + error, options, names, values);
    return cuda::kInvalidPtx;
  }
  // PTX 8.0 came with CUDA 12.0, and so on, nearly.
  if (program->version / 10 + 4 > call.driver.version / 1000 ||
      (program->version / 10 + 4 == call.driver.version / 1000 &&
       program->version % 10 > call.driver.version % 1000 / 10))
    return cuda::kUnsupportedPtxVersion;
  if (program->target > call.driver.capability(call.context->device))
    return cuda::kNoBinaryForGpu;
  auto made = std::make_unique<CUmod_st>();
  made->context = call.context;
  made->program = program;
  for (const auto &[name, entry] : program->entries) {
    auto function = std::make_unique<CUfunc_st>();
    function->module = made.get();
    function->name = name;
    function->entry = &entry;
    made->functions[name] = std::move(function);
  }
  *module = made.release();
  call.context->modules.insert(*module);
  ++call.driver.counts.modules;
  ++call.driver.counts.module_loads;
  return cuda::kSuccess;
}

EXPORT Result cuModuleUnload(Module module) {
  ContextCall call("cuModuleUnload");
  if (!call.context || !call.driver.isKnown(call.context))
    return call.result;
  if (!call.context->modules.erase(module))
    return kInvalidHandle;
  delete module;
  --call.driver.counts.modules;
  return call.result;
}

EXPORT Result cuModuleGetFunction(Function *function, Module module,
                                  const char *name) {
  ContextCall call("cuModuleGetFunction");
  if (call.result)
    return call.result;
  auto found = module->functions.find(name);
  if (found == module->functions.end())
    return kNotFound;
  *function = found->second.get();
  return cuda::kSuccess;
}

EXPORT Result cuFuncGetAttribute(int *value, int attribute, Function function) {
  ContextCall call("cuFuncGetAttribute");
  if (call.result)
    return call.result;
  if (attribute != cuda::kStaticShared)
    return cuda::kInvalidValue;
  *value = static_cast<int>(function->entry->staticShared);
  return cuda::kSuccess;
}

EXPORT Result cuFuncSetAttribute(Function function, int attribute, int value) {
  ContextCall call("cuFuncSetAttribute");
  if (call.result)
    return call.result;
  if (attribute != cuda::kMaxDynamicShared || value < 0 ||
      value + static_cast<int>(function->entry->staticShared) > kMostShared)
    return cuda::kInvalidValue;
  function->dynamicShared = value;
  return cuda::kSuccess;
}

EXPORT Result cuLaunchKernel(Function function, unsigned gridX, unsigned gridY,
                             unsigned gridZ, unsigned blockX, unsigned blockY,
                             unsigned blockZ, unsigned sharedBytes,
                             Stream handle, void **parameters, void **extra) {
  ContextCall call("cuLaunchKernel");
  if (call.result)
    return call.result;
  if (function->module->context != call.context)
    return kInvalidContext;
  auto stream = call.driver.streamOf(call.context, handle);
  if (!stream)
    return kInvalidHandle;
  FakeLaunch launch = {
      {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, {}};
  if (extra || !checkLaunch(*function, launch))
    return cuda::kInvalidValue;
  const FakeModule::Entry &entry = *function->entry;
  for (size_t i = 0; i < entry.parameterBytes.size(); ++i) {
    launch.parameters.resize(entry.parameterOffsets[i] +
                             entry.parameterBytes[i]);
    std::memcpy(&launch.parameters[entry.parameterOffsets[i]], parameters[i],
                entry.parameterBytes[i]);
  }
  ++call.driver.counts.launches;
  auto used = allocationsIn(launch.parameters);
  for (const auto &allocation : used)
    ++allocation->users;
  Context context = call.context;
  std::shared_ptr<FakeModule> program = function->module->program;
  call.driver.issue(stream, [=, name = function->name] {
    FakeDriver &driver = fakeDriver();
    bool spoiled;
    {
      std::lock_guard<std::mutex> lock(driver.mutex);
      spoiled = context->error != 0;
    }
    if (driver.delay > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(driver.delay));
    std::string found;
    if (!spoiled)
      found = program->run(name, launch, driver.memory);
    if (!found.empty())
      std::fprintf(stderr, "fake libcuda: kernel %s: %s\n", name.c_str(),
                   found.c_str());
    std::lock_guard<std::mutex> lock(driver.mutex);
    if (!found.empty())
      context->error = cuda::kIllegalAddress;
    for (const auto &allocation : used)
      --allocation->users;
  });
  return cuda::kSuccess;
}

/*------------------------------------------------------------------ memory -*/

EXPORT Result cuMemAlloc_v2(Address *address, size_t bytes) {
  ContextCall call("cuMemAlloc_v2");
  if (call.result)
    return call.result;
  if (bytes == 0)
    return cuda::kInvalidValue;
  int64_t left =
      call.driver.memoryBytes - call.driver.bytesIn(call.context->device);
  if (bytes > static_cast<size_t>(left))
    return cuda::kOutOfMemory;
  auto allocation = std::make_shared<FakeAllocation>();
  allocation->device = call.context->device;
  allocation->size = bytes;
  uint64_t place = 0;
  if (call.driver.memory.allocate(bytes, "memory", place))
    return cuda::kOutOfMemory;
  *address = place;
  call.context->memory[*address] = std::move(allocation);
  ++call.driver.counts.allocations;
  call.driver.counts.bytes += static_cast<int64_t>(bytes);
  return cuda::kSuccess;
}

EXPORT Result cuMemFree_v2(Address address) {
  ContextCall call("cuMemFree_v2");
  if (!call.context || !call.driver.isKnown(call.context))
    return call.result;
  auto found = call.context->memory.find(address);
  if (found == call.context->memory.end())
    return cuda::kInvalidValue;
  std::shared_ptr<FakeAllocation> allocation = found->second;
  call.context->memory.erase(found);
  if (allocation->users > 0) {
    ++call.driver.counts.freed_in_use;
    call.driver.waitForAll(call.context, call.lock);
  }
  (void)call.driver.memory.release(address);
  --call.driver.counts.allocations;
  call.driver.counts.bytes -= static_cast<int64_t>(allocation->size);
  return call.result;
}

EXPORT Result cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes,
                                   Stream handle) {
  ContextCall call("cuMemcpyHtoDAsync_v2");
  if (call.result)
    return call.result;
  auto stream = call.driver.streamOf(call.context, handle);
  auto allocation = call.driver.find(to, bytes);
  if (!stream)
    return kInvalidHandle;
  if (!allocation)
    return cuda::kInvalidValue;
  // Pageable memory is staged before the call returns.
  std::vector<char> staged(static_cast<const char *>(from),
                           static_cast<const char *>(from) + bytes);
  ++allocation->users;
  call.driver.issue(stream, [=, staged = std::move(staged)] {
    FakeDriver &driver = fakeDriver();
    if (driver.delay > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(driver.delay));
    Status ignored = driver.memory.write(to, staged.data(), bytes);
    std::lock_guard<std::mutex> lock(driver.mutex);
    --allocation->users;
  });
  return cuda::kSuccess;
}

EXPORT Result cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes,
                                   Stream handle) {
  ContextCall call("cuMemcpyDtoHAsync_v2");
  if (call.result)
    return call.result;
  auto stream = call.driver.streamOf(call.context, handle);
  auto allocation = call.driver.find(from, bytes);
  if (!stream)
    return kInvalidHandle;
  if (!allocation)
    return cuda::kInvalidValue;
  Context context = call.context;
  ++allocation->users;
  call.driver.issue(stream, [=] {
    FakeDriver &driver = fakeDriver();
    bool spoiled;
    {
      std::lock_guard<std::mutex> lock(driver.mutex);
      spoiled = context->error != 0;
    }
    if (!spoiled)
      (void)driver.memory.read(from, to, bytes);
    std::lock_guard<std::mutex> lock(driver.mutex);
    --allocation->users;
  });
  return cuda::kSuccess;
}

EXPORT Result cuPointerGetAttribute(void *value, int attribute,
                                    Address address) {
  Call call("cuPointerGetAttribute");
  if (call.result)
    return call.result;
  auto allocation = call.driver.find(address, 1);
  if (!allocation)
    return cuda::kInvalidValue;
  if (attribute == cuda::kMemoryType)
    *static_cast<int *>(value) = cuda::kDeviceMemory;
  else if (attribute == cuda::kMemoryDevice)
    *static_cast<int *>(value) = allocation->device;
  else
    return cuda::kInvalidValue;
  return cuda::kSuccess;
}

/*------------------------------------------------------------------- tests -*/

EXPORT void fake_cuda_count(fake_cuda_counts *counts) {
  FakeDriver &driver = fakeDriver();
  std::lock_guard<std::mutex> lock(driver.mutex);
  *counts = driver.counts;
}

EXPORT void fake_cuda_fail(const char *function, int result, int64_t skip) {
  FakeDriver &driver = fakeDriver();
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.failFunction = function ? function : "";
  driver.failResult = result;
  driver.failSkip = skip;
  driver.failCame = false;
}

EXPORT int fake_cuda_failed() {
  FakeDriver &driver = fakeDriver();
  std::lock_guard<std::mutex> lock(driver.mutex);
  driver.failSkip = -1;
  return driver.failCame;
}
