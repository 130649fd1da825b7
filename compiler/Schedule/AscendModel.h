// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Decisions for Ascend without measuring: which unit multiplies, the tile of a
// core, and the plan of its memories. The figures are published ones of the
// vendor's simulator; nothing here was ever timed. docs/ascend.md has the
// reasoning.
#ifndef TCONV_COMPILER_SCHEDULE_ASCENDMODEL_H
#define TCONV_COMPILER_SCHEDULE_ASCENDMODEL_H

#include "compiler/Dialect/AscendLayout.h"
#include "layer/layer.h"

namespace mlir::tconv {

/// A part, as bishengir-compile knows it.
struct AscendMachine {
  const char *name;    ///< "910b3", as after "ascend:"
  const char *product; ///< "Ascend910B3"
  int64_t cubeCores, vectorCores;
};

/// The part of that name, else null.
const AscendMachine *ascendMachine(llvm::StringRef name);

/// Memories of a core in bytes; the same for all parts of the family.
struct AscendMemory {
  static constexpr int64_t kKiB = 1024;
  static constexpr int64_t kUnified = 184 * kKiB; ///< of 192, as planned on
  static constexpr int64_t kL1 = 512 * kKiB;
  static constexpr int64_t kL0A = 64 * kKiB, kL0B = 64 * kKiB;
  static constexpr int64_t kL0C = 128 * kKiB;
};

/// What multiplies.
enum class AscendUnit { cube, vector };
std::optional<AscendUnit> parseAscendUnit(llvm::StringRef name);
llvm::StringRef ascendUnitName(AscendUnit unit);

/// What a core does at a time.
struct AscendTile {
  AscendUnit unit = AscendUnit::cube;
  int64_t rows = 0;      ///< (plane, output channel) of a product
  int64_t positions = 0; ///< of a product
  int64_t depth = 0;     ///< input channels of one multiplication
  /// Whether a core keeps the weights of its rows in L1 for all its tiles.
  bool stationary = false;
  int64_t storePositions = 0;
  int64_t storePhases = 0; ///< neighbouring phases of one interleaving
  int64_t storeChannels = 0;

  /// Whether L0C has room for the sums of two tiles.
  bool holdsSumsTwice() const;
};

/// What a layer is, as far as the model asks.
struct AscendLayer {
  AscendLayout layout;
  int64_t elementBytes;
  bool hasBias;
  int64_t positions; ///< expected, of all batch items
};

/// Bytes that the buffers of a kernel take of each memory.
struct AscendPlan {
  int64_t l1 = 0, l0a = 0, l0b = 0, l0c = 0;
  int64_t productUnified = 0, storeUnified = 0;
};

struct AscendEstimate {
  AscendTile tile;
  AscendPlan plan;
  int64_t tasks = 0;      ///< tiles of the product, of all row tiles
  int64_t mostTasks = 0;  ///< of one core
  int64_t storeTasks = 0; ///< tiles of the interleaving
  // Cycles of the busiest core in the product:
  double cube = 0, vector = 0, load = 0, l0 = 0, fix = 0;
  // Cycles of the busiest vector core in the interleaving:
  double storeLoad = 0, storeVector = 0, storeOut = 0;
  double useful = 0; ///< products that are no padding
  double product = 0, store = 0;
  double cycles() const { return product + store; }
  /// Share of the product's cycles in which the cube multiplies.
  double utilisation = 0;
  llvm::StringRef bound() const; ///< of the product
};

/// The cost and the plan of one tile; nothing where it doesn't fit.
std::optional<AscendEstimate> estimateAscend(const AscendLayer &layer,
                                             const AscendMachine &machine,
                                             const AscendTile &tile);

/// Tiles that fit, the best one first. What of `fixed` isn't 0 stays.
SmallVector<AscendEstimate> estimateAscendTiles(const AscendLayer &layer,
                                                const AscendMachine &machine,
                                                const AscendTile &fixed);

/// Product and interleaving as one kernel, in which a cube core hands tiles to
/// the two vector cores beside it. No such kernel is made; docs/ascend.md has
/// the form that bishengir-compile lowers rightly, and this is about.
struct AscendMixed {
  /// Output channels and positions of a tile: a product for each band.
  int64_t channels = 0, positions = 0, depth = 0;
  int64_t mostTasks = 0; ///< tiles of one core
  // Cycles of one tile, of the cube core and of each vector core:
  double cube = 0, vector = 0;
  double cycles = 0; ///< of the busiest core
};

/// The best tile of such a kernel; nothing where none fits: all planes of its
/// channels stay in L1 as weights, and in L0C as sums.
std::optional<AscendMixed> estimateAscendMixed(const AscendLayer &layer,
                                               const AscendMachine &machine);

/// The kind of schedule, "cube" or "vector".
llvm::StringRef chooseAscendKind(const tconv_params &params);

/// Clock of the cores, for times.
inline constexpr double kAscendHertz = 1.8e9;

} // namespace mlir::tconv

#endif // TCONV_COMPILER_SCHEDULE_ASCENDMODEL_H
