// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Launches without a kernel.
#ifndef TCONV_SRC_API_REFERENCE_LAUNCH_H
#define TCONV_SRC_API_REFERENCE_LAUNCH_H

#include "api/launch.h"

namespace tconv {

/// The plain implementation, with float32 tensors.
Status runReference(const tconv_params &params, const float *weight,
                    const float *bias, const LaunchArgs &args, bool sums64,
                    const ParallelFor &parallelFor);

/// A layer's results where there is no kernel: the reference's float32 sums of
/// values in the layer's dtype, rounded where a kernel would round. By vectors
/// where this CPU has them and the weights are finite, unless the layer's
/// target is the reference: the bits are the same.
Status runReferenceOf(const tconv_layer &layer, const State &state,
                      const LaunchArgs &args);

} // namespace tconv

#endif // TCONV_SRC_API_REFERENCE_LAUNCH_H
