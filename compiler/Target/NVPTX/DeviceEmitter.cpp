// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/DeviceEmitter.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace mlir::tconv;

static constexpr unsigned kShared = 3, kGlobal = 1;

Value DeviceEmitter::as(Type type, Value x) {
  if (x.getType() == type)
    return x;
  if (x.getType().isIndex() || type.isIndex())
    return b.createOrFold<arith::IndexCastOp>(loc, type, x);
  if (type.getIntOrFloatBitWidth() > x.getType().getIntOrFloatBitWidth())
    return b.createOrFold<arith::ExtSIOp>(loc, type, x);
  return b.createOrFold<arith::TruncIOp>(loc, type, x);
}

void DeviceEmitter::loop(Value begin, Value end, Value step,
                         function_ref<void(Value)> body) {
  auto op = scf::ForOp::create(b, loc, begin, end, step);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  body(op.getInductionVar());
}

SmallVector<Value>
DeviceEmitter::carry(Value begin, Value end, Value step, ValueRange init,
                     function_ref<SmallVector<Value>(Value, ValueRange)> body) {
  auto op = scf::ForOp::create(b, loc, begin, end, step, init);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.getBody());
  scf::YieldOp::create(b, loc,
                       body(op.getInductionVar(), op.getRegionIterArgs()));
  return llvm::to_vector_of<Value>(op.getResults());
}

void DeviceEmitter::ifThen(Value condition, function_ref<void()> body) {
  auto op = scf::IfOp::create(b, loc, condition, /*withElse=*/false);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(op.thenBlock());
  body();
}

Value DeviceEmitter::choose(Value condition, function_ref<Value()> body,
                            function_ref<Value()> otherwise) {
  OpBuilder::InsertionGuard guard(b);
  auto op = scf::IfOp::create(b, loc, TypeRange{f32}, condition,
                              /*withElse=*/true);
  for (auto [block, give] :
       {std::pair(op.thenBlock(), body), {op.elseBlock(), otherwise}}) {
    b.setInsertionPointToEnd(block);
    Value result = give();
    scf::YieldOp::create(b, loc, result);
  }
  return op.getResult(0);
}

Value DeviceEmitter::address(Value pointer, Type type, Value at) {
  return LLVM::GEPOp::create(b, loc, pointer.getType(), type, pointer,
                             ArrayRef<LLVM::GEPArg>{at});
}

Value DeviceEmitter::address(Value pointer, Type type, int64_t at) {
  if (at == 0)
    return pointer;
  return LLVM::GEPOp::create(b, loc, pointer.getType(), type, pointer,
                             ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(at)});
}

static unsigned bytesOf(Type type) {
  if (auto vector = dyn_cast<VectorType>(type))
    return vector.getNumElements() *
           vector.getElementType().getIntOrFloatBitWidth() / 8;
  return type.getIntOrFloatBitWidth() / 8;
}

Value DeviceEmitter::load(Type type, Value pointer, bool readOnly) {
  return LLVM::LoadOp::create(b, loc, type, pointer, bytesOf(type),
                              /*isVolatile=*/false, /*isNonTemporal=*/false,
                              /*isInvariant=*/readOnly);
}

void DeviceEmitter::store(Value value, Value pointer) {
  LLVM::StoreOp::create(b, loc, value, pointer, bytesOf(value.getType()));
}

Value DeviceEmitter::view(Value pointer, Type element, int64_t count) {
  auto type = MemRefType::get(
      {count}, element, MemRefLayoutAttrInterface(),
      b.getI64IntegerAttr(
          cast<LLVM::LLVMPointerType>(pointer.getType()).getAddressSpace()));
  // What memrefs become in the LLVM dialect: allocated and aligned pointer,
  // offset, sizes, strides.
  Type one = LLVM::LLVMArrayType::get(i64, 1);
  auto descriptor = LLVM::LLVMStructType::getLiteral(
      b.getContext(), {pointer.getType(), pointer.getType(), i64, one, one});
  Value fields = LLVM::PoisonOp::create(b, loc, descriptor);
  auto set = [&](Value value, ArrayRef<int64_t> place) {
    fields = LLVM::InsertValueOp::create(b, loc, fields, value, place);
  };
  auto number = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value));
  };
  set(pointer, 0);
  set(pointer, 1);
  set(number(0), 2);
  set(number(count), {3, 0});
  set(number(1), {4, 0});
  return UnrealizedConversionCastOp::create(b, loc, TypeRange{type}, fields)
      .getResult(0);
}

void DeviceEmitter::copy(Value to, Value from, int64_t bytes, Value condition) {
  int64_t count = bytes / 4;
  Value zero = as(b.getIndexType(), int64(0));
  Value present;
  if (condition)
    present = select(condition, as(b.getIndexType(), int64(count)), zero);
  copies_.push_back(nvgpu::DeviceAsyncCopyOp::create(
      b, loc, nvgpu::DeviceAsyncTokenType::get(b.getContext()),
      view(to, f32, count), zero, view(from, f32, count), zero,
      b.getIndexAttr(count), present,
      bytes == 16 ? b.getUnitAttr() : UnitAttr()));
}

Value DeviceEmitter::copyGroup() {
  Value group = nvgpu::DeviceAsyncCreateGroupOp::create(
      b, loc, nvgpu::DeviceAsyncTokenType::get(b.getContext()), copies_);
  copies_.clear();
  return group;
}

void DeviceEmitter::waitForCopies(Value oldest, int64_t pending) {
  nvgpu::DeviceAsyncWaitOp::create(b, loc, oldest,
                                   b.getI32IntegerAttr(pending));
}

Value DeviceEmitter::sharedMemory(int64_t bytes) {
  Operation *kernel = b.getInsertionBlock()->getParentOp();
  while (!isa<gpu::GPUFuncOp>(kernel))
    kernel = kernel->getParentOp();
  std::string name = (cast<gpu::GPUFuncOp>(kernel).getName() + "_shared").str();
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes);
  {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPoint(kernel);
    LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/false,
                           LLVM::Linkage::Internal, name, Attribute(),
                           /*alignment=*/128, kShared);
  }
  return LLVM::AddressOfOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), kShared), name);
}

void DeviceEmitter::barrier() { gpu::BarrierOp::create(b, loc); }

Value DeviceEmitter::lookUp(ArrayRef<int64_t> numbers, Value i) {
  int64_t step = numbers.size() > 1 ? numbers[1] - numbers[0] : 0;
  bool even = true;
  for (size_t n = 1; n < numbers.size(); ++n)
    even &= numbers[n] - numbers[n - 1] == step;
  if (even)
    return add(mul(i, step), numbers[0]);
  if (std::optional<int64_t> known = getConstantIntValue(i))
    return like(i, numbers[*known]);
  gpu::GPUModuleOp module =
      b.getInsertionBlock()->getParentOp()->getParentOfType<gpu::GPUModuleOp>();
  auto content = DenseElementsAttr::get(
      RankedTensorType::get({static_cast<int64_t>(numbers.size())}, i64),
      numbers);
  LLVM::GlobalOp table;
  int64_t count = 0;
  for (auto global : module.getOps<LLVM::GlobalOp>()) {
    count += global.getConstant();
    if (global.getValueAttr() == content)
      table = global;
  }
  if (!table) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&module.getBodyRegion().front());
    table = LLVM::GlobalOp::create(
        b, loc, LLVM::LLVMArrayType::get(i64, numbers.size()),
        /*isConstant=*/true, LLVM::Linkage::Internal,
        "tconv_table_" + std::to_string(count), content, /*alignment=*/8,
        kGlobal);
  }
  Value base = LLVM::AddressOfOp::create(
      b, loc, LLVM::LLVMPointerType::get(b.getContext(), kGlobal),
      table.getSymName());
  return as(i.getType(), load(i64, address(base, i64, i), /*readOnly=*/true));
}

Value DeviceEmitter::swizzle(const DeviceTile &tile, Value k, int64_t columns) {
  switch (tile.math) {
  case DeviceMath::fma:
    return like(k, 0);
  case DeviceMath::tf32:
    return shiftLeft(bitAnd(k, 3), 3);
  case DeviceMath::mma:
    return columns >= 64 ? shiftLeft(bitAnd(k, 7), 3)
                         : shiftLeft(bitAnd(shiftRight(k, 1), 3), 3);
  }
  return {};
}

Value DeviceEmitter::toF32(Value bits, Type element) {
  if (element.isF32())
    return arith::BitcastOp::create(b, loc, f32, bits);
  if (element.isF16())
    return arith::ExtFOp::create(
        b, loc, f32,
        arith::BitcastOp::create(b, loc, element, bits).getResult());
  Value wide = arith::ExtUIOp::create(b, loc, i32, bits);
  return arith::BitcastOp::create(b, loc, f32, shiftLeft(wide, 16));
}

Value DeviceEmitter::fromF32(Value value, Type element, int64_t architecture) {
  if (element.isF32())
    return arith::BitcastOp::create(b, loc, i32, value);
  Type i16 = b.getI16Type();
  if (element.isF16() || architecture >= 80)
    return arith::BitcastOp::create(
        b, loc, i16,
        arith::TruncFOp::create(b, loc, element, value).getResult());
  // Half of the last place, a bit less before an even one; a NaN stays one.
  Value bits = arith::BitcastOp::create(b, loc, i32, value);
  Value odd = bitAnd(shiftRight(bits, 16), 1);
  Value rounded = shiftRight(add(add(bits, odd), 0x7fff), 16);
  Value quiet = arith::OrIOp::create(b, loc, shiftRight(bits, 16), int32(0x40));
  return as(i16, select(isNaN(value), quiet, rounded));
}

Value DeviceEmitter::roundToTf32(Value value) {
  return NVVM::ConvertFloatToTF32Op::create(
      b, loc, i32, value, NVVM::FPRoundingMode::RNA, NVVM::SaturationMode::NONE,
      /*relu=*/false);
}

Value DeviceEmitter::isNaN(Value value) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::UNO, value, value);
}

Value DeviceEmitter::fma(Value x, Value y, Value z) {
  return LLVM::FMAOp::create(b, loc, x, y, z);
}

Value DeviceEmitter::zero() {
  return arith::ConstantOp::create(b, loc, b.getF32FloatAttr(0));
}

FailureOr<DeviceBuffer> mlir::tconv::deviceBuffer(Operation *op, Value buffer) {
  auto cast = buffer.getDefiningOp<UnrealizedConversionCastOp>();
  if (!cast || (cast.getNumOperands() != 1 && cast.getNumOperands() != 4))
    return op->emitOpError("must be in a kernel of tconv-outline-device");
  DeviceBuffer result;
  result.pointer = cast.getOperand(0);
  result.element = llvm::cast<MemRefType>(buffer.getType()).getElementType();
  if (cast.getNumOperands() == 4) {
    result.length = cast.getOperand(1);
    result.batchStride = cast.getOperand(2);
    result.channelStride = cast.getOperand(3);
  }
  return result;
}
