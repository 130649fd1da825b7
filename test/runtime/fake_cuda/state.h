// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the fake driver keeps.
#ifndef TCONV_TEST_RUNTIME_FAKE_CUDA_STATE_H
#define TCONV_TEST_RUNTIME_FAKE_CUDA_STATE_H

#include <condition_variable>
#include <functional>
#include <list>
#include <mutex>
#include <set>
#include <thread>

#include "device/cuda_api.h"
#include "execute.h"
#include "fake_cuda.h"

namespace tconv::test {

struct FakeAllocation {
  int device = 0;
  uint64_t size = 0;
  int64_t users = 0; ///< launches and copies under way
};

} // namespace tconv::test

// The driver's opaque types.
struct CUmod_st {
  CUctx_st *context;
  std::shared_ptr<tconv::test::FakeModule> program;
  std::map<std::string, std::unique_ptr<CUfunc_st>> functions;
};

struct CUfunc_st {
  CUmod_st *module;
  std::string name;
  const tconv::test::FakeModule::Entry *entry;
  int dynamicShared = 0; ///< what was asked for; 0: nothing
};

struct CUevent_st {
  CUctx_st *context;
  bool recorded = false, done = false;
  double seconds = 0;
};

/// Work is done in order by a thread of its own.
struct CUstream_st {
  CUctx_st *context = nullptr;
  bool blocking = true; ///< in turns with the default stream
  std::list<std::function<void()>> work;
  uint64_t issued = 0, done = 0;
  bool closing = false;
  bool destroyed = false; ///< by the caller; what was issued is still done
  std::condition_variable changed;
  std::thread thread;
};

struct CUctx_st {
  int device = 0;
  unsigned long long id = 0;
  int shares = 0; ///< of a primary context
  bool primary = false;
  int error = 0; ///< of a launch; every further call gives it
  std::set<CUmod_st *> modules;
  std::map<CUstream_st *, std::shared_ptr<CUstream_st>> streams;
  std::set<CUevent_st *> events;
  /// By address.
  std::map<uint64_t, std::shared_ptr<tconv::test::FakeAllocation>> memory;
  std::shared_ptr<CUstream_st> defaultStream;
};

namespace tconv::test {

struct FakeDriver {
  std::mutex mutex;
  bool initialised = false;
  int devices = 1, version = 13000;
  std::vector<int> capabilities = {80};
  int64_t memoryBytes = int64_t(1) << 30;
  int delay = 0;
  bool nameless = false;
  std::map<std::string, int> always; ///< FUNCTION=N
  std::string failFunction;          ///< "": any
  int failResult = 0;
  int64_t failSkip = -1; ///< -1: nothing is ordered
  bool failCame = false;

  std::set<CUctx_st *> contexts;
  std::map<int, CUctx_st *> primaries;
  ptx::Memory memory; ///< of all devices
  unsigned long long nextId = 1;
  fake_cuda_counts counts = {};

  void configure(const std::string &words);
  int capability(int device) const;
  /// The result of a call before it does anything: 0, or the failure that was
  /// ordered.
  int enter(const char *function);

  // All of these with the lock held.
  CUctx_st *makeContext(int device);
  void destroyContext(CUctx_st *context, std::unique_lock<std::mutex> &lock);
  CUstream_st *makeStream(CUctx_st *context, bool blocking);
  void destroyStream(CUstream_st *stream);
  /// Puts work behind what was issued to a stream. The work runs without the
  /// lock.
  void issue(const std::shared_ptr<CUstream_st> &stream,
             std::function<void()> work);
  void wait(const std::shared_ptr<CUstream_st> &stream,
            std::unique_lock<std::mutex> &lock);
  void waitForAll(CUctx_st *context, std::unique_lock<std::mutex> &lock);
  bool isKnown(CUctx_st *context) const { return contexts.count(context) > 0; }
  /// The stream of a handle in a context; NULL where there is none.
  std::shared_ptr<CUstream_st> streamOf(CUctx_st *context,
                                        CUstream_st *handle) const;
  int64_t bytesIn(int device) const;
  /// The allocation with `bytes` bytes at an address, on any device.
  std::shared_ptr<FakeAllocation> find(uint64_t address, uint64_t bytes) const;

private:
  void serve(CUstream_st *stream);
  void start(const std::shared_ptr<CUstream_st> &stream);
};

/// Never destroyed: threads may outlive static destructors.
FakeDriver &fakeDriver();

} // namespace tconv::test

#endif // TCONV_TEST_RUNTIME_FAKE_CUDA_STATE_H
