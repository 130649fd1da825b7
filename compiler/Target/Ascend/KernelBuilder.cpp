// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/KernelBuilder.h"

using namespace mlir;
using namespace mlir::tconv;

KernelBuilder::KernelBuilder(ModuleOp module, const AscendKernels &kernels,
                             StringRef suffix, StringRef mix,
                             ArrayRef<Type> pointers, unsigned numbers)
    : b_(OpBuilder::atBlockEnd(module.getBody())), loc_(kernels.location) {
  constexpr unsigned kAxes = 3;
  auto global = [](Type element) {
    return MemRefType::get({ShapedType::kDynamic}, element);
  };
  SmallVector<Type> types = {global(b_.getI8Type())};
  for (Type pointer : pointers)
    types.push_back(global(pointer));
  types.append(numbers, b_.getI64Type());
  types.append(2 * kAxes, b_.getI32Type());
  func_ = func::FuncOp::create(b_, loc_, (kernels.symbol + suffix).str(),
                               b_.getFunctionType(types, {}));
  func_->setAttr("WorkspaceArgIdx", b_.getI64IntegerAttr(0));
  func_->setAttr("global_kernel", b_.getStringAttr("local"));
  func_->setAttr("mix_mode", b_.getStringAttr(mix));
  b_.setInsertionPointToStart(func_.addEntryBlock());
  auto index = [&](unsigned argument) -> Value {
    return arith::IndexCastOp::create(b_, loc_, b_.getIndexType(),
                                      func_.getArgument(argument));
  };
  unsigned first = 1 + pointers.size();
  for (unsigned i = 0; i < numbers; ++i)
    numbers_.push_back(index(first + i));
  programs_ = index(first + numbers);
  program_ = index(first + numbers + kAxes);
  auto end = func::ReturnOp::create(b_, loc_);
  b_.setInsertionPoint(end);
}

Value KernelBuilder::c(int64_t value) {
  return arith::ConstantIndexOp::create(b_, loc_, value);
}

Value KernelBuilder::add(Value l, Value r) {
  return b_.createOrFold<arith::AddIOp>(loc_, l, r);
}

Value KernelBuilder::sub(Value l, Value r) {
  return b_.createOrFold<arith::SubIOp>(loc_, l, r);
}

Value KernelBuilder::mul(Value l, Value r) {
  return b_.createOrFold<arith::MulIOp>(loc_, l, r);
}

Value KernelBuilder::div(Value l, Value r) {
  return b_.createOrFold<arith::DivSIOp>(loc_, l, r);
}

Value KernelBuilder::rem(Value l, Value r) {
  return b_.createOrFold<arith::RemSIOp>(loc_, l, r);
}

Value KernelBuilder::min(Value l, Value r) {
  return b_.createOrFold<arith::MinSIOp>(loc_, l, r);
}

Value KernelBuilder::max(Value l, Value r) {
  return b_.createOrFold<arith::MaxSIOp>(loc_, l, r);
}

Value KernelBuilder::clamp(Value value, Value most) {
  return min(max(value, c(0)), most);
}

Value KernelBuilder::isPositive(Value value) {
  return arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::sgt, value,
                               c(0));
}

Value KernelBuilder::equals(Value l, Value r) {
  return arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::eq, l, r);
}

Value KernelBuilder::notEquals(Value l, Value r) {
  return arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::ne, l, r);
}

Value KernelBuilder::atLeast(Value l, Value r) {
  return arith::CmpIOp::create(b_, loc_, arith::CmpIPredicate::sge, l, r);
}

Value KernelBuilder::choose(Value condition, Value yes, Value no) {
  return b_.createOrFold<arith::SelectOp>(loc_, condition, yes, no);
}

Value KernelBuilder::anySet(Value pointer, int64_t count) {
  Value zero = arith::ConstantOp::create(b_, loc_, b_.getF32FloatAttr(0));
  Value any;
  for (int64_t at = 0; at < count; ++at) {
    Value one = arith::CmpFOp::create(b_, loc_, arith::CmpFPredicate::UNE,
                                      scalar(pointer, c(at)), zero);
    any = any ? arith::OrIOp::create(b_, loc_, any, one).getResult() : one;
  }
  return any;
}

RowTaps mlir::tconv::tapsOfRows(KernelBuilder &k, const AscendKernels &kernels,
                                Value rowTile) {
  const AscendLayout &layout = kernels.layout;
  RowTaps taps = {k.c(layout.bands.front().taps),
                  k.c(layout.bands.front().shift)};
  int64_t first = 0;
  for (const AscendBand &band : layout.bands) {
    if (first > 0) {
      Value within = k.atLeast(rowTile, k.c(first));
      taps.count = k.choose(within, k.c(band.taps), taps.count);
      taps.shift = k.choose(within, k.c(band.shift), taps.shift);
    }
    first += layout.bandTiles(band, kernels.rows());
  }
  return taps;
}

/// Constants among sizes and strides belong into the type.
static SmallVector<OpFoldResult> folded(ArrayRef<OpFoldResult> values) {
  SmallVector<OpFoldResult> result;
  for (OpFoldResult value : values) {
    auto number = getConstantIntValue(value);
    result.push_back(number ? OpFoldResult(IntegerAttr::get(
                                  IndexType::get(value.getContext()), *number))
                            : value);
  }
  return result;
}

static SmallVector<int64_t> staticOf(ArrayRef<OpFoldResult> values) {
  SmallVector<int64_t> result;
  for (OpFoldResult value : values)
    result.push_back(getConstantIntValue(value).value_or(ShapedType::kDynamic));
  return result;
}

Value KernelBuilder::view(Value pointer, Value offset, Sizes sizes,
                          Sizes strides) {
  SmallVector<OpFoldResult> size = folded(sizes), stride = folded(strides);
  Type element = cast<MemRefType>(pointer.getType()).getElementType();
  auto type = MemRefType::get(staticOf(size), element,
                              StridedLayoutAttr::get(b_.getContext(),
                                                     ShapedType::kDynamic,
                                                     staticOf(stride)));
  return memref::ReinterpretCastOp::create(b_, loc_, type, pointer,
                                           OpFoldResult(offset), size, stride);
}

Value KernelBuilder::buffer(ArrayRef<int64_t> shape, Type element) {
  return memref::AllocOp::create(b_, loc_, MemRefType::get(shape, element));
}

Value KernelBuilder::part(Value buffer, ArrayRef<int64_t> offsets, Sizes sizes,
                          ArrayRef<int64_t> steps) {
  SmallVector<OpFoldResult> offset, step;
  for (int64_t value : offsets)
    offset.push_back(fold(value));
  for (int64_t value : steps)
    step.push_back(fold(value));
  return memref::SubViewOp::create(b_, loc_, buffer, offset, folded(sizes),
                                   step);
}

void KernelBuilder::copy(Value from, Value to) {
  memref::CopyOp::create(b_, loc_, from, to);
}

Value KernelBuilder::tensor(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  return bufferization::ToTensorOp::create(
      b_, loc_, RankedTensorType::get(type.getShape(), type.getElementType()),
      buffer, /*restrict=*/true, /*writable=*/true);
}

Value KernelBuilder::load(Value view, ArrayRef<int64_t> shape) {
  Value to = buffer(shape, cast<MemRefType>(view.getType()).getElementType());
  copy(view, to);
  return tensor(to);
}

Value KernelBuilder::scalar(Value pointer, Value offset) {
  Value value = memref::LoadOp::create(b_, loc_, pointer, offset);
  return value.getType().isF32()
             ? value
             : arith::ExtFOp::create(b_, loc_, b_.getF32Type(), value);
}

Value KernelBuilder::filled(Value scalar, ArrayRef<int64_t> shape) {
  Value empty = tensor::EmptyOp::create(b_, loc_, shape, scalar.getType());
  return linalg::FillOp::create(b_, loc_, scalar, empty).getResult(0);
}

Value KernelBuilder::zeros(ArrayRef<int64_t> shape, Type element) {
  return filled(arith::ConstantOp::create(b_, loc_, b_.getZeroAttr(element)),
                shape);
}

Value KernelBuilder::slice(Value tensor, Sizes offsets, Sizes sizes) {
  SmallVector<OpFoldResult> ones(offsets.size(), fold(1));
  return tensor::ExtractSliceOp::create(b_, loc_, tensor, folded(offsets),
                                        folded(sizes), ones);
}

Value KernelBuilder::transposed(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Value empty = tensor::EmptyOp::create(
      b_, loc_, ArrayRef<int64_t>{type.getDimSize(1), type.getDimSize(0)},
      type.getElementType());
  return linalg::TransposeOp::create(b_, loc_, tensor, empty,
                                     ArrayRef<int64_t>{1, 0})
      ->getResult(0);
}

Value KernelBuilder::converted(Value tensor, Type element) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.getElementType() == element)
    return tensor;
  Type to = type.clone(element);
  if (element.isF32())
    return arith::ExtFOp::create(b_, loc_, to, tensor);
  return arith::TruncFOp::create(b_, loc_, to, tensor);
}

void KernelBuilder::store(Value tensor, Value view) {
  bufferization::MaterializeInDestinationOp::create(
      b_, loc_, /*result=*/Type(), tensor, view, /*restrict=*/false,
      /*writable=*/true);
}

void KernelBuilder::loop(Value begin, Value end, Value step, Body body) {
  scf::ForOp::create(b_, loc_, begin, end, step, ValueRange(),
                     [&](OpBuilder &inner, Location, Value i, ValueRange) {
                       OpBuilder::InsertionGuard guard(b_);
                       b_.setInsertionPoint(inner.getInsertionBlock(),
                                            inner.getInsertionPoint());
                       body(i);
                       scf::YieldOp::create(b_, loc_);
                     });
}

ValueRange KernelBuilder::loop(Value begin, Value end, ValueRange init,
                               Carried body) {
  auto loop = scf::ForOp::create(
      b_, loc_, begin, end, c(1), init,
      [&](OpBuilder &inner, Location, Value i, ValueRange carried) {
        OpBuilder::InsertionGuard guard(b_);
        b_.setInsertionPoint(inner.getInsertionBlock(),
                             inner.getInsertionPoint());
        SmallVector<Value> results = body(i, carried);
        scf::YieldOp::create(b_, loc_, results);
      });
  return loop.getResults();
}

void KernelBuilder::when(Value condition, llvm::function_ref<void()> body) {
  scf::IfOp::create(b_, loc_, condition, [&](OpBuilder &inner, Location) {
    OpBuilder::InsertionGuard guard(b_);
    b_.setInsertionPoint(inner.getInsertionBlock(), inner.getInsertionPoint());
    body();
    scf::YieldOp::create(b_, loc_);
  });
}

Value KernelBuilder::whenElse(Value condition, llvm::function_ref<Value()> body,
                              Value other) {
  auto branch = scf::IfOp::create(
      b_, loc_, condition,
      [&](OpBuilder &inner, Location) {
        OpBuilder::InsertionGuard guard(b_);
        b_.setInsertionPoint(inner.getInsertionBlock(),
                             inner.getInsertionPoint());
        Value result = body();
        scf::YieldOp::create(b_, loc_, result);
      },
      [&](OpBuilder &inner, Location) {
        scf::YieldOp::create(inner, loc_, other);
      });
  return branch.getResult(0);
}
