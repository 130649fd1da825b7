// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/Device.h"
#include "compiler/Transforms/Passes.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_OUTLINEPACKINGPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct OutlinePackingPass
    : tconv::impl::OutlinePackingPassBase<OutlinePackingPass> {
  void runOnOperation() override {
    for (auto func : llvm::to_vector(getOperation().getOps<func::FuncOp>())) {
      SmallVector<Operation *> packs;
      func.walk([&](Operation *op) {
        if (isa<PackWeightsOp, PackTilesOp, PackFiltersOp>(op))
          packs.push_back(op);
      });
      for (Operation *pack : packs)
        if (failed(outline(func, pack)))
          return signalPassFailure();
    }
  }

  /// The first operand of a packing are the weights, the second what is packed.
  LogicalResult outline(func::FuncOp func, Operation *pack) {
    auto weight = dyn_cast<BlockArgument>(pack->getOperand(0));
    auto alloc = pack->getOperand(1).getDefiningOp<memref::AllocOp>();
    if (pack->getNumResults() != 0 || !weight || !weight.hasOneUse() ||
        weight.getOwner() != &func.front() || !alloc)
      return pack->emitOpError("must read an argument of its function and "
                               "write a buffer of its own to be outlined");
    std::string name = (func.getSymName() + "_pack").str();
    if (getOperation().lookupSymbol(name))
      return pack->emitOpError("can't be outlined: ") << name << " exists";

    OpBuilder b(func);
    auto outlined = func::FuncOp::create(
        b, pack->getLoc(), name,
        b.getFunctionType({weight.getType(), alloc.getType()}, {}));
    b.setInsertionPointToStart(outlined.addEntryBlock());
    IRMapping mapping;
    mapping.map(weight, outlined.getArgument(0));
    mapping.map(alloc.getResult(), outlined.getArgument(1));
    b.clone(*pack, mapping);
    func::ReturnOp::create(b, pack->getLoc());

    // The argument that was the weights is now the packed weights.
    pack->erase();
    weight.setType(alloc.getType());
    alloc.replaceAllUsesWith(Value(weight));
    alloc.erase();
    func.setFunctionType(b.getFunctionType(func.front().getArgumentTypes(),
                                           func.getResultTypes()));
    return success();
  }
};

} // namespace
