// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer compiled for a GPU, and launched in the PTX interpreter.
#ifndef TCONV_TEST_COMPILER_DEVICE_KERNEL_H
#define TCONV_TEST_COMPILER_DEVICE_KERNEL_H

#include <memory>
#include <string>
#include <vector>

#include "compiler/API/Compiler.h"
#include "ptx/launch.h"
#include "support/elements.h"

namespace tconv::test {

class DeviceKernel {
public:
  DeviceKernel(const tconv_params &params,
               const mlir::tconv::CompileOptions &options);

  /// "" where there is a kernel.
  const std::string &error() const { return error_; }
  const std::string &ptx() const { return kernel_.code; }
  const std::string &description() const { return kernel_.description; }

  /// Packs the weights on the device; "" or what is wrong.
  std::string pack(const std::vector<float> &weight);
  /// Launches; rows of x and of y lie apart, with NaN between those of x and a
  /// pattern between those of y, which must stay. "" or what is wrong.
  std::string run(const Tensors &tensors, std::vector<float> &y,
                  const ptx::LaunchOptions &options = {});
  /// Of all launches.
  const ptx::Counts &counts() const { return counts_; }

private:
  std::string launch(const ptx::LaunchConfig &config,
                     const ptx::LaunchOptions &options);

  tconv_params params_;
  std::string error_;
  mlir::tconv::DeviceKernel kernel_;
  std::shared_ptr<const ptx::Module> module_;
  std::unique_ptr<ptx::Memory> memory_;
  uint64_t packed_ = 0;
  ptx::Counts counts_;
};

} // namespace tconv::test

#endif // TCONV_TEST_COMPILER_DEVICE_KERNEL_H
