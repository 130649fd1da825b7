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

/// An odd number of vectors: every result takes what it needs from one source
/// after the other.
static SmallVector<Value> interleaveOdd(Emitter &e, ArrayRef<Value> vectors) {
  int64_t n = vectors.size();
  int64_t lanes = cast<VectorType>(vectors[0].getType()).getNumElements();
  SmallVector<Value> results;
  for (int64_t part = 0; part < n; ++part) {
    Value result = vectors[0];
    for (int64_t source = 1; source < n; ++source) {
      SmallVector<int64_t> mask;
      for (int64_t lane = 0; lane < lanes; ++lane) {
        int64_t element = part * lanes + lane;
        int64_t from = element % n, at = element / n;
        if (from == source)
          mask.push_back(lanes + at);
        else // the first round brings source 0 into place
          mask.push_back(source == 1 && from == 0 ? at : lane);
      }
      result = shuffle(e, result, vectors[source], mask);
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
  if (n % 2 == 1)
    return interleaveOdd(e, vectors);
  // Interleaving the even and the odd sources first leaves pairs, which two
  // shuffles a pair of results finish.
  SmallVector<Value> even, odd;
  for (int64_t i = 0; i < n; i += 2) {
    even.push_back(vectors[i]);
    odd.push_back(vectors[i + 1]);
  }
  even = interleave(e, even);
  odd = interleave(e, odd);
  int64_t lanes = cast<VectorType>(vectors[0].getType()).getNumElements();
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
