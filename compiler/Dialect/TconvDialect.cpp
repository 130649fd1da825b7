// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Dialect/Tconv.h"

#include "compiler/Dialect/Compact.h"
#include "compiler/Dialect/Device.h"
#include "compiler/Dialect/FastFilter.h"
#include "compiler/Dialect/Pieces.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::tconv;

#include "compiler/Dialect/TconvDialect.cpp.inc"
#include "compiler/Dialect/TconvEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/Dialect/TconvAttrs.cpp.inc"

void TconvDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/Dialect/TconvAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/TconvOps.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/Dialect/DeviceOps.cpp.inc"
      >();
}

LogicalResult SectionAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  ArrayRef<int64_t> phases,
                                  ArrayRef<int64_t> firstTaps, int64_t taps,
                                  int64_t) {
  if (phases.empty())
    return emitError() << "a section needs at least one phase";
  if (phases.size() != firstTaps.size())
    return emitError() << "a section needs one first tap for each phase, got "
                       << firstTaps.size() << " for " << phases.size();
  if (taps < 1)
    return emitError() << "taps of a section must be at least 1, got " << taps;
  for (int64_t tap : firstTaps)
    if (tap < 0)
      return emitError() << "a first tap must not be negative, got " << tap;
  return success();
}

/// Distances between positions are added and subtracted all over the compiler;
/// within these bounds no sum of a few of them overflows.
static constexpr int64_t kFarthest = int64_t(1) << 60;

/// Whether `first` and `first + (count - 1) * step` lie within the bounds.
static bool reaches(int64_t first, int64_t count, int64_t step) {
  int64_t last;
  return first >= -kFarthest && first <= kFarthest &&
         !llvm::MulOverflow<int64_t>(count - 1, step, last) &&
         !llvm::AddOverflow<int64_t>(first, last, last) && last <= kFarthest;
}

LogicalResult
DecompositionAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                          int64_t stride, int64_t crop, int64_t tapStep,
                          int64_t shiftStep, ArrayRef<SectionAttr> sections) {
  if (stride < 1)
    return emitError() << "stride must be at least 1, got " << stride;
  if (stride > kMostPhases)
    return emitError() << "stride must be at most " << kMostPhases << ", got "
                       << stride;
  if (crop < 0 || crop >= stride)
    return emitError() << "crop must be in [0, stride), got " << crop
                       << " with stride " << stride;
  if (tapStep < 1 || shiftStep < 1)
    return emitError() << "tap_step and shift_step must be at least 1, got "
                       << tapStep << " and " << shiftStep;
  if (sections.empty())
    return emitError() << "a decomposition needs at least one section";
  llvm::DenseSet<int64_t> seen;
  for (SectionAttr section : sections) {
    int64_t taps = section.getTaps();
    if (!reaches(section.getShift(), taps, shiftStep))
      return emitError() << "shift " << section.getShift() << " of " << taps
                         << " taps, " << shiftStep
                         << " apart, lies too far out";
    for (int64_t tap : section.getFirstTaps())
      if (!reaches(tap, taps, tapStep))
        return emitError() << "first tap " << tap << " of " << taps << " taps, "
                           << tapStep << " apart, lies too far out";
    for (int64_t phase : section.getPhases()) {
      if (phase < 0 || phase >= stride)
        return emitError() << "phase " << phase
                           << " is outside [0, stride) with stride " << stride;
      if (!seen.insert(phase).second)
        return emitError() << "phase " << phase << " is in two sections";
    }
  }
  return success();
}

int64_t DecompositionAttr::getMinShift() const {
  int64_t result = getSections().front().getShift();
  for (SectionAttr section : getSections())
    result = std::min(result, section.getShift());
  return result;
}

int64_t DecompositionAttr::getMaxShift() const {
  int64_t result = getMinShift();
  for (SectionAttr section : getSections())
    result = std::max(result, section.getShift() +
                                  (section.getTaps() - 1) * getShiftStep());
  return result;
}

LogicalResult PackingAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t channels, int64_t rows,
                                  int64_t outputs, int64_t pieces,
                                  int64_t bits) {
  if (channels < 1 || rows < 1)
    return emitError() << "channels and rows of a packing must be at least 1, "
                          "got "
                       << channels << " and " << rows;
  if (outputs < 1 || outputs > FastFilter::kMostOutputs)
    return emitError() << "outputs of a packing must be from 1 to "
                       << FastFilter::kMostOutputs << ", got " << outputs;
  if (bits != 32 && bits != Compact::kBits)
    return emitError() << "bits of a packing must be 32 or " << Compact::kBits
                       << ", got " << bits;
  if (bits != 32 && (rows != Compact::kRows || outputs != 1 || pieces != 1))
    return emitError() << "a packing of " << bits << " bits needs "
                       << Compact::kRows
                       << " rows, one output and one piece, got rows = " << rows
                       << ", outputs = " << outputs
                       << " and pieces = " << pieces;
  if (pieces == 1)
    return success();
  if (pieces != Pieces::kCount)
    return emitError() << "pieces of a packing must be 1 or " << Pieces::kCount
                       << ", got " << pieces;
  if (rows % Pieces::kRows != 0)
    return emitError() << "a packing of " << pieces
                       << " pieces needs a multiple of " << Pieces::kRows
                       << " rows, got rows = " << rows;
  return success();
}
