// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// mlir-opt with this project's dialect, passes and pipelines.
#include "compiler/API/Register.h"

#include "mlir/InitAllDialects.h"
#include "mlir/InitAllExtensions.h"
#include "mlir/InitAllPasses.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  mlir::registerAllDialects(registry);
  mlir::registerAllExtensions(registry);
  mlir::tconv::registerDialects(registry);
  mlir::registerAllPasses();
  mlir::tconv::registerPassesAndPipelines();
  return mlir::asMainReturnCode(mlir::MlirOptMain(
      argc, argv, "optimiser driver for transposed convolutions\n", registry));
}
