// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What Halide's own runtime calls beside what tconv uses: it waits for its
// copies.
#include "state.h"

using namespace tconv;
using cuda::Address;
using cuda::Context;
using cuda::Module;
using cuda::Result;
using cuda::Stream;

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT Result cuMemcpyHtoDAsync_v2(Address, const void *, size_t, Stream);
EXPORT Result cuMemcpyDtoHAsync_v2(void *, Address, size_t, Stream);
EXPORT Result cuStreamSynchronize(Stream);
EXPORT Result cuModuleLoadDataEx(Module *, const void *, unsigned, int *,
                                 void **);

EXPORT Result cuMemcpyHtoD_v2(Address to, const void *from, size_t bytes) {
  Result result = cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr);
  return result ? result : cuStreamSynchronize(nullptr);
}

EXPORT Result cuMemcpyDtoH_v2(void *to, Address from, size_t bytes) {
  Result result = cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr);
  return result ? result : cuStreamSynchronize(nullptr);
}

EXPORT Result cuModuleLoadData(Module *module, const void *image) {
  return cuModuleLoadDataEx(module, image, 0, nullptr, nullptr);
}

EXPORT Result cuCtxGetApiVersion(Context, unsigned *version) {
  *version = 3020;
  return cuda::kSuccess;
}

EXPORT Result cuProfilerStop() { return cuda::kSuccess; }

// Looked up, never called by what is tested.
EXPORT Result cuMemcpyDtoD_v2(Address, Address, size_t) {
  return cuda::kInvalidValue;
}
EXPORT Result cuMemcpyDtoDAsync_v2(Address, Address, size_t, Stream) {
  return cuda::kInvalidValue;
}
EXPORT Result cuMemcpy3D_v2(const void *) { return cuda::kInvalidValue; }
EXPORT Result cuMemcpy3DAsync_v2(const void *, Stream) {
  return cuda::kInvalidValue;
}
