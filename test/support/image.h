// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernel images without a compiler: their functions return at once, and their
// description says which one it is.
#ifndef TCONV_TEST_SUPPORT_IMAGE_H
#define TCONV_TEST_SUPPORT_IMAGE_H

#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::test {

class FakeImage {
public:
  /// @param padding further bytes of data, of no use
  FakeImage(const tconv_params &params, const std::string &description,
            size_t padding = 0);

  /// Points into this object; may be changed to make an image that is wrong.
  tconv_kernel_image view() const;

  std::string bytes;
  std::vector<uint64_t> relocations;
  uint64_t codeSize = TCONV_IMAGE_ALIGNMENT;
  uint64_t kernel = TCONV_IMAGE_ALIGNMENT;
};

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_IMAGE_H
