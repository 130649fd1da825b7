// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One output, term by term, as the formula has it: for sums in which positions
// outside of x took part as zeros, which weights that are not finite turn into
// NaN.
#ifndef TCONV_COMPILER_TARGET_NVPTX_DIRECTSUM_H
#define TCONV_COMPILER_TARGET_NVPTX_DIRECTSUM_H

#include "compiler/Target/NVPTX/DeviceEmitter.h"

namespace mlir::tconv {

/// The terms of an output: tap t of input channel c reads x[c][position - shift
/// - t * step].
struct DirectTerms {
  Value x;       ///< pointer to the group's first row of x
  Value xStride; ///< of its channels, in bytes; i64
  Value length;  ///< of x; i64
  Type element;  ///< of x
  int64_t inputs;
  Value position, shift; ///< i64
  Value taps;            ///< i32
  int64_t step;          ///< at least 1
  bool roundsToTf32;     ///< x, before it is multiplied
  function_ref<Value(Value tap, Value input)> weight; ///< an f32
};

/// `sum`, or, where it is NaN and some tap is outside of x, what the terms
/// inside of x add up to: zeros in the place of terms that don't exist change
/// no other sum. Where it is no NaN this costs a comparison.
Value guardSum(DeviceEmitter &e, Value sum, const DirectTerms &terms);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_DIRECTSUM_H
