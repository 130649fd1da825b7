// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What runtime/src/device/cuda_api.h writes down of CUDA's driver, against the
// header of a toolkit. Nothing runs: what is wrong doesn't compile.
#include <type_traits>

#include <cuda.h>

#include "device/cuda_api.h"

using namespace tconv;

// Each number.
#define SAME(ours, theirs)                                                     \
  static_assert(static_cast<int>(ours) == static_cast<int>(theirs), #ours)
SAME(cuda::kSuccess, CUDA_SUCCESS);
SAME(cuda::kInvalidValue, CUDA_ERROR_INVALID_VALUE);
SAME(cuda::kOutOfMemory, CUDA_ERROR_OUT_OF_MEMORY);
SAME(cuda::kNotInitialized, CUDA_ERROR_NOT_INITIALIZED);
SAME(cuda::kStubLibrary, CUDA_ERROR_STUB_LIBRARY);
SAME(cuda::kNoDevice, CUDA_ERROR_NO_DEVICE);
SAME(cuda::kInvalidDevice, CUDA_ERROR_INVALID_DEVICE);
SAME(cuda::kInvalidImage, CUDA_ERROR_INVALID_IMAGE);
SAME(cuda::kNoBinaryForGpu, CUDA_ERROR_NO_BINARY_FOR_GPU);
SAME(cuda::kInvalidPtx, CUDA_ERROR_INVALID_PTX);
SAME(cuda::kUnsupportedPtxVersion, CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
SAME(cuda::kIllegalAddress, CUDA_ERROR_ILLEGAL_ADDRESS);
SAME(cuda::kLaunchOutOfResources, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
SAME(cuda::kLaunchFailed, CUDA_ERROR_LAUNCH_FAILED);
SAME(cuda::kSystemDriverMismatch, CUDA_ERROR_SYSTEM_DRIVER_MISMATCH);
SAME(cuda::kClockRate, CU_DEVICE_ATTRIBUTE_CLOCK_RATE);
SAME(cuda::kMultiprocessors, CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT);
SAME(cuda::kMemoryClockRate, CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE);
SAME(cuda::kMemoryBusWidth, CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH);
SAME(cuda::kCapabilityMajor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR);
SAME(cuda::kCapabilityMinor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR);
SAME(cuda::kMaxSharedPerBlock,
     CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
SAME(cuda::kStaticShared, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
SAME(cuda::kMaxDynamicShared, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES);
SAME(cuda::kInfoLog, CU_JIT_INFO_LOG_BUFFER);
SAME(cuda::kInfoLogBytes, CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES);
SAME(cuda::kErrorLog, CU_JIT_ERROR_LOG_BUFFER);
SAME(cuda::kErrorLogBytes, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES);
SAME(cuda::kMemoryType, CU_POINTER_ATTRIBUTE_MEMORY_TYPE);
SAME(cuda::kMemoryDevice, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL);
SAME(cuda::kDeviceMemory, CU_MEMORYTYPE_DEVICE);
SAME(cuda::kNonBlockingStream, CU_STREAM_NON_BLOCKING);
SAME(cuda::kDefaultEvent, CU_EVENT_DEFAULT);

// Each function: as many parameters, of the same kinds. Enumerations are ints
// here; a pointer to one is a pointer to an int.
template <typename T> struct Parameter {
  using type = std::conditional_t<std::is_enum_v<T>, int, T>;
};
template <typename T> struct Parameter<T *> {
  using type = std::conditional_t<std::is_enum_v<T>, int *, T *>;
};
template <typename> struct Signature;
template <typename R, typename... P> struct Signature<R (*)(P...)> {
  using type = int (*)(typename Parameter<P>::type...);
};
#define SAME_FUNCTION(member, symbol, parameters)                              \
  static_assert(std::is_same_v<Signature<decltype(&symbol)>::type,             \
                               decltype(cuda::Api::member)>,                   \
                #symbol);
TCONV_CUDA_FUNCTIONS(SAME_FUNCTION)
TCONV_CUDA_OPTIONAL_FUNCTIONS(SAME_FUNCTION)

int main() { return 0; }
