// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Which kind of kernel a layer gets, and the tasks of kernels without panels.
// The reasoning is in docs/cost-model.md.
#ifndef TCONV_COMPILER_SCHEDULE_KIND_H
#define TCONV_COMPILER_SCHEDULE_KIND_H

#include "compiler/Schedule/CostModel.h"
#include "layer/layer.h"

namespace mlir::tconv {

/// The kind of schedule for a layer: "filter", "rows" or "positions". `lanes`
/// are the float32 lanes of a vector register.
llvm::StringRef chooseKind(const tconv_params &params,
                           tconv_length_class lengthClass, int64_t lanes);

/// What a task of a filter kernel covers.
struct FilterTasks {
  int64_t groups;
  int64_t channels; ///< output channels of a group
  int64_t positions;
};
FilterTasks chooseTasks(PhasesOp phases, const Machine &machine);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_KIND_H
