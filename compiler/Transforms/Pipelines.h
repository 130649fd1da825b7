// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Named pipelines: the way from a layer to LLVM, in the parts that one looks
// at. Each is usable from tconv-opt under its name.
#ifndef TCONV_COMPILER_TRANSFORMS_PIPELINES_H
#define TCONV_COMPILER_TRANSFORMS_PIPELINES_H

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"

namespace mlir::tconv {

struct CpuPipelineOptions : PassPipelineOptions<CpuPipelineOptions> {
  Option<std::string> feature{
      *this, "feature", llvm::cl::desc("schedules' folder: cpu/avx2, ..."),
      llvm::cl::init("cpu/portable")};
  Option<std::string> kind{*this, "kind",
                           llvm::cl::desc("positions, rows or filter"),
                           llvm::cl::init("positions")};
  Option<int64_t> lanes{*this, "lanes",
                        llvm::cl::desc("float32 lanes of a vector register"),
                        llvm::cl::init(4)};
  Option<bool> tiles{*this, "tiles",
                     llvm::cl::desc("whether there are AMX's tile registers"),
                     llvm::cl::init(false)};
  Option<std::string> schedulePath{
      *this, "schedule-path",
      llvm::cl::desc("folder searched before the built-in schedules")};
  Option<std::string> symbol{*this, "symbol",
                             llvm::cl::desc("name of the exported kernel"),
                             llvm::cl::init("tconv_kernel_main")};
  Option<std::string> info{*this, "description",
                           llvm::cl::desc("how it was made, as JSON"),
                           llvm::cl::init("{}")};
  Option<std::string> target{
      *this, "target", llvm::cl::desc("the CPU that the kernel says it needs")};
  Option<int64_t> lengthClass{
      *this, "length-class",
      llvm::cl::desc("the lengths it is good for: 0 bulk, 1 short"),
      llvm::cl::init(0)};
};

/// tconv-cpu-phases: a layer as phases, on buffers.
void buildPhasesPipeline(OpPassManager &pm);
/// tconv-cpu-schedule: tiled, packed and mapped to tasks.
void buildSchedulePipeline(OpPassManager &pm, const CpuPipelineOptions &o);
/// tconv-cpu-expand: loops, vectors and buffers only.
void buildExpandPipeline(OpPassManager &pm, const CpuPipelineOptions &o);
/// tconv-cpu-lower: the LLVM dialect, with a kernel's entry points.
void buildLowerPipeline(OpPassManager &pm, const CpuPipelineOptions &o);
/// tconv-cpu: all of the above.
void buildCpuPipeline(OpPassManager &pm, const CpuPipelineOptions &o);

void registerPipelines();

} // namespace mlir::tconv

#endif // TCONV_COMPILER_TRANSFORMS_PIPELINES_H
