// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Import/Import.h"

#include "compiler/Dialect/Tconv.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::tconv;

OwningOpRef<ModuleOp>
mlir::tconv::importLayer(MLIRContext *context,
                         const ::tconv::GeneralForm &layer) {
  context->loadDialect<TconvDialect, func::FuncDialect>();
  OpBuilder b(context);
  Location loc = b.getUnknownLoc();
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  b.setInsertionPointToEnd(module->getBody());

  constexpr int64_t any = ShapedType::kDynamic;
  Type f32 = b.getF32Type();
  SmallVector<Type> inputs = {
      RankedTensorType::get({any, layer.inChannels, any}, f32),
      RankedTensorType::get({layer.inChannels, layer.outChannels / layer.groups,
                             layer.kernelSize},
                            f32)};
  if (layer.hasBias)
    inputs.push_back(RankedTensorType::get({layer.outChannels}, f32));
  Type y = RankedTensorType::get({any, layer.outChannels, any}, f32);
  inputs.push_back(y);

  auto func =
      func::FuncOp::create(b, loc, "layer", b.getFunctionType(inputs, {y}));
  auto number = [&](StringRef name, int64_t value) {
    func->setAttr(("tconv." + name).str(), b.getI64IntegerAttr(value));
  };
  number("in_channels", layer.inChannels);
  number("out_channels", layer.outChannels);
  number("kernel_size", layer.kernelSize);
  number("stride", layer.stride);
  number("dilation", layer.dilation);
  number("groups", layer.groups);
  number("crop_begin", layer.cropBegin);

  b.setInsertionPointToStart(func.addEntryBlock());
  auto conv = Conv1dTransposeOp::create(
      b, loc, TypeRange{y}, func.getArgument(0), func.getArgument(1),
      layer.hasBias ? func.getArgument(2) : Value(),
      func.getArgument(inputs.size() - 1), layer.stride, layer.dilation,
      layer.groups, layer.cropBegin, layer.cropEnd,
      /*any_length=*/layer.fixedOutputLength != 0);
  func::ReturnOp::create(b, loc, conv.getResults());
  return module;
}
