// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/Emitter.h"

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
    // Column 0 reads x[start].
    Value done = e.mul(i, panelPositions);
    Value start = e.sub(e.add(op.getOrigin(), done), e.index(op.getMaxShift()));
    Value columns =
        e.min(e.add(e.sub(rounded, done), op.getSpan()), e.index(width));
    e.loop(inputs, [&](Value channel) {
      Value row = e.add(firstChannel, channel);
      copyPadded(e,
                 {x,
                  {op.getBatch(), row},
                  start,
                  length,
                  panel,
                  {i, channel},
                  columns},
                 lanes);
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
