// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Compares the output of a layer with float64 sums, at all outputs or at a
// sample of them.
#ifndef TCONV_TOOLS_COMMON_CHECK_H
#define TCONV_TOOLS_COMMON_CHECK_H

#include <cstdint>

#include "common/layers.h"

namespace tconv::tools {

/// The arrays of one launch; bias is NULL where the layer has none.
struct Launch {
  const LayerEntry &entry;
  const float *x;
  const float *weight;
  const float *bias;
  const float *y;
};

/// Errors of y against float64 sums, beyond what rounding to the layer's dtype
/// costs, and those of a plain left-to-right float32
/// FMA sum at the same places.
struct Errors {
  int64_t samples = 0;
  double maximum = 0; ///< infinity where y has a NaN that the sum has not
  double rms = 0;
  double plainRms = 0;
  double bound = 0; ///< of the batch item's group that came nearest to its own
  bool within = false; ///< both bounds are kept
};

/// Checks the outputs at both ends of the length, where crops and missing taps
/// are, and others in between, for the first, the last and more channels of the
/// first and the last batch item: some thousands in all. `everywhere` checks
/// every output.
/// @param fast the kernel shares products, so that the wider bound holds
Errors checkLaunch(const Launch &launch, bool everywhere, bool fast);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_CHECK_H
