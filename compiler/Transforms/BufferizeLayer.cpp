// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/Passes.h"

#include "mlir/Dialect/Bufferization/Transforms/Bufferize.h"
#include "mlir/Dialect/Bufferization/Transforms/OneShotAnalysis.h"
#include "mlir/Dialect/Bufferization/Transforms/Transforms.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_BUFFERIZELAYERPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct BufferizeLayerPass
    : tconv::impl::BufferizeLayerPassBase<BufferizeLayerPass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    if (!llvm::any_of(func.getArgumentTypes(), llvm::IsaPred<TensorType>))
      return; // nothing to do
    if (failed(rewriteSignature(func)))
      return signalPassFailure();
    bufferization::OneShotBufferizationOptions options;
    options.bufferAlignment = 64;
    bufferization::BufferizationState state;
    if (failed(bufferization::runOneShotBufferize(func, options, state)))
      signalPassFailure();
  }

  LogicalResult rewriteSignature(func::FuncOp func) {
    FunctionType type = func.getFunctionType();
    unsigned last = type.getNumInputs() - 1;
    auto returnOp = func.getBody().hasOneBlock()
                        ? dyn_cast<func::ReturnOp>(func.front().getTerminator())
                        : func::ReturnOp();
    if (type.getNumResults() != 1 || type.getInput(last) != type.getResult(0) ||
        !returnOp)
      return func.emitError("a layer returns the new value of its last "
                            "argument");
    OpBuilder b = OpBuilder::atBlockBegin(&func.front());
    SmallVector<Type> inputs;
    for (unsigned i = 0; i <= last; ++i) {
      auto tensor = dyn_cast<RankedTensorType>(type.getInput(i));
      if (!tensor)
        return func.emitError("argument ")
               << i << " of a layer must be a ranked tensor, got "
               << type.getInput(i);
      MemRefLayoutAttrInterface layout;
      if (i == 0 || i == last) {
        if (tensor.getRank() == 0)
          return func.emitError("argument ")
                 << i << " of a layer has no rows, got " << tensor;
        // Rows of x and y: any distance apart, each contiguous.
        SmallVector<int64_t> strides(tensor.getRank(), ShapedType::kDynamic);
        strides.back() = 1;
        layout = StridedLayoutAttr::get(&getContext(), 0, strides);
      }
      inputs.push_back(
          MemRefType::get(tensor.getShape(), tensor.getElementType(), layout));
      BlockArgument argument = func.getArgument(i);
      argument.setType(inputs.back());
      auto value = bufferization::ToTensorOp::create(
          b, func.getLoc(), tensor, argument, /*restrict=*/true,
          /*writable=*/i == last);
      argument.replaceAllUsesExcept(value, value);
    }
    func.setFunctionType(b.getFunctionType(inputs, {}));
    func.removeResAttrsAttr();
    b.setInsertionPoint(returnOp);
    auto materialize = bufferization::MaterializeInDestinationOp::create(
        b, returnOp.getLoc(), /*result=*/Type(), returnOp.getOperand(0),
        func.getArgument(last), /*restrict=*/true, /*writable=*/true);
    (void)materialize;
    func::ReturnOp::create(b, returnOp.getLoc());
    returnOp.erase();
    return success();
  }
};

} // namespace
