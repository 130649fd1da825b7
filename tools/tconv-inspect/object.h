// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What files that were built say of the kernels in them.
#ifndef TCONV_TOOLS_TCONV_INSPECT_OBJECT_H
#define TCONV_TOOLS_TCONV_INSPECT_OBJECT_H

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "layer/layer.h"

namespace tconv::tools {

/// A kernel in a file.
struct KernelInFile {
  std::string member; ///< of an archive; else empty
  nlohmann::ordered_json description;
};

/// Whether the argument names a file; a layer line doesn't.
bool namesFile(const std::string &argument);

/// Finds the kernels of an ELF object, shared library or program, or of an
/// archive, in the file's order. A file that is neither, that is damaged, or
/// that has no kernel is an error.
Status kernelsOfFile(const std::string &path,
                     std::vector<KernelInFile> &kernels);

/// Prints them for people, or as JSON: a list of descriptions, each with its
/// member if it has one.
void printKernels(const std::vector<KernelInFile> &kernels, bool json);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_OBJECT_H
