// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Schedule/Machine.h"
#include "compiler/Transforms/Emitter.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDFILTERPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

/// Multiplications of a section that are unrolled for one round of positions:
/// more would not be faster, only larger.
static constexpr int64_t kMostUnrolled = 192;
/// The same for masked rounds, which are few and have masks to compute.
static constexpr int64_t kMostUnrolledMasked = 16;
/// Distances within a row that 32 bits hold with room to spare.
static constexpr int64_t kFar = int64_t(1) << 29;
/// Input channels whose rows are streams that are brought far ahead.
static constexpr int64_t kMostStreams = 16;
/// Of more, elements of a row that are brought at once, as long as those of all
/// rows take half of L2: memory gives neighbouring lines sooner than as many of
/// other rows.
static constexpr int64_t kBurstElements = 256;
/// Phases that one network of shuffles interleaves.
static constexpr int64_t kMostInterleaved = 16;
/// Vectors of positions of one phase, where phases are not interleaved.
static constexpr int64_t kMostSinglePhaseVectors = 4;
/// Input channels from which on a round is mostly its products.
static constexpr int64_t kManyInputs = 4;
/// Phases that a kernel has tables for.
static constexpr int64_t kMostTablePhases = int64_t(1) << 16;

namespace {

/// How one round of positions touches x and y: inside both, or with a look at
/// where they end.
enum class Access { whole, masked };

class FilterTile {
public:
  FilterTile(FilterOp op, int64_t lanes)
      : op(op), b(op), e(b, op.getLoc()),
        module(op->getParentOfType<ModuleOp>()), map(op.getDecomposition()),
        stride(map.getStride()), lanes(lanes), inputs(op.getGroupInputs()),
        outputs(op.getGroupOutputs()),
        layout(map, PackingAttr::get(op.getContext(), 1, 1), op.getGroups(),
               inputs, outputs),
        interleaved(stride <= std::min(lanes, kMostInterleaved)),
        l2Bytes(machineOf(op).l2Bytes) {}

  LogicalResult expand() {
    if (!interleaved && stride > kMostTablePhases)
      return op.emitOpError() << "keeps tables of its phases, " << stride
                              << " of them, more than " << kMostTablePhases;
    outline(bounds());
    e.loop(groups, [&](Value g) {
      Value group = e.add(firstGroup, g);
      firstInput = e.mul(group, inputs);
      e.loop(channels, [&](Value c) {
        output = e.add(e.mul(group, outputs), e.add(firstChannel, c));
        weightsBase = e.mul(output, layout.blockElements());
        emitChannel();
      });
    });
    op.erase();
    return success();
  }

private:
  /// Where the rounds of a row begin and end: the same for all channels.
  /// Masked rounds, whole ones of several vectors, whole ones of one vector,
  /// masked ones; and the end of the tile's outputs.
  SmallVector<Value> bounds() {
    Value begin = op.getWindowOffset(3);
    Value end = e.add(begin, op.getWindowSize(3));
    Value outputLength = e.size(op.getY(), 2);
    // Positions whose taps and outputs are all inside x and y.
    Value low =
        e.index(std::max<int64_t>(map.getMaxShift(), map.getCrop() > 0));
    Value high = e.min(e.add(e.size(op.getX(), 2), map.getMinShift()),
                       e.div(e.add(outputLength, map.getCrop()), stride));
    high = e.min(high, end);
    auto rounds = [&](Value from, Value to, int64_t step) {
      Value count = e.div(e.max(e.sub(to, from), e.index(0)), step);
      return e.add(from, e.mul(count, step));
    };
    Value headEnd = e.min(e.max(low, begin), end);
    Value bulk = rounds(begin, e.add(headEnd, lanes - 1), lanes);
    Value singles = rounds(bulk, high, vectors() * lanes);
    Value tail = rounds(singles, high, lanes);
    return {begin,
            headEnd,
            bulk,
            singles,
            tail,
            end,
            e.min(outputLength, firstOutput(end))};
  }

  /// Goes on in a function of its own. LLVM would otherwise take the bounds
  /// apart in the innermost loop, where it knows how they were computed.
  void outline(ArrayRef<Value> bounds) {
    auto caller = op->getParentOfType<func::FuncOp>();
    SmallVector<Value> operands = {op.getX(), op.getWeights(), op.getY()};
    if (op.getBias())
      operands.push_back(op.getBias());
    llvm::append_range(operands, op.getWindow());
    llvm::append_range(operands, bounds);
    std::string name = (caller.getSymName() + "_filter").str();
    while (module.lookupSymbol(name))
      name += "_";
    func::FuncOp callee;
    {
      OpBuilder::InsertionGuard guard(b);
      b.setInsertionPoint(caller);
      callee = func::FuncOp::create(
          b, e.loc, name,
          b.getFunctionType(ValueRange(operands).getTypes(), {}));
      callee.setPrivate();
    }
    func::CallOp::create(b, e.loc, callee, operands);
    b.setInsertionPointToStart(callee.addEntryBlock());
    auto next = [&, i = 0u]() mutable -> Value {
      return callee.getArgument(i++);
    };
    x = next(), weights = next(), y = next();
    biases = op.getBias() ? next() : Value();
    SmallVector<Value> window;
    for (size_t i = 0; i < op.getWindow().size(); ++i) {
      Value argument = next();
      // What is constant stays so.
      auto constant = getConstantIntValue(op.getWindow()[i]);
      window.push_back(constant ? e.index(*constant) : argument);
    }
    batch = window[0], firstGroup = window[1], firstChannel = window[2];
    groups = window[5], channels = window[6];
    for (Value *bound :
         {&begin, &headEnd, &bulk, &singles, &tail, &end, &lastOutput})
      *bound = next();
    length = e.size(x, 2);
    func::ReturnOp::create(b, e.loc);
    b.setInsertionPoint(callee.front().getTerminator());
  }

  int64_t vectors() {
    int64_t sums = op.getSums();
    if (!interleaved)
      return std::min(sums, kMostSinglePhaseVectors);
    // Two share what a weight costs to load: worth half as many sums again, if
    // a round has many.
    if (inputs >= kManyInputs && stride <= sums &&
        2 * stride <= sums + sums / 2)
      return std::max<int64_t>(sums / stride, 2);
    return std::max<int64_t>(sums / stride, 1);
  }

  void emitChannel() {
    sweep(bulk, singles, vectors(), Access::whole);
    if (vectors() > 1)
      sweep(singles, tail, 1, Access::whole);
    // Both ends of a row by the same code.
    e.loop(2, [&](Value part) {
      Value head = e.compare(arith::CmpIPredicate::eq, part, e.index(0));
      sweep(e.select(head, begin, tail), e.select(head, headEnd, end), 1,
            Access::masked);
    });
  }

  void sweep(Value from, Value to, int64_t count, Access access) {
    e.loop(from, to, count * lanes, [&](Value round) {
      // The last round of a row begins early rather than late: then it seldom
      // has outputs outside y, and what it computes again stays the same.
      Value position =
          access == Access::whole
              ? round
              : e.max(e.min(round, e.sub(end, e.index(lanes))), begin);
      if (interleaved)
        emitPhases(position, count, access);
      else
        e.loop(stride,
               [&](Value phase) { emitPhase(phase, position, count, access); });
    });
  }

  /// All phases of `count` vectors of positions, interleaved.
  void emitPhases(Value position, int64_t count, Access access) {
    SmallVector<SmallVector<Value>> sums( // of a phase without taps
        stride, SmallVector<Value>(count, e.zeroVector(lanes)));
    int64_t most =
        access == Access::whole ? kMostUnrolled : kMostUnrolledMasked;
    bool bringsNext = op.getPrefetch() != 0 && inputs > kMostStreams &&
                      count == vectors() && access == Access::whole;
    Place row = placeIn(position, length, access);
    for (const PackedSection &packed : layout.sections()) {
      ArrayRef<int64_t> phases = packed.section.getPhases();
      int64_t taps = packed.section.getTaps(), n = phases.size();
      bool first = &packed == layout.sections().begin();
      SmallVector<Value> results = sumTaps(
          count * n, inputs * taps <= most / (count * n),
          taps <= most / (count * n), e.index(taps),
          [&](Value input) {
            if (bringsNext && first)
              bringNext(input, position, count);
          },
          [&](SmallVectorImpl<Value> &values, Value input, Value tap) {
            Value offset = e.sub(e.index(-packed.section.getShift()),
                                 e.mul(tap, map.getShiftStep()));
            SmallVector<Value> read = loadInput(input, row, offset, count);
            for (int64_t i = 0; i < n; ++i) {
              Value offset = e.index(packed.weightsOffset + i * inputs * taps);
              multiply(MutableArrayRef(values).slice(i * count, count), read,
                       weight(offset, input, e.index(taps), tap));
            }
          });
      for (int64_t i = 0; i < n; ++i)
        for (int64_t v = 0; v < count; ++v)
          sums[phases[i]][v] = results[i * count + v];
    }
    Value bias = loadBias();
    Value first = firstOutput(position);
    if (count > 1)
      prefetch(position, first, count);
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < count; ++v) {
      SmallVector<Value> phases;
      for (int64_t phase = 0; phase < stride; ++phase)
        phases.push_back(withBias(sums[phase][v], bias));
      vectors.append(interleave(e, phases));
    }
    auto store = [&](Access how) {
      Place to = placeIn(first, lastOutput, how);
      for (auto [i, vector] : llvm::enumerate(vectors))
        storeOutput(vector, to, static_cast<int64_t>(i) * lanes);
    };
    if (access == Access::whole)
      return store(Access::whole);
    // Stores under masks are slow on some machines.
    Value last = e.add(first, stride * count * lanes);
    e.ifElse(
        e.both(e.atMost(e.index(0), first), e.atMost(last, lastOutput)),
        [&] { store(Access::whole); }, [&] { store(Access::masked); });
  }

  /// Brings the lines of `elements` elements of a row.
  void bring(Value buffer, Value row, Value from, int64_t ahead,
             int64_t elements, bool write, int locality) {
    from = e.add(from, ahead);
    for (int64_t at = 0; at < elements; at += kLineElements)
      e.prefetch(buffer, {batch, row, e.add(from, at)}, write, locality);
  }

  /// Brings what some rounds after this one read of a channel, if it is its
  /// turn: each has one every so many rounds.
  void bringNext(Value input, Value position, int64_t count) {
    int64_t step = count * lanes;
    int64_t room = l2Bytes / 2 / inputs / int64_t(sizeof(float));
    int64_t rounds = llvm::bit_floor<uint64_t>(
        std::max<int64_t>(std::min(kBurstElements, room) / step, 1));
    auto burst = [&] {
      bring(x, e.add(firstInput, input), position, step, rounds * step,
            /*write=*/false, /*locality=*/2);
    };
    if (rounds == 1)
      return burst();
    Value round = e.div(e.sub(position, bulk), step);
    Value turn = e.rem(e.add(round, input), rounds);
    e.ifThen(e.compare(arith::CmpIPredicate::eq, turn, e.index(0)), burst);
  }

  /// Brings what a round further on reads and writes.
  void prefetch(Value position, Value first, int64_t count) {
    auto ahead = static_cast<int64_t>(op.getPrefetch());
    if (!ahead)
      return;
    if (inputs <= kMostStreams)
      for (int64_t input = 0; input < inputs; ++input)
        bring(x, e.add(firstInput, input), position, ahead, count * lanes,
              /*write=*/false, /*locality=*/3);
    bring(y, output, first, ahead * stride, count * lanes * stride,
          /*write=*/true, /*locality=*/3);
  }

  /// One phase of `count` vectors of positions; its outputs lie `stride` apart.
  /// What it reads is looked up, so that the code stays small.
  void emitPhase(Value phase, Value position, int64_t count, Access access) {
    SmallVector<int64_t> taps(stride, 0), shifts(stride, 0), offsets(stride, 0);
    for (const PackedSection &packed : layout.sections())
      for (auto [i, p] : llvm::enumerate(packed.section.getPhases())) {
        taps[p] = packed.section.getTaps();
        shifts[p] = packed.section.getShift();
        offsets[p] = packed.weightsOffset + static_cast<int64_t>(i) * inputs *
                                                packed.section.getTaps();
      }
    Value tapCount = e.lookUp(module, taps, phase);
    Value offset = e.lookUp(module, offsets, phase);
    Value shift = e.lookUp(module, shifts, phase);
    Place row = placeIn(position, length, access);
    SmallVector<Value> sums = sumTaps(
        count, false, false, tapCount, [](Value) {},
        [&](SmallVectorImpl<Value> &values, Value input, Value tap) {
          Value back = e.add(shift, e.mul(tap, map.getShiftStep()));
          Value ahead = e.sub(e.index(0), back);
          multiply(values, loadInput(input, row, ahead, count),
                   weight(offset, input, tapCount, tap));
        });
    Value bias = loadBias();
    Value first = e.add(firstOutput(position), phase);
    for (int64_t i = 0; i < count * lanes; ++i) {
      if (i % lanes == 0)
        sums[i / lanes] = withBias(sums[i / lanes], bias);
      Value value =
          vector::ExtractOp::create(b, e.loc, sums[i / lanes], i % lanes);
      Value t = e.add(first, i * stride);
      auto store = [&] { e.store(value, y, {batch, output, t}); };
      if (access == Access::whole)
        store();
      else
        e.ifThen(e.both(e.atMost(e.index(0), t), e.less(t, lastOutput)), store);
    }
  }

  /// `count` sums over the input channels of the group and `taps` taps, in this
  /// order, with `before` each channel.
  SmallVector<Value>
  sumTaps(int64_t count, bool unrollInputs, bool unrollTaps, Value taps,
          function_ref<void(Value)> before,
          function_ref<void(SmallVectorImpl<Value> &, Value, Value)> step) {
    auto over = [&](Value size, bool unroll, ValueRange init,
                    function_ref<SmallVector<Value>(Value, ValueRange)> body) {
      auto constant = getConstantIntValue(size);
      if (!constant || (!unroll && *constant > 1))
        return e.carry(e.index(0), size, init, body);
      auto values = llvm::to_vector_of<Value>(init);
      for (int64_t i = 0; i < *constant; ++i)
        values = body(e.index(i), values);
      return values;
    };
    SmallVector<Value> zeros(count, e.zeroVector(lanes));
    return over(e.index(inputs), unrollInputs, zeros,
                [&](Value input, ValueRange sums) {
                  before(input);
                  return over(taps, unrollTaps, sums,
                              [&](Value tap, ValueRange inTaps) {
                                auto values = llvm::to_vector_of<Value>(inTaps);
                                step(values, input, tap);
                                return values;
                              });
                });
  }

  void multiply(MutableArrayRef<Value> sums, ArrayRef<Value> read,
                Value weight) {
    Value factor = e.broadcast(weight, lanes);
    for (auto [sum, vector] : llvm::zip(sums, read))
      sum = e.fma(factor, vector, sum);
  }

  Value weight(Value phase, Value input, Value taps, Value tap) {
    Value at = e.add(phase, e.add(e.mul(input, taps), tap));
    return e.load(weights, {e.add(weightsBase, at)});
  }

  /// Where a round reads or writes a row. Under masks, low and high are how far
  /// before and after it the row ends, in all lanes: once a round, as there are
  /// many vectors in it.
  struct Place {
    Value at, end;
    Value low, high; ///< null: what is read or written is within
  };

  Place placeIn(Value at, Value end, Access access) {
    if (access == Access::whole)
      return {at, end, {}, {}};
    Type narrow = b.getI32Type();
    auto distance = [&](Value to) -> Value {
      Value far = e.min(e.max(e.sub(to, at), e.index(-kFar)), e.index(kFar));
      Value number = arith::IndexCastOp::create(b, e.loc, narrow, far);
      return vector::BroadcastOp::create(
          b, e.loc, VectorType::get({lanes}, narrow), number);
    };
    return {at, end, distance(e.index(0)), distance(end)};
  }

  SmallVector<Value> loadInput(Value input, Place row, Value offset,
                               int64_t count) {
    // Distances from the round would not fit 32 bits.
    if (row.low && (map.getMaxShift() >= kFar || map.getMinShift() <= -kFar)) {
      row = placeIn(e.add(row.at, offset), row.end, Access::masked);
      offset = e.index(0);
    }
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < count; ++v) {
      Value ofVector = e.add(offset, v * lanes);
      SmallVector<Value> indices = {batch, e.add(firstInput, input),
                                    e.add(row.at, ofVector)};
      if (!row.low)
        vectors.push_back(e.loadVector(lanes, x, indices));
      else
        vectors.push_back(vector::MaskedLoadOp::create(
            b, e.loc, e.vectorType(lanes), x, indices, mask(row, ofVector),
            e.zeroVector(lanes)));
    }
    return vectors;
  }

  void storeOutput(Value vector, const Place &to, int64_t offset) {
    SmallVector<Value> indices = {batch, output, e.add(to.at, offset)};
    if (!to.low)
      e.storeVector(vector, y, indices);
    else
      vector::MaskedStoreOp::create(b, e.loc, y, indices,
                                    mask(to, e.index(offset)), vector);
  }

  /// The lanes whose element, so far behind the place, is in its row.
  Value mask(const Place &place, Value offset) {
    Type narrow = b.getI32Type();
    auto type = VectorType::get({lanes}, narrow);
    auto constant = getConstantIntValue(offset);
    int64_t first = constant.value_or(0);
    auto numbers =
        llvm::to_vector_of<int32_t>(llvm::seq<int64_t>(first, first + lanes));
    Value lane = arith::ConstantOp::create(
        b, e.loc, DenseElementsAttr::get(type, ArrayRef(numbers)));
    if (!constant) {
      Value number = arith::IndexCastOp::create(b, e.loc, narrow, offset);
      lane = arith::AddIOp::create(
          b, e.loc, lane, vector::BroadcastOp::create(b, e.loc, type, number));
    }
    return e.both(e.atMost(place.low, lane), e.less(lane, place.high));
  }

  /// Output of phase 0 of a position.
  Value firstOutput(Value position) {
    return e.add(e.mul(position, stride), -map.getCrop());
  }
  /// Loaded once a round: between rounds it would take a register.
  Value loadBias() {
    return biases ? e.broadcast(e.load(biases, {output}), lanes) : Value();
  }
  Value withBias(Value vector, Value bias) {
    return bias ? e.addf(vector, bias) : vector;
  }

  FilterOp op;
  OpBuilder b;
  Emitter e;
  ModuleOp module;
  DecompositionAttr map;
  int64_t stride, lanes, inputs, outputs;
  PackedLayout layout;
  bool interleaved;
  int64_t l2Bytes;
  // The arguments of the outlined function.
  Value x, weights, y, biases;
  Value batch, firstGroup, firstChannel, groups, channels;
  // [begin, headEnd) and [tail, end) are masked, [bulk, tail) is whole.
  Value begin, headEnd, bulk, singles, tail, end, lastOutput, length;
  // One channel's.
  Value firstInput, output, weightsBase;
};

struct ExpandFilterPass : tconv::impl::ExpandFilterPassBase<ExpandFilterPass> {
  using ExpandFilterPassBase::ExpandFilterPassBase;
  void runOnOperation() override {
    if (failed(checkLanes(getOperation(), lanes)))
      return signalPassFailure();
    WalkResult result = getOperation()->walk([&](FilterOp op) {
      return failed(FilterTile(op, lanes).expand()) ? WalkResult::interrupt()
                                                    : WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};

} // namespace
