// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDPACKWEIGHTSPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// What a row of a group of sections holds, for every row of its tiles: the
/// channel within the block (or as many as the block has, for padding) and the
/// first tap.
class RowTable {
public:
  RowTable(Emitter &e, ModuleOp module, const PackedLayout &layout,
           const PackedTapGroup &group)
      : e(e), module(module), sections(group.sections) {
    if (sections.size() == 1)
      return; // by arithmetic
    for (const PackedSection &packed : sections) {
      ArrayRef<int64_t> taps = packed.section.getFirstTaps();
      int64_t phases = taps.size();
      for (int64_t row = 0; row < packed.tiles * layout.rows(); ++row) {
        channels.push_back(std::min(row / phases, layout.channels()));
        firstTaps.push_back(taps[row % phases]);
      }
    }
  }
  Value channel(Value row) {
    if (channels.empty())
      return e.div(row, sections.front().section.getPhases().size());
    return e.lookUp(module, channels, row);
  }
  Value firstTap(Value row) {
    if (channels.empty()) {
      SectionAttr section = sections.front().section;
      return e.lookUp(module, section.getFirstTaps(),
                      e.rem(row, section.getPhases().size()));
    }
    return e.lookUp(module, firstTaps, row);
  }

private:
  Emitter &e;
  ModuleOp module;
  ArrayRef<PackedSection> sections;
  SmallVector<int64_t> channels, firstTaps;
};

} // namespace

/// Packs the sections of one number of taps of one block of channels: `base` is
/// their first element, `firstInput` and `firstOutput` the channels that the
/// block begins with.
static void packGroup(Emitter &e, PackWeightsOp op, const PackedLayout &layout,
                      const PackedTapGroup &group, Value base, Value firstInput,
                      Value firstOutput) {
  auto weight = cast<MemRefType>(op.getWeight().getType());
  int64_t groupInputs = weight.getDimSize(0) / op.getGroups();
  int64_t groupOutputs = weight.getDimSize(1);
  int64_t taps = group.taps, rows = layout.rows();
  int64_t tapStep = op.getDecomposition().getTapStep();
  int64_t tileElements = groupInputs * taps * rows;
  RowTable table(e, op->getParentOfType<ModuleOp>(), layout, group);

  e.loop(group.tiles * rows, [&](Value row) {
    Value channel = table.channel(row);
    Value output = e.add(firstOutput, channel);
    Value firstTap = table.firstTap(row);
    Value real = e.both(e.less(channel, e.index(layout.channels())),
                        e.less(output, e.index(groupOutputs)));
    Value first = e.add(e.add(base, e.mul(e.div(row, rows), tileElements)),
                        e.rem(row, rows));
    auto fill = [&](function_ref<Value(Value, Value)> value) {
      e.loop(groupInputs, [&](Value input) {
        e.loop(taps, [&](Value tap) {
          Value at = e.mul(e.add(e.mul(input, taps), tap), rows);
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

/// Rows that a table may have: more would be a kernel of gigabytes.
static constexpr int64_t kMostTableRows = int64_t(1) << 24;

static LogicalResult expand(PackWeightsOp op) {
  OpBuilder b(op);
  Emitter e(b, op.getLoc());
  auto weight = cast<MemRefType>(op.getWeight().getType());
  int64_t groupInputs = weight.getDimSize(0) / op.getGroups();
  PackedLayout layout(op.getDecomposition(), op.getPacking(), op.getGroups(),
                      groupInputs, weight.getDimSize(1));
  for (const PackedTapGroup &taps : layout.tapGroups())
    if (taps.sections.size() > 1 && taps.tiles > kMostTableRows / layout.rows())
      return op.emitOpError("needs a table of ")
             << taps.tiles << " tiles of " << layout.rows()
             << " rows, more than " << kMostTableRows;
  e.loop(op.getGroups(), [&](Value group) {
    e.loop(layout.blocks(), [&](Value block) {
      Value base = e.mul(e.add(e.mul(group, layout.blocks()), block),
                         layout.blockElements());
      for (const PackedTapGroup &taps : layout.tapGroups())
        packGroup(e, op, layout, taps, e.add(base, taps.weightsOffset),
                  e.mul(group, groupInputs), e.mul(block, layout.channels()));
    });
  });
  op.erase();
  return success();
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
      return failed(expand(op)) ? WalkResult::interrupt()
                                : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace
