// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The shuffle network of the epilogue, and small constant tables.
#include "compiler/Transforms/Emitter.h"

#include "llvm/ADT/Hashing.h"

using namespace mlir;
using namespace mlir::tconv;

static Value shuffle(Emitter &e, Value x, Value y, ArrayRef<int64_t> mask) {
  return vector::ShuffleOp::create(e.b, e.loc, x, y, mask);
}

/// As many vectors as there are sources, each of which takes what it needs from
/// one source after the other. Lane `lane` of result `i` is the element
/// `elementOf(i, lane)`, a source and a lane of it.
static SmallVector<Value> pickFromAll(
    Emitter &e, ArrayRef<Value> sources,
    function_ref<std::pair<int64_t, int64_t>(int64_t, int64_t)> elementOf) {
  int64_t n = sources.size();
  int64_t lanes = cast<VectorType>(sources[0].getType()).getNumElements();
  SmallVector<Value> results;
  for (int64_t i = 0; i < n; ++i) {
    Value result = sources[0];
    for (int64_t source = 1; source < n; ++source) {
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        auto [from, at] = elementOf(i, lane);
        if (from == source)
          mask.push_back(lanes + at);
        else // the first round brings source 0 into place
          mask.push_back(source == 1 && from == 0 ? at : lane);
      }
      result = shuffle(e, result, sources[source], mask);
    }
    results.push_back(result);
  }
  return results;
}

SmallVector<Value> mlir::tconv::interleave(Emitter &e,
                                           ArrayRef<Value> vectors) {
  int64_t n = vectors.size();
  if (n == 1)
    return {vectors[0]};
  int64_t lanes = cast<VectorType>(vectors[0].getType()).getNumElements();
  if (n % 2 == 1)
    return pickFromAll(e, vectors, [&](int64_t part, int64_t lane) {
      int64_t element = part * lanes + lane;
      return std::pair(element % n, element / n);
    });
  // Interleaving the even and the odd sources first leaves pairs, which two
  // shuffles a pair of results finish.
  SmallVector<Value> even, odd;
  for (int64_t i = 0; i < n; i += 2) {
    even.push_back(vectors[i]);
    odd.push_back(vectors[i + 1]);
  }
  even = interleave(e, even);
  odd = interleave(e, odd);
  SmallVector<int64_t> low, high;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    low.push_back(lane / 2 + (lane % 2) * lanes);
    high.push_back((lanes + lane) / 2 + (lane % 2) * lanes);
  }
  SmallVector<Value> results;
  for (auto [x, y] : llvm::zip(even, odd)) {
    results.push_back(shuffle(e, x, y, low));
    results.push_back(shuffle(e, x, y, high));
  }
  return results;
}

SmallVector<Value> mlir::tconv::deinterleave(Emitter &e,
                                             ArrayRef<Value> vectors) {
  int64_t n = vectors.size();
  if (n == 1)
    return {vectors[0]};
  int64_t lanes = cast<VectorType>(vectors[0].getType()).getNumElements();
  if (n % 2 == 1)
    return pickFromAll(e, vectors, [&](int64_t u, int64_t lane) {
      int64_t element = lane * n + u;
      return std::pair(element / lanes, element % lanes);
    });
  // Even and odd elements first, then each of the two by half as many.
  SmallVector<int64_t> even, odd;
  for (int64_t lane = 0; lane < lanes; ++lane) {
    even.push_back(2 * lane);
    odd.push_back(2 * lane + 1);
  }
  SmallVector<Value> halves[2];
  for (int64_t i = 0; i < n; i += 2) {
    halves[0].push_back(shuffle(e, vectors[i], vectors[i + 1], even));
    halves[1].push_back(shuffle(e, vectors[i], vectors[i + 1], odd));
  }
  for (auto &half : halves)
    half = deinterleave(e, half);
  SmallVector<Value> results;
  for (auto [x, y] : llvm::zip(halves[0], halves[1]))
    results.append({x, y});
  return results;
}

Value mlir::tconv::linearCombination(Emitter &e, ArrayRef<double> factors,
                                     ArrayRef<Value> vectors) {
  auto type = cast<VectorType>(vectors[0].getType());
  auto constant = [&](double factor) -> Value {
    auto value = static_cast<float>(factor);
    return arith::ConstantOp::create(
        e.b, e.loc, DenseElementsAttr::get(type, ArrayRef<float>(value)));
  };
  // A factor of 1 first, if there is one: it needs no operation at all.
  SmallVector<size_t> order;
  for (size_t i = 0; i < factors.size(); ++i)
    if (factors[i] != 0)
      order.push_back(i);
  llvm::sort(order, [&](size_t i, size_t j) {
    return std::pair(factors[i] != 1, i) < std::pair(factors[j] != 1, j);
  });
  Value sum;
  for (size_t i : order) {
    Value x = vectors[i];
    if (!sum && factors[i] == 1)
      sum = x;
    else if (!sum)
      sum = arith::MulFOp::create(e.b, e.loc, x, constant(factors[i]));
    else if (factors[i] == 1)
      sum = e.addf(sum, x);
    else if (factors[i] == -1)
      sum = arith::SubFOp::create(e.b, e.loc, sum, x);
    else
      sum = e.fma(x, constant(factors[i]), sum);
  }
  return sum ? sum : e.zeroVector(type.getNumElements());
}

Value Emitter::lookUp(ModuleOp module, ArrayRef<int64_t> numbers, Value i) {
  if (llvm::all_equal(numbers))
    return index(numbers.front());
  bool rises = true;
  for (size_t n = 1; n < numbers.size(); ++n)
    rises &= numbers[n] == numbers[n - 1] + 1;
  if (rises)
    return add(i, numbers.front());

  auto hash = static_cast<size_t>(llvm::hash_combine_range(numbers));
  auto data = RankedTensorType::get({static_cast<int64_t>(numbers.size())},
                                    b.getI64Type());
  auto values = DenseElementsAttr::get(data, numbers);
  auto type = MemRefType::get(data.getShape(), b.getI64Type());
  memref::GlobalOp global;
  for (; !global; ++hash) { // another table of the same hash: the next name
    std::string name = "table_" + llvm::utohexstr(hash, /*LowerCase=*/true);
    if (Operation *known = module.lookupSymbol(name)) {
      auto table = dyn_cast<memref::GlobalOp>(known);
      if (table && table.getInitialValue() == values)
        global = table;
      continue;
    }
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    global = memref::GlobalOp::create(
        b, loc, name, b.getStringAttr("private"), type, values,
        /*constant=*/true, /*alignment=*/IntegerAttr());
  }
  Value table = memref::GetGlobalOp::create(b, loc, type, global.getSymName());
  return arith::IndexCastOp::create(b, loc, b.getIndexType(), load(table, i));
}
