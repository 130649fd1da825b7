// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a library of kernels is used in C and C++.
#ifndef TCONV_TOOLS_TCONV_COMPILE_LIBRARY_HEADER_H
#define TCONV_TOOLS_TCONV_COMPILE_LIBRARY_HEADER_H

#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::tools {

struct LibraryLayer {
  std::string symbol; ///< NAME_LAYER
  tconv_params params;
  std::string kernelsOf; ///< the layer whose kernels it has; mostly itself
};

struct LibraryKernel {
  std::string symbol;
  std::string description; ///< JSON
};

struct LibraryHeader {
  std::string name;
  std::vector<LibraryLayer> layers;
  std::vector<LibraryKernel> kernels;
};

/// The header of a library: its table, the function that registers it, the
/// parameters of its layers, and in a comment how each kernel was made.
std::string libraryHeaderText(const LibraryHeader &header);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_LIBRARY_HEADER_H
