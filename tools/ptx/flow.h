// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the control flow of a kernel says before it runs.
#ifndef TCONV_TOOLS_PTX_FLOW_H
#define TCONV_TOOLS_PTX_FLOW_H

#include <vector>

#include "ptx/op.h"

namespace tconv::ptx {

/// Sets Op::rejoin of branches: the first operation that both ways reach,
/// whatever happens (the immediate post-dominator), or the number of operations
/// where there is none but the kernel's end.
void findRejoins(Program &program);

/// Which registers may be read before they are written, on some path.
/// @param uses registers that each operation reads
/// @param definitions registers that it writes
std::vector<bool>
findMaybeUnwritten(const Program &program, size_t registers,
                   const std::vector<std::vector<uint32_t>> &uses,
                   const std::vector<std::vector<uint32_t>> &definitions);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_FLOW_H
