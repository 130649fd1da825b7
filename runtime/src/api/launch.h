// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_API_LAUNCH_H
#define TCONV_SRC_API_LAUNCH_H

#include "api/layer_handle.h"

namespace tconv {

/// One call's tensors, of the layer's dtype; sizes have been checked.
struct LaunchArgs {
  const void *x;
  void *y;
  int64_t batch;
  int64_t length;
  int64_t outputLength;
};

/// Checks lengths and sizes and computes the output's length.
Status checkLaunch(const tconv_params &params, int64_t batch, int64_t length,
                   int64_t &outputLength);
/// A pointer that must not be NULL and must be aligned to the dtype.
Status checkElements(const char *name, const void *pointer, int32_t dtype);
/// Checks the pointers of a launch that is not empty.
Status checkTensors(const tconv_params &params, const LaunchArgs &args);

/// Contiguous tensors as kernels get them, without what is the layer's own.
tconv_kernel_args contiguousArgs(const tconv_params &params,
                                 const LaunchArgs &tensors);

Status runLayer(tconv_layer &layer, const LaunchArgs &args);

/// Multiply-adds of a launch, roughly.
double workOf(const tconv_params &params, int64_t batch, int64_t length);
/// No memory for a part to work in.
Status noWorkspace(int64_t bytes);

} // namespace tconv

#endif // TCONV_SRC_API_LAUNCH_H
