// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/AscendModel.h"

#include "compiler/Schedule/AscendPrograms.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::tconv;
using llvm::divideCeil;

static int64_t alignTo(int64_t value, int64_t step) {
  return static_cast<int64_t>(llvm::alignTo(value, step));
}

// The parts of ascendTargets() in target.h.
static constexpr AscendMachine kMachines[] = {
    {"910b1", "Ascend910B1", 24, 48},
    {"910b2", "Ascend910B2", 24, 48},
    {"910b3", "Ascend910B3", 20, 40},
    {"910b4", "Ascend910B4", 20, 40},
    {"910_9362", "Ascend910_9362", 20, 40},
    {"910_9372", "Ascend910_9372", 20, 40},
    {"910_9381", "Ascend910_9381", 24, 48},
    {"910_9382", "Ascend910_9382", 24, 48},
    {"910_9391", "Ascend910_9391", 24, 48},
    {"910_9392", "Ascend910_9392", 24, 48},
};

// Bytes a cycle of one core, and cycles until the first byte.
static constexpr double kGlobalBytes = 87;
static constexpr double kReadLatency = 347, kWriteLatency = 203;
static constexpr double kL0ABytes = 256, kL0BBytes = 128, kUnifiedBytes = 128;
/// Cycles of a multiplication beside its fractals.
static constexpr int64_t kMmadStart = 20;
/// Edge of a fractal.
static constexpr int64_t kFractal = 16;
/// Bytes that a vector instruction takes in a cycle, and cycles of its start.
static constexpr double kVectorBytes = 256, kVectorStart = 16;
/// A burst of few bytes takes as long as one of this many.
static constexpr double kLeastBurst = 32;
/// What copies in and out may keep of L1 beside weights that stay there.
static constexpr int64_t kMostStationary = 384 * AscendMemory::kKiB;

const AscendMachine *mlir::tconv::ascendMachine(StringRef name) {
  for (const AscendMachine &machine : kMachines)
    if (name == machine.name)
      return &machine;
  return nullptr;
}

std::optional<AscendUnit> mlir::tconv::parseAscendUnit(StringRef name) {
  if (name == "cube")
    return AscendUnit::cube;
  if (name == "vector")
    return AscendUnit::vector;
  return std::nullopt;
}

StringRef mlir::tconv::ascendUnitName(AscendUnit unit) {
  return unit == AscendUnit::cube ? "cube" : "vector";
}

bool AscendTile::holdsSumsTwice() const {
  return 2 * alignTo(rows, kFractal) * alignTo(positions, kFractal) * 4 <=
         AscendMemory::kL0C;
}

StringRef AscendEstimate::bound() const {
  std::pair<double, const char *> units[] = {{cube, "cube"},
                                             {vector, "vector"},
                                             {load, "global reads"},
                                             {l0, "L0 copies"},
                                             {fix, "global writes"}};
  return llvm::max_element(units)->second;
}

/// Cycles of the multiplications of one chunk of `depth` input channels.
static double cubeCycles(int64_t rows, int64_t positions, int64_t depth,
                         int64_t elementBytes) {
  int64_t k0 = elementBytes == 4 ? 4 : 16;
  return double(divideCeil(rows, kFractal) * divideCeil(positions, kFractal) *
                    divideCeil(depth, k0) +
                kMmadStart);
}

/// What bishengir's macro multiplication holds of L0 at a time: it cuts the
/// depth so that two pieces of each side fit.
static int64_t l0Depth(int64_t rowsOrPositions, int64_t depth,
                       int64_t elementBytes) {
  int64_t most = AscendMemory::kL0A / 2 /
                 (alignTo(rowsOrPositions, kFractal) * elementBytes);
  return std::min(alignTo(depth, kFractal), most / kFractal * kFractal);
}

/// Buffers of the product; false where they don't fit.
static bool planProduct(const AscendLayer &layer, const AscendTile &tile,
                        AscendPlan &plan) {
  const AscendLayout &layout = layer.layout;
  int64_t e = layer.elementBytes;
  if (tile.unit == AscendUnit::vector) {
    // x twice, in f32 once, one product at a time, sums that are copied once.
    plan.productUnified =
        tile.positions * (2 * e + 4 + 4 * 2 + tile.rows * 4 * 2);
    return plan.productUnified <= AscendMemory::kUnified;
  }
  int64_t rows = alignTo(tile.rows, kFractal);
  int64_t positions = alignTo(tile.positions, kFractal);
  int64_t depth = alignTo(tile.depth, kFractal);
  int64_t all = alignTo(layout.groupInputs, kFractal) * layout.mostTaps();
  int64_t weights = rows * (tile.stationary ? all : 2 * depth) * e;
  // Weights that stay are cut at fractals.
  if (tile.stationary &&
      (weights > kMostStationary || tile.depth % kFractal != 0))
    return false;
  plan.l1 = weights + 2 * positions * depth * e;
  plan.l0c = (tile.holdsSumsTwice() ? 2 : 1) * rows * positions * 4;
  int64_t a = l0Depth(rows, depth, e), b = l0Depth(positions, depth, e);
  int64_t deep = std::min(a, b);
  plan.l0a = 2 * rows * deep * e;
  plan.l0b = 2 * positions * deep * e;
  return plan.l1 <= AscendMemory::kL1 && plan.l0c <= AscendMemory::kL0C &&
         deep > 0;
}

/// Buffers of the interleaving; false where they don't fit.
static bool planStore(const AscendLayer &layer, const AscendTile &tile,
                      AscendPlan &plan) {
  int64_t e = layer.elementBytes;
  bool interleaves = layer.layout.stride > 1;
  int64_t lanes = 32 / e;
  int64_t sums = (interleaves ? alignTo(tile.storePhases, 8) : 1) * 4;
  int64_t out = (interleaves ? alignTo(tile.storePhases, lanes) : 1) * e;
  // Sums twice, once more with their bias, converted, and turned around twice.
  plan.storeUnified = tile.storePositions *
                      (2 * sums + (layer.hasBias ? sums : 0) +
                       (e == 4 ? 0 : out) + (interleaves ? 2 * out : out));
  return plan.storeUnified <= AscendMemory::kUnified;
}

/// Cycles of `steps` that wait for the first byte of what they read, `load` and
/// `work` cycles together, with two buffers: a buffer's next step comes after
/// all of its last one, and so two steps take one way from latency to work.
static double waitingCycles(double steps, double load, double work) {
  return (steps * kReadLatency + load + work) / 2;
}

/// Cycles of the busiest core in the product.
static void estimateProduct(const AscendLayer &layer,
                            const AscendMachine &machine,
                            const AscendTile &tile, AscendEstimate &result) {
  const AscendLayout &layout = layer.layout;
  double e = double(layer.elementBytes), rows = double(tile.rows),
         positions = double(tile.positions);
  int64_t tiles = divideCeil(layer.positions, tile.positions);
  bool isCube = tile.unit == AscendUnit::cube;
  int64_t cores = isCube ? machine.cubeCores : machine.vectorCores;
  // A row tile's position tiles are dealt out to programs.
  int64_t columns = layout.groups * layout.rowTiles(tile.rows);
  int64_t wanted = cores * programsPerCore(tile.stationary);
  int64_t spread = std::min<int64_t>(tiles, divideCeil(wanted, columns));
  result.tasks = columns * tiles;
  int64_t programs = divideCeil(columns * spread, cores);
  int64_t each = divideCeil(tiles, spread);
  result.mostTasks = programs * each;

  double usefulRows = 0, products = 0, total = 0, busy = 0;
  double cube = 0, vector = 0, load = 0, l0 = 0, fix = 0;
  for (const AscendBand &band : layout.bands) {
    double share = double(layout.bandTiles(band, tile.rows)) /
                   double(layout.rowTiles(tile.rows));
    double taps = double(band.taps);
    usefulRows += double(layout.bandRows(band)) * taps;
    products += double(layout.bandTiles(band, tile.rows)) * rows * taps;
    double weights = rows * double(layout.groupInputs) * taps * e;
    double x = positions * double(layout.groupInputs) * taps * e;
    double oneCube = 0, oneVector = 0, oneL0 = 0, steps = 0;
    if (isCube) {
      steps = taps * double(layout.groupInputs / tile.depth);
      oneCube = steps * cubeCycles(tile.rows, tile.positions, tile.depth,
                                   layer.elementBytes);
      oneL0 = weights / kL0ABytes + x / kL0BBytes;
    } else {
      // One conversion, and a product and a sum for each row.
      double instructions = taps * double(layout.groupInputs) *
                            (2 * rows + (layer.elementBytes == 4 ? 0 : 1));
      oneVector = instructions * (positions * 4 / kVectorBytes + kVectorStart);
    }
    double oneLoad = (x + (tile.stationary ? 0 : weights)) / kGlobalBytes;
    double oneFix = rows * positions * 4 / kGlobalBytes;
    double first = kReadLatency +
                   (tile.stationary ? weights / kGlobalBytes
                                    : double(tile.depth) * (rows + positions) *
                                          e / kGlobalBytes);
    double waits = isCube ? waitingCycles(steps, oneLoad, oneCube) : 0;
    double hidden = std::max({oneCube, oneVector, oneL0, oneLoad, waits});
    // With room for two tiles of sums, writing hides behind the next tile.
    bool overlaps = isCube && tile.holdsSumsTwice();
    double times = double(each);
    double program = first +
                     (overlaps ? times * std::max(hidden, oneFix) + oneFix
                               : times * (hidden + oneFix)) +
                     kWriteLatency;
    double all = share * double(programs);
    total += all * program;
    busy += all * times * oneCube;
    cube += all * times * oneCube;
    vector += all * times * oneVector;
    l0 += all * times * oneL0;
    load += all * (times * oneLoad + first);
    fix += all * times * oneFix;
  }
  result.cube = cube;
  result.vector = vector;
  result.l0 = l0;
  result.load = load;
  result.fix = fix;
  result.product = total;
  result.utilisation = total > 0 ? busy / total : 0;
  result.useful = usefulRows / products * double(layer.positions) /
                  double(tiles * tile.positions);
}

/// Cycles of one channel's phases on a vector core.
struct StoreStep {
  double load, vector, out;
  double reads; ///< each waits for the one before, into the same buffer

  /// Of one step among many.
  double cycles() const {
    // What is written has two buffers, too.
    double written = (vector + out + kWriteLatency) / 2;
    // Reads and writes share the way to the memory.
    return std::max(
        {vector, load + out, waitingCycles(reads, load, vector), written});
  }
};

static StoreStep storeStep(const AscendLayer &layer, const AscendTile &tile) {
  const AscendLayout &layout = layer.layout;
  double e = double(layer.elementBytes);
  double positions = double(tile.storePositions),
         phases = double(tile.storePhases);
  double load = positions * phases * 4 / kGlobalBytes;
  double sums = positions * phases * 4 / kVectorBytes;
  bool interleaves = layout.stride > 1;
  double vector = (layer.hasBias ? sums + kVectorStart : 0) +
                  (layer.elementBytes == 4 ? 0 : sums + kVectorStart);
  if (interleaves) // 16 rows of 32 bytes at a time
    vector += positions * double(alignTo(tile.storePhases, int64_t(32 / e))) *
              e / (kVectorBytes / 2);
  double burst = interleaves ? std::max(phases * e, kLeastBurst) : phases * e;
  double out = positions * burst / kGlobalBytes;
  // A run of planes is one read. Of several chunks it is about the average: the
  // end of a chunk cuts a run in two.
  int64_t chunks = divideCeil(layout.stride, tile.storePhases);
  double reads =
      double(layout.runs(0, layout.stride).size()) + double(chunks - 1);
  return {load, vector, out, reads / double(chunks)};
}

/// Cycles of the busiest vector core in the interleaving.
static void estimateStore(const AscendLayer &layer,
                          const AscendMachine &machine, const AscendTile &tile,
                          AscendEstimate &result) {
  const AscendLayout &layout = layer.layout;
  int64_t tiles = divideCeil(layer.positions, tile.storePositions);
  int64_t chunks = divideCeil(layout.stride, tile.storePhases);
  int64_t blocks = divideCeil(layout.groupOutputs, tile.storeChannels);
  result.storeTasks = layout.groups * blocks * chunks * tiles;
  double rounds = double(divideCeil(result.storeTasks, machine.vectorCores)) *
                  double(std::min(tile.storeChannels, layout.groupOutputs));
  StoreStep step = storeStep(layer, tile);
  result.storeLoad = rounds * step.load;
  result.storeVector = rounds * step.vector;
  result.storeOut = rounds * step.out;
  result.store = rounds * step.cycles() + kReadLatency + kWriteLatency;
}

std::optional<AscendEstimate>
mlir::tconv::estimateAscend(const AscendLayer &layer,
                            const AscendMachine &machine,
                            const AscendTile &tile) {
  constexpr int64_t kMostMmad = 4095;
  if (tile.rows < 1 || tile.positions < 1 || tile.depth < 1 ||
      tile.storePositions < 1 || tile.storePhases < 1 ||
      tile.storeChannels < 1 || tile.rows > kMostMmad ||
      tile.positions > kMostMmad || tile.storePositions > kMostMmad ||
      tile.storePhases > kMostMmad ||
      layer.layout.groupInputs % tile.depth != 0)
    return std::nullopt;
  AscendEstimate result;
  result.tile = tile;
  if (!planProduct(layer, tile, result.plan) ||
      !planStore(layer, tile, result.plan))
    return std::nullopt;
  estimateProduct(layer, machine, tile, result);
  estimateStore(layer, machine, tile, result);
  return result;
}

/// Rows that are worth a look: bands cut into equal tiles of at most `most`.
static SmallVector<int64_t> rowChoices(const AscendLayout &layout,
                                       ArrayRef<int64_t> limits) {
  SmallVector<int64_t> choices;
  int64_t largest = 0;
  for (const AscendBand &band : layout.bands)
    largest = std::max(largest, layout.bandRows(band));
  for (int64_t most : limits) {
    int64_t tiles = divideCeil(largest, most);
    int64_t rows = divideCeil(largest, tiles);
    if (rows > kFractal)
      rows = std::min<int64_t>(alignTo(rows, kFractal), most);
    if (!llvm::is_contained(choices, rows))
      choices.push_back(rows);
  }
  return choices;
}

/// Depths that are worth a look: divisors, since a chunk that is cut short
/// would need a kernel of its own.
static SmallVector<int64_t> depthChoices(int64_t inputs) {
  constexpr int64_t kUsual = 128;
  SmallVector<int64_t> choices;
  for (int64_t depth = std::min(inputs, kUsual); depth > 0; --depth)
    if (inputs % depth == 0 && (depth >= kFractal || depth == inputs))
      choices.push_back(depth);
  if (choices.empty())
    choices.push_back(inputs);
  return choices;
}

/// Sizes that are worth a look: the one that is given, else a list.
static SmallVector<int64_t> choices(int64_t given, ArrayRef<int64_t> list) {
  return given ? SmallVector<int64_t>{given} : SmallVector<int64_t>(list);
}

/// The best interleaving that fits, which no tile of the product changes; what
/// of `fixed` isn't 0 stays. Nothing where none fits.
static std::optional<AscendTile> chooseStore(const AscendLayer &layer,
                                             const AscendMachine &machine,
                                             const AscendTile &fixed) {
  std::optional<AscendEstimate> best;
  for (int64_t positions :
       choices(fixed.storePositions,
               {2048, 1536, 1024, 768, 512, 384, 256, 128, 64, 32, 16}))
    for (int64_t channels : choices(fixed.storeChannels, {8, 4, 2, 1})) {
      AscendEstimate one;
      one.tile = fixed;
      one.tile.storePositions = positions;
      if (!fixed.storePhases)
        one.tile.storePhases = std::min<int64_t>(layer.layout.stride, 256);
      one.tile.storeChannels =
          std::min<int64_t>(channels, layer.layout.groupOutputs);
      if (!planStore(layer, one.tile, one.plan))
        continue;
      estimateStore(layer, machine, one.tile, one);
      if (!best || one.store < best->store)
        best = one;
    }
  return best ? std::optional(best->tile) : std::nullopt;
}

SmallVector<AscendEstimate>
mlir::tconv::estimateAscendTiles(const AscendLayer &layer,
                                 const AscendMachine &machine,
                                 const AscendTile &fixed) {
  const AscendLayout &layout = layer.layout;
  bool isCube = fixed.unit == AscendUnit::cube;
  std::optional<AscendTile> store = chooseStore(layer, machine, fixed);
  if (!store)
    return {};
  SmallVector<int64_t> rows =
      choices(fixed.rows,
              rowChoices(layout, isCube ? ArrayRef<int64_t>({128, 64, 256, 32})
                                        : ArrayRef<int64_t>({8, 4, 2, 1})));
  SmallVector<int64_t> positions =
      isCube ? choices(fixed.positions, {128, 256, 512, 64, 32})
             : choices(fixed.positions, {2048, 1024, 512, 256, 128, 64});
  SmallVector<int64_t> depths =
      choices(fixed.depth, isCube ? depthChoices(layout.groupInputs)
                                  : SmallVector<int64_t>{1});
  SmallVector<AscendEstimate> found;
  for (int64_t r : rows)
    for (int64_t p : positions)
      for (int64_t d : depths)
        for (bool stationary : {true, false}) {
          if (!isCube && stationary)
            continue;
          AscendTile tile = *store;
          tile.rows = r;
          tile.positions = p;
          tile.depth = d;
          tile.stationary = stationary;
          if (auto one = estimateAscend(layer, machine, tile))
            found.push_back(*one);
        }
  // Among equals, those listed first.
  std::stable_sort(found.begin(), found.end(),
                   [](const AscendEstimate &a, const AscendEstimate &b) {
                     return a.cycles() < b.cycles();
                   });
  return found;
}

/// One tile of a mixed kernel; nothing where it doesn't fit.
static std::optional<AscendMixed> estimateMixed(const AscendLayer &layer,
                                                const AscendMachine &machine,
                                                const AscendMixed &tile) {
  const AscendLayout &layout = layer.layout;
  double e = double(layer.elementBytes), inputs = double(layout.groupInputs);
  int64_t positions = alignTo(tile.positions, kFractal);
  double cube = 0, l0 = 0, x = 0, weights = 0, sums = 0, steps = 0;
  int64_t sumBytes = 0, weightBytes = 0;
  for (const AscendBand &band : layout.bands) {
    int64_t rows = tile.channels * band.planes;
    int64_t padded = alignTo(rows, kFractal);
    if (l0Depth(std::max(padded, positions), tile.depth, layer.elementBytes) <
        1)
      return std::nullopt;
    weightBytes += padded * alignTo(layout.groupInputs, kFractal) * band.taps *
                   layer.elementBytes;
    sumBytes += padded * positions * 4;
    double taps = double(band.taps), bandX = double(tile.positions) * e;
    double bandSteps = taps * double(layout.groupInputs / tile.depth);
    steps += bandSteps;
    cube += bandSteps *
            cubeCycles(rows, tile.positions, tile.depth, layer.elementBytes);
    double bandWeights = double(rows) * inputs * taps * e;
    weights += bandWeights;
    x += bandX * inputs * taps;
    l0 += bandWeights / kL0ABytes + bandX * inputs * taps / kL0BBytes;
    sums += double(rows) * double(tile.positions) * 4;
  }
  // Every band's product has buffers of its own for x, twice.
  int64_t xBytes = 2 * int64_t(layout.bands.size()) * positions *
                   alignTo(tile.depth, kFractal) * layer.elementBytes;
  AscendTile store;
  store.storePositions = tile.positions;
  store.storePhases = layout.stride;
  AscendPlan plan;
  constexpr int64_t kMostPhases = 256;
  if (weightBytes > kMostStationary || tile.depth % kFractal != 0 ||
      weightBytes + xBytes > AscendMemory::kL1 ||
      sumBytes > AscendMemory::kL0C || layout.stride > kMostPhases ||
      !planStore(layer, store, plan))
    return std::nullopt;

  AscendMixed result = tile;
  int64_t tiles = divideCeil(layer.positions, tile.positions);
  int64_t columns =
      layout.groups * divideCeil(layout.groupOutputs, tile.channels);
  int64_t wanted = machine.cubeCores * programsPerCore(true);
  int64_t spread = std::min<int64_t>(tiles, divideCeil(wanted, columns));
  int64_t programs = divideCeil(columns * spread, machine.cubeCores);
  int64_t each = divideCeil(tiles, spread);
  result.mostTasks = programs * each;
  // One band's sums are written while the next one's are made; of a single
  // band only where L0C holds them twice.
  double fix = sums / kGlobalBytes;
  double load = x / kGlobalBytes;
  result.cube = std::max({cube, l0, load, waitingCycles(steps, load, cube)});
  bool overlaps = layout.bands.size() > 1 || 2 * sumBytes <= AscendMemory::kL0C;
  result.cube = overlaps ? std::max(result.cube, fix) : result.cube + fix;
  // Parts have two vector cores for each cube core.
  result.vector =
      double(divideCeil(tile.channels, 2)) * storeStep(layer, store).cycles();
  // The first tile is waited for by vector cores, the last one by all; between
  // them the slower side decides. A write and a read of the handshake show
  // once.
  result.cycles =
      double(programs) *
      (kReadLatency + weights / kGlobalBytes +
       double(each) * std::max(result.cube, result.vector) +
       std::min(result.cube, result.vector) + 2 * kWriteLatency + kReadLatency);
  return result;
}

std::optional<AscendMixed>
mlir::tconv::estimateAscendMixed(const AscendLayer &layer,
                                 const AscendMachine &machine) {
  std::optional<AscendMixed> best;
  for (int64_t channels : {128, 64, 32, 16, 8, 4, 2, 1})
    for (int64_t positions : {128, 256, 512, 64, 32})
      for (int64_t depth : depthChoices(layer.layout.groupInputs)) {
        AscendMixed tile;
        tile.channels = std::min<int64_t>(channels, layer.layout.groupOutputs);
        tile.positions = positions;
        tile.depth = depth;
        auto one = estimateMixed(layer, machine, tile);
        if (one && (!best || one->cycles < best->cycles))
          best = one;
      }
  return best;
}

StringRef mlir::tconv::chooseAscendKind(const tconv_params &params) {
  int64_t inputs = params.in_channels / params.group;
  int64_t outputs = params.out_channels / params.group;
  // Fractals of 16 x 16 would be mostly padding.
  int64_t rows = outputs * std::min(params.stride, params.kernel_size);
  return inputs * rows < 64 ? "vector" : "cube";
}
