// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What a library of kernels is made of, beside the kernels.
#ifndef TCONV_TOOLS_TCONV_COMPILE_ARCHIVE_H
#define TCONV_TOOLS_TCONV_COMPILE_ARCHIVE_H

#include <string>
#include <utility>
#include <vector>

#include "compiler/Target/CPU/Target.h"
#include "layer/layer.h"

namespace tconv::tools {

/// An object with the table of kernels, that is
///   const tconv_kernel *const NAME_kernels[] = {&KERNEL, ...};
///   const size_t NAME_kernel_count;
/// @param target any that the machine of the kernels has
Status tableObject(const std::string &name,
                   const std::vector<std::string> &kernels,
                   const mlir::tconv::CpuTarget &target, std::string &bytes);

/// An archive with a symbol table and without times, owners or permissions:
/// the same members give the same bytes.
/// @param members names and bytes
Status
writeArchive(const std::vector<std::pair<std::string, std::string>> &members,
             std::string &bytes);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_ARCHIVE_H
