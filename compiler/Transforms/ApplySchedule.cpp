// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/Library.h"
#include "compiler/Transforms/Passes.h"

#include "mlir/Dialect/Linalg/TransformOps/LinalgTransformOps.h"
#include "mlir/Dialect/Transform/IR/TransformOps.h"
#include "mlir/Dialect/Transform/Transforms/TransformInterpreterUtils.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/SourceMgr.h"

namespace mlir::tconv {
#define GEN_PASS_DEF_APPLYSCHEDULEPASS
#include "compiler/Transforms/Passes.h.inc"
} // namespace mlir::tconv

using namespace mlir;
using namespace mlir::tconv;

namespace {

struct ApplySchedulePass
    : tconv::impl::ApplySchedulePassBase<ApplySchedulePass> {
  using ApplySchedulePassBase::ApplySchedulePassBase;

  void runOnOperation() override {
    func::FuncOp func = getOperation();
    // Functions without a layer, such as a kernel's packing, have no schedule.
    if (!func.walk([](PhasesOp) { return WalkResult::interrupt(); })
             .wasInterrupted())
      return;
    std::optional<Schedule> schedule =
        findSchedule(feature, kind, schedulePath);
    if (!schedule) {
      func.emitError("there is no schedule ")
          << feature << "/" << kind << ".mlir, nor a portable one";
      return signalPassFailure();
    }
    // Locations in the schedule's diagnostics name its file.
    llvm::SourceMgr sources;
    sources.AddNewSourceBuffer(
        llvm::MemoryBuffer::getMemBuffer(schedule->text, schedule->name),
        llvm::SMLoc());
    OwningOpRef<ModuleOp> module =
        parseSourceFile<ModuleOp>(sources, &getContext());
    if (!module) {
      func.emitError("schedule ") << schedule->name << " can't be read";
      return signalPassFailure();
    }
    auto sequence =
        module->lookupSymbol<transform::NamedSequenceOp>("schedule");
    if (!sequence) {
      func.emitError("schedule ")
          << schedule->name << " has no named sequence @schedule";
      return signalPassFailure();
    }
    if (failed(checkSequences(*module))) {
      func.emitError("schedule ") << schedule->name << " failed";
      return signalPassFailure();
    }
    // Some of MLIR's transforms fail without a word.
    bool anyWord = false;
    LogicalResult applied = [&] {
      ScopedDiagnosticHandler listener(&getContext(), [&](Diagnostic &) {
        anyWord = true;
        return failure(); // for others to print
      });
      return transform::applyTransformNamedSequence(
          func, sequence, /*transformModule=*/ModuleOp(),
          transform::TransformOptions());
    }();
    if (failed(applied)) {
      InFlightDiagnostic error = func.emitError("schedule ")
                                 << schedule->name << " failed";
      if (!anyWord)
        error.attachNote() << "a transform failed without saying why: a tile "
                              "size or an interchange that does not fit does "
                              "that";
      return signalPassFailure();
    }
    func->setAttr("tconv.schedule",
                  StringAttr::get(&getContext(), schedule->name));
  }

private:
  /// MLIR crashes on these two, and looks at all else.
  static LogicalResult checkSequences(ModuleOp module) {
    WalkResult walked = module.walk([](Operation *op) {
      if (!op->getParentOfType<transform::NamedSequenceOp>())
        return WalkResult::advance();
      if (!isa_and_nonnull<transform::TransformDialect>(op->getDialect())) {
        op->emitOpError("is no transform operation");
        return WalkResult::interrupt();
      }
      auto tile = dyn_cast<transform::TileUsingForOp>(op);
      size_t sizes = tile ? tile.getStaticSizes().size() : 0;
      size_t interchange = tile ? tile.getInterchange().size() : 0;
      if (interchange <= sizes)
        return WalkResult::advance();
      op->emitOpError("interchange has ")
          << interchange << " numbers for " << sizes << " tile sizes";
      return WalkResult::interrupt();
    });
    return failure(walked.wasInterrupted());
  }
};

} // namespace
