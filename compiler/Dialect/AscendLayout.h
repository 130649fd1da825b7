// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// How a layer's phases lie on an Ascend: which rows a core computes at a time,
// and where their weights, their sums and x's windows are. The schedules' cost
// model, the kernels and what describes them to a launcher all ask this.
#ifndef TCONV_COMPILER_DIALECT_ASCENDLAYOUT_H
#define TCONV_COMPILER_DIALECT_ASCENDLAYOUT_H

#include "compiler/Dialect/Tconv.h"

namespace mlir::tconv {

/// Neighbouring planes that read x at the same places: `taps` taps, tap i of
/// them at x[q - shift - i * shiftStep].
struct AscendBand {
  int64_t firstPlane, planes, taps, shift;
};

/// Planes start, start + step, ... are the phases phase, phase + phaseStep, ...
struct AscendRun {
  int64_t plane, planeStep, phase, phaseStep, count, band;
};

/// Plane j holds one output channel's phase whose first tap is j. Phases are
/// counted in y's own coordinates, t = stride * q + phase, so that whatever is
/// cropped becomes a shift: nothing needs to be cut off where y begins.
class AscendLayout {
public:
  AscendLayout(DecompositionAttr decomposition, int64_t groups,
               int64_t groupInputs, int64_t groupOutputs);

  int64_t stride, tapStep, shiftStep;
  int64_t groups, groupInputs, groupOutputs;
  int64_t kernelSize = 0;
  /// Smallest and largest distance s of any tap, which reads x[q - s].
  int64_t minShift = 0, maxShift = 0;
  SmallVector<AscendBand> bands;
  SmallVector<int64_t> phases; ///< of each plane

  int64_t planes() const { return phases.size(); }
  int64_t mostTaps() const { return bands.front().taps; }
  int64_t span() const { return maxShift - minShift; }
  bool hasEmptyPhases() const { return planes() < stride; }

  /// Rows, (plane, output channel), of a band, and its tiles of `rows`.
  int64_t bandRows(const AscendBand &band) const {
    return band.planes * groupOutputs;
  }
  int64_t bandTiles(const AscendBand &band, int64_t rows) const;
  /// Row tiles of one group, and the rows that they have with their padding.
  int64_t rowTiles(int64_t rows) const;
  int64_t paddedRows(int64_t rows) const { return rowTiles(rows) * rows; }
  /// Row of a band's first plane, channel 0, after padding.
  int64_t firstRow(size_t band, int64_t rows) const;
  /// Packed weights are [group][tap][padded row][input channel]; taps that a
  /// band lacks are holes that nobody reads or writes.
  int64_t packedElements(int64_t rows) const;
  /// Weights before they are packed.
  int64_t weightElements() const {
    return groups * groupInputs * groupOutputs * kernelSize;
  }
  /// Positions of x that a tile of `positions` reads.
  int64_t window(int64_t positions) const;

  /// The phases from `begin` to `end`, in as few runs as there are.
  SmallVector<AscendRun> runs(int64_t begin, int64_t end) const;
};

} // namespace mlir::tconv

#endif // TCONV_COMPILER_DIALECT_ASCENDLAYOUT_H
