// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/InputRows.h"

#include <algorithm>

using namespace mlir;
using namespace mlir::tconv;

InputRows::InputRows(DeviceEmitter &e, const DeviceTile &tile, int64_t halo,
                     int64_t groupInputs, Value x, Value stride, Value length,
                     Value thread)
    : e_(e), tile_(tile), halo_(halo), groupInputs_(groupInputs), x_(x),
      stride_(stride), length_(length), thread_(thread) {
  // A thread has whole eights of channels of a row, neighbouring threads
  // neighbouring rows; of the rows of the halo it has single elements.
  int64_t threads = tile.threads(), positions = tile.positions();
  int64_t atOnce = std::max<int64_t>(threads / positions, 1);
  Value row = e.rem(thread, positions), eight = e.div(thread, positions);
  for (int64_t i = 0; i < tile.depth / kEight; i += atOnce)
    for (int64_t j = 0; j < std::max<int64_t>(positions / threads, 1); ++j)
      eights_.push_back({e.add(row, j * threads), e.add(eight, i)});
  for (int64_t n = 0; n < halo * tile.depth; n += threads) {
    Value at = e.add(thread, n);
    singles_.push_back({e.add(e.rem(at, halo), positions), e.div(at, halo)});
  }
}

Value InputRows::permute(DeviceEmitter &e, const DeviceTile &tile, Value row,
                         Value eight) {
  return e.bitXor(eight, tile.depth == 16 ? e.bitAnd(e.shiftRight(row, 2), 1)
                                          : e.bitAnd(e.shiftRight(row, 1), 3));
}

Value InputRows::place(Value buffer, Value row, Value channel) {
  Value eight = permute(e_, tile_, row, e_.shiftRight(channel, 3));
  Value at = e_.add(e_.add(e_.mul(row, tile_.depth), e_.shiftLeft(eight, 3)),
                    e_.bitAnd(channel, 7));
  return e_.address(buffer, e_.b.getI16Type(), at);
}

SmallVector<Value> InputRows::load(Value channel, Value start) {
  Type bytes = e_.b.getI8Type(), raw = e_.b.getI16Type();
  // As tconv.pack_tiles has it: the last chunk of channels begins early.
  bool isWhole = groupInputs_ % tile_.depth == 0,
       isFull = groupInputs_ >= tile_.depth;
  Value first = channel, skip;
  if (!isWhole) {
    first = e_.min(channel,
                   e_.int32(std::max<int64_t>(groupInputs_ - tile_.depth, 0)));
    skip = e_.sub(e_.sub(channel, first), 1);
  }
  SmallVector<Value> values;
  auto addRun = [&](Value row, Value at, int64_t count, bool one) {
    Value position = e_.add(start, e_.as(e_.i64, row));
    Value valid = e_.inside(position, length_);
    // A thread without a single element of its own loads none.
    if (one)
      valid = e_.both(valid, e_.less(at, e_.int32(tile_.depth)));
    Value from = e_.address(x_, bytes,
                            e_.mul(e_.select(valid, position, e_.int64(0)), 2));
    Value own = one ? e_.min(at, e_.int32(tile_.depth - 1)) : at;
    Value pointer = e_.address(
        from, bytes, e_.mul(e_.as(e_.i64, e_.add(first, own)), stride_));
    for (int64_t c = 0; c < count; ++c) {
      Value good = valid;
      if (!isWhole)
        good = e_.both(good, isFull ? e_.less(e_.sub(skip, at), e_.int32(c))
                                    : e_.less(at, e_.int32(groupInputs_ - c)));
      if (!isFull)
        pointer =
            e_.address(from, bytes,
                       e_.mul(e_.as(e_.i64, e_.min(e_.add(at, c),
                                                   e_.int32(groupInputs_ - 1))),
                              stride_));
      values.push_back(e_.select(good, e_.load(raw, pointer, /*readOnly=*/true),
                                 e_.integer(raw, 0)));
      if (isFull && c + 1 < count)
        pointer = e_.address(pointer, bytes, stride_);
    }
  };
  for (auto [row, eight] : eights_)
    addRun(row, e_.mul(eight, kEight), kEight, /*one=*/false);
  for (auto [row, at] : singles_)
    addRun(row, at, 1, /*one=*/true);
  return values;
}

void InputRows::store(ValueRange values, Value buffer) {
  for (auto [row, eight] : eights_) {
    Type words = VectorType::get({4}, e_.i32);
    Value vector = LLVM::PoisonOp::create(e_.b, e_.loc, words);
    for (int64_t i = 0; i < 4; ++i) {
      Value low = arith::ExtUIOp::create(e_.b, e_.loc, e_.i32, values[2 * i]);
      Value high =
          arith::ExtUIOp::create(e_.b, e_.loc, e_.i32, values[2 * i + 1]);
      Value word =
          arith::OrIOp::create(e_.b, e_.loc, low, e_.shiftLeft(high, 16));
      vector = LLVM::InsertElementOp::create(e_.b, e_.loc, vector, word,
                                             e_.int32(i));
    }
    e_.store(vector, place(buffer, row, e_.mul(eight, kEight)));
    values = values.drop_front(kEight);
  }
  for (auto [row, at] : singles_) {
    Value value = values.front();
    e_.ifThen(e_.less(at, e_.int32(tile_.depth)), [&, row = row, at = at] {
      e_.store(value, place(buffer, row, at));
    });
    values = values.drop_front();
  }
}
