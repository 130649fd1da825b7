// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer's kernels for Ascend, and how they are launched.
#ifndef TCONV_COMPILER_TARGET_ASCEND_IMAGE_H
#define TCONV_COMPILER_TARGET_ASCEND_IMAGE_H

#include "compiler/Target/Ascend/Plan.h"
#include "compiler/Target/Ascend/Text.h"

#include <cstdint>

namespace mlir::tconv {

struct AscendImage {
  std::vector<AscendText> kernels; ///< pack, edge, product, store
  std::string module;              ///< all of them, for bishengir-opt
  std::string product;             ///< "Ascend910B3"
  std::string description;         ///< how they are made, as JSON
  AscendLaunchPlan plan;
  int64_t packedBytes = 0;
  bool sumsTwice = false;                  ///< L0C holds two tiles of sums
  int64_t tilePositions = 0, tileRows = 0; ///< of the product
};

/// All but the texts.
AscendImage describeAscend(const AscendKernels &kernels);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_IMAGE_H
