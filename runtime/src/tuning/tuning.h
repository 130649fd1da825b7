// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_TUNING_TUNING_H
#define TCONV_SRC_TUNING_TUNING_H

#include "kernel/loaded_kernel.h"

namespace tconv {

/// The choice that the file of TCONV_TUNING has for a request, as
/// formatChoice writes it; "" where there is none, or one of another engine
/// than the request names. Why a file is not used is said once.
std::string tunedChoice(const KernelRequest &request);

/// Says that a choice was refused, and why.
void sayRefused(const KernelRequest &request, const Status &why);

} // namespace tconv

#endif // TCONV_SRC_TUNING_TUNING_H
