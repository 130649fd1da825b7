// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/Ascend/Plan.h"

#include "compiler/Schedule/AscendPrograms.h"
#include "compiler/Target/Ascend/KernelBuilder.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir::tconv;

namespace {

/// A value of a plan, by its index.
using Number = int32_t;

class PlanBuilder {
public:
  explicit PlanBuilder(AscendLaunchPlan &plan) : plan(plan) {}

  Number c(int64_t value) {
    for (auto [index, step] : llvm::enumerate(plan.steps))
      if (step.operation == TCONV_DEVICE_CONSTANT && step.constant == value)
        return TCONV_DEVICE_VARIABLES + static_cast<Number>(index);
    return step({TCONV_DEVICE_CONSTANT, 0, 0, 0, value});
  }
  Number add(Number l, Number r) { return of(TCONV_DEVICE_ADD, l, r); }
  Number sub(Number l, Number r) { return of(TCONV_DEVICE_SUBTRACT, l, r); }
  Number mul(Number l, Number r) { return of(TCONV_DEVICE_MULTIPLY, l, r); }
  // Values are numbers too, so that constants have names of their own.
  Number times(Number l, int64_t r) { return mul(l, c(r)); }
  Number div(Number l, Number r) { return of(TCONV_DEVICE_DIVIDE, l, r); }
  Number min(Number l, Number r) { return of(TCONV_DEVICE_MINIMUM, l, r); }
  Number max(Number l, Number r) { return of(TCONV_DEVICE_MAXIMUM, l, r); }
  Number down(Number l, int64_t r) { return div(l, c(r)); }
  Number up(Number l, int64_t r) { return down(add(l, c(r - 1)), r); }

private:
  Number of(tconv_device_operation operation, Number l, Number r) {
    return step({operation, l, r, 0, 0});
  }
  Number step(tconv_device_step one) {
    plan.steps.push_back(one);
    return TCONV_DEVICE_VARIABLES + static_cast<Number>(plan.steps.size()) - 1;
  }

  AscendLaunchPlan &plan;
};

} // namespace

AscendLaunchPlan mlir::tconv::planAscend(const AscendKernels &kernels) {
  constexpr int64_t kAlignment = 512;
  AscendLaunchPlan plan;
  PlanBuilder b(plan);
  const AscendLayout &layout = kernels.layout;
  const AscendTile &tile = kernels.tile;
  bool isCube = tile.unit == AscendUnit::cube;
  int64_t channels = layout.groups * layout.groupInputs;
  int64_t window = layout.window(tile.positions);
  int64_t bytes = kernels.element.getIntOrFloatBitWidth() / 8;
  Number one = b.c(1), zero = b.c(0);
  auto launch = [&](const char *suffix, tconv_device_purpose purpose,
                    Number programs, std::vector<int32_t> arguments) {
    plan.launches.push_back({kernels.symbol + suffix,
                             purpose,
                             {programs, one, one},
                             std::move(arguments)});
  };
  auto onVectorCores = [&](Number items) {
    return b.min(items, TCONV_DEVICE_VECTOR_CORES);
  };

  plan.packWorkspaceBytes = zero;
  Number flags = b.add(TCONV_DEVICE_WEIGHTS, b.c(kernels.flagsOffset()));
  launch("_pack", TCONV_DEVICE_PACKS,
         onVectorCores(b.c(layout.groups * kernels.packItems())),
         {TCONV_DEVICE_WEIGHT, TCONV_DEVICE_WEIGHTS, flags});

  // Tiles [begin, end) read x alone; those before and after need its edges.
  Number positions = b.up(TCONV_DEVICE_OUTPUT_LENGTH, layout.stride);
  Number tiles = b.up(positions, tile.positions);
  // Planes are as long as the tiles of both the product and the interleaving.
  Number storeTiles = b.up(positions, tile.storePositions);
  Number planePositions = b.max(b.times(tiles, tile.positions),
                                b.times(storeTiles, tile.storePositions));
  int64_t before =
      layout.maxShift > 0
          ? static_cast<int64_t>(llvm::divideCeil(
                static_cast<uint64_t>(layout.maxShift), tile.positions))
          : 0;
  Number begin = b.min(b.c(before), tiles);
  Number end =
      b.down(b.add(TCONV_DEVICE_LENGTH, b.c(layout.minShift)), tile.positions);
  end = b.min(b.max(end, begin), tiles);
  Number inside = b.sub(end, begin);
  Number edges = b.sub(tiles, inside);

  Number windows = b.mul(TCONV_DEVICE_BATCH, edges);
  Number windowBytes = b.times(windows, channels * window * bytes);
  windowBytes = b.times(b.up(windowBytes, kAlignment), kAlignment);
  Number planeRows =
      b.times(TCONV_DEVICE_BATCH, layout.groups * kernels.paddedRows());
  Number planeBytes = b.times(b.mul(planeRows, planePositions), sizeof(float));
  plan.runWorkspaceBytes = b.add(windowBytes, planeBytes);
  Number planes = b.add(TCONV_DEVICE_WORKSPACE, windowBytes);

  Number edgeItems = b.times(windows, static_cast<int64_t>(llvm::divideCeil(
                                          channels, kernels.edgeChannels())));
  launch("_edge", TCONV_DEVICE_RUNS, onVectorCores(edgeItems),
         {TCONV_DEVICE_X, TCONV_DEVICE_WORKSPACE, TCONV_DEVICE_WEIGHTS, planes,
          flags, TCONV_DEVICE_LENGTH, TCONV_DEVICE_X_CHANNEL_STRIDE,
          TCONV_DEVICE_X_BATCH_STRIDE, zero, begin, inside, edges, edgeItems,
          planePositions});

  // The tiles of a row tile are dealt out to programs.
  Number columns =
      b.times(TCONV_DEVICE_BATCH, layout.groups * layout.rowTiles(tile.rows));
  Number cores = isCube ? TCONV_DEVICE_CUBE_CORES : TCONV_DEVICE_VECTOR_CORES;
  cores = b.times(cores, programsPerCore(tile.stationary));
  Number wanted = b.div(b.sub(b.add(cores, columns), one), b.max(columns, one));
  wanted = b.max(wanted, one);
  auto product = [&](Number count, std::vector<int32_t> arguments) {
    Number parts = b.min(count, wanted);
    Number items = b.mul(columns, parts);
    arguments.push_back(parts);
    if (!isCube)
      arguments.push_back(items);
    launch("_product", TCONV_DEVICE_RUNS, isCube ? items : onVectorCores(items),
           std::move(arguments));
  };
  product(inside,
          {TCONV_DEVICE_X, TCONV_DEVICE_WEIGHTS, planes, flags, planePositions,
           TCONV_DEVICE_X_CHANNEL_STRIDE, TCONV_DEVICE_X_BATCH_STRIDE,
           b.c(tile.positions), b.times(begin, tile.positions), inside, begin,
           inside, zero, zero});
  product(edges, {TCONV_DEVICE_WORKSPACE, TCONV_DEVICE_WEIGHTS, planes, flags,
                  planePositions, b.c(window),
                  b.times(edges, channels * window), b.c(channels * window),
                  b.c(layout.maxShift), edges, zero, begin, inside, one});

  Number storeItems =
      b.mul(b.times(TCONV_DEVICE_BATCH, layout.groups * kernels.storeBlocks() *
                                            kernels.storeChunks()),
            storeTiles);
  launch("_store", TCONV_DEVICE_RUNS, onVectorCores(storeItems),
         {planes, TCONV_DEVICE_BIAS, TCONV_DEVICE_Y, planePositions,
          TCONV_DEVICE_OUTPUT_LENGTH, TCONV_DEVICE_Y_CHANNEL_STRIDE,
          TCONV_DEVICE_Y_BATCH_STRIDE, storeTiles, storeItems});
  return plan;
}
