// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is used of CUDA's driver interface, written down here so that nothing
// of a toolkit is needed to build: names, numbers and signatures are the
// driver's, and test/runtime/cuda_header_test.cpp compares them with its header
// where there is one.
#ifndef TCONV_SRC_DEVICE_CUDA_API_H
#define TCONV_SRC_DEVICE_CUDA_API_H

#include <cstddef>
#include <cstdint>

struct CUctx_st;
struct CUmod_st;
struct CUfunc_st;
struct CUstream_st;
struct CUevent_st;

namespace tconv::cuda {

using Result = int;
using Device = int;
using Address = unsigned long long; ///< of memory on a device
using Context = CUctx_st *;
using Module = CUmod_st *;
using Function = CUfunc_st *;
using Stream = CUstream_st *;
using Event = CUevent_st *;

/// Results that are more than a name in a message.
enum : Result {
  kSuccess = 0,
  kInvalidValue = 1,
  kOutOfMemory = 2,
  kNotInitialized = 3,
  kStubLibrary = 34,
  kNoDevice = 100,
  kInvalidDevice = 101,
  kInvalidImage = 200,
  kNoBinaryForGpu = 209,
  kInvalidPtx = 218,
  kUnsupportedPtxVersion = 222,
  kIllegalAddress = 700,
  kLaunchOutOfResources = 701,
  kLaunchFailed = 719,
  kSystemDriverMismatch = 803,
};

/// CUdevice_attribute.
enum : int {
  kClockRate = 13, ///< kHz
  kMultiprocessors = 16,
  kMemoryClockRate = 36, ///< kHz
  kMemoryBusWidth = 37,  ///< bits
  kCapabilityMajor = 75,
  kCapabilityMinor = 76,
  kMaxSharedPerBlock = 97, ///< after opting in
};
/// CUfunction_attribute.
enum : int { kStaticShared = 1, kMaxDynamicShared = 8 };
/// CUjit_option.
enum : int {
  kInfoLog = 3,
  kInfoLogBytes = 4,
  kErrorLog = 5,
  kErrorLogBytes = 6,
};
/// CUpointer_attribute.
enum : int { kMemoryType = 2, kMemoryDevice = 9 };
/// CUmemorytype.
enum : int { kDeviceMemory = 2 };
/// CUstream_flags and CUevent_flags.
enum : unsigned { kNonBlockingStream = 1, kDefaultEvent = 0 };

// F(member, symbol, parameters). Symbols with _v2 have it because the plain
// name is a function of 32-bit addresses.
#define TCONV_CUDA_FUNCTIONS(F)                                                \
  F(init, cuInit, (unsigned flags))                                            \
  F(driverVersion, cuDriverGetVersion, (int *version))                         \
  F(errorName, cuGetErrorName, (Result result, const char **text))             \
  F(errorText, cuGetErrorString, (Result result, const char **text))           \
  F(deviceCount, cuDeviceGetCount, (int *count))                               \
  F(deviceGet, cuDeviceGet, (Device * device, int index))                      \
  F(deviceName, cuDeviceGetName, (char *name, int size, Device device))        \
  F(deviceAttribute, cuDeviceGetAttribute,                                     \
    (int *value, int attribute, Device device))                                \
  F(deviceMemory, cuDeviceTotalMem_v2, (size_t *bytes, Device device))         \
  F(primaryState, cuDevicePrimaryCtxGetState,                                  \
    (Device device, unsigned *flags, int *active))                             \
  F(primaryRetain, cuDevicePrimaryCtxRetain,                                   \
    (Context * context, Device device))                                        \
  F(primaryRelease, cuDevicePrimaryCtxRelease_v2, (Device device))             \
  F(contextCurrent, cuCtxGetCurrent, (Context * context))                      \
  F(contextDevice, cuCtxGetDevice, (Device * device))                          \
  F(contextPush, cuCtxPushCurrent_v2, (Context context))                       \
  F(contextPop, cuCtxPopCurrent_v2, (Context * context))                       \
  F(contextSynchronize, cuCtxSynchronize, (void))                              \
  F(moduleLoad, cuModuleLoadDataEx,                                            \
    (Module * module, const void *image, unsigned options, int *names,         \
     void **values))                                                           \
  F(moduleUnload, cuModuleUnload, (Module module))                             \
  F(moduleFunction, cuModuleGetFunction,                                       \
    (Function * function, Module module, const char *name))                    \
  F(functionAttribute, cuFuncGetAttribute,                                     \
    (int *value, int attribute, Function function))                            \
  F(functionSetAttribute, cuFuncSetAttribute,                                  \
    (Function function, int attribute, int value))                             \
  F(launch, cuLaunchKernel,                                                    \
    (Function function, unsigned gridX, unsigned gridY, unsigned gridZ,        \
     unsigned blockX, unsigned blockY, unsigned blockZ, unsigned sharedBytes,  \
     Stream stream, void **parameters, void **extra))                          \
  F(allocate, cuMemAlloc_v2, (Address * address, size_t bytes))                \
  F(free, cuMemFree_v2, (Address address))                                     \
  F(copyToDevice, cuMemcpyHtoDAsync_v2,                                        \
    (Address to, const void *from, size_t bytes, Stream stream))               \
  F(copyToHost, cuMemcpyDtoHAsync_v2,                                          \
    (void *to, Address from, size_t bytes, Stream stream))                     \
  F(pointerAttribute, cuPointerGetAttribute,                                   \
    (void *value, int attribute, Address address))                             \
  F(streamCreate, cuStreamCreate, (Stream * stream, unsigned flags))           \
  F(streamDestroy, cuStreamDestroy_v2, (Stream stream))                        \
  F(streamSynchronize, cuStreamSynchronize, (Stream stream))                   \
  F(streamContext, cuStreamGetCtx, (Stream stream, Context * context))         \
  F(eventCreate, cuEventCreate, (Event * event, unsigned flags))               \
  F(eventDestroy, cuEventDestroy_v2, (Event event))                            \
  F(eventRecord, cuEventRecord, (Event event, Stream stream))                  \
  F(eventSynchronize, cuEventSynchronize, (Event event))                       \
  F(eventElapsed, cuEventElapsedTime,                                          \
    (float *milliseconds, Event begin, Event end))

// What only newer drivers have; NULL in others.
#define TCONV_CUDA_OPTIONAL_FUNCTIONS(F)                                       \
  F(contextId, cuCtxGetId, (Context context, unsigned long long *id))

/// The driver's functions.
struct Api {
#define TCONV_CUDA_MEMBER(member, symbol, parameters)                          \
  Result(*member) parameters = nullptr;
  TCONV_CUDA_FUNCTIONS(TCONV_CUDA_MEMBER)
  TCONV_CUDA_OPTIONAL_FUNCTIONS(TCONV_CUDA_MEMBER)
#undef TCONV_CUDA_MEMBER
};

} // namespace tconv::cuda

#endif // TCONV_SRC_DEVICE_CUDA_API_H
