// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_SUPPORT_HALF_H
#define TCONV_SRC_SUPPORT_HALF_H

#include <cstdint>

#include "layer/layer.h"

namespace tconv {

/// Rounds to the nearest value, ties to even; what is too large becomes
/// infinite, NaN stays NaN.
uint16_t toF16(float value);
uint16_t toBF16(float value);
float fromF16(uint16_t bits);
float fromBF16(uint16_t bits);

/// The nearest value of ten bits of mantissa, ties away from zero.
float toTF32(float value);

/// Converts `count` floats to elements of a tconv_dtype, or back.
void fromFloats(int32_t dtype, const float *from, int64_t count, void *to);
void toFloats(int32_t dtype, const void *from, int64_t count, float *to);

} // namespace tconv

#endif // TCONV_SRC_SUPPORT_HALF_H
