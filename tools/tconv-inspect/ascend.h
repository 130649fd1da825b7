// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_ASCEND_H
#define TCONV_TOOLS_TCONV_INSPECT_ASCEND_H

#include "tconv-inspect/facts.h"

namespace tconv::tools {

/// The same as gather() for an Ascend: the plan of every memory, the cycles of
/// every unit and what bounds, all estimates, and what bishengir-compile says,
/// where it is installed.
Status gatherAscend(const tconv_params &params, const tconv_shape &shape,
                    const mlir::tconv::CompileOptions &options, Facts &facts);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_ASCEND_H
