// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/CostModel.h"

#include "compiler/Dialect/Compact.h"
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Dialect/Pieces.h"
#include "compiler/Schedule/LayerCost.h"
#include "kernel/launch_blocks.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "support/divide.h"
#include "llvm/Support/MathExtras.h"
#include <cmath>

using namespace mlir;
using namespace mlir::tconv;

static constexpr int64_t kElementBytes = 4;
/// Positions of a block at most: more gain nothing and would leave short layers
/// with one task.
static constexpr int64_t kMostPositions = 512;

/// With fewer steps a register tile's sums would be moved too often.
static constexpr int64_t kWorthwhileDepth = 128;
/// Positions of a block whose tiles read from a large L2, and rows at least.
static constexpr int64_t kDeepPositions = 192, kDeepRows = 128;
/// The same where panels and sums take a quarter of L2 at most.
static constexpr int64_t kMostDeepPositions = 576;
/// The same where weights have to be read anew for each block.
static constexpr int64_t kMostStreamedPositions = 1024;
/// Panels of a block at most, whatever the last level has: a workspace is a few
/// megabytes for each thread.
static constexpr int64_t kMostPanelBytes = 5 << 20;
/// The same of the smallest block where phases are cut into filters, so that
/// every channel is there as many times.
static constexpr int64_t kMostCutPanelBytes = 6 << 20;
/// Positions of a block at most where there are so few channels that blocks of
/// positions are all that threads can share.
static constexpr int64_t kMostLonePositions = 192;
/// Fewer channels than these are few in that sense.
static constexpr int64_t kFewChannels = 4;
/// Positions of a block at most with vectors along the rows, where it serves as
/// the longer inputs of the class too: with more, panels outgrow L1.
static constexpr int64_t kMostRowsPositions = 96;
/// How many times the expected positions the longest inputs of a class have.
static constexpr int64_t kLongest = 3;
/// Threads that may share the blocks of a launch.
static constexpr int64_t kMostThreads = ::tconv::kTasksOfLaunch;
static constexpr int64_t kSharingThreads[] = {1, 2, 4, kMostThreads};
/// Columns of a block for tile registers at most.
static constexpr int64_t kMostTileColumns = 256;
/// Panels of a block for tile registers at most: with 5 MiB, weights from
/// memory were read for too few columns.
static constexpr int64_t kMostTilePanelBytes = 8 << 20;
/// With fewer positions to expect, weights are all that counts.
static constexpr int64_t kFewestPositions = 8;

/// Positions that stand for many.
static constexpr int64_t kManyPositions = 4000;
/// Classes of more expected positions than this, and fewer than many, have
/// inputs of a quarter to six times as many, for which one choice has to do.
static constexpr int64_t kWideClass = 16;

std::array<std::pair<StringRef, int64_t *>, 5>
mlir::tconv::blockFields(BlockSizes &sizes) {
  return {{{"channels", &sizes.channels},
           {"positions", &sizes.positions},
           {"depth", &sizes.depth},
           {"panel", &sizes.panel},
           {"outputs", &sizes.outputs}}};
}

DictionaryAttr mlir::tconv::blocksAttr(MLIRContext *context, BlockSizes sizes) {
  Builder b(context);
  SmallVector<NamedAttribute> fields;
  for (auto [name, value] : blockFields(sizes))
    if (*value != 0)
      fields.push_back(b.getNamedAttr(name, b.getI64IntegerAttr(*value)));
  return b.getDictionaryAttr(fields);
}

namespace {

/// How much longer equal tasks take than work that threads could share evenly,
/// in geometric mean over numbers of threads. Of those only `most` have enough
/// to do.
double unevenness(int64_t tasks, int64_t most) {
  double product = 1;
  for (int64_t threads : kSharingThreads)
    product *=
        static_cast<double>(llvm::alignTo(tasks, std::min(threads, most))) /
        static_cast<double>(tasks);
  return std::pow(product, 1.0 / std::size(kSharingThreads));
}

/// Positions of a launch, by the class of lengths that the function is for.
int64_t expectedPositions(PhasesOp phases) {
  auto func = phases->getParentOfType<func::FuncOp>();
  auto attr =
      func ? func->getAttrOfType<IntegerAttr>(kPositionsAttr) : IntegerAttr();
  if (attr && attr.getValue().sgt(0) && attr.getValue().slt(kManyPositions))
    return attr.getValue().getSExtValue();
  return kManyPositions;
}

/// Multiply-adds of a position, which are as many as there are weights.
double productsOfPosition(PhasesOp phases) {
  double products = 0;
  for (SectionAttr section : phases.getDecomposition().getSections())
    products += static_cast<double>(section.getTaps()) *
                static_cast<double>(section.getPhases().size());
  for (int64_t factor : {static_cast<int64_t>(phases.getGroups()),
                         phases.getGroupOutputs(), phases.getGroupInputs()})
    products *= static_cast<double>(factor);
  return products;
}

/// The decisions for one layer and one register tile.
class BlockChoice {
public:
  BlockChoice(PhasesOp phases, const Machine &machine, int64_t rows,
              int64_t columns, bool split, BlockSizes given)
      : phases(phases), map(phases.getDecomposition()), machine(machine),
        rows(rows), columns(columns), inputs(phases.getGroupInputs()),
        depth(inputs), split(split), sizes(given) {
    expected = expectedPositions(phases);
    worth = worthTasks();
  }

  BlockSizes choose(VectorAxis vectors) {
    if (!sizes.outputs)
      sizes.outputs = chooseOutputs(vectors);
    if (isFast(sizes.outputs))
      depth = inputs * FilterCut::of(map, sizes.outputs).filters;
    if (split)
      inTiles();
    else if (vectors == VectorAxis::rows)
      alongRows();
    else
      alongPositions();
    return sizes;
  }

  /// Estimated cycles of a launch with the sizes that suit best, as threads
  /// share them.
  double sharedCost(VectorAxis vectors) {
    choose(vectors);
    LayerPlan plan = planOf(sizes.outputs, vectors);
    plan.channels = sizes.channels;
    double cost =
        mlir::tconv::costOf(shapeOf(), plan, machine, expected).total();
    // Where a few positions are expected, there is often but one.
    if (expected < kFewestPositions)
      cost += mlir::tconv::costOf(shapeOf(), plan, machine, 1).total();
    return cost * unevennessOf(sizes.channels, sizes.outputs);
  }

  /// Estimated cycles with the algorithm that suits best.
  double bestCost(VectorAxis vectors) {
    int64_t outputs = sizes.outputs ? sizes.outputs : chooseOutputs(vectors);
    if (isFast(outputs) && !hasRoom(outputs, vectors))
      return std::numeric_limits<double>::infinity();
    return costOf(outputs, vectors);
  }

private:
  PackedLayout layoutOf(int64_t channels, int64_t outputs) {
    return {map, PackingAttr::get(phases.getContext(), channels, rows, outputs),
            /*groups=*/1, /*groupInputs=*/1, phases.getGroupOutputs()};
  }

  /// Products of an input channel for a column of all channels, padding
  /// included.
  int64_t productsOf(int64_t channels, int64_t outputs) {
    PackedLayout layout = layoutOf(channels, outputs);
    if (outputs == 1)
      return layout.totalElements();
    return layout.blocks() * layout.tiles() * rows;
  }

  /// The number of channels, `most` at most, that pads least; among equals the
  /// largest, since fewer blocks share more.
  int64_t chooseChannels(int64_t most, int64_t outputs) {
    int64_t best = 1, bestWork = std::numeric_limits<int64_t>::max();
    most = std::clamp<int64_t>(most, 1, phases.getGroupOutputs());
    for (int64_t channels = 1; channels <= most; ++channels) {
      int64_t work = productsOf(channels, outputs);
      if (work <= bestWork) {
        best = channels;
        bestWork = work;
      }
    }
    return best;
  }

  double worthTasks() {
    double products =
        productsOfPosition(phases) * static_cast<double>(expected);
    return products / ::tconv::kTaskWork;
  }

  /// Tasks of a launch that channels and groups make.
  int64_t channelTasks(int64_t channels) {
    return static_cast<int64_t>(phases.getGroups()) *
           llvm::divideCeil(phases.getGroupOutputs(), channels);
  }

  /// Blocks of positions that a launch makes where those tasks are few, as
  /// runtime's launch_blocks does.
  int64_t launchBlocks(int64_t channels, int64_t outputs) {
    int64_t tasks = channelTasks(channels);
    auto wholeTasks = static_cast<int64_t>(
        std::min<double>(worth / static_cast<double>(tasks), kMostThreads));
    int64_t blocks =
        std::min({::tconv::divideCeil(::tconv::kTasksOfLaunch, tasks),
                  wholeTasks, expected / (columns * outputs)});
    return std::max<int64_t>(blocks, 1);
  }

  /// How unevenly threads share a launch.
  double unevennessOf(int64_t channels, int64_t outputs) {
    // The longest of the class are what threads are there for.
    auto threads = static_cast<uint64_t>(
        std::clamp<double>(kLongest * worth, 1, kMostThreads));
    return unevenness(channelTasks(channels) * launchBlocks(channels, outputs),
                      static_cast<int64_t>(llvm::bit_floor(threads)));
  }

  /// The number of channels, `most` at most, whose blocks take the least time:
  /// threads share them, padding is computed too, and blocks of positions read
  /// all weights each.
  int64_t chooseSharedChannels(int64_t most, int64_t outputs) {
    int64_t all = phases.getGroupOutputs(), best = 1;
    double bestTime = std::numeric_limits<double>::infinity();
    LayerShape shape = shapeOf();
    LayerPlan plan = planOf(outputs, VectorAxis::rows);
    // As few as make so many blocks.
    auto balanced = [&](int64_t channels) -> int64_t {
      return llvm::divideCeil(all, llvm::divideCeil(all, channels));
    };
    for (int64_t channels = balanced(std::clamp<int64_t>(most, 1, all));;
         channels = balanced(channels - 1)) {
      plan.channels = channels;
      LayerCost cost = mlir::tconv::costOf(shape, plan, machine, expected);
      double blocks = static_cast<double>(launchBlocks(channels, outputs));
      double time = (cost.contract + cost.weights * blocks) *
                    unevennessOf(channels, outputs);
      if (time < bestTime) {
        best = channels;
        bestTime = time;
      }
      if (channels == 1)
        return best;
    }
  }

  /// Whether sums are made of filters' points.
  bool isFast(int64_t outputs) const { return split || outputs > 1; }

  /// Points of the longest filter, or taps.
  int64_t pointsOf(int64_t outputs) const {
    int64_t taps = map.getSections().front().getTaps();
    if (!isFast(outputs))
      return taps;
    return outputs + FilterCut::of(map, outputs).tapsOf(taps) - 1;
  }

  /// Points of all filters.
  int64_t inputPoints(const PackedLayout &layout, int64_t outputs) const {
    bool cut = FilterCut::of(map, outputs).filters > 1;
    return cut ? pointsOf(outputs) : layout.inputPoints();
  }

  /// Products an input, a channel of a block and a column take: rows of
  /// weights.
  int64_t steps() const { return map.getStride() * pointsOf(sizes.outputs); }

  /// Sums of an output channel and a column.
  int64_t sumSteps() { return sizes.outputs == 1 ? map.getStride() : steps(); }

  /// The lengths that a choice is for. Shorter vectors choose by one: they have
  /// more products for each column that a length leaves empty, and three
  /// lengths made AVX2 kernels 4 % slower on average.
  SmallVector<int64_t> expectedLengths() const {
    if (machine.lanes < 16 || expected <= kWideClass ||
        expected >= kManyPositions)
      return {expected};
    return {expected / 2, expected, expected * 5 / 2};
  }

  /// Estimated cycles, in geometric mean over those lengths, so that none
  /// counts for more because it takes longer.
  double costOf(int64_t outputs, VectorAxis vectors) {
    SmallVector<int64_t> lengths = expectedLengths();
    double product = 1;
    for (int64_t positions : lengths)
      product *= mlir::tconv::costOf(shapeOf(), planOf(outputs, vectors),
                                     machine, positions)
                     .total();
    return std::pow(product, 1.0 / static_cast<double>(lengths.size()));
  }

  LayerShape shapeOf() {
    return {map, static_cast<int64_t>(phases.getGroups()), inputs,
            phases.getGroupOutputs()};
  }

  /// All channels in one block.
  LayerPlan planOf(int64_t outputs, VectorAxis vectors) {
    return {vectors, rows, columns, phases.getGroupOutputs(), outputs, split};
  }

  /// Columns of the smallest block, in whole cache lines.
  int64_t leastColumns(int64_t outputs, VectorAxis vectors) const {
    int64_t least = vectors == VectorAxis::rows
                        ? rowsPositions(outputs) / outputs
                        : columns;
    return static_cast<int64_t>(llvm::alignTo(least, 16));
  }

  /// Whether cut phases leave the workspace small.
  bool hasRoom(int64_t outputs, VectorAxis vectors) const {
    FilterCut cut = FilterCut::of(map, outputs);
    if (cut.filters == 1)
      return true;
    int64_t bytes = split ? Pieces::kBytes : kElementBytes;
    return pointsOf(outputs) * leastColumns(outputs, vectors) * bytes <=
           kMostCutPanelBytes / cut.filters / inputs;
  }

  /// Positions of a block with vectors along the rows.
  int64_t rowsPositions(int64_t outputs) const {
    int64_t most = std::min(kLongest * expected, kMostRowsPositions);
    return static_cast<int64_t>(llvm::alignTo(most, columns * outputs));
  }

  /// How many positions make a column.
  int64_t chooseOutputs(VectorAxis vectors) {
    // A column of several positions would hold more than streaming has.
    if (!split &&
        (expected < kFewestPositions || !PackedLayout::canBeFast(map) ||
         map.getSections().front().getTaps() < 2))
      return 1;
    // Tile registers compute so fast that fewer products matter less than what
    // is packed for them: without being asked they are for fast algorithms.
    bool two =
        split && PackedLayout::canBeFast(map, 2, inputs) && hasRoom(2, vectors);
    int64_t best = two ? 2 : 1;
    double bestCost = costOf(best, vectors);
    for (int64_t outputs = 2; outputs <= FastFilter::kMostOutputs; ++outputs) {
      if (!PackedLayout::canBeFast(map, outputs, inputs) ||
          !hasRoom(outputs, vectors))
        continue;
      double cost = costOf(outputs, vectors);
      // Four outputs double the error of three; they have to be worth it.
      double needed = outputs == 4 ? 0.95 : 1;
      if (cost < bestCost * needed) {
        best = outputs;
        bestCost = cost;
      }
    }
    return best;
  }

  /// `whole` in the fewest parts of `most` at most, made equal.
  static int64_t balanced(int64_t whole, int64_t most) {
    int64_t parts = llvm::divideCeil(whole, std::max<int64_t>(most, 1));
    return llvm::divideCeil(whole, parts);
  }

  void alongRows() {
    // A few positions: the weights pass through once, the panel of x stays.
    // Longer inputs are served too, so the block holds several tiles.
    if (!sizes.positions)
      sizes.positions = rowsPositions(sizes.outputs);
    if (!sizes.panel)
      sizes.panel = sizes.positions;
    // The scratch buffer holds all positions of the block: an eighth of L2.
    int64_t scratchRows =
        machine.l2Bytes / 8 / (sizes.positions / sizes.outputs * kElementBytes);
    if (!sizes.channels) {
      int64_t most = std::max(scratchRows / sumSteps(), rows);
      sizes.channels = chooseSharedChannels(most, sizes.outputs);
    }
    // A tile of weights stays in half of L1 while the positions pass.
    int64_t taps = sizes.outputs == 1 ? map.getSections().front().getTaps() : 1;
    if (!sizes.depth)
      sizes.depth =
          balanced(depth, machine.l1Bytes / 2 / (rows * taps * kElementBytes));
  }

  /// With tile registers: the weights of a register tile of rows stay near
  /// while all columns of a block pass. The panels of all points stay in L2 for
  /// every row of the block, or, where weights come from memory, those of one
  /// point and a part of the depth, so that more columns share the weights.
  void inTiles() {
    if (!sizes.panel)
      sizes.panel = columns * sizes.outputs;
    PackedLayout layout = layoutOf(phases.getGroupOutputs(), sizes.outputs);
    bool near = layout.totalElements() * inputs * Pieces::kBytes <= kNearBytes;
    int64_t share = machine.l2Bytes * 5 / 8;
    int64_t columnBytes =
        inputPoints(layout, sizes.outputs) * depth * Pieces::kBytes;
    int64_t most = share / columnBytes;
    if (!near || most < columns)
      most = std::max(kMostTilePanelBytes / columnBytes, columns);
    most = std::min(most, kMostTileColumns);
    if (!sizes.positions)
      sizes.positions = std::max<int64_t>(most / columns, 1) * sizes.panel;
    int64_t blockColumns = sizes.positions / sizes.outputs;
    if (!sizes.depth) {
      int64_t parts = share / (blockColumns * Pieces::kBytes);
      sizes.depth =
          std::min(depth, static_cast<int64_t>(llvm::alignTo(
                              balanced(depth, std::max(parts, Pieces::kDepth)),
                              Pieces::kDepth)));
    }
    if (!sizes.channels) {
      int64_t sumBytes = steps() * blockColumns * kElementBytes;
      sizes.channels = chooseChannels(
          std::max(machine.l2Bytes / 2 / sumBytes, rows), sizes.outputs);
    }
  }

  void alongPositions() {
    // A fast column reads nothing but itself.
    int64_t span = sizes.outputs == 1 ? map.getSpan() : 0;
    int64_t tile = columns * sizes.outputs;
    // One panel for each register tile keeps the contraction's reads
    // contiguous, as long as the columns that panels have in common are the
    // lesser part.
    if (!sizes.panel) {
      sizes.panel = tile;
      if (span > columns)
        sizes.panel =
            llvm::divideCeil(std::min(2 * span, kMostPositions), columns) *
            columns;
    }
    // The part of a panel that a register tile reads takes half of L1, and is
    // read again by every tile of rows. The weights of one channel must not
    // take more than their share of L2, but a part too thin would only move
    // sums.
    int64_t share = machine.l2Bytes / 4;
    // A large L2 feeds a register tile with all inputs, one after the other,
    // and the sums stay in registers until they are whole.
    bool deep = machine.l2Bytes >= kLargeL2Bytes &&
                (columns + span) * depth * kElementBytes <= share;
    if (!sizes.depth && deep)
      sizes.depth = depth;
    if (!sizes.depth) {
      int64_t columnBytes = (columns + span) * kElementBytes;
      int64_t byPanel = std::max(
          machine.l1Bytes / 2 / columnBytes,
          std::min(kWorthwhileDepth, machine.l1Bytes * 7 / 8 / columnBytes));
      int64_t byWeights =
          std::max<int64_t>(share / (steps() * kElementBytes), 32);
      sizes.depth = balanced(depth, std::min(byPanel, byWeights));
    }
    if (!sizes.positions)
      sizes.positions = choosePositions(span, deep);
    if (!sizes.channels) {
      int64_t weightBytes = steps() * sizes.depth * kElementBytes;
      int64_t sumBytes =
          sumSteps() * (sizes.positions / sizes.outputs) * kElementBytes;
      // At least as many channels as fill whole tiles.
      int64_t channels = std::max(
          std::min(share / weightBytes, machine.l2Bytes / 2 / sumBytes), rows);
      // A panel that comes from L2 is worth bringing for many tiles of rows.
      if (deep)
        channels = std::max(channels, static_cast<int64_t>(llvm::divideCeil(
                                          kDeepRows, map.getStride())));
      sizes.channels = chooseChannels(channels, sizes.outputs);
    }
  }

  /// Positions of a block: whole panels.
  int64_t choosePositions(int64_t span, bool deep) {
    PackedLayout layout = layoutOf(phases.getGroupOutputs(), sizes.outputs);
    int64_t points = sizes.outputs == 1 ? 1 : layout.inputPoints();
    int64_t panelColumns = (sizes.panel / sizes.outputs + span) * points;
    int64_t weightBytes = layout.totalElements() * inputs * kElementBytes;
    // Then L2 is the panels', and weights pass by, as long as they need not
    // come from memory.
    if (deep && weightBytes <= machine.l3Bytes / 4) {
      int64_t most = weightBytes <= machine.l3Bytes / 16 ? kDeepPositions
                                                         : 2 * kDeepPositions;
      // Few channels leave room for more: longer runs of x's and y's rows.
      int64_t sumRows = phases.getGroupOutputs() * sumSteps();
      int64_t columnBytes = (points * depth + sumRows) * kElementBytes;
      int64_t room = machine.l2Bytes / 4 / columnBytes * sizes.outputs;
      most = std::max(most, std::min(room, kMostDeepPositions));
      return blockOf(most / sizes.panel, most);
    }
    // Weights that stay in L2 whatever the blocks are: so do panels and sums.
    if (weightBytes <= machine.l2Bytes / 4) {
      int64_t rowBytes = panelColumns * sizes.depth * kElementBytes;
      return blockOf(machine.l2Bytes / 4 / rowBytes, kMostPositions);
    }
    // Others are read from further away once a block, so that blocks are large:
    // the panels of all inputs may take a good part of the last level, which
    // they are read from once a block of channels.
    int64_t panelBytes = panelColumns * depth * kElementBytes;
    int64_t most = std::min(machine.l3Bytes / 4, kMostPanelBytes);
    bool fewChannels =
        static_cast<int64_t>(phases.getGroups()) * phases.getGroupOutputs() <
        kFewChannels;
    return blockOf(most / panelBytes,
                   fewChannels ? kMostLonePositions : kMostStreamedPositions);
  }

  int64_t blockOf(int64_t panels, int64_t mostPositions) const {
    int64_t most = std::max<int64_t>(mostPositions / sizes.panel, 1);
    return std::clamp<int64_t>(panels, 1, most) * sizes.panel;
  }

  PhasesOp phases;
  DecompositionAttr map;
  Machine machine;
  int64_t rows, columns, inputs;
  int64_t depth; ///< inputs of a sum: input channels, of each its filters
  bool split;
  int64_t expected = kManyPositions; ///< positions of a launch
  double worth; ///< tasks that these positions would be worth
  BlockSizes sizes;
};

} // namespace

BlockSizes mlir::tconv::chooseBlocks(PhasesOp phases, const Machine &machine,
                                     int64_t rows, int64_t columns,
                                     VectorAxis vectors, bool split,
                                     BlockSizes given) {
  return BlockChoice(phases, machine, rows, columns, split, given)
      .choose(vectors);
}

TileSize mlir::tconv::chooseRegisterTile(PhasesOp phases,
                                         const Machine &machine,
                                         ArrayRef<TileSize> tiles,
                                         VectorAxis vectors, BlockSizes given) {
  TileSize best = tiles.front();
  double bestCost = std::numeric_limits<double>::infinity();
  for (TileSize tile : tiles) {
    double cost = BlockChoice(phases, machine, tile.rows, tile.columns,
                              /*split=*/false, given)
                      .sharedCost(vectors);
    if (cost < bestCost) {
      best = tile;
      bestCost = cost;
    }
  }
  return best;
}

bool mlir::tconv::canBeCompact(PhasesOp phases) {
  return llvm::all_of(phases.getDecomposition().getSections(),
                      [&](SectionAttr section) {
                        return section.getTaps() * phases.getGroupInputs() >=
                               Compact::kLeastTerms;
                      });
}

bool mlir::tconv::prefersCompact(PhasesOp phases, const Machine &machine) {
  if (!canBeCompact(phases))
    return false;
  LayerShape shape = {phases.getDecomposition(),
                      static_cast<int64_t>(phases.getGroups()),
                      phases.getGroupInputs(), phases.getGroupOutputs()};
  int64_t positions = expectedPositions(phases);
  // The register tiles of schedules/cpu/avx512.
  auto plan = [&](int64_t rows, int64_t columns, int64_t bits) -> LayerPlan {
    return {VectorAxis::rows, rows, columns, shape.groupOutputs,
            /*outputs=*/1,
            /*split=*/false,  bits};
  };
  return streamCycles(shape, plan(Compact::kRows, 4, Compact::kBits), machine,
                      positions) <
         streamCycles(shape, plan(48, 8, 32), machine, positions);
}

/// Estimated cycles with the best of some register tiles.
static double bestCostOf(PhasesOp phases, const Machine &machine,
                         ArrayRef<TileSize> tiles, VectorAxis vectors,
                         int64_t outputs, bool split = false) {
  BlockSizes given;
  given.outputs = outputs;
  double best = std::numeric_limits<double>::infinity();
  for (TileSize tile : tiles)
    best = std::min(best, BlockChoice(phases, machine, tile.rows, tile.columns,
                                      split, given)
                              .bestCost(vectors));
  return best;
}

static bool canBeTiles(PhasesOp phases, const Machine &machine,
                       int64_t outputs) {
  DecompositionAttr map = phases.getDecomposition();
  return machine.tileRegisters &&
         phases.getGroupInputs() >= Pieces::kLeastInputs &&
         map.getSections().front().getTaps() >= 2 &&
         PackedLayout::canBeFast(map, outputs != 0 ? outputs : 2,
                                 phases.getGroupInputs());
}

/// Whether weights take a quarter of L2 at most.
static bool hasNearWeights(PhasesOp phases, const Machine &machine) {
  return productsOfPosition(phases) * kElementBytes <=
         static_cast<double>(machine.l2Bytes) / 4;
}

StringRef mlir::tconv::choosePanelKind(PhasesOp phases, const Machine &machine,
                                       int64_t outputs) {
  // The register tiles of schedules/cpu/avx512.
  auto alongRows = [&] {
    return bestCostOf(phases, machine, {{32, 8}, {48, 8}, {16, 8}},
                      VectorAxis::rows, outputs);
  };
  auto alongPositions = [&] {
    return bestCostOf(phases, machine, {{8, 48}}, VectorAxis::positions,
                      outputs);
  };
  bool few = phases->getParentOfType<func::FuncOp>()->hasAttr(kPositionsAttr);
  StringRef kind = few ? "rows" : "positions";
  double best = few ? alongRows() : alongPositions();
  auto consider = [&](StringRef other, double cost) {
    if (cost < best) {
      best = cost;
      kind = other;
    }
  };
  // Weights from further away pass by, in one go, for vectors along the rows.
  if (few && hasNearWeights(phases, machine))
    consider("positions", alongPositions());
  if (canBeTiles(phases, machine, outputs))
    consider("tiles", bestCostOf(phases, machine, {{32, 32}},
                                 VectorAxis::positions, outputs,
                                 /*split=*/true));
  return kind;
}
