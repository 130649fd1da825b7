// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/AscendLayout.h"

#include "llvm/Support/MathExtras.h"
#include <algorithm>

using namespace mlir;
using namespace mlir::tconv;

AscendLayout::AscendLayout(DecompositionAttr decomposition, int64_t groups,
                           int64_t groupInputs, int64_t groupOutputs)
    : stride(decomposition.getStride()), tapStep(decomposition.getTapStep()),
      shiftStep(decomposition.getShiftStep()), groups(groups),
      groupInputs(groupInputs), groupOutputs(groupOutputs) {
  struct Plane {
    int64_t firstTap, phase, taps, shift;
  };
  SmallVector<Plane> found;
  int64_t crop = decomposition.getCrop();
  for (SectionAttr section : decomposition.getSections())
    for (auto [phase, firstTap] :
         llvm::zip_equal(section.getPhases(), section.getFirstTaps())) {
      // A phase before the crop is the last of the position before.
      bool wraps = phase < crop;
      found.push_back({firstTap, phase - crop + (wraps ? stride : 0),
                       section.getTaps(), section.getShift() - wraps});
      kernelSize += section.getTaps();
    }
  llvm::sort(found, [](const Plane &a, const Plane &b) {
    return a.firstTap < b.firstTap;
  });
  minShift = std::numeric_limits<int64_t>::max();
  maxShift = std::numeric_limits<int64_t>::min();
  for (auto [index, plane] : llvm::enumerate(found)) {
    assert(plane.firstTap == static_cast<int64_t>(index) &&
           "every residue of the taps has one phase");
    phases.push_back(plane.phase);
    minShift = std::min(minShift, plane.shift);
    maxShift = std::max(maxShift, plane.shift + (plane.taps - 1) * shiftStep);
    if (!bands.empty() && bands.back().taps == plane.taps &&
        bands.back().shift == plane.shift)
      ++bands.back().planes;
    else
      bands.push_back(
          {static_cast<int64_t>(index), 1, plane.taps, plane.shift});
  }
}

int64_t AscendLayout::bandTiles(const AscendBand &band, int64_t rows) const {
  return llvm::divideCeil(bandRows(band), rows);
}

int64_t AscendLayout::rowTiles(int64_t rows) const {
  int64_t tiles = 0;
  for (const AscendBand &band : bands)
    tiles += bandTiles(band, rows);
  return tiles;
}

int64_t AscendLayout::firstRow(size_t band, int64_t rows) const {
  int64_t tiles = 0;
  for (const AscendBand &before : ArrayRef(bands).take_front(band))
    tiles += bandTiles(before, rows);
  return tiles * rows;
}

int64_t AscendLayout::packedElements(int64_t rows) const {
  return groups * mostTaps() * paddedRows(rows) * groupInputs;
}

int64_t AscendLayout::window(int64_t positions) const {
  // Rows begin at multiples of 32 bytes of any type.
  return llvm::alignTo(positions + span(), 16);
}

SmallVector<AscendRun> AscendLayout::runs(int64_t begin, int64_t end) const {
  SmallVector<std::pair<int64_t, int64_t>> wanted; // phase, plane
  for (auto [plane, phase] : llvm::enumerate(phases))
    if (phase >= begin && phase < end)
      wanted.push_back({phase, plane});
  llvm::sort(wanted);
  auto bandOf = [&](int64_t plane) {
    int64_t band = 0;
    while (plane >= bands[band].firstPlane + bands[band].planes)
      ++band;
    return band;
  };
  SmallVector<AscendRun> result;
  for (auto [phase, plane] : wanted) {
    int64_t band = bandOf(plane);
    if (!result.empty()) {
      AscendRun &last = result.back();
      int64_t phaseStep =
          phase - (last.phase + (last.count - 1) * last.phaseStep);
      int64_t planeStep =
          plane - (last.plane + (last.count - 1) * last.planeStep);
      // A run of one takes any step forward; copies go upwards only.
      bool fits = last.count == 1 ? planeStep > 0
                                  : phaseStep == last.phaseStep &&
                                        planeStep == last.planeStep;
      if (fits && last.band == band) {
        last.phaseStep = phaseStep;
        last.planeStep = planeStep;
        ++last.count;
        continue;
      }
    }
    result.push_back({plane, 1, phase, 1, 1, band});
  }
  return result;
}
