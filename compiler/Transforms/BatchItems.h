// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loops over batch items that lie one after the other along the positions: the
// `items` of tconv.phases, tconv.pack_input, tconv.transform_input and
// tconv.epilogue.
#ifndef TCONV_COMPILER_TRANSFORMS_BATCHITEMS_H
#define TCONV_COMPILER_TRANSFORMS_BATCHITEMS_H

#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {

/// Some positions, or columns: what is counted is the caller's affair.
struct PositionRange {
  Value begin; ///< not before the first item
  Value count;
};

/// What some positions have of one item.
struct ItemPart {
  Value batch;  ///< of the item
  Value start;  ///< where the item begins
  Value begin;  ///< where its part begins
  Value offset; ///< the same, counted from the first of all positions
  Value count;  ///< of the part; less than 1 where it is empty
};

class BatchItems {
public:
  /// @param distance of the items; NULL where there is one
  /// @param batch of the first
  /// @param x or y: its axis 0 says how many items there are
  /// @param range all the positions that it will be asked for
  BatchItems(Emitter &e, Value distance, Value batch, Value tensor,
             PositionRange range);

  /// The item that the range begins in.
  ItemPart first();
  /// Every item's part of a range. The last item has all that follows it.
  void each(PositionRange range, function_ref<void(const ItemPart &)> body);
  /// Whether something holds for all of those parts; only with a distance.
  Value all(PositionRange range, function_ref<Value(const ItemPart &)> holds);

  /// Whether the range is of more than one; only with a distance.
  Value areSeveral() { return e.less(firstItem, lastItem); }

private:
  ItemPart partOf(Value item, PositionRange range);

  Emitter &e;
  Value distance, batch;
  PositionRange whole;
  Value firstItem, lastItem; ///< counted from `batch`
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_BATCHITEMS_H
