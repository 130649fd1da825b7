// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The hand schedule's numbers, from the cost model's view of a machine.
#ifndef TCONV_COMPILER_HALIDE_PLANNER_H
#define TCONV_COMPILER_HALIDE_PLANNER_H

#include "compiler/Halide/Plan.h"
#include "compiler/Target/CPU/Target.h"
#include "layer/layer.h"

namespace mlir::tconv::halide {

/// What a caller chose; 0 or "" for what is left to the model.
struct Choice {
  std::string autoscheduler, kind;
  int64_t rows = 0, tile = 0, tiles = 0, channels = 0, groups = 0;
};

/// Reads a tuning text, as halide_abi.h documents it.
::tconv::Status parseChoice(llvm::StringRef text, Choice &choice);

/// Makes the plan; `phases` need not have their weights' places yet.
/// Choices that the layer can't have are refused. `gpu`: of the planar kind.
::tconv::Status makePlan(const tconv_params &params, const Phases &phases,
                         const Machine &machine, tconv_length_class lengthClass,
                         const Choice &choice, bool gpu, Plan &plan);

llvm::StringRef kindName(Kind kind);

} // namespace mlir::tconv::halide

#endif // TCONV_COMPILER_HALIDE_PLANNER_H
