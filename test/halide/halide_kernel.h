// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of the Halide engine, launched without the runtime.
#ifndef TCONV_TEST_HALIDE_HALIDE_KERNEL_H
#define TCONV_TEST_HALIDE_HALIDE_KERNEL_H

#include <string>

#include "compiled_kernel.h"

namespace tconv::test {

struct HalideOptions {
  std::string target = "cpu:native";
  std::string tuning; ///< as halide_abi.h documents it
  tconv_length_class lengthClass = TCONV_LENGTH_BULK;
};

CompiledKernel halideKernel(const tconv_params &params,
                            const HalideOptions &options);

/// Whether this machine's CPU runs what is made for a target.
bool machineHas(const char *target);

} // namespace tconv::test

#endif // TCONV_TEST_HALIDE_HALIDE_KERNEL_H
