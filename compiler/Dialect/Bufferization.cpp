// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Bufferization of the destination ops: the same op on buffers, which writes
// its destination in place.
#include "compiler/Dialect/Tconv.h"

#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/DstBufferizableOpInterfaceImpl.h"

using namespace mlir;
using namespace mlir::tconv;

namespace {

template <typename OpTy>
struct DestinationModel
    : public bufferization::DstBufferizableOpInterfaceExternalModel<
          DestinationModel<OpTy>, OpTy> {
  /// Every element of the destination is written without being looked at.
  bool bufferizesToMemoryRead(Operation *op, OpOperand &operand,
                              const bufferization::AnalysisState &) const {
    return !cast<DestinationStyleOpInterface>(op).isDpsInit(&operand);
  }

  LogicalResult bufferize(Operation *op, RewriterBase &rewriter,
                          const bufferization::BufferizationOptions &options,
                          bufferization::BufferizationState &state) const {
    auto destination = cast<DestinationStyleOpInterface>(op);
    if (destination.hasPureBufferSemantics())
      return success();
    SmallVector<Value> buffers;
    for (Value operand : op->getOperands()) {
      if (!isa<TensorType>(operand.getType())) {
        buffers.push_back(operand);
        continue;
      }
      FailureOr<Value> buffer =
          bufferization::getBuffer(rewriter, operand, options, state);
      if (failed(buffer))
        return failure();
      buffers.push_back(*buffer);
    }
    Value result =
        buffers[destination.getDpsInitOperand(0)->getOperandNumber()];
    OperationState newState(op->getLoc(), op->getName(), buffers, TypeRange{},
                            op->getAttrs());
    newState.propertiesAttr = op->getPropertiesAsAttribute();
    rewriter.create(newState);
    bufferization::replaceOpWithBufferizedValues(rewriter, op, result);
    return success();
  }
};

} // namespace

void mlir::tconv::registerBufferizationModels(DialectRegistry &registry) {
  registry.addExtension(+[](MLIRContext *context, TconvDialect *) {
    Conv1dTransposeOp::attachInterface<DestinationModel<Conv1dTransposeOp>>(
        *context);
    PackWeightsOp::attachInterface<DestinationModel<PackWeightsOp>>(*context);
    PhasesOp::attachInterface<DestinationModel<PhasesOp>>(*context);
  });
}
