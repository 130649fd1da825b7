// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes between a schedule for Ascend and what bishengir-compile takes.
#ifndef TCONV_ASCEND_PASSES_TD
#define TCONV_ASCEND_PASSES_TD

include "mlir/Pass/PassBase.td"

def ExpandCoresPass : Pass<"tconv-expand-cores", "::mlir::ModuleOp"> {
  let summary = "makes the kernels of cube and vector cores of a layer";
  let description = [{
    The function `layer`, whose phases carry `tconv.cores`, becomes functions on
    global memory, in the form that bishengir-compile takes as kernels:

    - `NAME_pack` packs weights: [group][row][tap][input channel].
    - `NAME_edge` copies the windows of x that reach beyond its ends into a
      buffer, with zeros where there is no x.
    - `NAME_product` multiplies, sums over the taps and writes planes:
      [batch][group][row][position], in float32. It is launched once on x, for
      the tiles inside it, and once on the windows of `edge`.
    - `NAME_store` adds the bias, converts, interleaves the phases, and writes y.

    Batch, group, rows and tile come from the program id; every length is a
    parameter.
  }];
  let options = [
    Option<"symbol", "symbol", "std::string",
           /*default=*/"\"tconv_kernel_main\"", "what the names begin with">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::bufferization::BufferizationDialect",
    "::mlir::func::FuncDialect", "::mlir::linalg::LinalgDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::tensor::TensorDialect"];
}

#endif // TCONV_ASCEND_PASSES_TD
