// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_API_LAUNCH_H
#define TCONV_SRC_API_LAUNCH_H

#include "api/layer_handle.h"
#include "reference/reference.h"

namespace tconv {

/// One call's tensors; sizes have been checked.
struct LaunchArgs {
  const float *x;
  float *y;
  int64_t batch;
  int64_t length;
  int64_t outputLength;
};

/// Checks lengths and sizes and computes the output's length.
Status checkLaunch(const tconv_params &params, int64_t batch, int64_t length,
                   int64_t &outputLength);
/// Checks the pointers of a launch that is not empty.
Status checkTensors(const tconv_params &params, const LaunchArgs &args);

Status runLayer(tconv_layer &layer, const LaunchArgs &args);
Status runReference(const tconv_params &params, const float *weight,
                    const float *bias, const LaunchArgs &args, bool sums64,
                    const ParallelFor &parallelFor);

} // namespace tconv

#endif // TCONV_SRC_API_LAUNCH_H
