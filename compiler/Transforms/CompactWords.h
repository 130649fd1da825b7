// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Code that packs compact weights and that makes them numbers again: see
// compiler/Dialect/Compact.h for how they lie.
#ifndef TCONV_COMPILER_TRANSFORMS_COMPACTWORDS_H
#define TCONV_COMPILER_TRANSFORMS_COMPACTWORDS_H

#include "compiler/Dialect/Compact.h"
#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {

/// Packs a step's rows into its words.
/// @param step index of its first word in `packed`
/// @param weightsOf the f32 of a vector of rows from that one on
void packCompact(Emitter &e, Value packed, Value step,
                 function_ref<Value(int64_t row)> weightsOf);

/// The vectors of a step's numbers.
class CompactStep {
public:
  CompactStep(Emitter &e, Value weights, Value step);
  /// The weights of vector i, 16 f32.
  Value vector(int64_t i);

private:
  Value load(int64_t offset);

  Emitter &e;
  Value weights, step;
  Value lower, halves; ///< i32: bits below the upper words'
  Value scale;         ///< f32: 2^(exponent - 127)
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_COMPACTWORDS_H
