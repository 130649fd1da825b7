// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_DIALECT_TD
#define TCONV_DIALECT_TD

include "mlir/IR/OpBase.td"

def Tconv_Dialect : Dialect {
  let name = "tconv";
  let cppNamespace = "::mlir::tconv";
  let summary = "1-D transposed convolution, from the layer to its kernel";
  let description = [{
    The dialect holds one layer at every height between its parameters and
    vector code:

    1. `tconv.conv1d_transpose`: the layer on tensors.
    2. `tconv.phases`, `tconv.pack_weights`: the same as stride many dense
       convolutions, every index resolved, and the order of its weights. Tiled
       by MLIR's tiling interface.
    3. `tconv.pack_input`, `tconv.contract`, `tconv.epilogue`: the pieces of a
       tile, each expanded to vector code by a pass of its own.
  }];
  let useDefaultAttributePrinterParser = 1;
}

#endif // TCONV_DIALECT_TD
