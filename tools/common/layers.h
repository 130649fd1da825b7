// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Files of layer lines, and what a layer's launch amounts to.
#ifndef TCONV_TOOLS_COMMON_LAYERS_H
#define TCONV_TOOLS_COMMON_LAYERS_H

#include <cstdint>
#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::tools {

/// One line of a layers file.
struct LayerEntry {
  std::string name; ///< "line N" where the line has none
  std::string line; ///< the parameters as formatLayerLine writes them
  tconv_params params;
  tconv_shape shape;
  int64_t outputLength = 0;

  int64_t inputElements() const;
  int64_t outputElements() const;
  int64_t weightElements() const;
  /// 2 * N * Cin * Cout / group * K * Lin, whatever an algorithm really does.
  double flops() const;
  /// Bytes that no algorithm can avoid: x, weight and bias read once, y
  /// written once.
  double compulsoryBytes() const;
  int64_t compulsoryReadBytes() const;
  int64_t compulsoryWriteBytes() const;
};

/// Parses and checks one layer line; batch and length included.
Status parseLayerEntry(const std::string &text, LayerEntry &entry);

/// Reads a file of layer lines; empty lines and those that start with # don't
/// count. Keeps the entries whose name contains `filter`. Errors name the file
/// and the line. It is an error if nothing is left.
Status readLayersFile(const std::string &path, const std::string &filter,
                      std::vector<LayerEntry> &entries);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_LAYERS_H
