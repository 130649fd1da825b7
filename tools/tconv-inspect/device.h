// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_TCONV_INSPECT_DEVICE_H
#define TCONV_TOOLS_TCONV_INSPECT_DEVICE_H

#include "tconv-inspect/facts.h"

namespace tconv::tools {

/// The same as gather() for a GPU: what the model weighed, what ptxas says
/// (where it is installed), and the instruction mix of the hot loop (where
/// nvdisasm is). Nothing of it was timed on a GPU.
Status gatherDevice(const tconv_params &params, const tconv_shape &shape,
                    const mlir::tconv::CompileOptions &options, Facts &facts);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_DEVICE_H
