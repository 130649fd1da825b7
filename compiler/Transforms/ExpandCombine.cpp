// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDCOMBINEPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

static LogicalResult expand(CombineOp op, int64_t lanes) {
  OpBuilder b(op);
  Emitter e(b, op.getLoc());
  Value scratch = op.getScratch();
  auto type = cast<MemRefType>(scratch.getType());
  bool alongPositions = op.getVectors() == VectorAxis::positions;
  PackedLayout layout(op.getDecomposition(), op.getPacking(), /*groups=*/1,
                      /*groupInputs=*/1, op.getPacking().getChannels());
  if (int64_t along = alongPositions ? type.getDimSize(1) : layout.rows();
      along % lanes != 0)
    return op.emitOpError() << "needs a multiple of " << lanes
                            << " lanes along its vectors, got " << along;
  for (const PackedSection &packed : layout.sections()) {
    int64_t taps = layout.filterTapsOf(packed.section);
    if (taps == 1) // its points are its outputs
      continue;
    FastFilter filter(layout.outputs(), taps);
    int64_t rows = packed.tiles * layout.rows();
    auto combine = [&](Value row, Value column) {
      auto at = [&](int64_t point) -> SmallVector<Value> {
        Value place =
            e.add(row, packed.firstTile * layout.rows() + point * rows);
        if (alongPositions)
          return {place, column};
        return {column, place};
      };
      SmallVector<Value> sums;
      for (int64_t t = 0; t < filter.points(); ++t)
        sums.push_back(e.loadVector(lanes, scratch, at(t)));
      for (int64_t j = 0; j < filter.outputs(); ++j) {
        SmallVector<double> factors;
        for (int64_t t = 0; t < filter.points(); ++t)
          factors.push_back(FastFilter::value(filter.output(j, t)));
        e.storeVector(linearCombination(e, factors, sums), scratch, at(j));
      }
    };
    if (alongPositions)
      e.loop(rows, [&](Value row) {
        e.loop(e.index(0), op.getColumns(), lanes,
               [&](Value column) { combine(row, column); });
      });
    else
      e.loop(op.getColumns(), [&](Value column) {
        e.loop(e.index(0), e.index(rows), lanes,
               [&](Value row) { combine(row, column); });
      });
  }
  op.erase();
  return success();
}

namespace {
struct ExpandCombinePass
    : tconv::impl::ExpandCombinePassBase<ExpandCombinePass> {
  using ExpandCombinePassBase::ExpandCombinePassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](CombineOp op) {
      return failed(expand(op, lanes)) ? WalkResult::interrupt()
                                       : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
