// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel images (compiler_abi.h) in memory: checked, mapped, made executable.
#ifndef TCONV_SRC_KERNEL_IMAGE_H
#define TCONV_SRC_KERNEL_IMAGE_H

#include <memory>

#include "layer/layer.h"

namespace tconv {

/// Whether an image makes sense: every offset within it, code and data where
/// they may be, for a processor of this kind.
Status checkImage(const tconv_kernel_image &image);

/// A kernel that runs in this process; its memory is never writable and
/// executable at once, and goes with this object.
class MappedImage {
public:
  static Status map(const tconv_kernel_image &image,
                    std::unique_ptr<MappedImage> &result);
  ~MappedImage();
  MappedImage(const MappedImage &) = delete;
  MappedImage &operator=(const MappedImage &) = delete;

  const tconv_kernel *kernel() const { return kernel_; }

private:
  MappedImage(void *memory, size_t size) : memory_(memory), size_(size) {}

  void *memory_;
  size_t size_;
  const tconv_kernel *kernel_ = nullptr;
};

} // namespace tconv

#endif // TCONV_SRC_KERNEL_IMAGE_H
