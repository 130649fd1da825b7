// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_API_TARGETS_H
#define TCONV_SRC_API_TARGETS_H

#include "layer/layer.h"

namespace tconv {

/// Whether kernels for this target can run on this machine.
Status checkTarget(const std::string &target);

/// Whether there is such an engine.
Status checkEngine(const std::string &engine);

} // namespace tconv

#endif // TCONV_SRC_API_TARGETS_H
