// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/BatchItems.h"
#include "compiler/Transforms/PaddedCopy.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDPACKINPUTPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

static void expand(PackInputOp op, int64_t lanes) {
  OpBuilder b(op);
  Emitter e(b, op.getLoc());
  Value x = op.getX(), panel = op.getPanel();
  auto type = cast<MemRefType>(panel.getType());
  int64_t inputs = type.getDimSize(1), width = type.getDimSize(2);
  int64_t panelPositions = op.getPanelPositions(), granule = op.getGranule();

  Value length = e.size(x, 2);
  Value firstChannel = e.mul(op.getGroup(), inputs);
  Value rounded =
      e.mul(e.div(e.add(op.getPositions(), granule - 1), granule), granule);
  Value panels = e.div(e.add(rounded, panelPositions - 1), panelPositions);
  e.loop(panels, [&](Value i) {
    // Counted from the leftmost position that an item's first one reads.
    Value done = e.mul(i, panelPositions);
    PositionRange range = {
        e.add(op.getOrigin(), done),
        e.min(e.add(e.sub(rounded, done), op.getSpan()), e.index(width))};
    BatchItems items(e, op.getItems(), op.getBatch(), x, range);
    items.each(range, [&](const ItemPart &part) {
      Value start =
          e.sub(e.sub(part.begin, part.start), e.index(op.getMaxShift()));
      PaddedCopy row(e, start, length, part.count, lanes,
                     /*severalRows=*/true);
      e.loop(inputs, [&](Value channel) {
        row.copy(x, part.batch, e.add(firstChannel, channel),
                 {panel, {i, channel}, part.offset});
      });
    });
  });
  op.erase();
}

namespace {
struct ExpandPackInputPass
    : tconv::impl::ExpandPackInputPassBase<ExpandPackInputPass> {
  using ExpandPackInputPassBase::ExpandPackInputPassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    getOperation()->walk([&](PackInputOp op) { expand(op, lanes); });
  }
};
} // namespace
