// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Halide/Wrapper.h"

#include "compiler/Transforms/Emitter.h"
#include "tconv/kernel_abi.h"

using namespace mlir;
using namespace mlir::tconv;
using namespace mlir::tconv::halide;

namespace {

// halide_buffer_t and halide_dimension_t, in bytes. Fixed by Halide's ABI for
// pointers of 64 bits.
constexpr int64_t kHostOffset = 16, kTypeOffset = 32, kDimensionsOffset = 36,
                  kDimOffset = 40, kBufferBytes = 56;
constexpr int64_t kDimensionBytes = 16;
/// halide_type_t(halide_type_float, 32, 1)
constexpr int32_t kFloat32 = 2 | 32 << 8 | 1 << 16;
/// Bytes of what the allocator in Link.cpp knows of a call.
constexpr int64_t kArenaBytes = 16;

/// Fills a halide_buffer_t on the stack, whose dimensions lie behind it.
class BufferBuilder {
public:
  BufferBuilder(Emitter &e, int64_t dimensions) : e(e) {
    Type ptr = LLVM::LLVMPointerType::get(e.b.getContext());
    int64_t bytes = kBufferBytes + dimensions * kDimensionBytes;
    Value count = LLVM::ConstantOp::create(e.b, e.loc, e.b.getI64Type(),
                                           e.b.getI64IntegerAttr(bytes));
    pointer = LLVM::AllocaOp::create(e.b, e.loc, ptr, e.b.getI8Type(), count,
                                     /*alignment=*/16);
    for (int64_t at = 0; at < bytes; at += 8)
      store(at, i64(0));
    store(kTypeOffset, i32(kFloat32));
    store(kDimensionsOffset, i32(static_cast<int32_t>(dimensions)));
    store(kDimOffset, at(kBufferBytes));
  }

  void setHost(Value address) {
    Value wide =
        arith::IndexCastOp::create(e.b, e.loc, e.b.getI64Type(), address);
    store(kHostOffset,
          LLVM::IntToPtrOp::create(
              e.b, e.loc, LLVM::LLVMPointerType::get(e.b.getContext()), wide));
  }
  void setDimension(int64_t dimension, Value min, Value extent, Value stride) {
    int64_t base = kBufferBytes + dimension * kDimensionBytes;
    int64_t offset = 0;
    for (Value value : {min, extent, stride}) {
      store(base + offset,
            arith::IndexCastOp::create(e.b, e.loc, e.b.getI32Type(), value));
      offset += 4;
    }
  }

  Value pointer;

private:
  Value at(int64_t offset) {
    return LLVM::GEPOp::create(
        e.b, e.loc, LLVM::LLVMPointerType::get(e.b.getContext()),
        e.b.getI8Type(), pointer,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
  }
  void store(int64_t offset, Value value) {
    LLVM::StoreOp::create(e.b, e.loc, value, at(offset));
  }
  Value i64(int64_t value) {
    return LLVM::ConstantOp::create(e.b, e.loc, e.b.getI64Type(),
                                    e.b.getI64IntegerAttr(value));
  }
  Value i32(int32_t value) {
    return LLVM::ConstantOp::create(e.b, e.loc, e.b.getI32Type(),
                                    e.b.getI32IntegerAttr(value));
  }

  Emitter &e;
};

/// Output channels [channel, channel + channels) of the groups [group, group +
/// groups).
struct Channels {
  Value group, groups, channel, channels;
};

class Wrapper {
public:
  Wrapper(func::FuncOp layer, const Phases &phases, const Plan &plan,
          int64_t workspaceBytes)
      : layer(layer), phases(phases), plan(plan), b(layer.getContext()),
        e(b, layer.getLoc()),
        tiled(plan.kind == Kind::positions || plan.kind == Kind::rows),
        parts(llvm::divideCeil(phases.outputs, plan.channels)),
        pipelineBytes(workspaceBytes) {}

  LogicalResult build(StringRef callee) {
    // What is computed beside y, in floats.
    int64_t edge = splitsEdges(plan) ? plan.tile : plan.positions();
    int64_t sizes[] = {phases.stride, edge, plan.channels, plan.groups,
                       int64_t(sizeof(float))};
    int64_t bytes = 1;
    for (int64_t size : sizes)
      if (llvm::MulOverflow(bytes, size, bytes))
        return layer.emitError("the workspace does not fit 64 bits");
    besideBytes = llvm::alignTo(bytes, TCONV_KERNEL_ALIGNMENT);
    if (llvm::AddOverflow(besideBytes, pipelineBytes, bytes))
      return layer.emitError("the workspace does not fit 64 bits");

    auto module = layer->getParentOfType<ModuleOp>();
    declare(module, callee);
    Type index = b.getIndexType();
    auto workspaceType = MemRefType::get({bytes}, b.getI8Type());
    unsigned last = layer.getNumArguments();
    if (failed(layer.insertArguments(
            {last, last, last}, {index, index, workspaceType},
            {DictionaryAttr(), DictionaryAttr(), DictionaryAttr()},
            {e.loc, e.loc, e.loc})))
      return failure();
    auto number = [&](StringRef name, int64_t value) {
      layer->setAttr(("tconv." + name).str(), b.getI64IntegerAttr(value));
    };
    number("workspace_bytes", bytes);
    number("task_positions", plan.positions());
    number("task_columns", taskColumns(phases, plan));

    b.setInsertionPoint(layer.front().getTerminator());
    emitBody();
    return success();
  }

private:
  void declare(ModuleOp module, StringRef name) {
    OpBuilder at = OpBuilder::atBlockEnd(module.getBody());
    Type ptr = LLVM::LLVMPointerType::get(b.getContext());
    // The context, x, weights, the bias if there is one, y.
    size_t weights = plan.kind == Kind::phases ? 1 : phases.sections.size();
    SmallVector<Type> types(3 + weights + phases.hasBias, ptr);
    auto type = LLVM::LLVMFunctionType::get(b.getI32Type(), types);
    callee = LLVM::LLVMFuncOp::create(at, e.loc, name, type,
                                      LLVM::Linkage::External);
  }

  void emitBody() {
    Block &block = layer.front();
    bool hasBias = phases.hasBias;
    x = block.getArgument(0);
    y = block.getArgument(2 + hasBias);
    workspace = block.getArgument(5 + hasBias);
    auto address = [&](Value buffer) -> Value {
      return memref::ExtractAlignedPointerAsIndexOp::create(b, e.loc, buffer);
    };
    xAddress = address(x);
    yAddress = address(y);
    workspaceAddress = address(workspace);
    weightsAddress = address(block.getArgument(1));
    if (hasBias)
      biasAddress = address(block.getArgument(2));
    auto xMeta = memref::ExtractStridedMetadataOp::create(b, e.loc, x);
    auto yMeta = memref::ExtractStridedMetadataOp::create(b, e.loc, y);
    xStrides = llvm::to_vector_of<Value>(xMeta.getStrides());
    yStrides = llvm::to_vector_of<Value>(yMeta.getStrides());
    length = e.size(x, 2);
    outputLength = e.size(y, 2);
    makeBuffers();

    Value begin = block.getArgument(3 + hasBias);
    Value end = block.getArgument(4 + hasBias);
    int64_t columns = taskColumns(phases, plan);
    Value positions = ceilDiv(e.add(outputLength, phases.crop), phases.stride);
    Value blocks = ceilDiv(positions, plan.positions());
    e.loop(e.div(begin, columns), ceilDiv(end, columns), 1, [&](Value at) {
      batch = arith::DivUIOp::create(b, e.loc, at, blocks);
      Value inBatch = arith::RemUIOp::create(b, e.loc, at, blocks);
      first = e.mul(inBatch, plan.positions());
      Value count = e.min(e.sub(positions, first), e.index(plan.positions()));
      tiles = ceilDiv(count, plan.tile);
      // The first and the last block may be shared with other threads.
      Value base = e.mul(at, columns);
      auto column = [&](Value task) {
        return e.min(e.max(e.sub(task, base), e.index(0)), e.index(columns));
      };
      emitColumns(column(begin), column(end));
    });
  }

  /// Some columns of a block of positions: those that read the same x in one
  /// call.
  void emitColumns(Value firstColumn, Value lastColumn) {
    if (plan.groups > 1 || plan.channels == phases.outputs) {
      if (!tiled && plan.kind != Kind::planar) {
        Value group = e.mul(firstColumn, plan.groups);
        Value end =
            e.min(e.mul(lastColumn, plan.groups), e.index(phases.groups));
        e.ifThen(e.less(group, end), [&] {
          // No more than a task's at once: what is computed beside y has no
          // room for more.
          e.loop(group, end, plan.groups, [&](Value from) {
            emitBlock({from, e.min(e.sub(end, from), e.index(plan.groups)),
                       e.index(0), e.index(phases.outputs)});
          });
        });
        return;
      }
      e.loop(firstColumn, lastColumn, 1, [&](Value column) {
        emitBlock({e.mul(column, plan.groups), e.index(plan.groups), e.index(0),
                   e.index(phases.outputs)});
      });
      return;
    }
    e.loop(
        e.div(firstColumn, parts), ceilDiv(lastColumn, parts), 1,
        [&](Value group) {
          Value base = e.mul(group, parts);
          auto channel = [&](Value column) {
            Value part =
                e.min(e.max(e.sub(column, base), e.index(0)), e.index(parts));
            return e.min(e.mul(part, plan.channels), e.index(phases.outputs));
          };
          Value from = channel(firstColumn), to = channel(lastColumn);
          if (plan.kind != Kind::planar)
            return emitBlock({group, e.index(1), from, e.sub(to, from)});
          e.loop(from, to, plan.channels, [&](Value part) {
            emitBlock({group, e.index(1), part, e.index(plan.channels)});
          });
        });
  }

  /// A block of positions of some channels.
  void emitBlock(const Channels &channels) {
    Value zero = e.index(0);
    if (plan.kind == Kind::planar)
      return emitBeside(channels, zero, tiles);
    // Output of phase 0 of the block's first position.
    Value start = e.add(e.mul(first, phases.stride), -phases.crop);
    int64_t step = phases.stride * plan.tile;
    // Tiles before this one lie inside y or begin before it.
    Value inside =
        e.min(e.div(e.max(e.sub(outputLength, start), zero), step), tiles);
    Value head = zero;
    if (phases.crop > 0)
      head = e.min(e.select(e.less(start, zero), e.index(1), zero), tiles);
    if (!splitsEdges(plan)) {
      Value whole = e.both(e.compare(arith::CmpIPredicate::eq, head, zero),
                           e.atMost(tiles, inside));
      e.ifElse(
          whole, [&] { emitDirect(channels, zero, tiles); },
          [&] { emitBeside(channels, zero, tiles); });
      return;
    }
    inside = e.max(inside, head);
    e.ifThen(e.less(head, inside),
             [&] { emitDirect(channels, head, e.sub(inside, head)); });
    // Both ends by the same code: one tile each, or none.
    if (phases.crop == 0)
      return e.loop(inside, tiles, 1, [&](Value tile) {
        emitBeside(channels, tile, e.index(1));
      });
    Value edges = e.add(head, e.sub(tiles, inside));
    e.loop(zero, edges, 1, [&](Value edge) {
      Value tile =
          e.select(e.less(edge, head), zero, e.add(inside, e.sub(edge, head)));
      emitBeside(channels, tile, e.index(1));
    });
  }

  /// Tiles that lie inside y.
  void emitDirect(const Channels &channels, Value tile, Value count) {
    Value position = e.add(first, e.mul(tile, plan.tile));
    Value t = e.add(e.mul(position, phases.stride), -phases.crop);
    Value channel =
        e.add(e.mul(channels.group, phases.outputs), channels.channel);
    Value at =
        e.add(e.add(e.mul(batch, yStrides[0]), e.mul(channel, yStrides[1])), t);
    emitCall(channels, position, count, floatAt(yAddress, at), yStrides[1]);
  }

  /// Tiles of which a part may lie outside y: computed in the workspace, a
  /// task's channels at a time, and copied.
  void emitBeside(const Channels &channels, Value tile, Value count) {
    Value position = e.add(first, e.mul(tile, plan.tile));
    int64_t edge = splitsEdges(plan) ? plan.tile : plan.positions();
    int64_t row = edge * phases.stride;
    auto part = [&](Value channel, Value size) {
      Channels some = {channels.group, channels.groups, channel, size};
      emitCall(some, position, count, workspaceAddress, e.index(row));
      copy(some, position, count, row);
    };
    Value end = e.add(channels.channel, channels.channels);
    e.loop(channels.channel, end, plan.channels, [&](Value channel) {
      part(channel, e.min(e.sub(end, channel), e.index(plan.channels)));
    });
  }

  /// From the workspace, whose rows are `row` floats apart, to y.
  void copy(const Channels &channels, Value position, Value count,
            int64_t row) {
    auto type =
        MemRefType::get({besideBytes / int64_t(sizeof(float))}, b.getF32Type());
    Value beside = memref::ViewOp::create(b, e.loc, type, workspace, e.index(0),
                                          ValueRange());
    Value start = e.add(e.mul(position, phases.stride), -phases.crop);
    Value low = e.max(e.sub(e.index(0), start), e.index(0));
    Value high = e.min(e.mul(count, plan.tile * phases.stride),
                       e.sub(outputLength, start));
    e.loop(e.index(0), channels.groups, 1, [&](Value g) {
      e.loop(e.index(0), channels.channels, 1, [&](Value c) {
        Value group = e.add(channels.group, g);
        Value channel =
            e.add(e.mul(group, phases.outputs), e.add(channels.channel, c));
        // Groups lie as many rows apart as a call has channels of each.
        Value from = e.mul(e.add(e.mul(g, channels.channels), c), row);
        if (plan.kind == Kind::planar)
          return copyPlanar(beside, from, channel, start);
        copyRow(beside, from, channel, start, low, high);
      });
    });
  }

  void copyRow(Value beside, Value from, Value channel, Value start, Value low,
               Value high) {
    int64_t lanes = plan.lanes;
    Value vectors = e.add(
        low, e.mul(e.div(e.max(e.sub(high, low), e.index(0)), lanes), lanes));
    e.loop(low, vectors, lanes, [&](Value i) {
      e.storeVector(e.loadVector(lanes, beside, {e.add(from, i)}), y,
                    {batch, channel, e.add(start, i)});
    });
    e.loop(vectors, high, 1, [&](Value i) {
      e.store(e.load(beside, {e.add(from, i)}), y,
              {batch, channel, e.add(start, i)});
    });
  }

  /// Phase by phase, as they lie.
  void copyPlanar(Value beside, Value from, Value channel, Value start) {
    int64_t positions = plan.positions();
    e.loop(positions, [&](Value q) {
      e.loop(phases.stride, [&](Value p) {
        Value t = e.add(e.add(start, e.mul(q, phases.stride)), p);
        Value inside = e.both(e.atMost(e.index(0), t), e.less(t, outputLength));
        e.ifThen(inside, [&] {
          Value at = e.add(from, e.add(e.mul(p, positions), q));
          e.store(e.load(beside, {at}), y, {batch, channel, t});
        });
      });
    });
  }

  void makeBuffers() {
    auto make = [&](int64_t dimensions) {
      buffers.emplace_back(e, dimensions);
      return &buffers.back();
    };
    buffers.reserve(3 + phases.sections.size());
    Type ptr = LLVM::LLVMPointerType::get(b.getContext());
    Value size = LLVM::ConstantOp::create(b, e.loc, b.getI64Type(),
                                          b.getI64IntegerAttr(kArenaBytes));
    arena = LLVM::AllocaOp::create(b, e.loc, ptr, b.getI8Type(), size, 8);
    xBuffer = make(2);
    if (plan.kind == Kind::phases)
      make(1);
    else
      for (size_t i = 0; i < phases.sections.size(); ++i)
        make(4);
    if (phases.hasBias)
      biasBuffer = make(1);
    yBuffer = make(tiled || plan.kind == Kind::planar ? 4 : 5);
  }

  /// Calls the pipeline for `count` tiles of positions from `position` on.
  /// `target` is where phase 0 of the first one goes, `rowStride` the distance
  /// of the next channel's.
  void emitCall(const Channels &channels, Value position, Value count,
                Value target, Value rowStride) {
    Value zero = e.index(0), one = e.index(1);
    int64_t stride = phases.stride;
    Value groups = channels.groups;
    // x, counted from the first of the positions.
    Value input = e.mul(channels.group, phases.inputs);
    xBuffer->setHost(floatAt(
        xAddress, e.add(e.mul(batch, xStrides[0]), e.mul(input, xStrides[1]))));
    xBuffer->setDimension(0, e.sub(zero, position), length, one);
    xBuffer->setDimension(1, zero, e.mul(groups, phases.inputs), xStrides[1]);
    setWeights(channels);
    Value output =
        e.add(e.mul(channels.group, phases.outputs), channels.channel);
    if (biasBuffer) {
      biasBuffer->setHost(floatAt(biasAddress, output));
      biasBuffer->setDimension(0, zero, e.mul(groups, phases.outputs), one);
    }
    yBuffer->setHost(target);
    // Computed beside y, a group has as many rows as the call has channels.
    Value groupStride = e.mul(rowStride, channels.channels);
    if (plan.kind == Kind::planar) {
      int64_t positions = plan.positions();
      yBuffer->setDimension(0, zero, e.index(positions), one);
      yBuffer->setDimension(1, zero, e.index(stride), e.index(positions));
      yBuffer->setDimension(2, zero, channels.channels, rowStride);
      yBuffer->setDimension(3, zero, groups, groupStride);
    } else {
      int64_t step = stride * plan.tile;
      yBuffer->setDimension(0, zero, e.index(stride), one);
      yBuffer->setDimension(1, zero, e.index(plan.tile), e.index(stride));
      yBuffer->setDimension(2, zero, count, e.index(step));
      yBuffer->setDimension(3, zero, channels.channels, rowStride);
      if (!tiled)
        yBuffer->setDimension(4, zero, groups, groupStride);
    }
    // The allocations of the pipeline lie behind what is computed beside y.
    auto toI64 = [&](Value value) {
      return arith::IndexCastOp::create(b, e.loc, b.getI64Type(), value);
    };
    LLVM::StoreOp::create(b, e.loc, toI64(e.add(workspaceAddress, besideBytes)),
                          arena);
    Value last = LLVM::GEPOp::create(b, e.loc, arena.getType(), b.getI8Type(),
                                     arena, ArrayRef<LLVM::GEPArg>{8});
    LLVM::StoreOp::create(b, e.loc, toI64(zero), last);
    SmallVector<Value> operands = {arena};
    for (BufferBuilder &buffer : buffers)
      operands.push_back(buffer.pointer);
    LLVM::CallOp::create(b, e.loc, callee, operands);
  }

  void setWeights(const Channels &channels) {
    Value zero = e.index(0), one = e.index(1);
    int64_t group = groupElements(phases, plan.rows);
    Value base = e.mul(channels.group, group);
    auto at = [&](Value offset) {
      return floatAt(weightsAddress, e.add(base, offset));
    };
    if (plan.kind == Kind::phases) {
      buffers[1].setHost(at(zero));
      buffers[1].setDimension(0, zero, e.mul(channels.groups, group), one);
      return;
    }
    for (auto [i, section] : llvm::enumerate(phases.sections)) {
      BufferBuilder &buffer = buffers[1 + i];
      auto count = static_cast<int64_t>(section.phases.size());
      int64_t rowElements = section.taps * phases.inputs;
      // Whole tiles: chunks of channels are made of them.
      buffer.setHost(at(e.add(e.mul(channels.channel, count * rowElements),
                              section.weightsOffset)));
      if (tiled) {
        Value rows = e.mul(channels.channels, count);
        buffer.setDimension(0, zero, e.index(plan.rows), one);
        buffer.setDimension(1, zero, e.index(section.taps), e.index(plan.rows));
        buffer.setDimension(2, zero, e.index(phases.inputs),
                            e.index(plan.rows * section.taps));
        buffer.setDimension(3, zero, ceilDiv(rows, plan.rows),
                            e.index(plan.rows * rowElements));
        continue;
      }
      buffer.setDimension(0, zero, e.index(section.taps), one);
      buffer.setDimension(1, zero, e.index(phases.inputs),
                          e.index(section.taps));
      buffer.setDimension(2, zero, e.mul(channels.channels, count),
                          e.index(rowElements));
      buffer.setDimension(3, zero, channels.groups, e.index(group));
    }
  }

  Value floatAt(Value address, Value elements) {
    return e.add(address, e.mul(elements, sizeof(float)));
  }
  Value ceilDiv(Value value, int64_t by) {
    return e.div(e.add(value, by - 1), by);
  }

  func::FuncOp layer;
  const Phases &phases;
  const Plan &plan;
  OpBuilder b;
  Emitter e;
  bool tiled;
  int64_t parts, pipelineBytes, besideBytes = 0;
  LLVM::LLVMFuncOp callee;
  std::vector<BufferBuilder> buffers; ///< in the order of the arguments
  BufferBuilder *xBuffer = nullptr, *biasBuffer = nullptr, *yBuffer = nullptr;
  Value arena;
  Value x, y, workspace, length, outputLength;
  Value xAddress, yAddress, workspaceAddress, weightsAddress, biasAddress;
  SmallVector<Value> xStrides, yStrides;
  Value batch, first, tiles; // of a block
};

} // namespace

Phases mlir::tconv::halide::phasesOf(PhasesOp op, int64_t rows) {
  DecompositionAttr map = op.getDecomposition();
  Phases phases;
  phases.stride = map.getStride();
  phases.crop = map.getCrop();
  phases.shiftStep = map.getShiftStep();
  phases.groups = static_cast<int64_t>(op.getGroups());
  phases.inputs = op.getGroupInputs();
  phases.outputs = op.getGroupOutputs();
  phases.minShift = map.getMinShift();
  phases.maxShift = map.getMaxShift();
  phases.hasBias = static_cast<bool>(op.getBias());
  // All channels of a group in one block.
  auto packing = PackingAttr::get(op.getContext(), phases.outputs, rows);
  PackedLayout layout(map, packing, phases.groups, phases.inputs,
                      phases.outputs);
  for (const PackedSection &packed : layout.sections()) {
    ArrayRef<int64_t> numbers = packed.section.getPhases();
    phases.sections.push_back({{numbers.begin(), numbers.end()},
                               packed.section.getTaps(),
                               packed.section.getShift(),
                               packed.weightsOffset});
  }
  return phases;
}

int64_t mlir::tconv::halide::taskColumns(const Phases &phases,
                                         const Plan &plan) {
  if (plan.channels == phases.outputs)
    return llvm::divideCeil(phases.groups, plan.groups);
  return phases.groups * llvm::divideCeil(phases.outputs, plan.channels);
}

bool mlir::tconv::halide::splitsEdges(const Plan &plan) {
  // Another pass over the weights would cost more than the copying.
  return plan.kind != Kind::rows && plan.kind != Kind::planar;
}

LogicalResult mlir::tconv::halide::wrapPipeline(func::FuncOp layer,
                                                const Phases &phases,
                                                const Plan &plan,
                                                StringRef callee,
                                                int64_t workspaceBytes) {
  return Wrapper(layer, phases, plan, workspaceBytes).build(callee);
}
