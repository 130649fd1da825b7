// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Ascend kernels without a compiler: plans of three launches (pack, product,
// store) for any layer, whose "objects" hold the layer's numbers, and a
// function of the host that runs them. Not made by what is tested.
#ifndef TCONV_TEST_SUPPORT_NAIVE_ASCEND_H
#define TCONV_TEST_SUPPORT_NAIVE_ASCEND_H

#include <string>
#include <vector>

#include "layer/layer.h"

namespace tconv::test {

/// A kernel and all that it points to.
struct NaiveAscend {
  explicit NaiveAscend(const tconv_params &params,
                       const char *target = "ascend:910b3");
  NaiveAscend(const NaiveAscend &) = delete;
  NaiveAscend &operator=(const NaiveAscend &) = delete;

  /// Positions of a block.
  static constexpr int64_t kTile = 16;

  std::string code, target, description;
  tconv_device_object object;
  std::vector<tconv_device_step> steps;
  std::vector<std::vector<int32_t>> arguments;
  std::vector<tconv_device_launch> launches;
  tconv_device_plan plan;
  tconv_device_code device;
  tconv_kernel kernel;
};

/// The same as it crosses from a compiler to the runtime.
struct NaiveAscendImage {
  explicit NaiveAscendImage(const NaiveAscend &kernel);
  /// Points into this object.
  tconv_kernel_image view() const;

  std::string bytes;
  std::vector<uint64_t> relocations;
  uint64_t planAt = 0; ///< where the plan is
};

/// Runs a launch of such a kernel: a fake_ascend_kernel_fn. Returns 507015 for
/// parameters that it doesn't expect.
int runNaiveAscend(const void *object, size_t objectSize, const char *name,
                   uint32_t blocks, const void *parameters,
                   size_t parameterSize);

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_NAIVE_ASCEND_H
