// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/Pipelines.h"

#include "compiler/Target/Ascend/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::tconv;

void mlir::tconv::buildAscendSchedulePipeline(OpPassManager &pm,
                                              const AscendPipelineOptions &o) {
  ApplySchedulePassOptions schedule;
  schedule.feature = o.feature;
  schedule.kind = o.kind;
  schedule.schedulePath = o.schedulePath;
  pm.addNestedPass<func::FuncOp>(createApplySchedulePass(schedule));
}

void mlir::tconv::buildAscendExpandPipeline(OpPassManager &pm,
                                            const AscendPipelineOptions &o) {
  ExpandCoresPassOptions cores;
  cores.symbol = o.symbol;
  pm.addPass(createExpandCoresPass(cores));
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::tconv::registerAscendPipelines() {
  PassPipelineRegistration<AscendPipelineOptions>(
      "tconv-ascend-schedule", "phases mapped to cube and vector cores",
      buildAscendSchedulePipeline);
  PassPipelineRegistration<AscendPipelineOptions>(
      "tconv-ascend-expand", "kernels of cube and vector cores",
      buildAscendExpandPipeline);
}

void mlir::tconv::registerAscendDialects(DialectRegistry &registry) {
  registry.insert<linalg::LinalgDialect>();
  registerAscendTransformExtension(registry);
}
