// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the Halide engine is told of a layer, and how it is to be scheduled:
// plain numbers, for Halide's headers and MLIR's stay apart.
#ifndef TCONV_COMPILER_HALIDE_PLAN_H
#define TCONV_COMPILER_HALIDE_PLAN_H

#include <cstdint>
#include <string>
#include <vector>

namespace mlir::tconv::halide {

/// Phases that read x at the same places: tap i of phases[j] reads
/// x[q - shift - i * shiftStep].
struct Section {
  std::vector<int64_t> phases;
  int64_t taps;
  int64_t shift;
  int64_t weightsOffset; ///< elements before its weights in a group
};

/// A layer as phases. Output t is phase p of position q, with
/// t + crop = stride * q + p.
struct Phases {
  int64_t stride, crop, shiftStep;
  int64_t groups;
  int64_t inputs;  ///< channels of a group
  int64_t outputs; ///< channels of a group
  int64_t minShift, maxShift;
  bool hasBias;
  std::vector<Section> sections;
};

/// What a pipeline's lanes are, and how it gets its sums.
enum class Kind {
  positions, ///< lanes along the positions, x in panels, sums in register tiles
  rows,      ///< lanes along the rows (output channel and phase)
  filter,    ///< lanes along the positions, straight from x to y
  phases,    ///< the same with tables, where phases are too many to be told
             ///< apart in the code
  planar     ///< plainly described, for an autoscheduler
};

/// The numbers of a schedule.
struct Plan {
  Kind kind = Kind::positions;
  int64_t lanes = 8;
  int64_t rows = 1;     ///< rows of a register tile, which packing follows
  int64_t tile = 8;     ///< positions of a register tile
  int64_t tiles = 1;    ///< register tiles in a block of positions
  int64_t chunk = 1;    ///< channels whose sums are stored together
  int64_t channels = 1; ///< channels of a group in a task, whole chunks
  int64_t groups = 1;   ///< groups in a task; 1 unless channels has them all
  bool panelPerTile = true;  ///< else one panel for a block of positions
  std::string autoscheduler; ///< of the planar kind

  int64_t positions() const { return tile * tiles; }
};

/// The elements of packed weights between a group's and the next one's.
int64_t groupElements(const Phases &phases, int64_t rows);

/// What became of a pipeline.
struct Lowered {
  std::string bitcode;        ///< LLVM's, of the version that Halide holds
  std::string statement;      ///< Halide's lowered statement
  std::string schedule;       ///< readable
  int64_t workspaceBytes = 0; ///< that its allocations take at most
  std::string ptx;            ///< of a GPU target
};

/// Which machine: what Halide's target string is made of.
struct TargetSpec {
  std::string halide; ///< such as "x86-64-linux-avx-avx2-f16c-fma-sse41"
  int64_t l2Bytes = 512 << 10;
  bool gpu = false;
};

/// What of a pipeline is wanted.
struct Wanted {
  bool bitcode = true;
  bool statement = false;
  bool schedule = true; ///< always, once it is lowered
};

/// Builds the pipeline of a plan as the function `name`, and lowers it.
/// Returns "" or why it can't be.
std::string lower(const Phases &phases, const Plan &plan,
                  const TargetSpec &target, const std::string &name,
                  const Wanted &wanted, Lowered &result);

} // namespace mlir::tconv::halide

#endif // TCONV_COMPILER_HALIDE_PLAN_H
