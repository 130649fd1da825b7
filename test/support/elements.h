// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arrays of f32, f16 and bf16, and how exact one of them has to be. The
// roundings share nothing with the library.
#ifndef TCONV_TEST_SUPPORT_ELEMENTS_H
#define TCONV_TEST_SUPPORT_ELEMENTS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "support/exact.h"

namespace tconv::test {

/// An array of a layer's elements.
class Elements {
public:
  /// @param dtype a tconv_dtype
  Elements(int32_t dtype, size_t count)
      : dtype_(dtype), bytes_(count * (dtype == TCONV_F32 ? 4 : 2)) {}
  Elements(int32_t dtype, const float *values, size_t count);
  size_t size() const { return bytes_.size(); } ///< bytes
  void *data() { return bytes_.data(); }
  void set(size_t i, float value);
  float get(size_t i) const;

private:
  int32_t dtype_;
  std::vector<uint8_t> bytes_;
};

/// `values` as the elements of a type can hold them: rounded to nearest.
std::vector<float> roundTo(int32_t dtype, std::vector<float> values);
/// Rounded to TF32, ties away from zero.
std::vector<float> roundToTf32(std::vector<float> values);

/// `values` as a layer's array, and back.
std::vector<uint8_t> toBytes(int32_t dtype, const std::vector<float> &values);
std::vector<float> fromBytes(int32_t dtype, const std::vector<uint8_t> &bytes);

/// y of 16 bits against the bound of f32 and half of a last place of what that
/// allows; "" or what is wrong.
std::string compare16(const tconv_params &params, const Tensors &tensors,
                      const std::vector<float> &y);

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_ELEMENTS_H
