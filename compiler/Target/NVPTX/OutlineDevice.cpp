// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Passes.h"

#include "mlir/IR/IRMapping.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_OUTLINEDEVICEPASS
#include "compiler/Target/NVPTX/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct OutlineDevicePass
    : tconv::impl::OutlineDevicePassBase<OutlineDevicePass> {
  using OutlineDevicePassBase::OutlineDevicePassBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    auto layer = module.lookupSymbol<func::FuncOp>("layer");
    auto pack = module.lookupSymbol<func::FuncOp>("layer_pack");
    if (!layer || !pack) {
      module.emitError("a kernel needs the functions layer and layer_pack");
      return signalPassFailure();
    }
    OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
    auto device = gpu::GPUModuleOp::create(b, layer.getLoc(), "tconv_device");
    if (failed(outlineRun(layer, device)) || failed(outlinePack(pack, device)))
      signalPassFailure();
  }

private:
  /// A kernel without a body.
  gpu::GPUFuncOp kernel(func::FuncOp from, gpu::GPUModuleOp device,
                        StringRef suffix, int64_t pointers, int64_t numbers,
                        int64_t threads) {
    OpBuilder b = OpBuilder::atBlockEnd(&device.getBodyRegion().front());
    SmallVector<Type> types(pointers,
                            LLVM::LLVMPointerType::get(&getContext(), 1));
    types.append(numbers, b.getI64Type());
    auto func =
        gpu::GPUFuncOp::create(b, from.getLoc(), (symbol + suffix).str(),
                               b.getFunctionType(types, {}));
    func->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
    func.setKnownBlockSizeAttr(
        b.getDenseI32ArrayAttr({static_cast<int32_t>(threads), 1, 1}));
    return func;
  }

  /// A buffer as a name for kernel arguments: see deviceBuffer.
  static Value buffer(OpBuilder &b, Location loc, Type type,
                      ValueRange arguments) {
    return UnrealizedConversionCastOp::create(b, loc, TypeRange{type},
                                              arguments)
        .getResult(0);
  }

  static void moveBody(OpBuilder &b, func::FuncOp from, IRMapping &mapping) {
    for (Operation &op : from.front().without_terminator())
      b.clone(op, mapping);
    gpu::ReturnOp::create(b, from.getLoc());
    from.erase();
  }

  /// x, packed weights, bias if there is one, y, task.
  LogicalResult outlineRun(func::FuncOp layer, gpu::GPUModuleOp device) {
    size_t count = layer.getNumArguments();
    auto threads = layer->getAttrOfType<IntegerAttr>(kThreadsAttr);
    if ((count != 4 && count != 5) || !layer.getBody().hasOneBlock() ||
        !layer.getArgumentTypes().back().isIndex() || !threads)
      return layer.emitError("must be mapped to blocks by "
                             "transform.tconv.map_blocks to become a kernel");
    bool hasBias = count == 5;
    gpu::GPUFuncOp func = kernel(layer, device, "_run", 4, 7, threads.getInt());
    // What the launcher and the description ask for stays on the kernel.
    for (NamedAttribute named : layer->getDiscardableAttrs())
      if (named.getName().getValue().starts_with("tconv."))
        func->setAttr(named.getName(), named.getValue());
    OpBuilder b = OpBuilder::atBlockBegin(&func.getBody().front());
    Location loc = layer.getLoc();
    auto argument = [&](unsigned i) -> Value { return func.getArgument(i); };
    Value batch = argument(4), length = argument(5), outputs = argument(6);
    auto isThree = [](Type type) {
      auto memref = dyn_cast<MemRefType>(type);
      return memref && memref.getRank() == 3;
    };
    BlockArgument x = layer.getArgument(0), weights = layer.getArgument(1),
                  y = layer.getArgument(count - 2);
    if (!isThree(x.getType()) || !isThree(y.getType()))
      return layer.emitError("needs x and y of rank 3");
    // Sizes of x and y are arguments of their own.
    for (BlockArgument tensor : {x, y})
      for (Operation *user : llvm::make_early_inc_range(tensor.getUsers())) {
        auto dim = dyn_cast<memref::DimOp>(user);
        if (!dim)
          continue;
        std::optional<int64_t> axis = dim.getConstantIndex();
        if (axis != 0 && axis != 2)
          return dim.emitOpError("needs a known axis, 0 or 2");
        Value size = *axis == 0 ? batch : tensor == x ? length : outputs;
        Value index =
            arith::IndexCastOp::create(b, loc, b.getIndexType(), size);
        dim.replaceAllUsesWith(index);
        dim.erase();
      }
    IRMapping mapping;
    mapping.map(x, buffer(b, loc, x.getType(),
                          {argument(0), length, argument(7), argument(8)}));
    mapping.map(weights, buffer(b, loc, weights.getType(), argument(1)));
    if (hasBias)
      mapping.map(layer.getArgument(2),
                  buffer(b, loc, layer.getArgument(2).getType(), argument(2)));
    mapping.map(y, buffer(b, loc, y.getType(),
                          {argument(3), outputs, argument(9), argument(10)}));
    mapping.map(layer.getArgument(count - 1),
                gpu::BlockIdOp::create(b, loc, gpu::Dimension::x).getResult());
    moveBody(b, layer, mapping);
    return success();
  }

  LogicalResult outlinePack(func::FuncOp pack, gpu::GPUModuleOp device) {
    constexpr int64_t kThreads = 256;
    if (pack.getNumArguments() != 2 || !pack.getBody().hasOneBlock())
      return pack.emitError("a packing takes weights and packed weights");
    gpu::GPUFuncOp func = kernel(pack, device, "_pack", 2, 0, kThreads);
    OpBuilder attrs(pack);
    func->setAttr(kThreadsAttr, attrs.getI64IntegerAttr(kThreads));
    auto packed = dyn_cast<MemRefType>(pack.getArgumentTypes()[1]);
    if (!packed || !packed.hasStaticShape())
      return pack.emitError("packed weights must have a static size");
    func->setAttr(
        "tconv.packed_bytes",
        attrs.getI64IntegerAttr(packed.getNumElements() *
                                (packed.getElementTypeBitWidth() / 8)));
    OpBuilder b = OpBuilder::atBlockBegin(&func.getBody().front());
    IRMapping mapping;
    for (BlockArgument argument : pack.getArguments())
      mapping.map(argument,
                  buffer(b, pack.getLoc(), argument.getType(),
                         Value(func.getArgument(argument.getArgNumber()))));
    moveBody(b, pack, mapping);
    return success();
  }
};

} // namespace
