// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// GPU kernels without a compiler: PTX written by hand that follows the ABI of
// tconv_device_code for any layer, one thread for each output. Slow, simple,
// and not made by what is tested.
#ifndef TCONV_TEST_SUPPORT_NAIVE_PTX_H
#define TCONV_TEST_SUPPORT_NAIVE_PTX_H

#include <memory>
#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::test {

struct NaiveOptions {
  int architecture = 75;
  const char *version = "7.0"; ///< of PTX; bf16 needs 7.8 and sm_80 or newer
  int32_t sharedBytes = 0;     ///< dynamic, and not used
  int64_t positions = 24;      ///< of a task
  tconv_length_class lengthClass = TCONV_LENGTH_BULK;
  int32_t accuracy = TCONV_ACCURACY_DIRECT;
};

/// A kernel and all that it points to.
struct NaiveKernel {
  NaiveKernel(const tconv_params &params, const NaiveOptions &options = {});
  NaiveKernel(const NaiveKernel &) = delete;
  NaiveKernel &operator=(const NaiveKernel &) = delete;

  std::string ptx, target, description;
  tconv_device_code code;
  tconv_kernel kernel;
};

/// The same as it crosses from a compiler to the runtime.
struct NaiveImage {
  explicit NaiveImage(const NaiveKernel &kernel);
  /// Points into this object.
  tconv_kernel_image view() const;

  std::string bytes;
  std::vector<uint64_t> relocations;
};

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_NAIVE_PTX_H
