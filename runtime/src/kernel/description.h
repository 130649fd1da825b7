// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_KERNEL_DESCRIPTION_H
#define TCONV_SRC_KERNEL_DESCRIPTION_H

#include <string>

#include "tconv/kernel_abi.h"

namespace tconv {

/// The schedule that a kernel's description names, for a line of text; "?"
/// where it names none.
std::string scheduleIn(const tconv_kernel &kernel);

/// What a kernel makes of numbers, as far as it can't take all of them.
struct Numbers {
  bool compactWeights = false; ///< kept in fewer bits than they have
  bool pieces = false;         ///< split for tile registers
};
Numbers numbersIn(const tconv_kernel &kernel);

} // namespace tconv

#endif // TCONV_SRC_KERNEL_DESCRIPTION_H
