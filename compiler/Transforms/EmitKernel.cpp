// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/CostModel.h"
#include "compiler/Transforms/Passes.h"

#include "tconv/tconv.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_EMITKERNELPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// Builds LLVM operations that take the C structures apart.
class AbiBuilder {
public:
  AbiBuilder(OpBuilder &b, Location loc)
      : b(b), loc(loc), ptr(LLVM::LLVMPointerType::get(b.getContext())),
        i64(b.getI64Type()) {}

  /// The field at a byte offset of a structure.
  Value field(Value structure, size_t offset, Type type) {
    Value at = LLVM::GEPOp::create(
        b, loc, ptr, b.getI8Type(), structure,
        ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
    return LLVM::LoadOp::create(b, loc, type, at);
  }
  Value constant(int64_t value) {
    return LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(value));
  }

  /// A buffer of `type` at `pointer`; `dynamicSizes` and `dynamicStrides` stand
  /// for the dynamic ones, in order.
  Value buffer(MemRefType type, Value pointer, ArrayRef<Value> dynamicSizes,
               ArrayRef<Value> dynamicStrides) {
    int64_t rank = type.getRank();
    auto array = LLVM::LLVMArrayType::get(i64, rank);
    auto structType = LLVM::LLVMStructType::getLiteral(
        b.getContext(), {ptr, ptr, i64, array, array});
    Value descriptor = LLVM::PoisonOp::create(b, loc, structType);
    auto insert = [&](Value value, ArrayRef<int64_t> position) {
      descriptor =
          LLVM::InsertValueOp::create(b, loc, descriptor, value, position);
    };
    insert(pointer, {0});
    insert(pointer, {1});
    insert(constant(0), {2});
    auto [strides, offset] = type.getStridesAndOffset();
    (void)offset;
    for (int64_t axis = 0; axis < rank; ++axis) {
      insert(next(type.getDimSize(axis), dynamicSizes), {3, axis});
      insert(next(strides[axis], dynamicStrides), {4, axis});
    }
    return UnrealizedConversionCastOp::create(b, loc, TypeRange{type},
                                              ValueRange{descriptor})
        .getResult(0);
  }

  OpBuilder &b;
  Location loc;
  Type ptr, i64;

private:
  /// A static number, or the next of the dynamic ones.
  Value next(int64_t number, ArrayRef<Value> &dynamic) {
    if (!ShapedType::isDynamic(number))
      return constant(number);
    Value value = dynamic.front();
    dynamic = dynamic.drop_front();
    return value;
  }
};

struct EmitKernelPass : tconv::impl::EmitKernelPassBase<EmitKernelPass> {
  using EmitKernelPassBase::EmitKernelPassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto layer = module.lookupSymbol<func::FuncOp>("layer");
    auto pack = module.lookupSymbol<func::FuncOp>("layer_pack");
    if (!layer || !pack) {
      module.emitError("a kernel needs the functions layer and layer_pack");
      return signalPassFailure();
    }
    if (failed(checkLayer(layer)) || failed(checkPack(pack)))
      return signalPassFailure();
    // Internal to the object too, so that two kernels can be linked together.
    for (auto func : module.getOps<func::FuncOp>()) {
      func.setPrivate();
      func->setAttr(
          "llvm.linkage",
          LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal));
    }
    if (failed(emitRun(layer)) || failed(emitPack(pack)) ||
        failed(emitDescriptor(layer, pack)))
      signalPassFailure();
  }

private:
  LLVM::LLVMFuncOp entry(func::FuncOp body, StringRef suffix,
                         ArrayRef<Type> arguments) {
    OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
    auto type = LLVM::LLVMFunctionType::get(
        LLVM::LLVMVoidType::get(&getContext()), arguments);
    auto func =
        LLVM::LLVMFuncOp::create(b, body.getLoc(), (symbol + suffix).str(),
                                 type, LLVM::Linkage::Internal);
    return func;
  }

  /// Descriptors are built from the types alone, so that these must say all
  /// that the structures don't: x, packed weights, bias if there is one, y,
  /// the distance of batch items if a launch chooses it, begin, end, positions
  /// of a task if a launch chooses them, workspace.
  LogicalResult checkLayer(func::FuncOp layer) {
    ArrayRef<Type> types = layer.getArgumentTypes();
    size_t bias = hasBias(layer), folds = this->folds(layer);
    if (types.size() != 6 + bias + folds &&
        types.size() != 6 + bias + folds + 1)
      return layer.emitError("is no kernel: expected x, weights, bias or not, "
                             "y, the items' distance or not, begin, end, "
                             "positions or not and workspace, got ")
             << types.size() << " arguments";
    for (size_t i : {size_t(0), 2 + bias}) {
      auto type = dyn_cast<MemRefType>(types[i]);
      if (!type || type.getRank() != 3 || !type.getElementType().isF32() ||
          type.isDynamicDim(1) || !type.isLastDimUnitStride())
        return layer.emitError("argument ")
               << i << " of a kernel must be a buffer of rank 3 whose rows are "
               << "contiguous, got " << types[i];
    }
    for (size_t i : {size_t(1), 1 + bias})
      if (failed(checkStatic(layer, i, 1)))
        return failure();
    size_t workspace = types.size() - 1;
    if (failed(checkStatic(layer, workspace, 1, /*mayBeEmpty=*/true)))
      return failure();
    for (size_t i = 3 + bias; i < workspace; ++i)
      if (!types[i].isIndex())
        return layer.emitError("argument ")
               << i << " of a kernel must be an index, got " << types[i];
    return checkNoResults(layer);
  }

  /// Of buffers there are x, weights, y and the workspace, and a bias or not.
  static bool hasBias(func::FuncOp layer) {
    return llvm::count_if(layer.getArgumentTypes(),
                          [](Type type) { return isa<MemRefType>(type); }) == 5;
  }
  /// Whether a launch says how far apart batch items lie.
  static bool folds(func::FuncOp layer) {
    return layer->hasAttr(kItemGranuleAttr);
  }
  /// Whether a launch says how many positions a task has.
  static bool choosesPositions(func::FuncOp layer) {
    return layer.getNumArguments() == 7U + hasBias(layer) + folds(layer);
  }

  /// Weights in, packed weights out.
  LogicalResult checkPack(func::FuncOp pack) {
    if (pack.getNumArguments() != 2)
      return pack.emitError("is no packing: expected weights and packed "
                            "weights, got ")
             << pack.getNumArguments() << " arguments";
    if (failed(checkStatic(pack, 0, 3)) || failed(checkStatic(pack, 1, 1)))
      return failure();
    return checkNoResults(pack);
  }

  LogicalResult checkStatic(func::FuncOp func, size_t i, int64_t rank,
                            bool mayBeEmpty = false) {
    auto type = dyn_cast<MemRefType>(func.getArgumentTypes()[i]);
    if (type && type.hasStaticShape() && type.getRank() == rank &&
        type.getLayout().isIdentity()) {
      // Its strides and its bytes are computed from here on.
      int64_t bytes = sizeof(float);
      for (int64_t size : type.getShape())
        if ((size == 0 && !mayBeEmpty) || llvm::MulOverflow(bytes, size, bytes))
          return func.emitError("argument ")
                 << i << " of a kernel is empty or too large: " << type;
      return success();
    }
    return func.emitError("argument ")
           << i << " of a kernel must be a buffer of rank " << rank
           << " and static shape, got " << func.getArgumentTypes()[i];
  }

  LogicalResult checkNoResults(func::FuncOp func) {
    if (func.getNumResults() != 0)
      return func.emitError("of a kernel must return nothing");
    return success();
  }

  LogicalResult emitRun(func::FuncOp layer) {
    ArrayRef<Type> types = layer.getArgumentTypes();
    bool hasBias = this->hasBias(layer);
    OpBuilder b(&getContext());
    Type ptr = LLVM::LLVMPointerType::get(&getContext());
    Type i64 = b.getI64Type();
    LLVM::LLVMFuncOp run = entry(layer, "_run", {ptr, i64, i64});
    Block *block = run.addEntryBlock(b);
    b.setInsertionPointToStart(block);
    AbiBuilder abi(b, layer.getLoc());
    Value args = block->getArgument(0);
#define FIELD(name, type)                                                      \
  abi.field(args, offsetof(tconv_kernel_args, name), type)
    Value batch = FIELD(batch, i64);
    SmallVector<Value> operands;
    auto memref = [&](size_t i) { return cast<MemRefType>(types[i]); };
    auto tensor = [&](MemRefType type, Value data, Value length,
                      Value batchStride, Value channelStride) {
      SmallVector<Value> sizes;
      if (type.isDynamicDim(0))
        sizes.push_back(batch);
      if (type.isDynamicDim(2))
        sizes.push_back(length);
      return abi.buffer(type, data, sizes, {batchStride, channelStride});
    };
    operands.push_back(tensor(memref(0), FIELD(x, ptr), FIELD(length, i64),
                              FIELD(x_batch_stride, i64),
                              FIELD(x_channel_stride, i64)));
    operands.push_back(abi.buffer(memref(1), FIELD(weights, ptr), {}, {}));
    if (hasBias)
      operands.push_back(abi.buffer(memref(2), FIELD(bias, ptr), {}, {}));
    operands.push_back(tensor(
        memref(hasBias ? 3 : 2), FIELD(y, ptr), FIELD(output_length, i64),
        FIELD(y_batch_stride, i64), FIELD(y_channel_stride, i64)));
    auto asIndex = [&](Value number) {
      operands.push_back(arith::IndexCastOp::create(b, layer.getLoc(),
                                                    b.getIndexType(), number));
    };
    // What a launch chooses; 0 where it doesn't.
    auto chosen = [&](Value given, int64_t otherwise) {
      auto constant = [&](int64_t number) -> Value {
        return arith::ConstantIntOp::create(b, layer.getLoc(), i64, number);
      };
      Value none = arith::CmpIOp::create(
          b, layer.getLoc(), arith::CmpIPredicate::eq, given, constant(0));
      asIndex(arith::SelectOp::create(b, layer.getLoc(), none,
                                      constant(otherwise), given));
    };
    if (folds(layer))
      chosen(FIELD(item_positions, i64), kItemsApart);
    for (unsigned i : {1, 2})
      asIndex(block->getArgument(i));
    if (choosesPositions(layer)) {
      auto most = layer->getAttrOfType<IntegerAttr>("tconv.task_positions");
      if (!most)
        return layer.emitError("needs the attribute tconv.task_positions");
      chosen(FIELD(task_positions, i64), most.getInt());
    }
    operands.push_back(
        abi.buffer(memref(types.size() - 1), FIELD(workspace, ptr), {}, {}));
#undef FIELD
    func::CallOp::create(b, layer.getLoc(), layer, operands);
    LLVM::ReturnOp::create(b, layer.getLoc(), ValueRange());
    return success();
  }

  LogicalResult emitPack(func::FuncOp pack) {
    OpBuilder b(&getContext());
    Type ptr = LLVM::LLVMPointerType::get(&getContext());
    LLVM::LLVMFuncOp func = entry(pack, "_pack", {ptr});
    Block *block = func.addEntryBlock(b);
    b.setInsertionPointToStart(block);
    AbiBuilder abi(b, pack.getLoc());
    Value args = block->getArgument(0);
    auto buffer = [&](unsigned i, size_t offset) {
      return abi.buffer(cast<MemRefType>(pack.getArgumentTypes()[i]),
                        abi.field(args, offset, ptr), {}, {});
    };
    func::CallOp::create(
        b, pack.getLoc(), pack,
        ValueRange{buffer(0, offsetof(tconv_pack_args, weight)),
                   buffer(1, offsetof(tconv_pack_args, packed))});
    LLVM::ReturnOp::create(b, pack.getLoc(), ValueRange());
    return success();
  }

  /// A constant string with a zero byte.
  LLVM::GlobalOp emitText(StringRef suffix, StringRef content) {
    OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
    std::string text = content.str() + std::string(1, '\0');
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), text.size());
    return LLVM::GlobalOp::create(b, getOperation().getLoc(), type,
                                  /*isConstant=*/true, LLVM::Linkage::Internal,
                                  (symbol + suffix).str(),
                                  b.getStringAttr(text));
  }

  /// Whether the schedule chose a direct algorithm, with the weights as they
  /// are.
  static bool isDirect(func::FuncOp layer) {
    auto blocks = layer->getAttrOfType<DictionaryAttr>(kBlocksAttr);
    auto outputs = blocks ? blocks.getAs<IntegerAttr>("outputs") : nullptr;
    return !(outputs && outputs.getValue().ugt(1)) &&
           !(blocks && blocks.contains(kWeightBits));
  }

  LogicalResult emitDescriptor(func::FuncOp layer, func::FuncOp pack) {
    ModuleOp module = getOperation();
    auto number = [&](StringRef name) -> std::optional<int64_t> {
      auto attr = layer->getAttrOfType<IntegerAttr>(name);
      if (!attr || !attr.getType().isInteger(64)) {
        layer.emitError("needs the attribute ") << name;
        return std::nullopt;
      }
      return attr.getInt();
    };
    SmallVector<int64_t> general;
    for (StringRef name :
         {"tconv.in_channels", "tconv.out_channels", "tconv.kernel_size",
          "tconv.stride", "tconv.dilation", "tconv.groups",
          "tconv.crop_begin"}) {
      std::optional<int64_t> value = number(name);
      if (!value)
        return failure();
      general.push_back(*value);
    }
    auto workspace = number("tconv.workspace_bytes");
    auto positions = number("tconv.task_positions");
    auto columns = number("tconv.task_columns");
    if (!workspace || !positions || !columns)
      return failure();
    auto packed = cast<MemRefType>(pack.getArgumentTypes()[1]);

    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    Location loc = layer.getLoc();
    MLIRContext *context = &getContext();
    Type i32 = b.getI32Type(), i64 = b.getI64Type();
    Type ptr = LLVM::LLVMPointerType::get(context);

    auto textGlobal = emitText("_description", info);
    // So that tools find it in an object, an archive or a program.
    textGlobal.setSection(TCONV_KERNEL_DESCRIPTION_SECTION);
    LLVM::GlobalOp targetGlobal;
    if (!target.empty())
      targetGlobal = emitText("_target", target);
    // A layer whose code another engine makes says so.
    LLVM::GlobalOp engineGlobal;
    if (auto engine = layer->getAttrOfType<StringAttr>("tconv.engine"))
      engineGlobal = emitText("_engine", engine.getValue());

    // Field for field what kernel_abi.h declares.
    SmallVector<Type> fields = {i32, i32};
    fields.append(7, i64);
    fields.append(4, i32);
    fields.append(4, i64);
    fields.append(4, ptr);
    fields.append(2, i32);
    fields.append(2, ptr);
    fields.append(4, i64);
    auto type = LLVM::LLVMStructType::getLiteral(context, fields);
    auto global =
        LLVM::GlobalOp::create(b, loc, type, /*isConstant=*/true,
                               LLVM::Linkage::External, symbol, Attribute());
    b.createBlock(&global.getInitializerRegion());
    Value value = LLVM::PoisonOp::create(b, loc, type);
    int64_t field = 0;
    auto insert = [&](Value v) {
      value = LLVM::InsertValueOp::create(b, loc, value, v, field++);
    };
    auto integer = [&](Type t, int64_t n) {
      insert(LLVM::ConstantOp::create(b, loc, t, b.getIntegerAttr(t, n)));
    };
    integer(i32, TCONV_KERNEL_ABI_VERSION);
    integer(i32, sizeof(tconv_kernel));
    for (int64_t n : general)
      integer(i64, n);
    integer(i32, hasBias(layer));
    integer(i32, TCONV_F32);
    integer(i32, TCONV_ACTIVATION_NONE);
    integer(i32, TCONV_ACTIVATION_NONE);
    integer(i64, packed.getNumElements() * 4);
    integer(i64, *workspace);
    integer(i64, *positions);
    integer(i64, *columns);
    insert(LLVM::AddressOfOp::create(b, loc, ptr, symbol + "_pack"));
    insert(LLVM::AddressOfOp::create(b, loc, ptr, symbol + "_run"));
    auto text = [&](LLVM::GlobalOp global) -> Value {
      if (!global)
        return LLVM::ZeroOp::create(b, loc, ptr);
      return LLVM::AddressOfOp::create(b, loc, ptr, global.getSymName());
    };
    insert(text(textGlobal));
    insert(text(targetGlobal));
    integer(i32, lengthClass);
    integer(i32,
            isDirect(layer) ? TCONV_ACCURACY_DIRECT : TCONV_ACCURACY_DEFAULT);
    insert(text(engineGlobal));
    insert(LLVM::ZeroOp::create(b, loc, ptr));
    for (StringRef name :
         {StringRef("tconv.task_granule"), StringRef(kItemBeforeAttr),
          StringRef(kItemAfterAttr), StringRef(kItemGranuleAttr)}) {
      auto attr = layer->getAttrOfType<IntegerAttr>(name);
      integer(i64, attr ? attr.getInt() : 0);
    }
    LLVM::ReturnOp::create(b, loc, value);
    return success();
  }
};

// The structure built above, in bytes.
static_assert(sizeof(tconv_kernel) ==
                  2 * 4 + 7 * 8 + 4 * 4 + 4 * 8 + 4 * 8 + 2 * 4 + 6 * 8,
              "emitDescriptor has to follow kernel_abi.h");

} // namespace
