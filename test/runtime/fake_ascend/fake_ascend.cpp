// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "fake_ascend.h"

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core.h"
#include "device/ascend_api.h"

using namespace tconv;
using namespace tconv::test;
using ascend::Result;

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr Result kInvalid = 107000, kNoContext = 107002, kNotFound = 107008;

struct Kernel {
  std::shared_ptr<FakeAscendObject> object;
  std::string name;
  std::shared_ptr<char> handle; ///< whose address it is; NULL for a stub
};

/// Work is done in order by a thread of its own.
struct StreamState {
  std::list<std::function<Result()>> work;
  uint64_t issued = 0, done = 0;
  bool closing = false;
  Result error = 0; ///< of a launch; the next one who waits gets it
  std::string why;  ///< of that
  std::condition_variable changed;
  std::thread thread;
};

struct EventState {
  bool done = false;
  std::chrono::steady_clock::time_point time;
};

struct State {
  std::mutex mutex;
  bool initialised = false;
  int devices = 1;
  std::string soc = "Ascend910B3";
  int64_t memoryBytes = int64_t(1) << 30;
  int delay = 0, pause = 0;
  std::map<std::string, int> always;
  std::string failFunction;
  int failResult = 0;
  int64_t failSkip = -1;
  bool failCame = false;
  std::string lastError;
  fake_ascend_counts counts = {};
  std::map<void *, std::shared_ptr<StreamState>> streams;
  std::set<void *> events;
  struct Memory {
    size_t size;
    int64_t users = 0;
  };
  std::map<uint64_t, Memory> memory; ///< by address
  std::map<void *, std::shared_ptr<FakeAscendObject>> binaries;
  std::map<const void *, Kernel> kernels; ///< by handle or stub
};

State &state() {
  static State *instance = new State;
  return *instance;
}

/// 1 + the device of the thread's context; 0 without one.
thread_local uintptr_t current = 0;

/// One call: the lock, and the failure that was ordered.
struct Call {
  explicit Call(const char *function, bool needsContext = true)
      : s(state()), lock(s.mutex) {
    ++s.counts.calls;
    if (auto found = s.always.find(function); found != s.always.end())
      result = found->second;
    else if (s.failSkip >= 0 &&
             (s.failFunction.empty() || s.failFunction == function) &&
             s.failSkip-- == 0) {
      s.failCame = true;
      result = s.failResult;
    }
    if (result)
      s.lastError = std::string("E99999: ordered to fail: ") + function;
    else if (needsContext && current == 0)
      result = kNoContext;
  }
  State &s;
  std::unique_lock<std::mutex> lock;
  Result result = 0;
};

void configure(State &s, const char *text) {
  std::istringstream stream(text ? text : "");
  for (std::string word; std::getline(stream, word, ',');) {
    size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    std::string value =
        equals == std::string::npos ? "" : word.substr(equals + 1);
    if (name == "devices")
      s.devices = std::atoi(value.c_str());
    else if (name == "soc")
      s.soc = value;
    else if (name == "memory")
      s.memoryBytes = std::atoll(value.c_str());
    else if (name == "delay")
      s.delay = std::atoi(value.c_str());
    else if (name == "pause")
      s.pause = std::atoi(value.c_str());
    else if (!name.empty() && !configureFakeCore(name, value))
      s.always[name] = std::atoi(value.c_str());
  }
}

void serve(StreamState *stream) {
  std::unique_lock<std::mutex> lock(state().mutex);
  for (;;) {
    stream->changed.wait(
        lock, [&] { return stream->closing || !stream->work.empty(); });
    if (stream->work.empty())
      return;
    auto work = std::move(stream->work.front());
    stream->work.pop_front();
    lock.unlock();
    Result result = work();
    lock.lock();
    // After a failure, a stream does nothing until it has been waited for.
    if (result && !stream->error)
      stream->error = result;
    ++stream->done;
    stream->changed.notify_all();
  }
}

std::shared_ptr<StreamState> makeStream() {
  auto stream = std::make_shared<StreamState>();
  stream->thread = std::thread(serve, stream.get());
  return stream;
}

/// The default stream is NULL.
std::shared_ptr<StreamState> streamOf(State &s, void *handle) {
  auto found = s.streams.find(handle);
  if (found != s.streams.end())
    return found->second;
  if (handle)
    return nullptr;
  return s.streams[nullptr] = makeStream();
}

Result waitFor(State &s, StreamState &stream,
               std::unique_lock<std::mutex> &lock) {
  uint64_t wanted = stream.issued;
  stream.changed.wait(lock, [&] { return stream.done >= wanted; });
  Result error = stream.error;
  stream.error = 0;
  if (error)
    s.lastError = "E30000: a kernel of the stream failed: " + stream.why;
  return error;
}

State::Memory *memoryAt(State &s, uint64_t address, size_t bytes) {
  auto after = s.memory.upper_bound(address);
  if (after == s.memory.begin())
    return nullptr;
  auto &[begin, memory] = *std::prev(after);
  return address - begin <= memory.size &&
                 bytes <= memory.size - (address - begin)
             ? &memory
             : nullptr;
}

Result load(State &s, const void *data, size_t bytes, uint32_t magic,
            void **binary) {
  if (magic != ascend::kMagicMix && magic != ascend::kMagicVector)
    return kInvalid;
  std::string error;
  auto object = FakeAscendObject::load(data, bytes, magic, error);
  if (!object) {
    s.lastError = "E10001: " + error;
    return kInvalid;
  }
  *binary = object.get();
  s.binaries[object.get()] = std::move(object);
  ++s.counts.binaries;
  ++s.counts.loads;
  return 0;
}

Result unload(State &s, void *binary) {
  if (!s.binaries.erase(binary))
    return kInvalid;
  --s.counts.binaries;
  for (auto it = s.kernels.begin(); it != s.kernels.end();)
    it =
        it->second.object.get() == binary ? s.kernels.erase(it) : std::next(it);
  return 0;
}

Result findKernel(State &s, void *binary, const char *name, const void *key) {
  auto found = s.binaries.find(binary);
  if (found == s.binaries.end())
    return kInvalid;
  if (!found->second->hasKernel(name)) {
    s.lastError = std::string("E10002: no kernel ") + name;
    return kNotFound;
  }
  s.kernels[key] = {found->second, name, nullptr};
  return 0;
}

Result issue(Call &call, const void *key, uint32_t blocks, void *handle,
             const void *parameters, size_t bytes) {
  State &s = call.s;
  auto kernel = s.kernels.find(key);
  auto stream = streamOf(s, handle);
  if (kernel == s.kernels.end() || !stream || blocks < 1 || blocks > 65535)
    return kInvalid;
  ++s.counts.launches;
  const char *begin = static_cast<const char *>(parameters);
  FakeAscendLaunch launch = {
      kernel->second.name, blocks, {begin, begin + bytes}};
  std::vector<uint64_t> used;
  for (size_t at = 0; at + 8 <= bytes; at += 8) {
    uint64_t word;
    std::memcpy(&word, begin + at, sizeof(word));
    if (State::Memory *memory = memoryAt(s, word, 1)) {
      ++memory->users;
      used.push_back(word);
    }
  }
  ++stream->issued;
  stream->work.push_back([=, object = kernel->second.object, delay = s.delay,
                          own = stream.get()]() -> Result {
    if (delay > 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(delay));
    bool spoiled;
    {
      std::lock_guard<std::mutex> lock(state().mutex);
      spoiled = own->error != 0;
    }
    std::string why;
    Result result = spoiled ? kInvalid : object->run(launch, why);
    std::lock_guard<std::mutex> lock(state().mutex);
    if (result && !spoiled)
      own->why = "kernel " + launch.kernel + ": " + why;
    for (uint64_t word : used)
      if (State::Memory *memory = memoryAt(state(), word, 1))
        --memory->users;
    return result;
  });
  stream->changed.notify_all();
  if (s.pause > 0) {
    call.lock.unlock();
    std::this_thread::sleep_for(std::chrono::microseconds(s.pause));
  }
  return 0;
}

} // namespace

/*------------------------------------------------- process, devices, context */

EXPORT Result aclInit(const char *) {
  Call call("aclInit", false);
  if (call.s.initialised)
    return ascend::kRepeatInitialize;
  configure(call.s, std::getenv("FAKE_ASCEND"));
  if (auto found = call.s.always.find("aclInit"); found != call.s.always.end())
    return found->second;
  call.s.initialised = !call.result;
  return call.result;
}
EXPORT const char *aclGetRecentErrMsg() {
  thread_local std::string kept;
  std::lock_guard<std::mutex> lock(state().mutex);
  kept = std::exchange(state().lastError, "");
  return kept.empty() ? nullptr : kept.c_str();
}
EXPORT const char *aclrtGetSocName() { return state().soc.c_str(); }
EXPORT Result aclGetDeviceCapability(uint32_t, int info, int64_t *value) {
  *value = info == ascend::kAiCores ? 20 : 40;
  return 0;
}
EXPORT Result aclrtGetDeviceCount(uint32_t *count) {
  Call call("aclrtGetDeviceCount", false);
  if (!call.result)
    *count = static_cast<uint32_t>(call.s.devices);
  return call.result;
}
EXPORT Result aclrtSetDevice(int32_t device) {
  Call call("aclrtSetDevice", false);
  if (call.result)
    return call.result;
  if (device < 0 || device >= call.s.devices)
    return kInvalid;
  current = static_cast<uintptr_t>(device) + 1;
  return 0;
}
EXPORT Result aclrtGetDevice(int32_t *device) {
  Call call("aclrtGetDevice");
  if (!call.result)
    *device = static_cast<int32_t>(current) - 1;
  return call.result;
}
EXPORT Result aclrtGetCurrentContext(void **context) {
  Call call("aclrtGetCurrentContext");
  if (!call.result)
    *context = reinterpret_cast<void *>(current);
  return call.result;
}
EXPORT Result aclrtSetCurrentContext(void *context) {
  Call call("aclrtSetCurrentContext", false);
  if (!call.result)
    current = reinterpret_cast<uintptr_t>(context);
  return call.result;
}
EXPORT Result aclrtSynchronizeDevice() {
  Call call("aclrtSynchronizeDevice");
  if (call.result)
    return call.result;
  Result result = 0;
  auto all = call.s.streams;
  for (auto &[handle, stream] : all)
    if (Result error = waitFor(call.s, *stream, call.lock); error && !result)
      result = error;
  return result;
}

/*------------------------------------------------------------------- memory */

EXPORT Result aclrtMalloc(void **address, size_t bytes, int) {
  Call call("aclrtMalloc");
  if (call.result)
    return call.result;
  if (call.s.counts.bytes + static_cast<int64_t>(bytes) > call.s.memoryBytes) {
    call.s.lastError = "E20001: out of memory";
    return ascend::kMemoryAllocation;
  }
  uint64_t there = fake_memory::allocate(bytes);
  if (!there)
    return ascend::kMemoryAllocation;
  *address = reinterpret_cast<void *>(there);
  call.s.memory[there] = {bytes};
  ++call.s.counts.allocations;
  call.s.counts.bytes += static_cast<int64_t>(bytes);
  return 0;
}
EXPORT Result aclrtFree(void *address) {
  Call call("aclrtFree");
  auto found = call.s.memory.find(reinterpret_cast<uint64_t>(address));
  if (found == call.s.memory.end())
    return kInvalid;
  if (found->second.users > 0) {
    ++call.s.counts.freed_in_use;
    for (auto &[handle, stream] : call.s.streams)
      (void)waitFor(call.s, *stream, call.lock);
  }
  --call.s.counts.allocations;
  call.s.counts.bytes -= static_cast<int64_t>(found->second.size);
  call.s.memory.erase(found);
  fake_memory::release(reinterpret_cast<uint64_t>(address));
  return call.result;
}
EXPORT Result aclrtMemcpy(void *to, size_t most, const void *from, size_t bytes,
                          int kind) {
  Call call("aclrtMemcpy");
  if (call.result)
    return call.result;
  bool toDevice = kind == ascend::kHostToDevice;
  auto device = reinterpret_cast<uint64_t>(toDevice ? to : from);
  if (bytes > most || !memoryAt(call.s, device, bytes))
    return kInvalid;
  if (toDevice)
    fake_memory::write(device, from, bytes);
  else
    call.s.counts.unwritten += fake_memory::read(to, device, bytes);
  return 0;
}

/*------------------------------------------------------------------ streams */

EXPORT Result aclrtCreateStream(void **handle) {
  Call call("aclrtCreateStream");
  if (call.result)
    return call.result;
  auto stream = makeStream();
  *handle = stream.get();
  call.s.streams[*handle] = std::move(stream);
  ++call.s.counts.streams;
  return 0;
}
EXPORT Result aclrtDestroyStream(void *handle) {
  Call call("aclrtDestroyStream");
  auto found = call.s.streams.find(handle);
  if (!handle || found == call.s.streams.end())
    return kInvalid;
  std::shared_ptr<StreamState> stream = found->second;
  call.s.streams.erase(found);
  --call.s.counts.streams;
  stream->closing = true;
  stream->changed.notify_all();
  call.lock.unlock();
  stream->thread.join();
  return call.result;
}
EXPORT Result aclrtSynchronizeStream(void *handle) {
  Call call("aclrtSynchronizeStream");
  auto stream = streamOf(call.s, handle);
  if (!stream)
    return kInvalid;
  // Whatever it reports, it has waited.
  Result result = waitFor(call.s, *stream, call.lock);
  return call.result ? call.result : result;
}

/*------------------------------------------------------------------- events */

EXPORT Result aclrtCreateEvent(void **event) {
  Call call("aclrtCreateEvent");
  if (call.result)
    return call.result;
  *event = new EventState;
  call.s.events.insert(*event);
  return 0;
}
EXPORT Result aclrtDestroyEvent(void *event) {
  Call call("aclrtDestroyEvent");
  if (!call.s.events.erase(event))
    return kInvalid;
  delete static_cast<EventState *>(event);
  return call.result;
}
EXPORT Result aclrtRecordEvent(void *event, void *handle) {
  Call call("aclrtRecordEvent");
  if (call.result)
    return call.result;
  auto stream = streamOf(call.s, handle);
  if (!stream || !call.s.events.count(event))
    return kInvalid;
  auto *recorded = static_cast<EventState *>(event);
  recorded->done = false;
  ++stream->issued;
  stream->work.push_back([recorded]() -> Result {
    std::lock_guard<std::mutex> lock(state().mutex);
    recorded->time = std::chrono::steady_clock::now();
    recorded->done = true;
    return 0;
  });
  stream->changed.notify_all();
  return 0;
}
EXPORT Result aclrtEventElapsedTime(float *milliseconds, void *begin,
                                    void *end) {
  Call call("aclrtEventElapsedTime");
  if (call.result)
    return call.result;
  auto *from = static_cast<EventState *>(begin);
  auto *to = static_cast<EventState *>(end);
  if (!call.s.events.count(begin) || !call.s.events.count(end) || !from->done ||
      !to->done)
    return kInvalid;
  *milliseconds =
      std::chrono::duration<float, std::milli>(to->time - from->time).count();
  return 0;
}

/*------------------------------------------------------------------ kernels */

#ifdef FAKE_ASCEND_NEW
EXPORT Result aclrtBinaryLoadFromData(const void *data, size_t bytes,
                                      const ascend::LoadOptions *options,
                                      void **binary) {
  Call call("aclrtBinaryLoadFromData");
  if (call.result)
    return call.result;
  if (!options || options->count != 1 ||
      options->options[0].type != ascend::kMagic)
    return kInvalid;
  return load(call.s, data, bytes, options->options[0].value[0], binary);
}
EXPORT Result aclrtBinaryGetFunction(void *binary, const char *name,
                                     void **function) {
  Call call("aclrtBinaryGetFunction");
  if (call.result)
    return call.result;
  auto handle = std::make_shared<char>();
  Result result = findKernel(call.s, binary, name, handle.get());
  if (result)
    return result;
  *function = handle.get();
  call.s.kernels[*function].handle = std::move(handle);
  return 0;
}
EXPORT Result aclrtBinaryUnLoad(void *binary) {
  Call call("aclrtBinaryUnLoad");
  Result result = unload(call.s, binary);
  return call.result ? call.result : result;
}
EXPORT Result aclrtLaunchKernelWithHostArgs(void *function, uint32_t blocks,
                                            void *stream, void *config,
                                            void *arguments, size_t bytes,
                                            void *placeHolders, size_t count) {
  Call call("aclrtLaunchKernelWithHostArgs");
  if (call.result)
    return call.result;
  if (config || placeHolders || count)
    return kInvalid;
  return issue(call, function, blocks, stream, arguments, bytes);
}
EXPORT Result aclrtGetHardwareSyncAddr(void **address) {
  Call call("aclrtGetHardwareSyncAddr");
  *address = reinterpret_cast<void *>(kFakeSyncAddress);
  return call.result;
}
#endif

#ifdef FAKE_ASCEND_OLD
EXPORT Result rtDevBinaryRegister(const ascend::DeviceBinary *binary,
                                  void **handle) {
  Call call("rtDevBinaryRegister");
  if (call.result)
    return call.result;
  return load(call.s, binary->data, binary->length, binary->magic, handle);
}
EXPORT Result rtDevBinaryUnRegister(void *handle) {
  Call call("rtDevBinaryUnRegister");
  Result result = unload(call.s, handle);
  return call.result ? call.result : result;
}
EXPORT Result rtFunctionRegister(void *binary, const void *stub,
                                 const char *stubName, const void *name,
                                 uint32_t mode) {
  Call call("rtFunctionRegister");
  if (call.result)
    return call.result;
  if (!stub || !stubName || mode != 0 || call.s.kernels.count(stub))
    return kInvalid;
  return findKernel(call.s, binary, static_cast<const char *>(name), stub);
}
EXPORT Result rtKernelLaunch(const void *stub, uint32_t blocks, void *arguments,
                             uint32_t bytes, void *shared, void *stream) {
  Call call("rtKernelLaunch");
  if (call.result)
    return call.result;
  if (shared)
    return kInvalid;
  return issue(call, stub, blocks, stream, arguments, bytes);
}
EXPORT Result rtGetC2cCtrlAddr(uint64_t *address, uint32_t *bytes) {
  Call call("rtGetC2cCtrlAddr");
  *address = kFakeSyncAddress;
  *bytes = 64;
  return call.result;
}
#endif

/*-------------------------------------------------------------------- tests */

EXPORT void fake_ascend_count(fake_ascend_counts *counts) {
  std::lock_guard<std::mutex> lock(state().mutex);
  *counts = state().counts;
}
EXPORT void fake_ascend_fail(const char *function, int result, int64_t skip) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().failFunction = function ? function : "";
  state().failResult = result;
  state().failSkip = skip;
  state().failCame = false;
}
EXPORT int fake_ascend_failed(void) {
  std::lock_guard<std::mutex> lock(state().mutex);
  state().failSkip = -1;
  return state().failCame;
}
