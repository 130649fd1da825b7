// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Apart from ptx_test.cpp, for MLIR's headers and Halide's stay apart.
#include "gpu_plan.h"

#include "compiler/API/Register.h"
#include "compiler/Halide/Planner.h"
#include "compiler/Halide/Wrapper.h"
#include "compiler/Import/Import.h"
#include "compiler/Transforms/Pipelines.h"
#include "layer/layer.h"
#include "mlir/Pass/PassManager.h"

namespace tconv::test {

namespace engine = mlir::tconv;

GpuPlan gpuPlan(const tconv_params &params, const std::string &autoscheduler) {
  mlir::DialectRegistry registry;
  engine::registerDialects(registry);
  mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
  context.loadAllAvailableDialects();
  mlir::OwningOpRef<mlir::ModuleOp> module =
      engine::importLayer(&context, generalForm(params));
  mlir::PassManager passes(&context);
  engine::buildPhasesPipeline(passes);
  if (mlir::failed(passes.run(*module)))
    throw std::runtime_error("no phases");
  engine::PhasesOp op;
  module->walk([&](engine::PhasesOp found) { op = found; });
  GpuPlan result;
  result.phases = engine::halide::phasesOf(op, 1);
  engine::halide::Choice choice;
  choice.autoscheduler = autoscheduler;
  if (Status status = engine::halide::makePlan(
          params, result.phases, engine::Machine(), TCONV_LENGTH_BULK, choice,
          /*gpu=*/true, result.plan))
    throw std::runtime_error(status.message());
  return result;
}

} // namespace tconv::test
