// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What stands between a kernel's entry points and a Halide pipeline: tasks
// become calls on parts of the output.
#ifndef TCONV_COMPILER_HALIDE_WRAPPER_H
#define TCONV_COMPILER_HALIDE_WRAPPER_H

#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Halide/Plan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::tconv::halide {

/// A layer's phases as the pipeline builder takes them, for weights packed in
/// tiles of `rows` rows.
Phases phasesOf(PhasesOp op, int64_t rows);

/// Parts that a launch's output channels fall into.
int64_t taskColumns(const Phases &phases, const Plan &plan);

/// Whether blocks of positions that reach beyond y are computed tile by tile
/// where they do, else as a whole: beside y, and copied.
bool splitsEdges(const Plan &plan);

/// Gives `layer`, whose weights are packed already, a body that runs tasks by
/// calling the pipeline `callee`, and the arguments and attributes that
/// tconv-emit-kernel looks for.
/// @param workspaceBytes what the pipeline allocates
LogicalResult wrapPipeline(func::FuncOp layer, const Phases &phases,
                           const Plan &plan, StringRef callee,
                           int64_t workspaceBytes);

} // namespace mlir::tconv::halide

#endif // TCONV_COMPILER_HALIDE_WRAPPER_H
