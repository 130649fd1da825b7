// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How f32 numbers lie as bf16 pieces, for the tile registers of AMX. A number
// is the sum of three pieces of 8 significant bits each, which is exact: the
// first is its upper half, the second that of the rest, the third what is left
// then. A word of 32 bits has one piece of two neighbouring input channels, the
// even one in its lower half; an odd number of channels ends with a zero.
//
// A step is 32 channels: 16 words deep. Where there are fewer, words are zero.
#ifndef TCONV_COMPILER_DIALECT_PIECES_H
#define TCONV_COMPILER_DIALECT_PIECES_H

#include "llvm/Support/MathExtras.h"
#include <cstdint>

namespace mlir::tconv {

struct Pieces {
  static constexpr int64_t kCount = 3;
  /// Bytes of a number in pieces.
  static constexpr int64_t kBytes = kCount * 2;
  /// Products of pieces that make a product: of nine all but the smallest.
  static constexpr int64_t kProducts = 6;
  /// Of a tile register: rows, and words of a row.
  static constexpr int64_t kRows = 16, kWords = 16;
  /// Input channels of a step.
  static constexpr int64_t kDepth = 2 * kWords;

  /// Input channels of a group at least: the last place of what a few channels'
  /// products lack is more than their plain sum errs by.
  static constexpr int64_t kLeastInputs = 32;

  static int64_t steps(int64_t inputs) {
    return llvm::divideCeil(inputs, kDepth);
  }

  // Weights of a register tile: [step][piece][row][word].
  static int64_t weightWords(int64_t rows) { return rows * kWords; }
  /// Words of a register tile; a step has kCount * weightWords(rows).
  static int64_t tileWords(int64_t inputs, int64_t rows) {
    return steps(inputs) * kCount * weightWords(rows);
  }

  // A panel: [step][piece][word][column].
  static int64_t panelWords(int64_t columns) { return kWords * columns; }
  /// Words for each input channel, so that a panel of (input channel, word)
  /// holds them all.
  static int64_t panelWidth(int64_t inputs, int64_t columns) {
    return llvm::divideCeil(steps(inputs) * kCount * panelWords(columns),
                            inputs);
  }
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_PIECES_H
