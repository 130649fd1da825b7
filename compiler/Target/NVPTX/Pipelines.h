// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Named pipelines from phases to the NVVM dialect; each is usable from
// tconv-opt under its name. The way from a layer to its phases is the CPU's.
#ifndef TCONV_COMPILER_TARGET_NVPTX_PIPELINES_H
#define TCONV_COMPILER_TARGET_NVPTX_PIPELINES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::tconv {

struct DevicePipelineOptions : PassPipelineOptions<DevicePipelineOptions> {
  Option<int64_t> architecture{*this, "architecture",
                               llvm::cl::desc("such as 80 for sm_80"),
                               llvm::cl::init(80)};
  Option<std::string> feature{*this, "feature",
                              llvm::cl::desc("schedules' folder"),
                              llvm::cl::init("nvptx/portable")};
  Option<std::string> kind{*this, "kind",
                           llvm::cl::desc("gemm, mma, tf32 or small"),
                           llvm::cl::init("gemm")};
  Option<std::string> schedulePath{
      *this, "schedule-path",
      llvm::cl::desc("folder searched before the built-in schedules")};
  Option<std::string> symbol{*this, "symbol",
                             llvm::cl::desc("what kernels' names begin with"),
                             llvm::cl::init("tconv_kernel_main")};
};

/// tconv-nvptx-schedule: mapped to thread blocks.
void buildDeviceSchedulePipeline(OpPassManager &pm,
                                 const DevicePipelineOptions &o);
/// tconv-nvptx-expand: kernels of a GPU module, thread by thread.
void buildDeviceExpandPipeline(OpPassManager &pm,
                               const DevicePipelineOptions &o);
/// tconv-nvptx-lower: the NVVM dialect.
void buildDeviceLowerPipeline(OpPassManager &pm,
                              const DevicePipelineOptions &o);

void registerDevicePipelines();

/// The dialects, interfaces and translations that these pipelines need.
void registerDeviceDialects(DialectRegistry &registry);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_NVPTX_PIPELINES_H
