// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An independent reading of the formula, as a scatter: every input position
// adds to the outputs that it reaches. It shares nothing with the library, not
// even the shape formula.
#ifndef TCONV_TEST_SUPPORT_EXACT_H
#define TCONV_TEST_SUPPORT_EXACT_H

#include <cstdint>
#include <vector>

#include "tconv/tconv.h"

namespace tconv::test {

/// Output length by SPEC.md's table.
int64_t expectedOutputLength(const tconv_params &params, int64_t length);
/// Left crop by SPEC.md's table.
int64_t expectedCropBegin(const tconv_params &params);

/// One output channel of one batch item.
struct ExactRow {
  std::vector<double> sums;      ///< in float64
  std::vector<double> absolutes; ///< sums of |x * w|, |bias| included
  std::vector<float> fma;        ///< left to right, float32 FMA
};

struct Tensors {
  const float *x;
  const float *weight;
  const float *bias; ///< or NULL
  int64_t batch, length;
};

ExactRow exactRow(const tconv_params &params, const Tensors &tensors, int64_t n,
                  int64_t co);

} // namespace tconv::test

#endif // TCONV_TEST_SUPPORT_EXACT_H
