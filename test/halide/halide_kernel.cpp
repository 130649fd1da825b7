// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "halide_kernel.h"

#include "compiler/Halide/Engine.h"
#include "target/target.h"

using namespace tconv;
using namespace tconv::test;

CompiledKernel test::halideKernel(const tconv_params &params,
                                  const HalideOptions &options) {
  mlir::tconv::CompileOptions compile;
  compile.target = options.target;
  compile.lengthClass = options.lengthClass;
  mlir::tconv::KernelImage image;
  mlir::tconv::halide::Choice choice;
  if (Status status = mlir::tconv::halide::parseChoice(options.tuning, choice))
    return {params, status, image, ""};
  mlir::tconv::HalideCompilation compilation(params, compile, choice);
  std::string description;
  Status status = compilation.image(image);
  if (!status)
    status = compilation.description(description);
  return {params, status, image, description};
}

bool test::machineHas(const char *target) {
  return checkTarget(target).code() == TCONV_OK;
}
