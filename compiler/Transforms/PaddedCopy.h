// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A part of a row of x, with zeros outside x, copied into a buffer.
#ifndef TCONV_COMPILER_TRANSFORMS_PADDEDCOPY_H
#define TCONV_COMPILER_TRANSFORMS_PADDEDCOPY_H

#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {

class PaddedCopy {
public:
  /// @param start position of column 0; may be negative
  /// @param length positions of x
  /// @param columns that are written; at least one of several rows, else less
  /// than 1 is none
  /// @param severalRows whether masks are computed here, for all copies: more
  /// code, which a copy of one row isn't worth
  PaddedCopy(Emitter &e, Value start, Value length, Value columns,
             int64_t lanes, bool severalRows);

  /// A row of a buffer whose last axis are columns.
  struct Target {
    Value buffer;
    SmallVector<Value> row; ///< all indices but the last
    Value column;           ///< the last index of column 0
  };
  /// Zeros, a copy by vectors, zeros. What follows the columns in their row of
  /// the buffer may be written, too.
  /// @param x (batch, channel, position)
  void copy(Value x, Value batch, Value channel, const Target &target);

private:
  void copyByVectors(Value x, ArrayRef<Value> row, const Target &target);
  void copyUnderMasks(Value x, ArrayRef<Value> row, const Target &target);
  /// A vector of columns under masks: those inside x, and all.
  struct Masks {
    Value inside, columns;
  };
  Masks masksOf(Value column);
  void copyVector(Value x, ArrayRef<Value> row, const Target &target,
                  Value column, const Masks &masks);

  SmallVector<Value> source(ArrayRef<Value> row, Value column);
  SmallVector<Value> targetAt(const Target &target, Value column);

  Emitter &e;
  Value start, columns;
  Value low, high; ///< columns [low, high) are inside x
  int64_t lanes;
  Value lastColumn;  ///< of the last vector
  Masks first, last; ///< those of several rows
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_PADDEDCOPY_H
