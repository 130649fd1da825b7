// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/Image.h"

#include "compiler/Target/Ascend/KernelBuilder.h"

using namespace mlir;
using namespace mlir::tconv;

AscendImage mlir::tconv::describeAscend(const AscendKernels &kernels) {
  AscendImage image;
  image.plan = planAscend(kernels);
  image.packedBytes = kernels.layout.packedElements(kernels.rows()) *
                      (kernels.element.getIntOrFloatBitWidth() / 8);
  image.sumsTwice = kernels.tile.holdsSumsTwice();
  image.tilePositions = kernels.tile.positions;
  image.tileRows = kernels.rows();
  return image;
}
