// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TEST_HALIDE_GPU_PLAN_H
#define TCONV_TEST_HALIDE_GPU_PLAN_H

#include "compiler/Halide/Plan.h"
#include "tconv/tconv.h"

namespace tconv::test {

struct GpuPlan {
  mlir::tconv::halide::Phases phases;
  mlir::tconv::halide::Plan plan;
};

/// What the engine makes of a layer for a GPU. Throws where it can't.
GpuPlan gpuPlan(const tconv_params &params, const std::string &autoscheduler);

} // namespace tconv::test

#endif // TCONV_TEST_HALIDE_GPU_PLAN_H
