// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "state.h"

#include <cstdlib>
#include <sstream>

using namespace tconv::test;

FakeDriver &tconv::test::fakeDriver() {
  static FakeDriver *instance = new FakeDriver;
  return *instance;
}

void FakeDriver::configure(const std::string &words) {
  std::istringstream stream(words);
  bool first = true;
  for (std::string word; std::getline(stream, word, ',');) {
    size_t equals = word.find('=');
    std::string name = word.substr(0, equals);
    int64_t value =
        equals == std::string::npos ? 0 : std::atoll(word.c_str() + equals + 1);
    if (name == "devices")
      devices = static_cast<int>(value);
    else if (name == "driver")
      version = static_cast<int>(value);
    else if (name == "memory")
      memoryBytes = value;
    else if (name == "delay")
      delay = static_cast<int>(value);
    else if (name == "nameless")
      nameless = true;
    else if (name == "capability") {
      if (first)
        capabilities.clear();
      first = false;
      capabilities.push_back(static_cast<int>(value));
    } else if (!name.empty())
      always[name] = static_cast<int>(value);
  }
}

int FakeDriver::capability(int device) const {
  auto known = static_cast<int>(capabilities.size());
  return capabilities[static_cast<size_t>(device < known ? device : 0)];
}

int FakeDriver::enter(const char *function) {
  ++counts.calls;
  if (auto found = always.find(function); found != always.end())
    return found->second;
  if (failSkip < 0 || (!failFunction.empty() && failFunction != function))
    return 0;
  if (failSkip-- > 0)
    return 0;
  failCame = true;
  return failResult;
}

void FakeDriver::start(const std::shared_ptr<CUstream_st> &stream) {
  stream->thread = std::thread([this, stream] { serve(stream.get()); });
}

CUctx_st *FakeDriver::makeContext(int device) {
  auto *context = new CUctx_st;
  context->device = device;
  context->id = nextId++;
  contexts.insert(context);
  ++counts.contexts;
  context->defaultStream = std::make_shared<CUstream_st>();
  context->defaultStream->context = context;
  start(context->defaultStream);
  return context;
}

/// Lets a stream's thread end.
static void close(const std::shared_ptr<CUstream_st> &stream,
                  std::unique_lock<std::mutex> &lock) {
  stream->closing = true;
  stream->changed.notify_all();
  lock.unlock();
  stream->thread.join();
  lock.lock();
}

void FakeDriver::destroyContext(CUctx_st *context,
                                std::unique_lock<std::mutex> &lock) {
  waitForAll(context, lock);
  counts.leaked +=
      static_cast<int64_t>(context->modules.size() + context->memory.size() +
                           context->events.size());
  for (CUmod_st *module : context->modules) {
    delete module;
    --counts.modules;
  }
  for (CUevent_st *event : context->events) {
    delete event;
    --counts.events;
  }
  while (!context->streams.empty()) {
    std::shared_ptr<CUstream_st> stream = context->streams.begin()->second;
    context->streams.erase(context->streams.begin());
    if (!stream->destroyed) {
      ++counts.leaked;
      --counts.streams;
    }
    close(stream, lock);
  }
  for (auto &[address, allocation] : context->memory) {
    --counts.allocations;
    counts.bytes -= static_cast<int64_t>(allocation->size);
    (void)memory.release(address);
  }
  close(context->defaultStream, lock);
  contexts.erase(context);
  --counts.contexts;
  delete context;
}

CUstream_st *FakeDriver::makeStream(CUctx_st *context, bool blocking) {
  auto stream = std::make_shared<CUstream_st>();
  stream->context = context;
  stream->blocking = blocking;
  context->streams[stream.get()] = stream;
  ++counts.streams;
  start(stream);
  return stream.get();
}

void FakeDriver::destroyStream(CUstream_st *stream) {
  // As CUDA does it: nobody waits. The stream stays with its context, for what
  // waits for that.
  stream->destroyed = stream->closing = true;
  stream->changed.notify_all();
  --counts.streams;
}

void FakeDriver::serve(CUstream_st *stream) {
  std::unique_lock<std::mutex> lock(mutex);
  for (;;) {
    stream->changed.wait(
        lock, [&] { return stream->closing || !stream->work.empty(); });
    if (stream->work.empty())
      return;
    std::function<void()> work = std::move(stream->work.front());
    stream->work.pop_front();
    lock.unlock();
    work();
    work = nullptr; // what it holds goes without the lock
    lock.lock();
    ++stream->done;
    stream->changed.notify_all();
  }
}

void FakeDriver::issue(const std::shared_ptr<CUstream_st> &stream,
                       std::function<void()> work) {
  // The default stream and those that take turns with it wait for each other.
  CUctx_st *context = stream->context;
  std::vector<std::pair<std::shared_ptr<CUstream_st>, uint64_t>> before;
  if (stream == context->defaultStream) {
    for (const auto &[handle, other] : context->streams)
      if (other->blocking)
        before.emplace_back(other, other->issued);
  } else if (stream->blocking) {
    before.emplace_back(context->defaultStream, context->defaultStream->issued);
  }
  ++stream->issued;
  stream->work.push_back([this, before, work = std::move(work)] {
    {
      std::unique_lock<std::mutex> lock(mutex);
      for (const auto &[other, issued] : before) {
        uint64_t wanted = issued;
        CUstream_st *first = other.get();
        first->changed.wait(lock, [&] { return first->done >= wanted; });
      }
    }
    work();
  });
  stream->changed.notify_all();
}

void FakeDriver::wait(const std::shared_ptr<CUstream_st> &stream,
                      std::unique_lock<std::mutex> &lock) {
  uint64_t wanted = stream->issued;
  stream->changed.wait(lock, [&] { return stream->done >= wanted; });
}

void FakeDriver::waitForAll(CUctx_st *context,
                            std::unique_lock<std::mutex> &lock) {
  std::vector<std::shared_ptr<CUstream_st>> all = {context->defaultStream};
  for (const auto &[handle, stream] : context->streams)
    all.push_back(stream);
  for (const std::shared_ptr<CUstream_st> &stream : all)
    wait(stream, lock);
}

std::shared_ptr<CUstream_st> FakeDriver::streamOf(CUctx_st *context,
                                                  CUstream_st *handle) const {
  if (reinterpret_cast<uintptr_t>(handle) <= 2)
    return context->defaultStream;
  auto found = context->streams.find(handle);
  bool known = found != context->streams.end() && !found->second->destroyed;
  return known ? found->second : nullptr;
}

int64_t FakeDriver::bytesIn(int device) const {
  int64_t sum = 0;
  for (CUctx_st *context : contexts)
    if (context->device == device)
      for (const auto &[address, allocation] : context->memory)
        sum += static_cast<int64_t>(allocation->size);
  return sum;
}

std::shared_ptr<FakeAllocation> FakeDriver::find(uint64_t address,
                                                 uint64_t bytes) const {
  for (CUctx_st *context : contexts) {
    auto after = context->memory.upper_bound(address);
    if (after == context->memory.begin())
      continue;
    const auto &[begin, allocation] = *std::prev(after);
    uint64_t offset = address - begin;
    if (offset < allocation->size && bytes <= allocation->size - offset)
      return allocation;
  }
  return nullptr;
}
