// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Transforms/Pipelines.h"

#include "compiler/Transforms/Passes.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::tconv;

void mlir::tconv::buildPhasesPipeline(OpPassManager &pm) {
  pm.addNestedPass<func::FuncOp>(createDecomposePhasesPass());
  pm.addNestedPass<func::FuncOp>(createBufferizeLayerPass());
  pm.addPass(createCanonicalizerPass());
}

void mlir::tconv::buildSchedulePipeline(OpPassManager &pm,
                                        const CpuPipelineOptions &o) {
  ApplySchedulePassOptions schedule;
  schedule.feature = o.feature;
  schedule.kind = o.kind;
  schedule.schedulePath = o.schedulePath;
  pm.addNestedPass<func::FuncOp>(createApplySchedulePass(schedule));
  pm.addPass(createOutlinePackingPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::tconv::buildExpandPipeline(OpPassManager &pm,
                                      const CpuPipelineOptions &o) {
  pm.addPass(createExpandPackWeightsPass({o.lanes}));
  pm.addPass(createExpandPackInputPass({o.lanes}));
  pm.addPass(createExpandTransformInputPass({o.lanes}));
  pm.addPass(createExpandContractPass({o.lanes}));
  pm.addPass(createExpandContractCompactPass());
  pm.addPass(createExpandContractPiecesPass({o.lanes, o.tiles}));
  pm.addPass(createExpandContractPlainPass({o.lanes}));
  pm.addPass(createExpandCombinePass({o.lanes}));
  pm.addPass(createExpandEpiloguePass({o.lanes}));
  pm.addPass(createExpandFilterPass({o.lanes}));
  pm.addNestedPass<func::FuncOp>(createAssignWorkspacePass());
  pm.addPass(createCSEPass());
}

void mlir::tconv::buildLowerPipeline(OpPassManager &pm,
                                     const CpuPipelineOptions &o) {
  EmitKernelPassOptions kernel;
  kernel.symbol = o.symbol;
  kernel.info = o.info;
  kernel.target = o.target;
  kernel.lengthClass = o.lengthClass;
  pm.addPass(createEmitKernelPass(kernel));
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createLowerToLLVMPass());
  pm.addPass(createReconcileUnrealizedCastsPass());
}

void mlir::tconv::buildCpuPipeline(OpPassManager &pm,
                                   const CpuPipelineOptions &o) {
  buildPhasesPipeline(pm);
  buildSchedulePipeline(pm, o);
  buildExpandPipeline(pm, o);
  buildLowerPipeline(pm, o);
}

void mlir::tconv::registerPipelines() {
  PassPipelineRegistration<>(
      "tconv-cpu-phases", "a layer as phases, on buffers", buildPhasesPipeline);
  PassPipelineRegistration<CpuPipelineOptions>(
      "tconv-cpu-schedule", "phases, tiled, packed and mapped to tasks",
      buildSchedulePipeline);
  PassPipelineRegistration<CpuPipelineOptions>(
      "tconv-cpu-expand", "a schedule's pieces as loops, vectors and buffers",
      buildExpandPipeline);
  PassPipelineRegistration<CpuPipelineOptions>(
      "tconv-cpu-lower", "the LLVM dialect, with a kernel's entry points",
      buildLowerPipeline);
  PassPipelineRegistration<CpuPipelineOptions>(
      "tconv-cpu", "from a layer to the LLVM dialect", buildCpuPipeline);
}
