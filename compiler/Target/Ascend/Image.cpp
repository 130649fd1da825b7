// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/Image.h"

#include "compiler/Target/Ascend/KernelBuilder.h"

using namespace mlir;
using namespace mlir::tconv;

AscendImage mlir::tconv::describeAscend(const AscendKernels &kernels) {
  AscendImage image;
  image.plan = planAscend(kernels);
  image.packedBytes = kernels.flagsOffset() + kernels.flags() * 4;
  image.sumsTwice = kernels.tile.holdsSumsTwice();
  image.tilePositions = kernels.tile.positions;
  image.tileRows = kernels.rows();
  return image;
}
