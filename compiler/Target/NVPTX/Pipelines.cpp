// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/NVPTX/Pipelines.h"

#include "compiler/Target/NVPTX/Passes.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVM.h"
#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/NVGPUToNVVM/NVGPUToNVVM.h"
#include "mlir/Conversion/NVVMToLLVM/NVVMToLLVM.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Conversion/UBToLLVM/UBToLLVM.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Target/LLVMIR/Dialect/GPU/GPUToLLVMIRTranslation.h"
#include "mlir/Target/LLVMIR/Dialect/NVVM/NVVMToLLVMIRTranslation.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::tconv;

void mlir::tconv::buildDeviceSchedulePipeline(OpPassManager &pm,
                                              const DevicePipelineOptions &o) {
  ApplySchedulePassOptions schedule;
  schedule.feature = o.feature;
  schedule.kind = o.kind;
  schedule.schedulePath = o.schedulePath;
  pm.addNestedPass<func::FuncOp>(createApplySchedulePass(schedule));
  pm.addPass(createOutlinePackingPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::tconv::buildDeviceExpandPipeline(OpPassManager &pm,
                                            const DevicePipelineOptions &o) {
  OutlineDevicePassOptions outline;
  outline.symbol = o.symbol;
  pm.addPass(createOutlineDevicePass(outline));
  pm.addPass(createExpandBlockProductPass({o.architecture}));
  pm.addPass(createExpandBlockFilterPass({o.architecture}));
  pm.addPass(createExpandDevicePackPass({o.architecture}));
  pm.addPass(createLowerAffinePass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createCheckCapabilityPass({o.architecture}));
}

void mlir::tconv::buildDeviceLowerPipeline(OpPassManager &pm,
                                           const DevicePipelineOptions &) {
  pm.addPass(createConvertNVGPUToNVVMPass());
  OpPassManager &device = pm.nest<gpu::GPUModuleOp>();
  device.addPass(createSCFToControlFlowPass());
  device.addPass(createConvertGpuOpsToNVVMOps());
  device.addPass(createReconcileUnrealizedCastsPass());
  device.addPass(createCSEPass());
}

void mlir::tconv::registerDevicePipelines() {
  PassPipelineRegistration<DevicePipelineOptions>(
      "tconv-nvptx-schedule", "phases mapped to thread blocks",
      buildDeviceSchedulePipeline);
  PassPipelineRegistration<DevicePipelineOptions>(
      "tconv-nvptx-expand", "kernels of a GPU module, thread by thread",
      buildDeviceExpandPipeline);
  PassPipelineRegistration<DevicePipelineOptions>("tconv-nvptx-lower",
                                                  "kernels in the NVVM dialect",
                                                  buildDeviceLowerPipeline);
}

void mlir::tconv::registerDeviceDialects(DialectRegistry &registry) {
  registry.insert<gpu::GPUDialect, nvgpu::NVGPUDialect, NVVM::NVVMDialect,
                  vector::VectorDialect>();
  registerDeviceTransformExtension(registry);
  arith::registerConvertArithToLLVMInterface(registry);
  cf::registerConvertControlFlowToLLVMInterface(registry);
  registerConvertNVVMToLLVMInterface(registry);
  ub::registerConvertUBToLLVMInterface(registry);
  vector::registerConvertVectorToLLVMInterface(registry);
  NVVM::registerConvertGpuToNVVMInterface(registry);
  registerGPUDialectTranslation(registry);
  registerNVVMDialectTranslation(registry);
}
