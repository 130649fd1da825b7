// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Index arithmetic, memory and control flow of a kernel, so that a pass reads
// like the kernel that it makes. Numbers are i32, or i64 where they depend on
// the length of x or y; pointers are LLVM's, so that an address costs what is
// written here and no more.
#ifndef TCONV_COMPILER_TARGET_NVPTX_DEVICEEMITTER_H
#define TCONV_COMPILER_TARGET_NVPTX_DEVICEEMITTER_H

#include "compiler/Target/NVPTX/Passes.h"

namespace mlir::tconv {

class DeviceEmitter {
public:
  DeviceEmitter(OpBuilder &builder, Location loc)
      : b(builder), loc(loc), i32(builder.getI32Type()),
        i64(builder.getI64Type()), f32(builder.getF32Type()) {}

  OpBuilder &b;
  Location loc;
  Type i32, i64, f32;

  Value integer(Type type, int64_t value) {
    return arith::ConstantOp::create(b, loc, b.getIntegerAttr(type, value));
  }
  Value int32(int64_t value) { return integer(i32, value); }
  Value int64(int64_t value) { return integer(i64, value); }
  Value like(Value x, int64_t value) { return integer(x.getType(), value); }
  /// An index or a number of another width, as `type`; signed.
  Value as(Type type, Value x);

  Value add(Value x, Value y) { return fold<arith::AddIOp>(x, y); }
  Value add(Value x, int64_t y) { return add(x, like(x, y)); }
  Value sub(Value x, Value y) { return fold<arith::SubIOp>(x, y); }
  Value sub(Value x, int64_t y) { return sub(x, like(x, y)); }
  Value mul(Value x, Value y) { return fold<arith::MulIOp>(x, y); }
  Value mul(Value x, int64_t y) { return mul(x, like(x, y)); }
  /// Of numbers that are not negative.
  Value div(Value x, Value y) { return fold<arith::DivUIOp>(x, y); }
  Value div(Value x, int64_t y) { return div(x, like(x, y)); }
  Value rem(Value x, Value y) { return fold<arith::RemUIOp>(x, y); }
  Value rem(Value x, int64_t y) { return rem(x, like(x, y)); }
  Value bitAnd(Value x, int64_t y) {
    return fold<arith::AndIOp>(x, like(x, y));
  }
  Value bitXor(Value x, Value y) { return fold<arith::XOrIOp>(x, y); }
  Value shiftLeft(Value x, int64_t y) {
    return fold<arith::ShLIOp>(x, like(x, y));
  }
  Value shiftRight(Value x, int64_t y) {
    return fold<arith::ShRUIOp>(x, like(x, y));
  }
  Value min(Value x, Value y) { return fold<arith::MinSIOp>(x, y); }
  Value max(Value x, Value y) { return fold<arith::MaxSIOp>(x, y); }
  Value both(Value x, Value y) { return fold<arith::AndIOp>(x, y); }
  Value less(Value x, Value y) {
    return compare(arith::CmpIPredicate::slt, x, y);
  }
  /// 0 <= x < y, where y is not negative.
  Value inside(Value x, Value y) {
    return compare(arith::CmpIPredicate::ult, x, y);
  }
  Value equal(Value x, Value y) {
    return compare(arith::CmpIPredicate::eq, x, y);
  }
  Value equal(Value x, int64_t y) { return equal(x, like(x, y)); }
  Value select(Value condition, Value x, Value y) {
    return b.createOrFold<arith::SelectOp>(loc, condition, x, y);
  }

  /// for (i = begin; i < end; i += step) body(i)
  void loop(Value begin, Value end, Value step, function_ref<void(Value)> body);
  /// The same with values that go round; body returns their next ones.
  SmallVector<Value>
  carry(Value begin, Value end, Value step, ValueRange init,
        function_ref<SmallVector<Value>(Value, ValueRange)> body);
  void ifThen(Value condition, function_ref<void()> body);
  /// What one of two bodies gives.
  Value choose(Value condition, function_ref<Value()> body,
               function_ref<Value()> otherwise);

  /// The address of element `at` of an array of `type`.
  Value address(Value pointer, Type type, Value at);
  Value address(Value pointer, Type type, int64_t at);
  /// Aligned to its size. What kernels only read goes by `readOnly`.
  Value load(Type type, Value pointer, bool readOnly = false);
  void store(Value value, Value pointer);
  /// The `count` elements at a pointer, as the nvgpu dialect takes them.
  Value view(Value pointer, Type element, int64_t count);
  /// Begins to copy `bytes` (4 or 16) bytes from global to shared memory; where
  /// there is a `condition` that is false, zeros are written and nothing is
  /// read. 16 bytes go past L1.
  void copy(Value to, Value from, int64_t bytes, Value condition = {});
  /// The copies that began since the last group.
  Value copyGroup();
  /// Until all groups but the last `pending` ones have arrived, `oldest` too.
  void waitForCopies(Value oldest, int64_t pending);
  /// A pointer to `bytes` bytes of shared memory, aligned to 128. One for a
  /// kernel.
  Value sharedMemory(int64_t bytes);
  void barrier();

  /// numbers[i], from a table of the module, or by arithmetic where the numbers
  /// are all the same or rise by the same.
  Value lookUp(ArrayRef<int64_t> numbers, Value i);

  /// DeviceTile::swizzle of a number of the kernel. It goes bit by bit: parts
  /// of a sum that share no bits can be permuted one after the other.
  Value swizzle(const DeviceTile &tile, Value k, int64_t columns);

  /// An element as f32, from the integer of its width that was loaded.
  Value toF32(Value bits, Type element);
  /// An f32 rounded to the nearest element, as the integer to be stored.
  /// Architectures before sm_80 have no instruction for bf16.
  Value fromF32(Value value, Type element, int64_t architecture);
  /// An f32 rounded to the nearest TF32, as an i32. From sm_80 on.
  Value roundToTf32(Value value);
  Value isNaN(Value value);
  Value fma(Value x, Value y, Value z);
  Value zero();

private:
  SmallVector<Value> copies_; ///< of no group yet
  template <typename OpTy> Value fold(Value x, Value y) {
    return b.createOrFold<OpTy>(loc, x, y);
  }
  Value compare(arith::CmpIPredicate predicate, Value x, Value y) {
    return b.createOrFold<arith::CmpIOp>(loc, predicate, x, y);
  }
};

/// The arguments of a kernel behind a buffer that tconv-outline-device made.
struct DeviceBuffer {
  Value pointer;
  Type element;
  Value length, batchStride, channelStride; ///< null for weights and bias
};

/// Fails, with an error, where `buffer` is none.
FailureOr<DeviceBuffer> deviceBuffer(Operation *op, Value buffer);

/// x and y of a block operation, with what its window says.
struct BlockArguments {
  DeviceBuffer x, weights, bias, y;
  bool hasBias = false;
  Value batch, column, position; ///< i64, i32, i64
};
template <typename OpTy>
FailureOr<BlockArguments> blockArguments(DeviceEmitter &e, OpTy op) {
  if (op.getWindow().empty())
    return op.emitOpError("must be tiled to thread blocks");
  BlockArguments arguments;
  for (auto [buffer, place] :
       {std::pair<Value, DeviceBuffer *>(op.getX(), &arguments.x),
        {op.getWeights(), &arguments.weights},
        {op.getY(), &arguments.y},
        {op.getBias(), &arguments.bias}}) {
    if (!buffer)
      continue;
    FailureOr<DeviceBuffer> found = deviceBuffer(op, buffer);
    if (failed(found))
      return failure();
    *place = *found;
  }
  arguments.hasBias = static_cast<bool>(op.getBias());
  arguments.batch = e.as(e.i64, op.getWindowOffset(0));
  arguments.column = e.as(e.i32, op.getWindowOffset(1));
  arguments.position = e.as(e.i64, op.getWindowOffset(2));
  return arguments;
}

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_DEVICEEMITTER_H
