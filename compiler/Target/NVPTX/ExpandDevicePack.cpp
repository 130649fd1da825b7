// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/TileLayout.h"
#include "compiler/Target/NVPTX/DeviceEmitter.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDDEVICEPACKPASS
#include "compiler/Target/NVPTX/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// Blocks that a grid has at most.
constexpr int64_t kMostBlocks = (int64_t(1) << 31) - 1;

struct ExpandDevicePackPass
    : tconv::impl::ExpandDevicePackPassBase<ExpandDevicePackPass> {
  using ExpandDevicePackPassBase::ExpandDevicePackPassBase;

  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation().walk([&](Operation *op) {
      if (isa<PackTilesOp, PackFiltersOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      auto tiles = dyn_cast<PackTilesOp>(op);
      if (failed(tiles ? expand(tiles) : expand(cast<PackFiltersOp>(op))))
        return signalPassFailure();
      op->erase();
    }
  }

private:
  struct Kernel {
    DeviceBuffer weight, packed;
    Value block, thread; ///< i64 and i32
    int64_t threads;
  };

  /// The kernel around a packing, which gets its number of blocks.
  FailureOr<Kernel> begin(DeviceEmitter &e, Operation *op, int64_t blocks) {
    auto func = op->getParentOfType<gpu::GPUFuncOp>();
    auto threads =
        func ? func->getAttrOfType<IntegerAttr>(kThreadsAttr) : IntegerAttr();
    if (!threads)
      return op->emitOpError("must be in a kernel of tconv-outline-device");
    if (blocks > kMostBlocks)
      return op->emitOpError("needs ")
             << blocks << " blocks, more than a grid has";
    func->setAttr(kBlockCountAttr, e.b.getI64IntegerAttr(blocks));
    FailureOr<DeviceBuffer> weight = deviceBuffer(op, op->getOperand(0));
    FailureOr<DeviceBuffer> packed = deviceBuffer(op, op->getOperand(1));
    if (failed(weight) || failed(packed))
      return failure();
    Value block =
        gpu::BlockIdOp::create(e.b, e.loc, gpu::Dimension::x).getResult();
    Value thread =
        gpu::ThreadIdOp::create(e.b, e.loc, gpu::Dimension::x).getResult();
    return Kernel{*weight, *packed, e.as(e.i64, block), e.as(e.i32, thread),
                  threads.getInt()};
  }

  LogicalResult expand(PackTilesOp op) {
    OpBuilder b(op);
    DeviceEmitter e(b, op.getLoc());
    auto type = cast<MemRefType>(op.getWeight().getType());
    DeviceTile tile = op.getTile();
    int64_t inputs = type.getDimSize(0) / op.getGroups(),
            outputs = type.getDimSize(1), kernel = type.getDimSize(2);
    TileLayout layout(op.getDecomposition(), tile, op.getGroups(), inputs,
                      outputs);
    int64_t columns = layout.columns().size();
    int64_t most = layout.mostTaps() * layout.tapChunks();
    FailureOr<Kernel> kernelOr = begin(e, op, op.getGroups() * columns * most);
    if (failed(kernelOr))
      return failure();
    Kernel k = *kernelOr;
    Type element = k.weight.element;
    Type raw = b.getIntegerType(element.getIntOrFloatBitWidth());

    // Block: group, column, chunk; columns with fewer taps leave some idle.
    Value block = e.as(e.i32, k.block);
    Value rest = e.div(block, most);
    Value chunk = e.sub(block, e.mul(rest, most));
    Value group = e.div(rest, columns);
    Value column = e.sub(rest, e.mul(group, columns));
    auto field = [&](int64_t TileColumn::*member) {
      return e.lookUp(layout.field(member), column);
    };
    Value chunks = e.mul(field(&TileColumn::taps), layout.tapChunks());
    e.ifThen(e.less(chunk, chunks), [&] {
      Value taps = layout.tapsInside() ? field(&TileColumn::taps)
                                       : e.int32(layout.tapChunks());
      Value outer = e.div(chunk, taps);
      Value inner = e.sub(chunk, e.mul(outer, taps));
      Value tap = layout.tapsInside() ? inner : outer;
      Value depth = e.mul(layout.tapsInside() ? outer : inner, tile.depth);
      Value firstInput = e.min(depth, e.int32(layout.lastChunk()));
      Value firstChannel = field(&TileColumn::firstChannel);
      Value channels = e.min(field(&TileColumn::channels),
                             e.sub(e.int32(outputs), firstChannel));
      Value phases = field(&TileColumn::phases);
      Value firstPhase = field(&TileColumn::firstPhase);
      Value target = e.mul(
          e.add(e.mul(e.as(e.i64, group), layout.groupChunks()),
                e.as(e.i64, e.add(field(&TileColumn::firstChunk), chunk))),
          layout.chunkElements());
      e.loop(k.thread, e.int32(layout.chunkElements()), e.int32(k.threads),
             [&](Value n) {
               Value deep = e.div(n, tile.rows());
               Value row = e.bitXor(e.rem(n, tile.rows()),
                                    e.swizzle(tile, deep, tile.rows()));
               Value channel = e.div(row, phases);
               Value phase = e.sub(row, e.mul(channel, phases));
               Value input = e.add(firstInput, deep);
               // Neither beyond the last one, nor in the chunk before.
               Value valid = e.both(e.less(channel, channels),
                                    e.inside(e.sub(input, depth),
                                             e.sub(e.int32(inputs), depth)));
               Value first =
                   e.lookUp(layout.firstTaps(), e.add(firstPhase, phase));
               Value k1 =
                   e.add(first, e.mul(tap, op.getDecomposition().getTapStep()));
               Value from =
                   e.add(e.mul(e.as(e.i64, e.add(e.mul(group, inputs), input)),
                               outputs),
                         e.as(e.i64, e.add(firstChannel, channel)));
               from = e.add(e.mul(from, kernel), e.as(e.i64, k1));
               from = e.select(valid, from, e.int64(0));
               Value bits = e.load(raw, e.address(k.weight.pointer, raw, from),
                                   /*readOnly=*/true);
               bits = e.select(valid, bits, e.integer(raw, 0));
               Value to = e.add(target, e.as(e.i64, n));
               store(e, tile, k.packed, element, bits, to);
             });
    });
    return success();
  }

  static void store(DeviceEmitter &e, const DeviceTile &tile,
                    const DeviceBuffer &packed, Type element, Value bits,
                    Value at) {
    if (tile.math == DeviceMath::mma) {
      e.store(bits, e.address(packed.pointer, bits.getType(), at));
      return;
    }
    Value value = e.toF32(bits, element);
    if (tile.math == DeviceMath::tf32)
      value = e.roundToTf32(value);
    e.store(value, e.address(packed.pointer, e.f32, at));
  }

  LogicalResult expand(PackFiltersOp op) {
    OpBuilder b(op);
    DeviceEmitter e(b, op.getLoc());
    auto type = cast<MemRefType>(op.getWeight().getType());
    int64_t inputs = type.getDimSize(0) / op.getGroups(),
            outputs = type.getDimSize(1), kernel = type.getDimSize(2);
    int64_t total = type.getNumElements();
    constexpr int64_t kThreads = 256; // tconv-outline-device's
    FailureOr<Kernel> kernelOr =
        begin(e, op, llvm::divideCeil(total, kThreads));
    if (failed(kernelOr))
      return failure();
    Kernel k = *kernelOr;
    Type raw = b.getIntegerType(k.weight.element.getIntOrFloatBitWidth());
    Value n = e.add(e.mul(k.block, k.threads), e.as(e.i64, k.thread));
    e.ifThen(e.less(n, e.int64(total)), [&] {
      Value rest = e.div(n, kernel);
      Value tap = e.sub(n, e.mul(rest, kernel));
      Value channel = e.div(rest, inputs);
      Value input = e.sub(rest, e.mul(channel, inputs));
      Value group = e.div(channel, outputs);
      Value output = e.sub(channel, e.mul(group, outputs));
      Value from =
          e.add(e.mul(e.add(e.mul(group, inputs), input), outputs), output);
      from = e.add(e.mul(from, kernel), tap);
      Value bits = e.load(raw, e.address(k.weight.pointer, raw, from),
                          /*readOnly=*/true);
      e.store(e.toF32(bits, k.weight.element),
              e.address(k.packed.pointer, e.f32, n));
    });
    return success();
  }
};

} // namespace
