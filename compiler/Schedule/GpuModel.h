// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decisions for GPUs without measuring: the kind of kernel, the tile of a block
// by occupancy, waves, what is padding, and bytes. Nothing here was ever timed:
// its figures come from the vendors' tables. docs/gpu.md has the reasoning.
#ifndef TCONV_COMPILER_SCHEDULE_GPUMODEL_H
#define TCONV_COMPILER_SCHEDULE_GPUMODEL_H

#include "compiler/Dialect/TileLayout.h"
#include "layer/layer.h"

namespace mlir::tconv {

/// One product with an architecture, as a stand-in for all of them.
struct GpuMachine {
  int64_t architecture; ///< 80 for sm_80
  const char *product;
  int64_t multiprocessors;
  int64_t sharedBytes; ///< of a multiprocessor, for all its blocks
  int64_t mostThreads; ///< of a multiprocessor
  int64_t mostBlocks;  ///< of a multiprocessor
  // A cycle of a multiprocessor:
  int64_t fmas;       ///< f32
  int64_t mmaFmas;    ///< tensor cores, f16 with f32 sums
  int64_t tf32Fmas;   ///< tensor cores, TF32; 0: none
  double l2Bytes;     ///< a cycle, of all multiprocessors together
  double memoryBytes; ///< the same of the memory
};

/// The machine of an architecture that target.h lists, else null.
const GpuMachine *gpuMachine(int64_t architecture);

/// What a layer is, as far as the model asks.
struct GpuLayer {
  DecompositionAttr decomposition;
  int64_t groups, groupInputs, groupOutputs;
  int64_t elementBytes;
  int64_t positions; ///< expected, of all batch items
};

struct TileEstimate {
  DeviceTile tile;
  int64_t blocks = 0;         ///< of a launch
  int64_t blocksPerMulti = 0; ///< at a time on a multiprocessor
  int64_t sharedBytes = 0;    ///< of a block
  double occupancy = 0;       ///< resident threads over most threads
  double waves = 0;
  double useful = 0;    ///< products that are no padding
  double intensity = 0; ///< flops for each byte that a block reads
  double compute = 0, l2 = 0, memory = 0; ///< cycles
  double cycles() const { return std::max({compute, l2, memory}); }
};

/// Blocks that a multiprocessor runs at a time, by threads, by registers of a
/// thread and by shared memory of a block; 0 where it can't run one.
int64_t residentBlocks(const GpuMachine &machine, int64_t threads,
                       int64_t registers, int64_t sharedBytes);

/// Registers of a thread of tconv.block_product that the model counts on, with
/// its 64 sums.
constexpr int64_t kProductRegisters = 128;

/// Shared memory of a block.
int64_t sharedBytesOf(const DeviceTile &tile, const TileLayout &layout,
                      int64_t elementBytes);

/// Estimates of the tiles that there are, the best one first. What `tile` fixes
/// beside its warps and depth stays; `warps` and `depth` that are not 0 too.
SmallVector<TileEstimate> estimateTiles(const GpuLayer &layer,
                                        const GpuMachine &machine,
                                        const DeviceTile &tile,
                                        int64_t rowWarps, int64_t positionWarps,
                                        int64_t depth);

/// The kind of schedule: "gemm", "mma", "tf32" or "small".
llvm::StringRef chooseDeviceKind(const tconv_params &params,
                                 tconv_accuracy accuracy, int64_t architecture);

/// The folder of an architecture's schedules: "nvptx/sm_80", and from there to
/// "nvptx/portable".
llvm::StringRef deviceFeature(int64_t architecture);

/// Positions of a thread of a filter kernel.
int64_t chooseFilterPositions(int64_t stride, int64_t threads,
                              int64_t positions);

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_GPUMODEL_H
