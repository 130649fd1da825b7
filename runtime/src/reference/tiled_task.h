// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One task of the tiled reference, which each vector unit has compiled code
// for. Plain data, and functions that each file has its own copy of: what those
// files compile must not be shared with code for a smaller unit, as inline
// functions would be, the C++ library's or these.
#ifndef TCONV_SRC_REFERENCE_TILED_TASK_H
#define TCONV_SRC_REFERENCE_TILED_TASK_H

#include <cstdint>

#include "reference/reference.h"

namespace tconv {

/// Outputs t = stride * q + phase, in uncropped coordinates.
struct TiledPhase {
  int64_t phase;
  int64_t firstTap;
  /// Positions q of outputs; the others of its outputs are reached by no tap.
  int64_t begin, end;
};

/// Phases that have as many taps and read x at the same places: position q
/// takes its taps from x[q - offset], x[q - offset - xStep], ...
struct TapClass {
  const TiledPhase *phases;
  int64_t phaseCount;
  int64_t taps; ///< 0: phases that hold the bias alone
  int64_t offset;
  int64_t begin, end; ///< positions of any of its phases
};

struct TiledTask {
  const tconv_reference *launch;
  TapClass tapClass;
  int64_t tapStep; ///< from one tap of a phase to the next
  int64_t xStep;
  int64_t item; ///< of the batch
  int64_t group;
  /// Of the class's rows; row r is the phase r mod phaseCount of the group's
  /// output channel r / phaseCount.
  int64_t firstRow, rows;
  int64_t begin, end; ///< positions
  bool fills;         ///< also writes the outputs that no tap reaches
  float *workspace;   ///< aligned to 64 bytes
};

/// A vector unit.
struct TileUnit {
  int64_t lanes;
  int64_t rows; ///< of a register tile
  void (*run)(const TiledTask &task);
};

/// Rows of a task at most, which share what it packs of x.
constexpr int64_t kMostTaskRows = 64;

/// Vectors of a register tile, side by side along the positions.
constexpr int64_t kTileVectors = 3;

extern const TileUnit kTileUnitAvx512, kTileUnitAvx2, kTileUnitNeon;

/// Towards plus infinity; b > 0.
static inline int64_t ceilDivide(int64_t a, int64_t b) {
  return a / b + (a % b > 0);
}

/// How a task lays x out: for each input channel a row of `pitch` floats, in
/// which the elements for the tap j begin at first + j * tapPitch.
struct PanelLayout {
  int64_t pitch;
  int64_t first;
  int64_t tapPitch;
};

/// One stretch of x serves all taps, unless they are so far apart that one for
/// each is shorter.
static inline PanelLayout panelLayout(const TileUnit &unit, int64_t taps,
                                      int64_t xStep) {
  int64_t positions = kTileVectors * unit.lanes;
  int64_t span = (taps - 1) * xStep;
  if (span + positions <= taps * positions)
    return {ceilDivide(span + positions, unit.lanes) * unit.lanes, span,
            -xStep};
  return {taps * positions, 0, positions};
}

/// Rows of the register tile that takes the first of so many, for tiles of
/// `most` rows: one or two get a small one.
static inline int64_t tileRows(int64_t left, int64_t most) {
  return left <= 2 ? 2 : most;
}

} // namespace tconv

#endif // TCONV_SRC_REFERENCE_TILED_TASK_H
