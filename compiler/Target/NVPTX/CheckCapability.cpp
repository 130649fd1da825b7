// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Passes.h"

#include "llvm/ADT/TypeSwitch.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_CHECKCAPABILITYPASS
#include "compiler/Target/NVPTX/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

/// The first architecture that has an operation.
int64_t neededBy(Operation *op) {
  return llvm::TypeSwitch<Operation *, int64_t>(op)
      .Case<NVVM::CpAsyncOp, NVVM::CpAsyncCommitGroupOp,
            NVVM::CpAsyncWaitGroupOp, NVVM::ConvertFloatToTF32Op,
            nvgpu::DeviceAsyncCopyOp, nvgpu::DeviceAsyncCreateGroupOp,
            nvgpu::DeviceAsyncWaitOp>([](auto) { return 80; })
      .Case([](nvgpu::MmaSyncOp mma) {
        auto type = cast<VectorType>(mma.getMatrixA().getType());
        bool f16 = type.getElementType().isF16();
        return f16 && mma.getMmaShapeAsArray()[2] == 8 ? 75 : 80;
      })
      .Case([](nvgpu::LdMatrixOp) { return 75; })
      .Case([](NVVM::MmaOp mma) {
        bool f16 = mma.getMultiplicandAPtxType() == NVVM::MMATypes::f16;
        return f16 && mma.getShape().getK() == 8 ? 75 : 80;
      })
      .Case([](NVVM::LdMatrixOp) { return 75; })
      .Case([](arith::TruncFOp trunc) {
        return trunc.getType().isBF16() ? 80 : 0;
      })
      .Default([](Operation *) { return 0; });
}

struct CheckCapabilityPass
    : tconv::impl::CheckCapabilityPassBase<CheckCapabilityPass> {
  using CheckCapabilityPassBase::CheckCapabilityPassBase;

  void runOnOperation() override {
    // One word for each kind of operation is enough.
    llvm::SmallDenseSet<OperationName> said;
    getOperation().walk([&](Operation *op) {
      int64_t needed = neededBy(op);
      if (needed > architecture && said.insert(op->getName()).second)
        op->emitOpError("needs sm_") << needed << " or newer, the target is sm_"
                                     << int64_t(architecture);
    });
    if (!said.empty())
      signalPassFailure();
  }
};

} // namespace
