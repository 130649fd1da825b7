// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer compiled in this process, and launched without the runtime.
#ifndef TCONV_TEST_COMPILER_COMPILED_KERNEL_H
#define TCONV_TEST_COMPILER_COMPILED_KERNEL_H

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "compiler/API/Compiler.h"
#include "kernel/image.h"
#include "support/exact.h"

namespace tconv::test {

class CompiledKernel {
public:
  CompiledKernel(const tconv_params &params,
                 const mlir::tconv::CompileOptions &options);
  /// Of another engine's image.
  CompiledKernel(const tconv_params &params, const Status &status,
                 const mlir::tconv::KernelImage &image,
                 const std::string &description);

  /// "" where there is a kernel.
  const std::string &error() const { return error_; }
  const tconv_kernel &kernel() const { return *image_->kernel(); }
  const std::string &description() const { return description_; }
  bool isFast() const { return kernel().accuracy != TCONV_ACCURACY_DIRECT; }

  void pack(const std::vector<float> &weight);

  /// Launches on y with a gap after every row, which must stay as it was, its
  /// tasks in `parts` parts, the last one first. Its blocks have as many
  /// positions as is said, or the kernel's own; batch items lie as far apart as
  /// is said, or have blocks of their own.
  std::vector<float> run(const Tensors &tensors, int64_t parts = 1,
                         int64_t taskPositions = 0,
                         int64_t itemPositions = 0) const;
  /// The least distance of batch items that the kernel allows; 0: none.
  int64_t leastDistance(const Tensors &tensors) const;

private:
  void map(Status status, const mlir::tconv::KernelImage &image);
  struct Free {
    void operator()(void *p) const { free(p); }
  };
  using Aligned = std::unique_ptr<void, Free>;
  static Aligned allocate(int64_t bytes);

  tconv_params params_;
  std::string error_, description_;
  std::unique_ptr<MappedImage> image_;
  Aligned packed_;
};

} // namespace tconv::test

#endif // TCONV_TEST_COMPILER_COMPILED_KERNEL_H
