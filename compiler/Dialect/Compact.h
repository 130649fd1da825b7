// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How compact weights lie: block floating point, for kernels that wait for
// weights. Eight numbers n of 21 bits have one exponent, 22 bits a weight
// with its share. The eight are rows of one lane of eight vectors, all of the
// same input channel and tap: each is wrong by a part of the largest of them,
// which x multiplies by the same value, so that the error of an output stays
// a part of the largest sum of absolute products, whatever x is.
//
// A step, one input channel and tap of a tile of 128 rows, is 88 words:
//
//     [4][16]  upper 16 bits of n: vector 2i in the lower half, 2i + 1 above
//     [16]     lower 5 bits of the vectors 0 .. 5, from bit 5 * vector on;
//              bits 0 and 1 of vector 7 from bit 30 on
//     [16]     of 16 bits, two a word: the exponent in 8, the lower 5 bits of
//              vector 6, bits 2 .. 4 of vector 7
//
// A weight is n * 2^(exponent - 116); where all eight are zero so is the
// exponent's power of two. A weight that isn't zero never becomes zero, since
// x may be infinite.
#ifndef TCONV_COMPILER_DIALECT_COMPACT_H
#define TCONV_COMPILER_DIALECT_COMPACT_H

#include <cstdint>

namespace mlir::tconv {

struct Compact {
  /// Bits that a weight takes, and those of n with its sign.
  static constexpr int64_t kBits = 22, kNumberBits = 21;
  static constexpr int64_t kVectors = 8, kLanes = 16;
  static constexpr int64_t kRows = kVectors * kLanes;
  /// Words of 32 bits of a step.
  static constexpr int64_t kWords = kRows * kBits / 32;

  // Where the parts of a step begin, in words.
  static constexpr int64_t kLower = kVectors / 2 * kLanes;
  static constexpr int64_t kHalves = kLower + kLanes;

  /// Bits of n in the upper words, and below them.
  static constexpr int64_t kUpperBits = 16,
                           kLowerBits = kNumberBits - kUpperBits;
  /// Vectors whose lower bits lie in the lower words; of the others, the first
  /// one's lie with the exponent, from this bit on.
  static constexpr int64_t kLowerVectors = 6, kBitsAboveExponent = 8;
  /// Of the last vector: bits in the lower words, and their place there.
  static constexpr int64_t kSplitBits = 2, kSplitAt = 30;

  /// n is multiplied by 2^(exponent - this).
  static constexpr int64_t kBias = 116;

  /// Terms of a sum at least: the weights' rounding is then less than what a
  /// plain sum's errs by (docs/cost-model.md).
  static constexpr int64_t kLeastTerms = 2048;

  /// Vectors of rows that are multiplied at once, for so many positions: the
  /// more of them the less often the exponents are looked at, as long as the
  /// registers hold what makes the numbers beside the sums. With 24 sums, three
  /// of them lie in memory, and a step takes 52 cycles instead of 39.
  static constexpr int64_t vectorsFor(int64_t positions) {
    constexpr int64_t kMostSums = 20;
    int64_t vectors = kVectors;
    while (vectors > 1 && vectors * positions > kMostSums)
      vectors /= 2;
    return vectors;
  }
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_COMPACT_H
