// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// x in shared memory for tensor cores on 16-bit types: copied once for a chunk
// of input channels, and read by all taps.
#ifndef TCONV_COMPILER_TARGET_NVPTX_INPUTROWS_H
#define TCONV_COMPILER_TARGET_NVPTX_INPUTROWS_H

#include "compiler/Target/NVPTX/DeviceEmitter.h"

namespace mlir::tconv {

/// A buffer has a row for each position of the block, and before them for
/// `halo` earlier ones; a row is `depth` input channels, so that a tap's shift
/// is a number of rows and ldmatrix stays aligned. Eights of channels are
/// permuted so that eight neighbouring rows lie in different banks.
class InputRows {
public:
  /// `x` points to the group's first channel, `stride` bytes apart.
  InputRows(DeviceEmitter &e, const DeviceTile &tile, int64_t halo,
            int64_t groupInputs, Value x, Value stride, Value length,
            Value thread);

  /// Loads what this thread copies of the channels from `channel` on, row 0
  /// being position `start`. Zeros where there is no x, and for channels that a
  /// tap's chunk before had.
  SmallVector<Value> load(Value channel, Value start);
  /// Puts it into the buffer at `buffer`.
  void store(ValueRange values, Value buffer);

  /// Elements that `load` gives.
  int64_t elements() const { return eights_.size() * kEight + singles_.size(); }
  int64_t rows() const { return tile_.positions() + halo_; }
  /// Of a buffer.
  int64_t bytes() const { return rows() * tile_.depth * 2; }

  /// Where eight channels lie in a row, counted in eights.
  static Value permute(DeviceEmitter &e, const DeviceTile &tile, Value row,
                       Value eight);

private:
  static constexpr int64_t kEight = 8;
  /// Where an element is, from a buffer's start.
  Value place(Value buffer, Value row, Value channel);

  DeviceEmitter &e_;
  DeviceTile tile_;
  int64_t halo_, groupInputs_;
  Value x_, stride_, length_, thread_;
  /// What this thread copies: row and eight, row and channel.
  SmallVector<std::pair<Value, Value>> eights_, singles_;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_INPUTROWS_H
