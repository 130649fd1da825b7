// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/LayerCost.h"

#include "compiler/Dialect/Compact.h"
#include "compiler/Dialect/Pieces.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <cmath>

using namespace mlir;
using namespace mlir::tconv;

static constexpr double kElementBytes = 4;
/// The part of the weights' reading that products don't hide: at 8 bytes a
/// cycle it chose what was fastest of all six layers that it decides, on
/// AVX-512.
static constexpr double kVisibleReading = 1.0 / 3;
/// Products in tile registers can take too little time for that: with weights
/// of 3 to 20 MB and 64 positions, 0.5 to 1.2 of it was not hidden on a core of
/// Intel's, and half of what is from further away. What is hidden is a tenth,
/// and an eighth of the products' time.
static constexpr double kVisibleOfPieces = 0.9, kHiddenByPieces = 1.0 / 8;
/// The part of the last level that weights can count on.
static constexpr double kOwnLastLevel = 0.75;

namespace {

class CostEstimate {
public:
  CostEstimate(const LayerShape &shape, const LayerPlan &plan,
               const Machine &machine, int64_t positions)
      : shape(shape), plan(plan), machine(machine),
        layout(shape.decomposition,
               PackingAttr::get(shape.decomposition.getContext(), plan.channels,
                                plan.rows, plan.outputs,
                                plan.split ? Pieces::kCount : 1, plan.bits),
               shape.groups, shape.groupInputs, shape.groupOutputs),
        lanes(static_cast<double>(machine.lanes)),
        inputs(static_cast<double>(layout.depth())),
        groups(static_cast<double>(shape.groups)), positions(positions),
        columns(llvm::divideCeil(positions, plan.outputs)) {}

  LayerCost estimate() const {
    LayerCost cost;
    double vectors = std::ceil(static_cast<double>(columns) / lanes);
    auto m = static_cast<double>(plan.outputs);
    auto points = static_cast<double>(layout.inputPoints());
    cost.contract = groups * contractOf();
    // Loads and stores, and for points shuffles and sums, two a cycle. The loop
    // over a row of vectors takes as long as one more.
    double ofVector = layout.isFast() ? (6 * m + points * pointWork()) / 2 : 1;
    cost.pack = groups * inputs * (packedVectors() + 1) * ofVector;
    auto blocks = static_cast<double>(layout.blocks());
    for (const PackedSection &packed : layout.sections()) {
      double rows = static_cast<double>(packed.tiles * plan.rows) * blocks;
      if (layout.isFast() && layout.filterTapsOf(packed.section) > 1)
        cost.combine += groups * rows * (vectors + 1) *
                        (3 * static_cast<double>(packed.points) + m) / 2;
    }
    // Of a column and channel: y's vectors, the last of which is padded.
    double ofColumn = static_cast<double>(shape.decomposition.getStride()) * m;
    double channels = static_cast<double>(shape.groupOutputs) * groups;
    cost.store = plan.vectors == VectorAxis::positions
                     ? channels * vectors * ofColumn * kInterleavedVector
                     : channels * static_cast<double>(columns) *
                           std::ceil(ofColumn / lanes) * kCopiedVector;
    cost.weights = weightsOf(cost.contract);
    return cost;
  }

  double streamed() const {
    return std::max(groups * contractOf(), readingOf());
  }

private:
  /// What of the columns is packed: whole register tiles of vectors along them.
  double packedVectors() const {
    bool wholeTiles = plan.vectors == VectorAxis::positions && !plan.split;
    int64_t packed =
        wholeTiles ? static_cast<int64_t>(llvm::alignTo(columns, plan.columns))
                   : columns;
    return std::ceil(static_cast<double>(packed) / lanes);
  }

  double pointWork() const { return plan.split ? kPieceWork : kPointWork; }

  /// Cycles of one step of a tile of compact weights: what they take to become
  /// numbers, and products, as many vectors at once as there are sums for.
  static double compactStepOf(int64_t columns) {
    auto vectors = static_cast<double>(Compact::vectorsFor(columns));
    double each = kCompactWork + static_cast<double>(columns);
    return Compact::kVectors / vectors * (kExponentWork + vectors * each) / 2;
  }

  /// Cycles of one step of a register tile of `rows` broadcasts (or positions)
  /// by `vectors` vectors: bound by products, by loads, or by how long a sum
  /// waits for itself.
  double stepOf(double outer, double inner) const {
    auto loads = static_cast<double>(machine.loadsPerCycle);
    return std::max(
        {outer * inner / static_cast<double>(machine.fmasPerCycle),
         outer / std::max(loads, kBroadcastsPerCycle) + inner / loads,
         static_cast<double>(machine.fmaLatency)});
  }

  /// Steps of all tiles of rows of a group.
  double rowSteps() const {
    double steps = 0;
    for (const PackedTapGroup &taps : layout.tapGroups())
      steps += static_cast<double>(taps.tiles * taps.taps);
    return steps * static_cast<double>(layout.blocks()) * inputs;
  }

  /// By tile registers. Lengths vary: of the last register of columns, half is
  /// padding on average.
  double tilesOf() const {
    auto steps = static_cast<double>(layout.tiles() * layout.blocks() *
                                     Pieces::steps(layout.depth()));
    double rowTiles = static_cast<double>(plan.rows) / Pieces::kRows;
    double columnTiles =
        (static_cast<double>(columns) + Pieces::kWords / 2.0) / Pieces::kWords;
    return steps * rowTiles * columnTiles * Pieces::kProducts * kTileProduct;
  }

  double contractOf() const {
    if (plan.split)
      return tilesOf();
    bool alongPositions = plan.vectors == VectorAxis::positions;
    auto width =
        static_cast<double>(alongPositions ? plan.columns : plan.rows) / lanes;
    auto outer = static_cast<double>(alongPositions ? plan.rows : plan.columns);
    int64_t whole = columns / plan.columns, rest = columns % plan.columns;
    if (layout.isCompact())
      return rowSteps() *
             (static_cast<double>(whole) * compactStepOf(plan.columns) +
              (rest > 0 ? compactStepOf(rest) : 0));
    if (!alongPositions) {
      // Tiles are equally low: see balance_tiles.
      auto tiles = std::ceil(static_cast<double>(columns) / outer);
      double step = stepOf(static_cast<double>(columns) / tiles, width);
      return tiles * std::max(step, kLeastStep) * kRowsLoop * rowSteps();
    }
    double cycles = static_cast<double>(whole) * stepOf(outer, width);
    if (rest > 0)
      cycles += stepOf(outer, std::ceil(static_cast<double>(rest) / lanes));
    return cycles * rowSteps();
  }

  /// Cycles that reading the weights takes; none where half of L2 holds them,
  /// and all only where L2 doesn't.
  double readingOf() const {
    double bytes = static_cast<double>(layout.totalElements()) * kElementBytes;
    double half = static_cast<double>(machine.l2Bytes) / 2;
    if (bytes <= half)
      return 0;
    double read = std::min(bytes / half - 1, 1.0);
    double near = static_cast<double>(machine.l3Bytes) * kOwnLastLevel;
    if (plan.split)
      near = std::min(near, static_cast<double>(kNearBytes));
    auto rate = static_cast<double>(bytes > near ? machine.memoryBytesPerCycle
                                                 : machine.l3BytesPerCycle);
    // Once a block of positions.
    double times = std::ceil(static_cast<double>(positions) / kBlockPositions);
    return bytes * read / rate * times;
  }

  /// What of it the products, so many cycles of them, don't hide.
  double weightsOf(double contract) const {
    double cycles = readingOf();
    double most = plan.split ? kVisibleOfPieces : 1,
           hidden = plan.split ? kHiddenByPieces : 1;
    return std::max(cycles * kVisibleReading,
                    cycles * most - contract * hidden);
  }

  static constexpr double kBlockPositions = 512;
  /// Cycles of the shortest step of a loop: one of three or four sums costs no
  /// less than one of five.
  static constexpr double kLeastStep = 5;
  /// A core that loads one whole vector a cycle still loads two floats.
  static constexpr double kBroadcastsPerCycle = 2;
  /// Instructions that make a vector of compact weights numbers, and those for
  /// the exponents of a step.
  static constexpr double kCompactWork = 5, kExponentWork = 5;
  /// What the loop over taps adds to steps with vectors along the rows.
  static constexpr double kRowsLoop = 1.1;
  /// Instructions that a point's vector takes, and to become words of pieces.
  static constexpr double kPointWork = 3, kPieceWork = 14;
  /// Cycles of a vector of y: load, shuffles, bias, store; and of what is
  /// copied of one column, in vectors that may be short.
  static constexpr double kInterleavedVector = 4, kCopiedVector = 3;
  /// Cycles of 16 x 16 x 32 products of pieces with what it takes to load them:
  /// 16 if nothing else mattered.
  static constexpr double kTileProduct = 28;
  const LayerShape &shape;
  const LayerPlan &plan;
  const Machine &machine;
  PackedLayout layout;
  double lanes, inputs, groups;
  int64_t positions, columns;
};

} // namespace

double mlir::tconv::streamCycles(const LayerShape &shape, const LayerPlan &plan,
                                 const Machine &machine, int64_t positions) {
  return CostEstimate(shape, plan, machine, positions).streamed();
}

LayerCost mlir::tconv::costOf(const LayerShape &shape, const LayerPlan &plan,
                              const Machine &machine, int64_t positions) {
  return CostEstimate(shape, plan, machine, positions).estimate();
}
