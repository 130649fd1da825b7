// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What one warp does of a tconv.block_product: its sums, and how a chunk of
// shared memory is multiplied into them.
#ifndef TCONV_COMPILER_TARGET_NVPTX_WARPPRODUCT_H
#define TCONV_COMPILER_TARGET_NVPTX_WARPPRODUCT_H

#include "compiler/Target/NVPTX/DeviceEmitter.h"

namespace mlir::tconv {

/// A chunk in shared memory is `depth` rows of weights (one column for each row
/// of the tile), then, but for 16-bit types on tensor cores, `depth` rows of x
/// (one column for each position), in the staged type; columns are permuted by
/// DeviceTile::swizzle.
class WarpProduct {
public:
  /// Emits what doesn't change from chunk to chunk.
  WarpProduct(DeviceEmitter &e, const DeviceTile &tile, Type staged,
              int64_t architecture, Value thread);

  /// Sums of a thread.
  static constexpr int64_t kSums = 64;

  /// Multiplies the chunk at `chunk` into the sums.
  SmallVector<Value> multiply(Value chunk, ValueRange sums);
  /// The same on tensor cores for 16-bit types: weights at `weights`, x in
  /// InputRows at `x`, the block's first position in row `firstRow`.
  SmallVector<Value> multiplyRows(Value weights, Value x, Value firstRow,
                                  ValueRange sums);

  /// Writes the sums of this warp to rows of `pitch` f32 in shared memory, the
  /// positions of its warp column from 0 on.
  void writeSums(Value shared, int64_t pitch, ValueRange sums);

  /// This warp's place along the positions.
  Value positionWarp() const { return positionWarp_; }

private:
  SmallVector<Value> multiplyFma(Value chunk, ValueRange sums);
  SmallVector<Value> multiplyTf32(Value chunk, ValueRange sums);
  /// One instruction: 16 rows by 8 positions. Operands are the registers of a
  /// fragment: pairs of 16-bit elements, or single ones.
  void mma(ArrayRef<Value> a, ArrayRef<Value> b, MutableArrayRef<Value> sums);
  void mmaBf16(ArrayRef<Value> a, ArrayRef<Value> b,
               MutableArrayRef<Value> sums);
  /// Four matrices of 8 x 8: a register of each.
  SmallVector<Value> loadMatrices(Value pointer, bool transpose);

  DeviceEmitter &e_;
  DeviceTile tile_;
  Type staged_;
  int64_t architecture_;
  Value lane_, rowWarp_, positionWarp_;
  /// Elements from a chunk's start.
  SmallVector<Value> weightOffsets_, xOffsets_;
  Value xRow_, xEight_; ///< of InputRows, which this lane loads
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_WARPPRODUCT_H
