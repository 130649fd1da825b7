// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The reference's sums in register tiles: the same bits at the speed of
// a direct kernel, for any layer, with nothing compiled for it. What runs a
// layer that has no kernel, or has none yet.
#ifndef TCONV_SRC_REFERENCE_TILED_REFERENCE_H
#define TCONV_SRC_REFERENCE_TILED_REFERENCE_H

#include <vector>

#include "reference/tiled_task.h"

namespace tconv {

class TiledReference {
public:
  /// This CPU's vector unit; NULL where none has FMA, or where there are too
  /// many phases to list. Then, and for float64 sums, there is reference.h.
  static const TileUnit *unitFor(const tconv_reference &launch);

  /// The weights must be finite: zeros, with which x is padded, are multiplied
  /// by them. The launch must outlive this.
  TiledReference(const tconv_reference &launch, const TileUnit &unit);

  int64_t taskCount() const;
  /// That a running part needs, aligned to 64 bytes.
  int64_t workspaceBytes() const;
  void run(int64_t begin, int64_t end, void *workspace) const;

private:
  /// A class, and how it is divided into tasks.
  struct Division {
    std::vector<TiledPhase> phases;
    TapClass tapClass;
    int64_t rowsPerTask, segments;
    int64_t firstTask; ///< of one group of one batch item
  };

  void addPhases();
  void divide(Division &division);

  const tconv_reference &launch;
  const TileUnit &unit;
  int64_t tapStep, xStep;
  std::vector<Division> divisions;
  int64_t tasksOfGroup = 0;
  int64_t workspaceFloats = 0;
};

} // namespace tconv

#endif // TCONV_SRC_REFERENCE_TILED_REFERENCE_H
