// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Named pipelines from phases to kernels of cube and vector cores; each is
// usable from tconv-opt under its name. The way from a layer to its phases is
// the CPU's.
#ifndef TCONV_COMPILER_TARGET_ASCEND_PIPELINES_H
#define TCONV_COMPILER_TARGET_ASCEND_PIPELINES_H

#include "mlir/IR/DialectRegistry.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::tconv {

struct AscendPipelineOptions : PassPipelineOptions<AscendPipelineOptions> {
  Option<std::string> feature{*this, "feature",
                              llvm::cl::desc("schedules' folder"),
                              llvm::cl::init("ascend/portable")};
  Option<std::string> kind{*this, "kind", llvm::cl::desc("cube or vector"),
                           llvm::cl::init("cube")};
  Option<std::string> schedulePath{
      *this, "schedule-path",
      llvm::cl::desc("folder searched before the built-in schedules")};
  Option<std::string> symbol{*this, "symbol",
                             llvm::cl::desc("what kernels' names begin with"),
                             llvm::cl::init("tconv_kernel_main")};
};

/// tconv-ascend-schedule: mapped to cores.
void buildAscendSchedulePipeline(OpPassManager &pm,
                                 const AscendPipelineOptions &o);
/// tconv-ascend-expand: kernels on global memory and local buffers.
void buildAscendExpandPipeline(OpPassManager &pm,
                               const AscendPipelineOptions &o);

void registerAscendPipelines();

/// The dialects that these pipelines need.
void registerAscendDialects(DialectRegistry &registry);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TARGET_ASCEND_PIPELINES_H
