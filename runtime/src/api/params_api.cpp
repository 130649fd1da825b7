// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The part of the C interface that needs no layer: parameters, the reference,
// the process.
#include <algorithm>
#include <cstring>

#include "api/reference_launch.h"
#include "kernel/kernel_cache.h"
#include "support/status.h"
#include "target/target.h"

using namespace tconv;

#define TCONV_TEXT_OF(number) #number
#define TCONV_TEXT(number) TCONV_TEXT_OF(number)

extern "C" {

const char *tconv_version(void) {
  return TCONV_TEXT(TCONV_VERSION_MAJOR) "." TCONV_TEXT(
      TCONV_VERSION_MINOR) "." TCONV_TEXT(TCONV_VERSION_PATCH);
}

void tconv_params_init(tconv_params *params) {
  if (params)
    *params = defaultParams();
}

tconv_status tconv_params_check(const tconv_params *params) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("params", params))
      return error;
    return checkParams(*params);
  });
}

tconv_status tconv_params_parse(const char *line, tconv_params *params,
                                tconv_shape *shape, char *name,
                                size_t name_size) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("line", line))
      return error;
    if (Status error = checkPointer("params", params))
      return error;
    tconv_params newParams;
    tconv_shape newShape;
    std::string newName;
    if (Status error = parseLayerLine(line, newParams, newShape, newName))
      return error;
    *params = newParams;
    if (shape)
      *shape = newShape;
    if (name && name_size > 0) {
      size_t size = std::min(newName.size(), name_size - 1);
      std::memcpy(name, newName.data(), size);
      name[size] = '\0';
    }
    return Status::ok();
  });
}

tconv_status tconv_params_output_length(const tconv_params *params,
                                        int64_t length,
                                        int64_t *output_length) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("params", params))
      return error;
    if (Status error = checkPointer("output_length", output_length))
      return error;
    if (Status error = checkParams(*params))
      return error;
    return outputLength(*params, length, *output_length);
  });
}

tconv_status tconv_reference_run(const tconv_params *params,
                                 const float *weight, const float *bias,
                                 const float *x, int64_t batch, int64_t length,
                                 float *y, int sums64) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("params", params))
      return error;
    if (Status error = checkParams(*params))
      return error;
    if (Status error = checkTargetComputes(kReferenceTarget, *params,
                                           TCONV_ACCURACY_DEFAULT))
      return error;
    if (Status error = checkPointer("weight", weight))
      return error;
    if (params->has_bias)
      if (Status error = checkPointer("bias", bias))
        return error;
    LaunchArgs args = {x, y, batch, length, 0};
    if (Status error = checkLaunch(*params, batch, length, args.outputLength))
      return error;
    if (batch == 0)
      return Status::ok();
    if (Status error = checkTensors(*params, args))
      return error;
    return runReference(*params, weight, params->has_bias ? bias : nullptr,
                        args, sums64 != 0, {});
  });
}

tconv_status tconv_set_cache_capacity(int64_t kernels) {
  return guard([&] { return setCacheCapacity(kernels); });
}

tconv_status tconv_get_cache_stats(tconv_cache_stats *stats) {
  return guard([&]() -> Status {
    if (Status error = checkPointer("stats", stats))
      return error;
    *stats = cacheStats();
    return Status::ok();
  });
}

} // extern "C"
