// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the C interface that deals in kernels: those that the program
// brings, those that caches have, and single ones for launchers of their own.
#include "api/layer_options.h"
#include "device/device.h"
#include "kernel/kernel_cache.h"
#include "kernel/kernel_lookup.h"
#include "kernel/packed_cache.h"
#include "kernel/registered.h"
#include "support/fork.h"
#include "support/status.h"
#include "target/target.h"

using namespace tconv;

struct tconv_kernel_ref {
  std::shared_ptr<const LoadedKernel> kernel;
};

namespace {

/// The request for a kernel that inputs of `length` would be run by.
/// @param elsewhere whether the target may be one that this CPU lacks
Status makeRequest(const tconv_params *params,
                   const tconv_layer_options *options, int64_t length,
                   bool elsewhere, KernelRequest &request) {
  if (Status error = checkPointer("params", params))
    return error;
  if (Status error = checkParams(*params))
    return error;
  tconv_layer_options chosen = options ? *options : defaultOptions();
  Status error = checkOptions(chosen);
  if (error && !(elsewhere && error.code() == TCONV_UNSUPPORTED))
    return error;
  request.target = targetOf(chosen);
  // A named architecture's kernels can be had without a device.
  if (!isKernelTarget(request.target)) {
    ForkHold hold;
    DeviceTarget device;
    if (Status wrong = resolveDevice(request.target, device))
      return wrong;
    request.target = device.kernels;
  }
  if (Status wrong =
          checkTargetComputes(request.target, *params, chosen.accuracy))
    return wrong;
  request.params = *params;
  request.engine = engineOf(chosen);
  request.accuracy = static_cast<tconv_accuracy>(chosen.accuracy);
  if (request.target == kReferenceTarget)
    return {TCONV_INVALID_VALUE, "target = 'reference': has no kernels"};
  int64_t outputLength;
  if (Status wrong = tconv::outputLength(*params, length, outputLength))
    return wrong;
  request.lengthClass = lengthClass(*params, length);
  return Status::ok();
}

} // namespace

extern "C" {

tconv_status tconv_register_kernels(const tconv_kernel *const *kernels,
                                    size_t count) {
  return guard([&]() -> Status {
    ForkHold hold;
    if (count > 0)
      if (Status error = checkPointer("kernels", kernels))
        return error;
    return registerKernels(kernels, count);
  });
}

tconv_status tconv_add_packed_cache(const char *path) {
  return guard([&]() -> Status {
    ForkHold hold;
    if (Status error = checkPointer("path", path))
      return error;
    return addPackedCache(path);
  });
}

tconv_status tconv_warm_cache(const tconv_params *params,
                              const tconv_layer_options *options,
                              int64_t length) {
  return guard([&]() -> Status {
    ForkHold hold;
    KernelRequest request;
    if (Status error = makeRequest(params, options, length,
                                   /*elsewhere=*/true, request))
      return error;
    return warmDiskCache(request);
  });
}

tconv_status tconv_kernel_acquire(const tconv_params *params,
                                  const tconv_layer_options *options,
                                  int64_t length, tconv_kernel_ref **ref) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("ref", ref))
      return error;
    KernelRequest request;
    if (Status error = makeRequest(params, options, length,
                                   /*elsewhere=*/false, request))
      return error;
    KernelResult result = getKernel(request);
    if (!result.kernel)
      return result.error;
    *ref = new tconv_kernel_ref{std::move(result.kernel)};
    return Status::ok();
  });
}

const tconv_kernel *tconv_kernel_get(const tconv_kernel_ref *ref) {
  return ref ? ref->kernel->get() : nullptr;
}

void tconv_kernel_release(tconv_kernel_ref *ref) { delete ref; }

} // extern "C"
