// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/DirectSum.h"

#include "llvm/Support/MathExtras.h"
#include <map>
#include <set>

namespace mlir::tconv {
#define GEN_PASS_DEF_EXPANDBLOCKFILTERPASS
#include "compiler/Target/NVPTX/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

class FilterEmitter {
public:
  FilterEmitter(DeviceEmitter &e, BlockFilterOp op, const BlockArguments &in,
                int64_t architecture)
      : e(e), op(op), in(in), architecture(architecture),
        map(op.getDecomposition()), threads(op.getThreads()),
        each(op.getPositions()), stride(map.getStride()),
        elementBytes(in.x.element.getIntOrFloatBitWidth() / 8),
        raw(e.b.getIntegerType(elementBytes * 8)) {}

  void emit() {
    thread = e.as(
        e.i32,
        gpu::ThreadIdOp::create(e.b, e.loc, gpu::Dimension::x).getResult());
    Value channel = e.as(e.i64, in.column);
    Value group = e.div(channel, op.getGroupOutputs());
    xStride = e.mul(in.x.channelStride, elementBytes);
    x = bytes(in.x.pointer,
              e.add(e.mul(in.batch, e.mul(in.x.batchStride, elementBytes)),
                    e.mul(e.mul(group, op.getGroupInputs()), xStride)));
    int64_t taps = kernelSize();
    weights = e.address(in.weights.pointer, e.f32,
                        e.mul(channel, op.getGroupInputs() * taps));
    y = bytes(in.y.pointer,
              e.add(e.mul(in.batch, e.mul(in.y.batchStride, elementBytes)),
                    e.mul(channel, e.mul(in.y.channelStride, elementBytes))));
    for (int64_t r = 0; r < each; ++r)
      positions.push_back(
          e.add(in.position, e.as(e.i64, e.add(thread, r * threads))));

    SmallVector<Value> sums(stride * each, e.zero());
    if (op.getGroupInputs() == 1)
      sums = addChannel(x, weights, sums);
    else
      sums = e.carry(e.int32(0), e.int32(op.getGroupInputs()), e.int32(1), sums,
                     [&](Value input, ValueRange carried) {
                       Value row = bytes(x, e.mul(e.as(e.i64, input), xStride));
                       Value first =
                           e.address(weights, e.f32, e.mul(input, taps));
                       return addChannel(row, first, carried);
                     });
    store(sums);
  }

private:
  Value bytes(Value pointer, Value count) {
    return e.address(pointer, e.b.getI8Type(), count);
  }

  int64_t kernelSize() {
    return cast<MemRefType>(op.getWeights().getType()).getNumElements() /
           (op.getGroupInputs() * op.getGroupOutputs() * op.getGroups());
  }

  /// x of one input channel, `back` positions before each of the thread's; zero
  /// outside.
  SmallVector<Value> loadX(Value row, Value back) {
    SmallVector<Value> values;
    for (Value position : positions) {
      Value at = e.sub(position, back);
      Value valid = e.inside(at, in.x.length);
      Value from = e.address(row, raw, e.select(valid, at, e.int64(0)));
      Value bits = e.select(valid, e.load(raw, from, /*readOnly=*/true),
                            e.integer(raw, 0));
      values.push_back(e.toF32(bits, in.x.element));
    }
    return values;
  }

  /// Adds one tap of a phase: `weights` is where its weight is.
  void addTap(Value weight, ArrayRef<Value> values,
              MutableArrayRef<Value> sums) {
    Value factor = e.load(e.f32, weight, /*readOnly=*/true);
    for (auto [sum, value] : llvm::zip(sums, values))
      sum = e.fma(factor, value, sum);
  }

  /// The sums, by phase and then by the thread's positions, with one input
  /// channel more.
  SmallVector<Value> addChannel(Value row, Value first, ValueRange sums) {
    SmallVector<Value> next = llvm::to_vector_of<Value>(sums);
    auto sumsOf = [&](int64_t phase) {
      return MutableArrayRef<Value>(next).slice(phase * each, each);
    };
    if (!unrolls()) {
      for (SectionAttr section : map.getSections())
        addSection(section, row, first, next);
      return next;
    }
    std::map<int64_t, SmallVector<Value>> loaded; // by distance
    for (SectionAttr section : map.getSections())
      for (int64_t tap = 0; tap < section.getTaps(); ++tap) {
        int64_t back = section.getShift() + tap * map.getShiftStep();
        SmallVector<Value> &values = loaded[back];
        if (values.empty())
          values = loadX(row, e.int64(back));
        for (auto [phase, firstTap] :
             llvm::zip(section.getPhases(), section.getFirstTaps()))
          addTap(e.address(first, e.f32, firstTap + tap * map.getTapStep()),
                 values, sumsOf(phase));
      }
    return next;
  }

  /// Whether all taps stand one after the other: their loads come first and
  /// need registers at the same time.
  bool unrolls() {
    constexpr int64_t kMostLoads = 32, kMostTaps = 32;
    std::set<int64_t> distances;
    for (SectionAttr section : map.getSections())
      for (int64_t tap = 0; tap < section.getTaps(); ++tap)
        distances.insert(section.getShift() + tap * map.getShiftStep());
    return static_cast<int64_t>(distances.size()) * each <= kMostLoads &&
           kernelSize() <= kMostTaps;
  }

  /// The taps of a section in a loop.
  void addSection(SectionAttr section, Value row, Value first,
                  SmallVector<Value> &sums) {
    SmallVector<Value> own;
    for (int64_t phase : section.getPhases())
      llvm::append_range(own, ArrayRef(sums).slice(phase * each, each));
    own = e.carry(
        e.int32(0), e.int32(section.getTaps()), e.int32(1), own,
        [&](Value tap, ValueRange carried) {
          SmallVector<Value> next = llvm::to_vector_of<Value>(carried);
          Value back = e.add(e.mul(e.as(e.i64, tap), map.getShiftStep()),
                             section.getShift());
          SmallVector<Value> values = loadX(row, back);
          Value weight = e.address(first, e.f32, e.mul(tap, map.getTapStep()));
          for (auto [n, firstTap] : llvm::enumerate(section.getFirstTaps()))
            addTap(e.address(weight, e.f32, firstTap), values,
                   MutableArrayRef<Value>(next).slice(n * each, each));
          return next;
        });
    for (auto [n, phase] : llvm::enumerate(section.getPhases()))
      for (int64_t r = 0; r < each; ++r)
        sums[phase * each + r] = own[n * each + r];
  }

  /// `sum` of a phase at a position, right for all weights.
  Value guard(Value sum, Value phase, Value position) {
    SmallVector<int64_t> taps(stride, 0), shifts(stride, 0), firsts(stride, 0);
    for (SectionAttr section : map.getSections())
      for (auto [one, first] :
           llvm::zip(section.getPhases(), section.getFirstTaps())) {
        taps[one] = section.getTaps();
        shifts[one] = section.getShift();
        firsts[one] = first;
      }
    auto weight = [&](Value tap, Value input) {
      Value at = e.add(e.lookUp(firsts, phase), e.mul(tap, map.getTapStep()));
      at = e.add(e.mul(input, kernelSize()), at);
      return e.load(e.f32, e.address(weights, e.f32, at), /*readOnly=*/true);
    };
    return guardSum(e, sum,
                    {x, xStride, in.x.length, in.x.element, op.getGroupInputs(),
                     position, e.as(e.i64, e.lookUp(shifts, phase)),
                     e.lookUp(taps, phase), map.getShiftStep(),
                     /*roundsToTf32=*/false, weight});
  }

  void storeOne(Value at, Value value, Value phase, Value position,
                Value bias) {
    e.ifThen(e.inside(at, in.y.length), [&] {
      Value sum = guard(value, phase, position);
      Value result =
          bias ? arith::AddFOp::create(e.b, e.loc, sum, bias).getResult() : sum;
      e.store(e.fromF32(result, in.y.element, architecture),
              e.address(y, raw, at));
    });
  }

  void store(ValueRange sums) {
    Value bias;
    if (in.hasBias)
      bias = e.toF32(e.load(raw, e.address(in.bias.pointer, raw, in.column),
                            /*readOnly=*/true),
                     in.y.element);
    if (stride == 1) {
      for (int64_t r = 0; r < each; ++r)
        storeOne(e.sub(positions[r], map.getCrop()), sums[r], e.int32(0),
                 positions[r], bias);
      return;
    }
    // Rows of phases, as far apart as spreads a warp's reads over the banks.
    int64_t pitch = threads * each;
    pitch += llvm::isPowerOf2_64(stride) && stride <= 32 ? 32 / stride : 1;
    Value shared = e.sharedMemory(stride * pitch * 4);
    Value own = e.address(shared, e.f32, thread);
    for (int64_t phase = 0; phase < stride; ++phase)
      for (int64_t r = 0; r < each; ++r)
        e.store(sums[phase * each + r],
                e.address(own, e.f32, phase * pitch + r * threads));
    e.barrier();
    Value origin = e.sub(e.mul(in.position, stride), map.getCrop());
    e.loop(thread, e.int32(threads * each * stride), e.int32(threads),
           [&](Value n) {
             Value position = e.div(n, stride);
             Value phase = e.sub(n, e.mul(position, stride));
             Value from =
                 e.address(shared, e.f32, e.add(e.mul(phase, pitch), position));
             storeOne(e.add(origin, e.as(e.i64, n)), e.load(e.f32, from), phase,
                      e.add(in.position, e.as(e.i64, position)), bias);
           });
  }

  DeviceEmitter &e;
  BlockFilterOp op;
  const BlockArguments &in;
  int64_t architecture;
  DecompositionAttr map;
  int64_t threads, each, stride, elementBytes;
  Type raw; ///< the integer of an element's width
  Value thread, x, weights, y;
  Value xStride;                ///< of channels, in bytes
  SmallVector<Value> positions; ///< of the thread
};

struct ExpandBlockFilterPass
    : tconv::impl::ExpandBlockFilterPassBase<ExpandBlockFilterPass> {
  using ExpandBlockFilterPassBase::ExpandBlockFilterPassBase;

  void runOnOperation() override {
    SmallVector<BlockFilterOp> ops;
    getOperation().walk([&](BlockFilterOp op) { ops.push_back(op); });
    for (BlockFilterOp op : ops) {
      OpBuilder b(op);
      DeviceEmitter e(b, op.getLoc());
      FailureOr<BlockArguments> in = blockArguments(e, op);
      if (failed(in))
        return signalPassFailure();
      FilterEmitter(e, op, *in, architecture).emit();
      // Else ptxas would rather spill a few registers than have fewer threads.
      if (auto kernel = op->getParentOfType<gpu::GPUFuncOp>())
        kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                        b.getI32IntegerAttr(1));
      op.erase();
    }
  }
};

} // namespace
