// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// When the items of a batch lie one after the other along the positions, so
// that short ones share tiles and read the weights together.
#ifndef TCONV_SRC_LAYER_BATCH_FOLD_H
#define TCONV_SRC_LAYER_BATCH_FOLD_H

#include <cstdint>

#include "tconv/tconv.h"

namespace tconv {

/// What lies between two items: see tconv_kernel's item_before and the others.
struct ItemRoom {
  int64_t before = 0;
  int64_t after = 0;
  int64_t granule = 1; ///< 0: nothing can lie one after the other
};

/// The room that the taps need, whatever the kernel.
ItemRoom itemRoom(const tconv_params &params);

/// How many positions apart items of `length` elements of x and of `positions`
/// lie, or 0 where each had better have blocks of its own: where there is one,
/// where the room between them is too much, or where their number doesn't fit.
/// @param readAgain whether each item in blocks of its own would bring the
/// weights anew, from beyond the nearer caches: that is worth some room
int64_t itemDistance(int64_t batch, int64_t length, int64_t positions,
                     const ItemRoom &room, bool readAgain);

} // namespace tconv

#endif // TCONV_SRC_LAYER_BATCH_FOLD_H
