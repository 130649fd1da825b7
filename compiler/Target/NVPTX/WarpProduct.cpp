// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/WarpProduct.h"

#include "compiler/Target/NVPTX/InputRows.h"

using namespace mlir;
using namespace mlir::tconv;

// A warp tile is 2 x 8 products of 16 rows by 8 positions on tensor cores.
static constexpr int64_t kRowTiles = 2, kPositionTiles = 8;

WarpProduct::WarpProduct(DeviceEmitter &e, const DeviceTile &tile, Type staged,
                         int64_t architecture, Value thread)
    : e_(e), tile_(tile), staged_(staged), architecture_(architecture) {
  lane_ = e.bitAnd(thread, 31);
  Value warp = e.shiftRight(thread, 5);
  rowWarp_ = e.rem(warp, tile.rowWarps);
  positionWarp_ = e.div(warp, tile.rowWarps);
  Value row = e.mul(rowWarp_, DeviceTile::kWarpRows);
  Value position = e.mul(positionWarp_, DeviceTile::kWarpPositions);
  int64_t rows = tile.rows(), positions = tile.positions();
  int64_t xStart = tile.depth * rows;

  switch (tile.math) {
  case DeviceMath::fma:
    // 4 x 8 lanes; a thread has two runs of 4 rows and two of 4 positions.
    weightOffsets_.push_back(e.add(row, e.mul(e.shiftRight(lane_, 3), 4)));
    xOffsets_.push_back(
        e.add(e.add(position, e.mul(e.bitAnd(lane_, 7), 4)), xStart));
    return;
  case DeviceMath::mma: {
    // The address of one row of 8 elements, for each lane: matrices of 8 x 8 go
    // along the rows first for weights, along the depth first for x.
    Value in = e.bitAnd(lane_, 7);
    Value low = e.shiftLeft(e.bitAnd(e.shiftRight(lane_, 3), 1), 3);
    Value high = e.shiftLeft(e.shiftRight(lane_, 4), 3);
    auto swizzle = [&](int64_t columns) {
      return columns >= 64 ? e.shiftLeft(in, 3)
                           : e.shiftLeft(e.shiftRight(in, 1), 3);
    };
    for (int64_t i = 0; i < kRowTiles; ++i) {
      Value column = e.add(e.add(row, low), i * 16);
      weightOffsets_.push_back(
          e.add(e.mul(e.add(in, high), rows), e.bitXor(column, swizzle(rows))));
    }
    xRow_ = e.add(e.add(position, high), in);
    xEight_ = e.shiftRight(low, 3);
    return;
  }
  case DeviceMath::tf32: {
    Value depth = e.bitAnd(lane_, 3), at = e.shiftRight(lane_, 2);
    Value swizzle = e.shiftLeft(depth, 3);
    for (int64_t i = 0; i < kRowTiles * 2; ++i)
      weightOffsets_.push_back(e.add(
          e.mul(depth, rows), e.bitXor(e.add(e.add(row, at), i * 8), swizzle)));
    for (int64_t j = 0; j < kPositionTiles; ++j)
      xOffsets_.push_back(
          e.add(e.add(e.mul(depth, positions),
                      e.bitXor(e.add(e.add(position, at), j * 8), swizzle)),
                xStart));
    return;
  }
  }
}

SmallVector<Value> WarpProduct::multiply(Value chunk, ValueRange sums) {
  switch (tile_.math) {
  case DeviceMath::fma:
    return multiplyFma(chunk, sums);
  case DeviceMath::mma: // multiplyRows does it
    break;
  case DeviceMath::tf32:
    return multiplyTf32(chunk, sums);
  }
  return {};
}

SmallVector<Value> WarpProduct::multiplyFma(Value chunk, ValueRange sums) {
  Type four = VectorType::get({4}, e_.f32);
  SmallVector<Value> next = llvm::to_vector_of<Value>(sums);
  Value weights = e_.address(chunk, e_.f32, weightOffsets_[0]);
  Value x = e_.address(chunk, e_.f32, xOffsets_[0]);
  // Eight numbers: four, and four `apart` further on.
  auto eight = [&](Value pointer, int64_t at, int64_t apart) {
    SmallVector<Value> values;
    for (int64_t half : {0, 1}) {
      Value vector =
          e_.load(four, e_.address(pointer, e_.f32, at + half * apart));
      for (int64_t i = 0; i < 4; ++i)
        values.push_back(
            LLVM::ExtractElementOp::create(e_.b, e_.loc, vector, e_.int32(i)));
    }
    return values;
  };
  for (int64_t k = 0; k < tile_.depth; ++k) {
    SmallVector<Value> w = eight(weights, k * tile_.rows(), 16);
    SmallVector<Value> v = eight(x, k * tile_.positions(), 32);
    for (int64_t i = 0; i < 8; ++i)
      for (int64_t j = 0; j < 8; ++j)
        next[i * 8 + j] = e_.fma(w[i], v[j], next[i * 8 + j]);
  }
  return next;
}

SmallVector<Value> WarpProduct::loadMatrices(Value pointer, bool transpose) {
  constexpr int64_t kMatrices = 4;
  Value loaded = nvgpu::LdMatrixOp::create(
      e_.b, e_.loc, VectorType::get({kMatrices, 2}, staged_),
      e_.view(pointer, staged_, 8),
      ValueRange(e_.as(e_.b.getIndexType(), e_.int64(0))), transpose,
      kMatrices);
  SmallVector<Value> pairs;
  for (int64_t i = 0; i < kMatrices; ++i)
    pairs.push_back(vector::ExtractOp::create(e_.b, e_.loc, loaded, i));
  return pairs;
}

void WarpProduct::mma(ArrayRef<Value> a, ArrayRef<Value> b,
                      MutableArrayRef<Value> sums) {
  bool tf32 = tile_.math == DeviceMath::tf32;
  if (!tf32 && staged_.isBF16())
    return mmaBf16(a, b, sums);
  // A row for each register, as vectors of vectors are in the LLVM dialect;
  // what is canonical in the vector dialect has rows without a lowering.
  auto fragment = [&](ArrayRef<Value> registers) {
    int64_t count = registers.size(), each = tf32 ? 1 : 2;
    Type row = VectorType::get({each}, staged_);
    Value rows = LLVM::PoisonOp::create(e_.b, e_.loc,
                                        LLVM::LLVMArrayType::get(row, count));
    for (auto [i, value] : llvm::enumerate(registers)) {
      Value one = value;
      if (tf32)
        one = LLVM::InsertElementOp::create(
            e_.b, e_.loc, LLVM::PoisonOp::create(e_.b, e_.loc, row), value,
            e_.int32(0));
      rows = LLVM::InsertValueOp::create(e_.b, e_.loc, rows, one, i);
    }
    return UnrealizedConversionCastOp::create(
               e_.b, e_.loc, TypeRange{VectorType::get({count, each}, staged_)},
               rows)
        .getResult(0);
  };
  int64_t depth = tf32 ? 8 : a.size() * 4;
  Value before = vector::FromElementsOp::create(
      e_.b, e_.loc, VectorType::get({2, 2}, e_.f32), ValueRange(sums));
  Value after =
      nvgpu::MmaSyncOp::create(e_.b, e_.loc, fragment(a), fragment(b), before,
                               ArrayRef<int64_t>{16, 8, depth}, tf32);
  for (int64_t i = 0; i < 4; ++i)
    sums[i] = vector::ExtractOp::create(e_.b, e_.loc, after,
                                        ArrayRef<int64_t>{i / 2, i % 2});
}

/// nvgpu.mma.sync does not lower on bf16.
void WarpProduct::mmaBf16(ArrayRef<Value> a, ArrayRef<Value> b,
                          MutableArrayRef<Value> sums) {
  auto type = LLVM::LLVMStructType::getLiteral(
      e_.b.getContext(), {e_.f32, e_.f32, e_.f32, e_.f32});
  auto words = [&](ArrayRef<Value> pairs) {
    return llvm::map_to_vector(pairs, [&](Value pair) -> Value {
      return LLVM::BitcastOp::create(e_.b, e_.loc, e_.i32, pair);
    });
  };
  Value result = NVVM::MmaOp::create(
      e_.b, e_.loc, type, words(a), words(b), ValueRange(sums),
      ArrayRef<int64_t>{16, 8, 16}, std::nullopt, std::nullopt,
      std::array<NVVM::MMATypes, 2>{NVVM::MMATypes::bf16, NVVM::MMATypes::bf16},
      std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                     NVVM::MMALayout::col});
  for (int64_t i = 0; i < 4; ++i)
    sums[i] = LLVM::ExtractValueOp::create(e_.b, e_.loc, result, i);
}

SmallVector<Value> WarpProduct::multiplyRows(Value weights, Value x,
                                             Value firstRow, ValueRange sums) {
  SmallVector<Value> next = llvm::to_vector_of<Value>(sums);
  Type i16 = e_.b.getI16Type();
  Value xRow = e_.add(xRow_, firstRow);
  Value row = e_.address(x, i16, e_.mul(xRow, tile_.depth));
  for (int64_t k = 0; k < tile_.depth; k += 16) {
    SmallVector<SmallVector<Value>> w, v;
    for (Value offset : weightOffsets_)
      w.push_back(loadMatrices(
          e_.address(e_.address(weights, i16, offset), i16, k * tile_.rows()),
          /*transpose=*/true));
    Value eight = InputRows::permute(e_, tile_, xRow, e_.add(xEight_, k / 8));
    Value from = e_.address(row, i16, e_.shiftLeft(eight, 3));
    // 16 rows further on the permutation is the same.
    for (int64_t j = 0; j < kPositionTiles / 2; ++j)
      v.push_back(loadMatrices(e_.address(from, i16, j * 16 * tile_.depth),
                               /*transpose=*/false));
    for (int64_t i = 0; i < kRowTiles; ++i)
      for (int64_t j = 0; j < kPositionTiles; ++j) {
        auto to =
            MutableArrayRef<Value>(next).slice((i * kPositionTiles + j) * 4, 4);
        ArrayRef<Value> a = w[i];
        ArrayRef<Value> b = ArrayRef<Value>(v[j / 2]).slice(j % 2 * 2, 2);
        if (architecture_ >= 80) {
          mma(a, b, to);
          continue;
        }
        mma(a.take_front(2), b.take_front(1), to);
        mma(a.drop_front(2), b.drop_front(1), to);
      }
  }
  return next;
}

SmallVector<Value> WarpProduct::multiplyTf32(Value chunk, ValueRange sums) {
  SmallVector<Value> next = llvm::to_vector_of<Value>(sums);
  int64_t rows = tile_.rows(), positions = tile_.positions();
  for (int64_t k = 0; k < tile_.depth; k += 8) {
    // The packing has rounded the weights.
    auto weight = [&](int64_t i, int64_t depth) {
      Value at = e_.address(chunk, e_.f32, weightOffsets_[i]);
      return e_.load(e_.f32, e_.address(at, e_.f32, (k + depth) * rows));
    };
    auto x = [&](int64_t j, int64_t depth) -> Value {
      Value at = e_.address(chunk, e_.f32, xOffsets_[j]);
      Value value =
          e_.load(e_.f32, e_.address(at, e_.f32, (k + depth) * positions));
      return e_.toF32(e_.roundToTf32(value), e_.f32);
    };
    SmallVector<SmallVector<Value>> w, v;
    for (int64_t i = 0; i < kRowTiles; ++i)
      w.push_back({weight(2 * i, 0), weight(2 * i + 1, 0), weight(2 * i, 4),
                   weight(2 * i + 1, 4)});
    for (int64_t j = 0; j < kPositionTiles; ++j)
      v.push_back({x(j, 0), x(j, 4)});
    for (int64_t i = 0; i < kRowTiles; ++i)
      for (int64_t j = 0; j < kPositionTiles; ++j)
        mma(w[i], v[j],
            MutableArrayRef<Value>(next).slice((i * kPositionTiles + j) * 4,
                                               4));
  }
  return next;
}

void WarpProduct::writeSums(Value shared, int64_t pitch, ValueRange sums) {
  Value row = e_.mul(rowWarp_, DeviceTile::kWarpRows);
  auto write = [&](Value at, ValueRange values) {
    Type type = VectorType::get({static_cast<int64_t>(values.size())}, e_.f32);
    Value vector = LLVM::PoisonOp::create(e_.b, e_.loc, type);
    for (auto [i, value] : llvm::enumerate(values))
      vector = LLVM::InsertElementOp::create(e_.b, e_.loc, vector, value,
                                             e_.int32(i));
    e_.store(vector, at);
  };
  if (tile_.math == DeviceMath::fma) {
    Value first =
        e_.add(e_.mul(e_.add(row, e_.mul(e_.shiftRight(lane_, 3), 4)), pitch),
               e_.mul(e_.bitAnd(lane_, 7), 4));
    Value base = e_.address(shared, e_.f32, first);
    for (int64_t i = 0; i < 8; ++i)
      for (int64_t half : {0, 1})
        write(
            e_.address(base, e_.f32, (i % 4 + i / 4 * 16) * pitch + half * 32),
            sums.slice(i * 8 + half * 4, 4));
    return;
  }
  Value first = e_.add(e_.mul(e_.add(row, e_.shiftRight(lane_, 2)), pitch),
                       e_.mul(e_.bitAnd(lane_, 3), 2));
  Value base = e_.address(shared, e_.f32, first);
  for (int64_t i = 0; i < kRowTiles; ++i)
    for (int64_t j = 0; j < kPositionTiles; ++j)
      for (int64_t half : {0, 1})
        write(e_.address(base, e_.f32, (i * 16 + half * 8) * pitch + j * 8),
              sums.slice((i * kPositionTiles + j) * 4 + half * 2, 2));
}
