// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "layer/batch_fold.h"

#include <algorithm>

#include "layer/layer.h"
#include "support/divide.h"

using namespace tconv;

/// Columns of room that are worth it for an item of so many columns. What
/// weights cost that are read again, more than what a tile does that isn't
/// full: of a few columns alone.
static int64_t mostRoom(int64_t columns, bool readAgain) {
  if (readAgain)
    return std::max<int64_t>(columns / 4, 3);
  return columns <= 4 ? 1 : 0;
}

ItemRoom tconv::itemRoom(const tconv_params &params) {
  // Output t of the general form, of tap k, reads x at
  // (t + crop - k * dilation) / stride.
  int64_t crop = generalForm(params).cropBegin, stride = params.stride;
  int64_t skipped = crop / stride - (crop % stride < 0);
  int64_t reach = params.dilation * (params.kernel_size - 1) / stride;
  ItemRoom room;
  if (__builtin_sub_overflow(reach, skipped, &room.before))
    room.granule = 0;
  room.after = std::max<int64_t>(skipped, 0);
  return room;
}

int64_t tconv::itemDistance(int64_t batch, int64_t length, int64_t positions,
                            const ItemRoom &room, bool readAgain) {
  int64_t ofX, distance, all;
  if (batch <= 1 || room.granule < 1 ||
      __builtin_add_overflow(length, room.before, &ofX) ||
      __builtin_add_overflow(positions, room.after, &distance))
    return 0;
  int64_t columns = divideCeil(positions, room.granule);
  int64_t apart =
      divideCeil(std::max({ofX, distance, positions}), room.granule);
  if (apart - columns > mostRoom(columns, readAgain) ||
      __builtin_mul_overflow(apart, room.granule, &distance) ||
      __builtin_mul_overflow(batch, distance, &all))
    return 0;
  return distance;
}
