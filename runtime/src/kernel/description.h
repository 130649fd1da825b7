// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_KERNEL_DESCRIPTION_H
#define TCONV_SRC_KERNEL_DESCRIPTION_H

#include <string>

#include "tconv/kernel_abi.h"

namespace tconv {

/// The schedule that a kernel's description names, for a line of text; "?"
/// where it names none.
std::string scheduleIn(const tconv_kernel &kernel);

/// Whether it keeps weights in fewer bits than they have.
bool hasCompactWeights(const tconv_kernel &kernel);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_DESCRIPTION_H
