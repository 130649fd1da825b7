// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDPACKWEIGHTSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

/// Packs one section of one block of channels: `base` is its first element,
/// `firstInput` and `firstOutput` the channels that it begins with.
static void packSection(Emitter &e, PackWeightsOp op,
                        const PackedLayout &layout, const PackedSection &packed,
                        Value base, Value firstInput, Value firstOutput) {
  auto module = op->getParentOfType<ModuleOp>();
  auto weight = cast<MemRefType>(op.getWeight().getType());
  int64_t groupInputs = weight.getDimSize(0) / op.getGroups();
  int64_t groupOutputs = weight.getDimSize(1);
  int64_t phases = packed.section.getPhases().size();
  int64_t taps = packed.section.getTaps(), rows = layout.rows();
  int64_t tapStep = op.getDecomposition().getTapStep();
  int64_t tileElements = groupInputs * taps * rows;

  e.loop(packed.tiles * rows, [&](Value row) {
    Value block = e.div(row, phases);
    Value output = e.add(firstOutput, block);
    Value firstTap =
        e.lookUp(module, packed.section.getFirstTaps(), e.rem(row, phases));
    Value real = e.both(e.less(block, e.index(layout.channels())),
                        e.less(output, e.index(groupOutputs)));
    Value first = e.add(e.add(base, e.mul(e.div(row, rows), tileElements)),
                        e.rem(row, rows));
    auto fill = [&](function_ref<Value(Value, Value)> value) {
      e.loop(groupInputs, [&](Value input) {
        e.loop(taps, [&](Value tap) {
          Value at =
              e.mul(e.add(e.mul(input, taps), tap), rows);
          e.store(value(input, tap), op.getInit(), {e.add(first, at)});
        });
      });
    };
    e.ifElse(
        real,
        [&] {
          fill([&](Value input, Value tap) {
            return e.load(op.getWeight(),
                          {e.add(firstInput, input), output,
                           e.add(firstTap, e.mul(tap, tapStep))});
          });
        },
        [&] { fill([&](Value, Value) { return e.zero(); }); });
  });
}

static void expand(PackWeightsOp op) {
  OpBuilder b(op);
  Emitter e(b, op.getLoc());
  auto weight = cast<MemRefType>(op.getWeight().getType());
  int64_t groupInputs = weight.getDimSize(0) / op.getGroups();
  PackedLayout layout(op.getDecomposition(), op.getPacking(), op.getGroups(),
                      groupInputs, weight.getDimSize(1));
  e.loop(op.getGroups(), [&](Value group) {
    e.loop(layout.blocks(), [&](Value block) {
      Value base = e.mul(e.add(e.mul(group, layout.blocks()), block),
                         layout.blockElements());
      for (const PackedSection &packed : layout.sections())
        packSection(e, op, layout, packed, e.add(base, packed.weightsOffset),
                    e.mul(group, groupInputs),
                    e.mul(block, layout.channels()));
    });
  });
  op.erase();
}

namespace {
struct ExpandPackWeightsPass
    : tconv::impl::ExpandPackWeightsPassBase<ExpandPackWeightsPass> {
  using ExpandPackWeightsPassBase::ExpandPackWeightsPassBase;
  void runOnOperation() override {
    WalkResult result = getOperation()->walk([&](PackWeightsOp op) {
      if (op.onTensors()) {
        op.emitOpError("is expanded on buffers");
        return WalkResult::interrupt();
      }
      expand(op);
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
