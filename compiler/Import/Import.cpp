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
  Type element = layer.dtype == TCONV_F16    ? Type(b.getF16Type())
                 : layer.dtype == TCONV_BF16 ? Type(b.getBF16Type())
                                             : Type(b.getF32Type());
  SmallVector<Type> inputs = {
      RankedTensorType::get({any, layer.inChannels, any}, element),
      RankedTensorType::get({layer.inChannels, layer.outChannels / layer.groups,
                             layer.kernelSize},
                            element)};
  if (layer.hasBias)
    inputs.push_back(RankedTensorType::get({layer.outChannels}, element));
  Type y = RankedTensorType::get({any, layer.outChannels, any}, element);
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
