// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_INIT_INITIALIZER_H
#define TCONV_SRC_INIT_INITIALIZER_H

#include <vector>

#include "layer/layer.h"

namespace tconv {

/// Checks an initializer against a shape; `name` is what the message calls it.
Status checkInitializer(const char *name, const tconv_initializer &initializer,
                        const std::vector<int64_t> &shape);

/// Draws a tensor; initializer and shape have been checked.
void initialize(const tconv_initializer &initializer,
                const std::vector<int64_t> &shape, float *out);

/// An initializer with everything but the distribution at zero.
tconv_initializer makeInitializer(tconv_distribution distribution, double a = 0,
                                  double b = 0);

/// The layer's defaults. The fan is the weight's.
tconv_initializer defaultWeightInitializer();
tconv_initializer defaultBiasInitializer(int64_t fanIn);

void setSeed(uint64_t seed);

} // namespace tconv

#endif // TCONV_SRC_INIT_INITIALIZER_H
