// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/Passes.h"

#include "tconv/kernel_abi.h"
#include "llvm/Support/MathExtras.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_ASSIGNWORKSPACEPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct AssignWorkspacePass
    : tconv::impl::AssignWorkspacePassBase<AssignWorkspacePass> {
  void runOnOperation() override {
    func::FuncOp func = getOperation();
    SmallVector<memref::AllocOp> allocs;
    func.walk([&](memref::AllocOp op) { allocs.push_back(op); });
    // A kernel takes a workspace even where it needs none.
    if (allocs.empty() && !func->hasAttr("tconv.task_positions"))
      return;
    int64_t bytes = 0;
    SmallVector<int64_t> offsets;
    for (memref::AllocOp alloc : allocs) {
      MemRefType type = alloc.getType();
      if (!type.getElementType().isIntOrFloat()) {
        alloc.emitOpError("needs elements of a known size to get a place in "
                          "the workspace, got ")
            << type;
        return signalPassFailure();
      }
      if (!type.hasStaticShape() || !type.getLayout().isIdentity()) {
        alloc.emitOpError("needs a static shape to get a place in the "
                          "workspace, got ")
            << type;
        return signalPassFailure();
      }
      offsets.push_back(bytes);
      int64_t size = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
      bool overflow = false;
      for (int64_t axis : type.getShape())
        overflow |= llvm::MulOverflow(size, axis, size);
      overflow |=
          llvm::AddOverflow(bytes, size, bytes) ||
          llvm::AddOverflow<int64_t>(bytes, TCONV_KERNEL_ALIGNMENT - 1, bytes);
      if (overflow) {
        alloc.emitOpError("does not fit a workspace of 64 bits, got ") << type;
        return signalPassFailure();
      }
      bytes -= bytes % TCONV_KERNEL_ALIGNMENT;
    }
    OpBuilder b(func.getContext());
    auto type = MemRefType::get({bytes}, b.getI8Type());
    unsigned last = func.getNumArguments();
    if (failed(func.insertArgument(last, type, {}, func.getLoc())))
      return signalPassFailure();
    Value workspace = func.getArgument(last);
    for (auto [alloc, offset] : llvm::zip(allocs, offsets)) {
      b.setInsertionPoint(alloc);
      Value shift = arith::ConstantIndexOp::create(b, alloc.getLoc(), offset);
      Value view = memref::ViewOp::create(b, alloc.getLoc(), alloc.getType(),
                                          workspace, shift, ValueRange());
      alloc.replaceAllUsesWith(view);
      alloc.erase();
    }
    func->setAttr("tconv.workspace_bytes", b.getI64IntegerAttr(bytes));
  }
};

} // namespace
