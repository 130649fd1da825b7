// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/GpuModel.h"

#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::tconv;

static constexpr int64_t kKiB = 1024;

// Bytes are for each cycle of the boost clock.
static constexpr GpuMachine kMachines[] = {
    {75, "T4", 40, 64 * kKiB, 1024, 16, 64, 512, 0, 1280, 201},
    {80, "A100", 108, 164 * kKiB, 2048, 32, 64, 1024, 512, 3600, 1100},
    {86, "A10", 72, 100 * kKiB, 1536, 16, 128, 512, 128, 1700, 354},
    {89, "RTX 4090", 128, 100 * kKiB, 1536, 24, 128, 512, 256, 2600, 400},
    {90, "H100", 132, 228 * kKiB, 2048, 32, 128, 2048, 1024, 4200, 1830},
    {100, "B200", 148, 228 * kKiB, 2048, 32, 128, 4096, 2048, 5200, 4300},
    {120, "RTX 5090", 170, 100 * kKiB, 1536, 24, 128, 512, 256, 3400, 744},
};

/// Registers of a multiprocessor.
static constexpr int64_t kRegisters = 65536;
/// Shared memory that the system takes of every block.
static constexpr int64_t kReserved = kKiB;
/// Static shared memory of a block at most.
static constexpr int64_t kMostShared = 48 * kKiB;
/// Warps that keep a multiprocessor's units busy: two for each scheduler, since
/// a warp tile has work enough that does not depend on itself.
static constexpr double kBusyWarps = 8;

const GpuMachine *mlir::tconv::gpuMachine(int64_t architecture) {
  for (const GpuMachine &machine : kMachines)
    if (machine.architecture == architecture)
      return &machine;
  return nullptr;
}

int64_t mlir::tconv::residentBlocks(const GpuMachine &machine, int64_t threads,
                                    int64_t registers, int64_t sharedBytes) {
  // Registers are given out to warps, 256 at a time.
  int64_t ofWarp = llvm::alignTo(registers * 32, 256);
  int64_t warps = llvm::divideCeil(threads, int64_t(32));
  return std::min({machine.sharedBytes / (sharedBytes + kReserved),
                   kRegisters / ofWarp / warps, machine.mostThreads / threads,
                   machine.mostBlocks});
}

int64_t mlir::tconv::sharedBytesOf(const DeviceTile &tile,
                                   const TileLayout &layout,
                                   int64_t elementBytes) {
  // Of x there are two buffers where chunks of weights go through it.
  int64_t columns =
      layout.tapsInside()
          ? tile.stages * tile.rows() + 2 * (tile.positions() + layout.halo())
          : tile.stages * (tile.rows() + tile.positions());
  int64_t stages = columns * tile.depth * elementBytes;
  // The sums of one column of warps, in rows that lie apart for the banks.
  int64_t sums = tile.rows() * (DeviceTile::kWarpPositions + 4) * 4;
  return std::max(stages, sums);
}

/// The share of products among the instructions that a warp issues for a chunk
/// of f32, as counted in machine code. Tensor cores work beside what else is
/// issued.
static double issueShare(const GpuLayer &layer, const DeviceTile &tile) {
  if (tile.math != DeviceMath::fma)
    return 1;
  double threads = double(tile.threads()), depth = double(tile.depth);
  double products = 64 * depth, loads = 4 * depth;
  // Of one thread: words of x and the rows that they are of, four words of
  // weights at a time.
  double words = depth * double(tile.positions()) / threads;
  double rows = words / std::max(double(tile.positions()) / threads, 1.0);
  double weights = depth * double(tile.rows()) / 4 / threads;
  bool whole = layer.groupInputs % tile.depth == 0;
  double copies;
  if (tile.async)
    copies = words + 2 * rows + weights + (whole ? 0 : words + rows) + 40;
  else // A load, a store, the address, and whether it counts.
    copies = 5 * words + 2 * weights + (whole ? 0 : words + rows) + 28;
  return products / (products + loads + copies);
}

static TileEstimate estimate(const GpuLayer &layer, const GpuMachine &machine,
                             const DeviceTile &tile) {
  TileEstimate result;
  result.tile = tile;
  bool staged16 = tile.math == DeviceMath::mma;
  int64_t bytes = staged16 ? 2 : 4;
  TileLayout layout(layer.decomposition, tile, layer.groups, layer.groupInputs,
                    layer.groupOutputs);
  result.sharedBytes = sharedBytesOf(tile, layout, bytes);
  if (!layout.fits())
    return result;
  int64_t resident = residentBlocks(machine, tile.threads(), kProductRegisters,
                                    result.sharedBytes);
  result.blocksPerMulti = std::max<int64_t>(resident, 1);
  result.occupancy = double(result.blocksPerMulti * tile.threads()) /
                     double(machine.mostThreads);
  int64_t positionBlocks = llvm::divideCeil(layer.positions, tile.positions());
  int64_t columns = layout.columns().size() * layer.groups;
  result.blocks = positionBlocks * columns;
  int64_t atOnce = machine.multiprocessors * result.blocksPerMulti;
  result.waves = double(result.blocks) / double(atOnce);

  double chunks = double(layout.groupChunks()) * double(layer.groups) *
                  double(positionBlocks);
  double products =
      chunks * double(tile.rows() * tile.positions() * tile.depth);
  double useful = 0;
  for (SectionAttr section : layer.decomposition.getSections())
    useful += double(section.getTaps()) * double(section.getPhases().size());
  useful *= double(layer.groupInputs) * double(layer.groupOutputs) *
            double(layer.groups) * double(layer.positions);
  result.useful = useful / products;

  // The slowest multiprocessor has this many blocks, so many at a time.
  int64_t most = llvm::divideCeil(result.blocks, machine.multiprocessors);
  double warps = double(std::min(most, result.blocksPerMulti)) *
                 double(tile.threads() / 32);
  double busy = std::min(1.0, warps / kBusyWarps);
  double peak = double(tile.math == DeviceMath::fma   ? machine.fmas
                       : tile.math == DeviceMath::mma ? machine.mmaFmas
                                                      : machine.tf32Fmas);
  double issue = issueShare(layer, tile);
  double blockCycles =
      products / double(result.blocks) / std::max(peak, 1.0) / issue;
  // The epilogue: some 20 instructions of a warp for 32 outputs.
  blockCycles += double(tile.rows() * tile.positions()) * 20 / 128;
  result.compute = double(most) * blockCycles / busy;
  double inputChunks =
      layout.sharesInput()
          ? double(columns * layout.tapChunks()) * double(positionBlocks)
          : chunks;
  double read = (chunks * double(tile.rows()) +
                 inputChunks * double(tile.positions() + layout.halo())) *
                double(tile.depth * bytes);
  result.intensity = 2 * products / read;
  result.l2 = read / machine.l2Bytes;
  double weights = double(layout.totalElements()) * double(bytes);
  double xy = double(layer.positions) *
              (double(layer.groups * layer.groupInputs) +
               double(layer.groups * layer.groupOutputs) *
                   double(layer.decomposition.getStride())) *
              double(layer.elementBytes);
  result.memory = (weights + xy) / machine.memoryBytes;
  return result;
}

SmallVector<TileEstimate>
mlir::tconv::estimateTiles(const GpuLayer &layer, const GpuMachine &machine,
                           const DeviceTile &fixed, int64_t rowWarps,
                           int64_t positionWarps, int64_t depth) {
  SmallVector<TileEstimate> found;
  int64_t least = fixed.math == DeviceMath::mma ? 16 : 8;
  for (int64_t rows : {4, 2, 1})
    for (int64_t positions : {2, 4, 1})
      for (int64_t deep : {2 * least, least}) {
        if ((rowWarps && rows != rowWarps) ||
            (positionWarps && positions != positionWarps) ||
            (depth && deep != depth) || rows * positions > 8 ||
            // Every thread copies whole words of 16 bytes of weights.
            (positions == 4 && deep == least))
          continue;
        DeviceTile tile = fixed;
        tile.rowWarps = rows;
        tile.positionWarps = positions;
        tile.depth = deep;
        TileEstimate one = estimate(layer, machine, tile);
        if (one.blocks > 0 && one.sharedBytes <= kMostShared)
          found.push_back(one);
      }
  // What bounds a launch decides, and what is hidden behind it a little. Among
  // equals, those listed first have fewer barriers for each product.
  auto key = [](const TileEstimate &one) {
    return one.cycles() + 0.1 * (one.compute + one.l2);
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const TileEstimate &a, const TileEstimate &b) {
                     return key(a) < key(b);
                   });
  return found;
}

StringRef mlir::tconv::chooseDeviceKind(const tconv_params &params,
                                        tconv_accuracy accuracy,
                                        int64_t architecture) {
  int64_t inputs = params.in_channels / params.group;
  int64_t outputs = params.out_channels / params.group;
  // Too few rows or too little depth for a warp tile.
  int64_t rows = outputs * std::min(params.stride, params.kernel_size);
  if (params.stride <= 32 && (inputs < 4 || rows <= 8))
    return "small";
  if (params.dtype == TCONV_F32)
    return accuracy == TCONV_ACCURACY_TF32 ? "tf32" : "gemm";
  // Tensor cores take bf16 from sm_80 on.
  return params.dtype == TCONV_BF16 && architecture < 80 ? "gemm" : "mma";
}

StringRef mlir::tconv::deviceFeature(int64_t architecture) {
  return architecture >= 80 ? "nvptx/sm_80" : "nvptx/portable";
}

int64_t mlir::tconv::chooseFilterPositions(int64_t stride, int64_t threads,
                                           int64_t positions) {
  int64_t each = stride <= 8 ? 4 : stride <= 16 ? 2 : 1;
  while (each > 1 && positions <= threads * each / 2)
    each /= 2;
  return each;
}
