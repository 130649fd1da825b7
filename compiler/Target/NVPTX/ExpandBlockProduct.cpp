// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/TileLayout.h"
#include "compiler/Schedule/GpuModel.h"
#include "compiler/Target/NVPTX/DirectSum.h"
#include "compiler/Target/NVPTX/InputRows.h"
#include "compiler/Target/NVPTX/WarpProduct.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDBLOCKPRODUCTPASS
#include "compiler/Target/NVPTX/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// f32 of a row of sums in shared memory: rows lie 4 banks apart.
constexpr int64_t kPitch = DeviceTile::kWarpPositions + 4;

class ProductEmitter {
public:
  ProductEmitter(DeviceEmitter &e, BlockProductOp op, const BlockArguments &in,
                 int64_t architecture)
      : e(e), op(op), in(in), architecture(architecture), tile(op.getTile()),
        layout(op.getDecomposition(), tile, op.getGroups(), op.getGroupInputs(),
               op.getGroupOutputs()),
        staged(stagedType(tile.math, in.x.element)),
        stagedBytes(staged.getIntOrFloatBitWidth() / 8),
        elementBytes(in.x.element.getIntOrFloatBitWidth() / 8),
        raw(e.b.getIntegerType(elementBytes * 8)) {}

  void emit() {
    thread = e.as(
        e.i32,
        gpu::ThreadIdOp::create(e.b, e.loc, gpu::Dimension::x).getResult());
    decodeColumn();
    shared = e.sharedMemory(sharedBytesOf(tile, layout, stagedBytes));
    locateInput();
    WarpProduct warp(e, tile, staged, architecture, thread);
    SmallVector<Value> sums =
        tile.math == DeviceMath::mma ? multiplyRows(warp) : multiply(warp);
    locateOutputs();
    storeSums(warp, sums);
    fillEmptyPhases();
  }

private:
  Value field(int64_t TileColumn::*member) {
    return e.lookUp(layout.field(member), inGroup);
  }

  void decodeColumn() {
    int64_t columns = layout.columns().size();
    inGroup = e.rem(in.column, columns);
    group = e.div(in.column, columns);
    taps = field(&TileColumn::taps);
    shift = e.as(e.i64, field(&TileColumn::shift));
    firstChannel = field(&TileColumn::firstChannel);
    channels = e.min(field(&TileColumn::channels),
                     e.sub(e.int32(op.getGroupOutputs()), firstChannel));
    phases = field(&TileColumn::phases);
    firstPhase = field(&TileColumn::firstPhase);
    chunks = e.mul(taps, layout.tapChunks());
    Value chunk = e.add(e.mul(e.as(e.i64, group), layout.groupChunks()),
                        e.as(e.i64, field(&TileColumn::firstChunk)));
    weights = byteAddress(in.weights.pointer,
                          e.mul(chunk, layout.chunkElements() * stagedBytes));
  }

  Value byteAddress(Value pointer, Value bytes) {
    return e.address(pointer, e.b.getI8Type(), bytes);
  }
  Value byteAddress(Value pointer, int64_t bytes) {
    return e.address(pointer, e.b.getI8Type(), bytes);
  }

  //===--------------------------------------------------------------------===//
  // From global memory to shared memory
  //===--------------------------------------------------------------------===//

  /// What a thread has loaded and not yet put into shared memory.
  struct Pending {
    SmallVector<Value> weights, x;
  };

  bool asyncX() const { return tile.async && elementBytes == 4; }

  void locateInput() {
    xStride = e.mul(in.x.channelStride, elementBytes);
    Value channel = e.as(e.i64, e.mul(group, op.getGroupInputs()));
    x = byteAddress(in.x.pointer, e.add(e.mul(in.batch, e.mul(in.x.batchStride,
                                                              elementBytes)),
                                        e.mul(channel, xStride)));
  }

  void prepareCopies() {
    int64_t units = tile.positions(), threads = tile.threads();
    rowsAtOnce = std::max<int64_t>(threads / units, 1);
    unitsEach = std::max<int64_t>(units / threads, 1);
    Value row = e.div(thread, units);
    Value column = e.rem(thread, units);
    firstRow = row;
    for (int64_t j = 0; j < unitsEach; ++j) {
      Value at = e.add(column, j * threads);
      positions.push_back(e.add(in.position, e.as(e.i64, at)));
      Value swizzled = e.bitXor(at, e.swizzle(tile, row, tile.positions()));
      columns.push_back(swizzled);
    }
  }

  /// Where unit j of round i goes in the x of a chunk.
  Value xPlace(Value chunk, int64_t i, int64_t j) {
    int64_t round = i * rowsAtOnce;
    Value column =
        e.bitXor(columns[j], e.int32(tile.swizzle(round, tile.positions())));
    Value at = e.add(e.mul(firstRow, tile.positions()), column);
    Value place = byteAddress(chunk, e.mul(at, stagedBytes));
    return byteAddress(place,
                       (tile.depth * tile.rows() + round * tile.positions()) *
                           stagedBytes);
  }

  /// Begins to copy chunk `k`, or the last one again, to `chunk`.
  Pending begin(Value k, Value chunk) {
    Pending pending;
    k = e.min(k, e.sub(chunks, 1));
    copyWeights(k, chunk, pending);
    Value tap = e.div(k, layout.tapChunks());
    Value channel = e.mul(e.sub(k, e.mul(tap, layout.tapChunks())), tile.depth);
    Value back = e.add(
        shift, e.mul(e.as(e.i64, tap), op.getDecomposition().getShiftStep()));
    // A tap's last chunk begins early, so as to end with the group's channels.
    Value first =
        isWhole() ? channel : e.min(channel, e.int32(layout.lastChunk()));
    Value row = e.add(first, firstRow);
    Value again = e.sub(e.sub(channel, first), firstRow);
    if (asyncX())
      copyX(row, again, back, chunk);
    else
      loadX(row, again, back, pending);
    return pending;
  }

  /// Whether no channel is in two chunks of a tap, and none is missing.
  bool isWhole() { return op.getGroupInputs() % tile.depth == 0; }
  /// Whether every row of a chunk is an input channel.
  bool isFull() { return op.getGroupInputs() >= tile.depth; }
  /// Whether row `at` from `row` on is in this chunk for the first time, and a
  /// channel; `again` rows from there on are not.
  Value isNew(Value row, Value again, int64_t at) {
    if (isFull())
      return e.less(e.sub(again, 1), e.int32(at));
    return e.less(row, e.int32(op.getGroupInputs() - at));
  }
  int64_t rounds() const { return tile.depth / rowsAtOnce; }

  /// Copies x of input channels from `row` on, `back` positions before this
  /// block's, without a register. Where there is no x, nothing is read and
  /// zeros are written, so that an address outside of x does no harm.
  void copyX(Value row, Value again, Value back, Value chunk) {
    Value start = e.sub(positions[0], back);
    Value from = byteAddress(
        x, e.add(e.mul(start, elementBytes), e.mul(e.as(e.i64, row), xStride)));
    SmallVector<Value> valid;
    for (int64_t j = 0; j < unitsEach; ++j)
      valid.push_back(e.inside(e.add(start, j * tile.threads()), in.x.length));
    for (int64_t i = 0; i < rounds(); ++i) {
      if (i > 0)
        from = byteAddress(from, e.mul(xStride, rowsAtOnce));
      for (int64_t j = 0; j < unitsEach; ++j) {
        Value good = valid[j];
        if (!isWhole())
          good = e.both(good, isNew(row, again, i * rowsAtOnce));
        e.copy(xPlace(chunk, i, j),
               byteAddress(from, j * tile.threads() * elementBytes), 4, good);
      }
    }
  }

  /// The same by registers. What is not there is not read: the start of the
  /// row, or the last channel, is, and doesn't count.
  void loadX(Value row, Value again, Value back, Pending &pending) {
    for (int64_t j = 0; j < unitsEach; ++j) {
      Value position = e.sub(positions[j], back);
      Value valid = e.inside(position, in.x.length);
      Value from = byteAddress(
          x, e.mul(e.select(valid, position, e.int64(0)), elementBytes));
      if (isFull())
        from = byteAddress(from, e.mul(e.as(e.i64, row), xStride));
      for (int64_t i = 0; i < rounds(); ++i) {
        Value pointer = from, good = valid;
        if (!isWhole())
          good = e.both(good, isNew(row, again, i * rowsAtOnce));
        if (!isFull()) {
          Value channel = e.min(e.add(row, i * rowsAtOnce),
                                e.int32(op.getGroupInputs() - 1));
          pointer = byteAddress(from, e.mul(e.as(e.i64, channel), xStride));
        }
        pending.x.push_back(e.select(
            good, e.load(raw, pointer, /*readOnly=*/true), e.integer(raw, 0)));
        // One sum for each row, however many multiples of the stride.
        if (isFull() && i + 1 < rounds())
          from = byteAddress(from, e.mul(xStride, rowsAtOnce));
      }
    }
  }

  int64_t weightUnits() const {
    return layout.chunkElements() * stagedBytes / 16 / tile.threads();
  }

  void copyWeights(Value k, Value chunk, Pending &pending) {
    int64_t bytes = layout.chunkElements() * stagedBytes;
    Value from = byteAddress(byteAddress(weights, e.mul(e.as(e.i64, k), bytes)),
                             e.as(e.i64, e.mul(thread, 16)));
    Value to = byteAddress(chunk, e.mul(thread, 16));
    for (int64_t i = 0; i < weightUnits(); ++i) {
      Value source = byteAddress(from, i * 16 * tile.threads());
      if (tile.async)
        e.copy(byteAddress(to, i * 16 * tile.threads()), source, 16);
      else
        pending.weights.push_back(e.load(VectorType::get({4}, e.i32), source,
                                         /*readOnly=*/true));
    }
  }

  /// Puts what was loaded into shared memory.
  void finish(const Pending &pending, Value chunk) {
    Value to = byteAddress(chunk, e.mul(thread, 16));
    for (auto [i, words] : llvm::enumerate(pending.weights))
      e.store(words, byteAddress(to, i * 16 * tile.threads()));
    for (auto [n, bits] : llvm::enumerate(pending.x))
      e.store(e.toF32(bits, in.x.element),
              xPlace(chunk, n % rounds(), n / rounds()));
  }

  //===--------------------------------------------------------------------===//
  // The product
  //===--------------------------------------------------------------------===//

  SmallVector<Value> multiply(WarpProduct &warp) {
    prepareCopies();
    int64_t stageBytes =
        tile.depth * (tile.rows() + tile.positions()) * stagedBytes;
    int64_t ahead = tile.stages - 1;
    SmallVector<Value> groups; // of copies, the oldest first
    for (int64_t s = 0; s < ahead; ++s) {
      Value chunk = byteAddress(shared, s * stageBytes);
      finish(begin(e.int32(s), chunk), chunk);
      if (tile.async)
        groups.push_back(e.copyGroup());
    }
    SmallVector<Value> init(WarpProduct::kSums, e.zero());
    init.push_back(e.int32(0));                  // the stage to be read
    init.push_back(e.int32(ahead * stageBytes)); // the stage to be written
    llvm::append_range(init, groups);
    SmallVector<Value> result = e.carry(
        e.int32(0), chunks, e.int32(1), init, [&](Value k, ValueRange values) {
          ValueRange sums = values.take_front(WarpProduct::kSums);
          SmallVector<Value> arriving = llvm::to_vector_of<Value>(
              values.drop_front(WarpProduct::kSums + 2));
          Value read = values[WarpProduct::kSums],
                write = values[WarpProduct::kSums + 1];
          // Chunk k has arrived, and all are done with the one before.
          if (tile.async)
            e.waitForCopies(arriving.front(), ahead - 1);
          e.barrier();
          Value to = byteAddress(shared, write);
          Pending pending = begin(e.add(k, ahead), to);
          if (tile.async)
            arriving.push_back(e.copyGroup());
          SmallVector<Value> next =
              warp.multiply(byteAddress(shared, read), sums);
          finish(pending, to);
          next.push_back(nextStage(read, stageBytes));
          next.push_back(nextStage(write, stageBytes));
          llvm::append_range(next, ArrayRef(arriving).drop_front(tile.async));
          return next;
        });
    if (tile.async)
      e.waitForCopies(result.back(), 0);
    result.resize(WarpProduct::kSums);
    return result;
  }

  /// What a thread loads under a condition, to be used under it only.
  SmallVector<Value> loadIf(Value condition, int64_t count,
                            function_ref<SmallVector<Value>()> load) {
    OpBuilder::InsertionGuard guard(e.b);
    SmallVector<Type> types(count, raw);
    auto op = scf::IfOp::create(e.b, e.loc, types, condition,
                                /*withElse=*/true);
    e.b.setInsertionPointToEnd(op.thenBlock());
    scf::YieldOp::create(e.b, e.loc, load());
    e.b.setInsertionPointToEnd(op.elseBlock());
    SmallVector<Value> nothing(count, LLVM::PoisonOp::create(e.b, e.loc, raw));
    scf::YieldOp::create(e.b, e.loc, nothing);
    return llvm::to_vector_of<Value>(op.getResults());
  }

  /// On tensor cores for 16-bit types: weights in stages as ever, x in two
  /// buffers of InputRows. Where taps share them, the next one is filled while
  /// the first tap of this one is multiplied.
  SmallVector<Value> multiplyRows(WarpProduct &warp) {
    InputRows rows(e, tile, layout.halo(), op.getGroupInputs(), x, xStride,
                   in.x.length, thread);
    int64_t stageBytes = tile.depth * tile.rows() * stagedBytes;
    int64_t ahead = tile.stages - 1;
    int64_t step = op.getDecomposition().getShiftStep();
    bool shares = layout.sharesInput();
    Value buffers = byteAddress(shared, tile.stages * stageBytes);
    // The row of tap 0 that the block's first position reads.
    Value reach = shares ? e.mul(e.sub(taps, 1), step) : e.int32(0);
    Value origin = e.sub(e.sub(in.position, shift), e.as(e.i64, reach));
    auto loadRows = [&](Value part, Value tap) {
      Value channel =
          e.mul(e.min(part, e.int32(layout.tapChunks() - 1)), tile.depth);
      Value start =
          shares ? origin : e.sub(origin, e.mul(e.as(e.i64, tap), step));
      return rows.load(channel, start);
    };
    auto beginWeights = [&](Value k, Value to) {
      Pending pending;
      copyWeights(e.min(k, e.sub(chunks, 1)), to, pending);
      return pending;
    };
    SmallVector<Value> groups; // of copies, the oldest first
    for (int64_t s = 0; s < ahead; ++s) {
      Value to = byteAddress(shared, s * stageBytes);
      finish(beginWeights(e.int32(s), to), to);
      if (tile.async)
        groups.push_back(e.copyGroup());
    }
    rows.store(loadRows(e.int32(0), e.int32(0)), buffers);
    SmallVector<Value> init(WarpProduct::kSums, e.zero());
    // The stage to be read and that to be written; part, tap, buffer of x.
    for (int64_t first :
         {int64_t(0), ahead * stageBytes, int64_t(0), int64_t(0), int64_t(0)})
      init.push_back(e.int32(first));
    llvm::append_range(init, groups);
    SmallVector<Value> result = e.carry(
        e.int32(0), chunks, e.int32(1), init, [&](Value k, ValueRange values) {
          ValueRange sums = values.take_front(WarpProduct::kSums);
          values = values.drop_front(WarpProduct::kSums);
          Value read = values[0], write = values[1], part = values[2],
                tap = values[3], buffer = values[4];
          SmallVector<Value> arriving =
              llvm::to_vector_of<Value>(values.drop_front(5));
          // Chunk k has arrived, and all are done with the one before.
          if (tile.async)
            e.waitForCopies(arriving.front(), ahead - 1);
          e.barrier();
          Value to = byteAddress(shared, write);
          Pending pending = beginWeights(e.add(k, ahead), to);
          if (tile.async)
            arriving.push_back(e.copyGroup());
          Value wraps = e.equal(e.add(tap, 1), taps);
          Value nextTap = e.select(wraps, e.int32(0), e.add(tap, 1));
          Value nextPart = e.select(wraps, e.add(part, 1), part);
          Value other = e.sub(e.int32(rows.bytes()), buffer);
          Value isFirst = e.equal(tap, 0);
          SmallVector<Value> loaded =
              shares ? loadIf(isFirst, rows.elements(),
                              [&] { return loadRows(e.add(part, 1), tap); })
                     : loadRows(nextPart, nextTap);
          Value firstRow = shares ? e.sub(reach, e.mul(tap, step)) : reach;
          SmallVector<Value> next =
              warp.multiplyRows(byteAddress(shared, read),
                                byteAddress(buffers, buffer), firstRow, sums);
          finish(pending, to);
          auto storeRows = [&] {
            rows.store(loaded, byteAddress(buffers, other));
          };
          if (shares)
            e.ifThen(isFirst, storeRows);
          else
            storeRows();
          llvm::append_values(next, nextStage(read, stageBytes),
                              nextStage(write, stageBytes), nextPart, nextTap,
                              shares ? e.select(wraps, other, buffer) : other);
          llvm::append_range(next, ArrayRef(arriving).drop_front(tile.async));
          return next;
        });
    if (tile.async)
      e.waitForCopies(result.back(), 0);
    result.resize(WarpProduct::kSums);
    return result;
  }

  Value nextStage(Value offset, int64_t stageBytes) {
    Value next = e.add(offset, stageBytes);
    return e.select(e.equal(next, tile.stages * stageBytes), e.int32(0), next);
  }

  //===--------------------------------------------------------------------===//
  // From the sums to y
  //===--------------------------------------------------------------------===//

  /// Done only when the sums are complete: what isn't there before takes no
  /// registers from the product.
  void locateOutputs() {
    Value channel =
        e.as(e.i64, e.add(e.mul(group, op.getGroupOutputs()), firstChannel));
    yStride = e.mul(in.y.channelStride, elementBytes);
    y = byteAddress(in.y.pointer, e.add(e.mul(in.batch, e.mul(in.y.batchStride,
                                                              elementBytes)),
                                        e.mul(channel, yStride)));
    if (in.hasBias)
      bias = byteAddress(in.bias.pointer, e.mul(channel, elementBytes));
  }

  /// `sum` of a row of the tile at a position, right for all weights.
  Value guard(Value sum, Value row, Value position) {
    auto weight = [&](Value tap, Value input) {
      Value part = e.div(input, tile.depth);
      Value first = e.min(e.mul(part, tile.depth), e.int32(layout.lastChunk()));
      Value deep = e.sub(input, first);
      Value chunk = layout.tapsInside()
                        ? e.add(e.mul(part, taps), tap)
                        : e.add(e.mul(tap, layout.tapChunks()), part);
      Value column = e.bitXor(row, e.swizzle(tile, deep, tile.rows()));
      Value at = e.add(e.mul(e.as(e.i64, chunk), layout.chunkElements()),
                       e.as(e.i64, e.add(e.mul(deep, tile.rows()), column)));
      Type bits = e.b.getIntegerType(stagedBytes * 8);
      return e.toF32(e.load(bits, e.address(weights, bits, at),
                            /*readOnly=*/true),
                     staged);
    };
    return guardSum(e, sum,
                    {x, xStride, in.x.length, in.x.element, op.getGroupInputs(),
                     position, shift, taps,
                     op.getDecomposition().getShiftStep(),
                     tile.math == DeviceMath::tf32, weight});
  }

  /// Stores y of a channel of the tile at a position; `value`, the sum of a
  /// row, may be null.
  void storeOutput(Value channel, Value position, Value phase, Value row,
                   Value value) {
    DecompositionAttr map = op.getDecomposition();
    Value at = e.add(e.mul(position, map.getStride()),
                     e.sub(e.as(e.i64, phase), map.getCrop()));
    e.ifThen(e.inside(at, in.y.length), [&] {
      Value wide = e.as(e.i64, channel);
      Value sum = value ? guard(value, row, position) : value;
      if (in.hasBias) {
        Value added = e.toF32(
            e.load(raw, e.address(bias, raw, channel), /*readOnly=*/true),
            in.y.element);
        sum = sum ? arith::AddFOp::create(e.b, e.loc, sum, added).getResult()
                  : added;
      }
      if (!sum)
        sum = e.zero();
      Value to =
          byteAddress(y, e.add(e.mul(wide, yStride), e.mul(at, elementBytes)));
      e.store(e.fromF32(sum, in.y.element, architecture), to);
    });
  }

  /// The columns of warps one after the other, since shared memory holds the
  /// sums of one. Phases run fastest, then positions: neighbouring threads
  /// store neighbouring outputs.
  void storeSums(WarpProduct &warp, ValueRange sums) {
    constexpr int64_t kPositions = DeviceTile::kWarpPositions;
    e.loop(
        e.int32(0), e.int32(tile.positionWarps), e.int32(1), [&](Value part) {
          e.barrier();
          if (tile.positionWarps == 1)
            warp.writeSums(shared, kPitch, sums);
          else
            e.ifThen(e.equal(warp.positionWarp(), part),
                     [&] { warp.writeSums(shared, kPitch, sums); });
          e.barrier();
          Value perChannel = e.mul(phases, kPositions);
          Value origin =
              e.add(in.position, e.as(e.i64, e.mul(part, kPositions)));
          e.loop(thread, e.mul(channels, perChannel), e.int32(tile.threads()),
                 [&](Value n) {
                   Value channel = e.div(n, perChannel);
                   Value rest = e.sub(n, e.mul(channel, perChannel));
                   Value position = e.div(rest, phases);
                   Value phase = e.sub(rest, e.mul(position, phases));
                   Value row = e.add(e.mul(channel, phases), phase);
                   Value sum = e.load(
                       e.f32, e.address(shared, e.f32,
                                        e.add(e.mul(row, kPitch), position)));
                   storeOutput(
                       channel, e.add(origin, e.as(e.i64, position)),
                       e.lookUp(layout.phases(), e.add(firstPhase, phase)), row,
                       sum);
                 });
        });
  }

  void fillEmptyPhases() {
    int64_t empty = layout.emptyPhases().size();
    if (empty == 0)
      return;
    e.ifThen(e.equal(field(&TileColumn::fills), 1), [&] {
      int64_t perChannel = empty * tile.positions();
      e.loop(thread, e.mul(channels, perChannel), e.int32(tile.threads()),
             [&](Value n) {
               Value channel = e.div(n, perChannel);
               Value rest = e.sub(n, e.mul(channel, perChannel));
               Value position = e.div(rest, empty);
               Value phase = e.sub(rest, e.mul(position, empty));
               storeOutput(channel, e.add(in.position, e.as(e.i64, position)),
                           e.lookUp(layout.emptyPhases(), phase), Value(),
                           Value());
             });
    });
  }

  DeviceEmitter &e;
  BlockProductOp op;
  const BlockArguments &in;
  int64_t architecture;
  DeviceTile tile;
  TileLayout layout;
  Type staged;
  int64_t stagedBytes, elementBytes;
  Type raw; ///< the integer of an element's width

  Value thread, shared;
  Value inGroup, group, taps, shift, firstChannel, channels, phases, firstPhase,
      chunks;
  Value weights, x, y, bias;    ///< this block's, as pointers
  Value xStride, yStride;       ///< of channels, in bytes
  int64_t rowsAtOnce = 1;       ///< rows of x that all threads copy together
  int64_t unitsEach = 1;        ///< units of a row that a thread copies
  Value firstRow;               ///< row of a thread's first copy
  SmallVector<Value> positions; ///< of a thread's units
  SmallVector<Value> columns;   ///< the same, as places in shared memory
};

struct ExpandBlockProductPass
    : mlir::tconv::impl::ExpandBlockProductPassBase<ExpandBlockProductPass> {
  using ExpandBlockProductPassBase::ExpandBlockProductPassBase;

  void runOnOperation() override {
    SmallVector<BlockProductOp> ops;
    getOperation().walk([&](BlockProductOp op) { ops.push_back(op); });
    for (BlockProductOp op : ops) {
      OpBuilder b(op);
      DeviceEmitter e(b, op.getLoc());
      FailureOr<BlockArguments> in = blockArguments(e, op);
      if (failed(in))
        return signalPassFailure();
      ProductEmitter(e, op, *in, architecture).emit();
      // Else ptxas computes addresses again in every round to save registers
      // that no other block could use, or takes those of one that could.
      if (auto kernel = op->getParentOfType<gpu::GPUFuncOp>())
        kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                        b.getI32IntegerAttr(blocksAtOnce(op, in->x.element)));
      op.erase();
    }
  }

private:
  /// Blocks of a multiprocessor that registers have to suffice for: those that
  /// the model counts on, but for tensor cores on 16-bit types, where x waits
  /// in registers and would be spilled.
  int32_t blocksAtOnce(BlockProductOp op, Type element) const {
    DeviceTile tile = op.getTile();
    const GpuMachine *machine = gpuMachine(architecture);
    if (!machine || tile.math == DeviceMath::mma)
      return 1;
    int64_t bytes = stagedType(tile.math, element).getIntOrFloatBitWidth() / 8;
    TileLayout layout(op.getDecomposition(), tile, op.getGroups(),
                      op.getGroupInputs(), op.getGroupOutputs());
    return std::max<int64_t>(residentBlocks(*machine, tile.threads(),
                                            kProductRegisters,
                                            sharedBytesOf(tile, layout, bytes)),
                             1);
  }
};

} // namespace
