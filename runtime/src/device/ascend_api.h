// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is used of AscendCL and of the runtime below it, written down here so
// that nothing of a toolkit is needed to build: names, numbers and signatures
// are the libraries'.
#ifndef TCONV_SRC_DEVICE_ASCEND_API_H
#define TCONV_SRC_DEVICE_ASCEND_API_H

#include <cstddef>
#include <cstdint>

namespace tconv::ascend {

using Result = int;
// Handles of all kinds are addresses.
using Context = void *;
using Stream = void *;
using Binary = void *;
using Function = void *;
using Event = void *;

/// Results that are more than a number in a message.
enum : Result {
  kSuccess = 0,
  kRepeatInitialize = 100002,
  kBadAlloc = 200000,
  kMemoryAllocation = 207001,
};
/// aclrtMemMallocPolicy.
enum : int { kHugeFirst = 0 };
/// aclrtMemcpyKind.
enum : int { kHostToDevice = 1, kDeviceToHost = 2 };
/// aclDeviceInfo.
enum : int { kAiCores = 0, kVectorCores = 1 };
/// aclrtBinaryLoadOptionType.
enum : int { kMagic = 2 };
/// Which cores a binary is for: the same in both libraries.
enum : uint32_t { kMagicMix = 0x43554245, kMagicVector = 0x41415246 };

/// aclrtBinaryLoadOption.
struct LoadOption {
  int type;
  uint32_t value[4];
};
/// aclrtBinaryLoadOptions.
struct LoadOptions {
  LoadOption *options;
  size_t count;
};
/// rtDevBinary_t.
struct DeviceBinary {
  uint32_t magic;
  uint32_t version; ///< 0
  const void *data;
  uint64_t length;
};

// F(member, symbol, parameters); all give a Result.
#define TCONV_ASCEND_FUNCTIONS(F)                                              \
  F(init, aclInit, (const char *config))                                       \
  F(deviceCount, aclrtGetDeviceCount, (uint32_t *count))                       \
  F(setDevice, aclrtSetDevice, (int32_t device))                               \
  F(getDevice, aclrtGetDevice, (int32_t *device))                              \
  F(contextGet, aclrtGetCurrentContext, (Context * context))                   \
  F(contextSet, aclrtSetCurrentContext, (Context context))                     \
  F(synchronizeDevice, aclrtSynchronizeDevice, (void))                         \
  F(allocate, aclrtMalloc, (void **address, size_t bytes, int policy))         \
  F(free, aclrtFree, (void *address))                                          \
  F(copy, aclrtMemcpy,                                                         \
    (void *to, size_t most, const void *from, size_t bytes, int kind))         \
  F(streamCreate, aclrtCreateStream, (Stream * stream))                        \
  F(streamDestroy, aclrtDestroyStream, (Stream stream))                        \
  F(streamSynchronize, aclrtSynchronizeStream, (Stream stream))

/// From CANN 9.1 on, kernels are loaded and launched by these...
#define TCONV_ASCEND_NEW_FUNCTIONS(F)                                          \
  F(binaryLoad, aclrtBinaryLoadFromData,                                       \
    (const void *data, size_t bytes, const LoadOptions *options,               \
     Binary *binary))                                                          \
  F(binaryFunction, aclrtBinaryGetFunction,                                    \
    (Binary binary, const char *name, Function *function))                     \
  F(binaryUnload, aclrtBinaryUnLoad, (Binary binary))                          \
  F(launch, aclrtLaunchKernelWithHostArgs,                                     \
    (Function function, uint32_t blocks, Stream stream, void *config,          \
     void *arguments, size_t bytes, void *placeHolders, size_t count))         \
  F(syncAddress, aclrtGetHardwareSyncAddr, (void **address))

/// ... and before by those of libruntime.so.
#define TCONV_ASCEND_OLD_FUNCTIONS(F)                                          \
  F(rtRegister, rtDevBinaryRegister,                                           \
    (const DeviceBinary *binary, Binary *handle))                              \
  F(rtUnregister, rtDevBinaryUnRegister, (Binary handle))                      \
  F(rtFunction, rtFunctionRegister,                                            \
    (Binary handle, const void *stub, const char *stubName, const void *name,  \
     uint32_t mode))                                                           \
  F(rtLaunch, rtKernelLaunch,                                                  \
    (const void *stub, uint32_t blocks, void *arguments, uint32_t bytes,       \
     void *shared, Stream stream))                                             \
  F(rtSyncAddress, rtGetC2cCtrlAddr, (uint64_t *address, uint32_t *bytes))

/// Events, for those who take times.
#define TCONV_ASCEND_EVENT_FUNCTIONS(F)                                        \
  F(eventCreate, aclrtCreateEvent, (Event * event))                            \
  F(eventDestroy, aclrtDestroyEvent, (Event event))                            \
  F(eventRecord, aclrtRecordEvent, (Event event, Stream stream))               \
  F(eventElapsed, aclrtEventElapsedTime,                                       \
    (float *milliseconds, Event begin, Event end))

/// The libraries' functions. Of the new and the old ones, one set is whole.
struct Api {
#define TCONV_ASCEND_MEMBER(member, symbol, parameters)                        \
  Result(*member) parameters = nullptr;
  TCONV_ASCEND_FUNCTIONS(TCONV_ASCEND_MEMBER)
  TCONV_ASCEND_NEW_FUNCTIONS(TCONV_ASCEND_MEMBER)
  TCONV_ASCEND_OLD_FUNCTIONS(TCONV_ASCEND_MEMBER)
  // NULL where they are missing.
  TCONV_ASCEND_EVENT_FUNCTIONS(TCONV_ASCEND_MEMBER)
#undef TCONV_ASCEND_MEMBER
  const char *(*socName)() = nullptr;
  // So are these.
  const char *(*recentError)() = nullptr;
  Result (*capability)(uint32_t device, int info, int64_t *value) = nullptr;
  bool isNew = false; ///< the new ones are whole

  bool hasEvents() const {
    return eventCreate && eventDestroy && eventRecord && eventElapsed;
  }
};

} // namespace tconv::ascend

#endif // TCONV_SRC_DEVICE_ASCEND_API_H
