// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Schedule/Kind.h"

#include "layer/layer.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <limits>

using namespace mlir;
using namespace mlir::tconv;

/// Of the phase that has the most.
static int64_t mostTaps(const tconv_params &params) {
  return llvm::divideCeil(params.kernel_size, ::tconv::phasesOf(params));
}

/// The share of whole tiles of 8 rows that rows (output channel of a group and
/// phase) fill. Phases with one tap more have tiles of their own.
static double filledRows(const tconv_params &params, int64_t outputs) {
  constexpr int64_t tile = 8;
  int64_t phases = ::tconv::phasesOf(params),
          longer = params.kernel_size % phases;
  int64_t others = params.kernel_size < phases ? 0 : phases - longer;
  int64_t rows = outputs * (longer + others);
  auto tiles = llvm::divideCeil(outputs * longer, tile) +
               llvm::divideCeil(outputs * others, tile);
  return static_cast<double>(rows) / static_cast<double>(tiles * tile);
}

/// Input channels of a group up to which the filter kernel is the faster one:
/// measured, see docs/cost-model.md.
static int64_t mostFilterInputs(const tconv_params &params, int64_t outputs,
                                int64_t lanes) {
  constexpr int64_t any = std::numeric_limits<int64_t>::max();
  int64_t stride = params.stride;
  if (stride > lanes) // phases can't be interleaved in registers
    return 0;
  bool wide = lanes >= 16;
  int64_t taps = mostTaps(params);
  // The fewer the rows, the more of a panel kernel's register tile is padding.
  if (outputs == 1 && stride <= 4 && 2 * stride <= lanes)
    return any;
  if (outputs == 1 && 2 * stride <= lanes)
    return taps <= 2 ? any : 24;
  if (outputs <= 2 && stride > 4 && wide && filledRows(params, outputs) <= 0.75)
    return any;
  bool narrow = stride <= 4;
  // Nor is there a fast algorithm to lose.
  int64_t ofOneTap = wide ? std::min<int64_t>(2 * stride + 2, 8) : 6;
  if (narrow && taps == 1 && outputs <= ofOneTap)
    return any;
  if (narrow && outputs == 2)
    return stride <= 2 || taps <= 3 || !wide ? any : 32;
  if (narrow && outputs == 3)
    return stride <= 2 || taps <= (wide ? 3 : 2) ? any : wide ? 24 : 16;
  if (stride <= 2 && outputs == 4 && taps <= 2)
    return any;
  if (narrow && outputs == 4 && wide)
    return 16;
  // With one vector of positions a round, every product loads its weight.
  return 2 * stride <= lanes ? 8 : 4;
}

/// Whether taps reach so far that a kernel's packed copy of what they read of a
/// group would be a workspace nobody wants: what lies between them is packed as
/// well.
static bool reachesFar(const tconv_params &params, int64_t inputs) {
  constexpr int64_t kMostPacked = int64_t(4) << 20; // 16 MiB of floats
  int64_t reach = params.dilation * (params.kernel_size - 1) / params.stride;
  return reach > kMostPacked / inputs;
}

/// As inverse Fourier transforms have.
static constexpr int64_t kManyPhases = 128;

StringRef mlir::tconv::chooseKind(const tconv_params &params,
                                  tconv_length_class lengthClass,
                                  int64_t lanes) {
  int64_t inputs = params.in_channels / params.group;
  int64_t outputs = params.out_channels / params.group;
  int64_t stride = params.stride;
  if (reachesFar(params, inputs))
    return "filter";
  int64_t most = mostFilterInputs(params, outputs, lanes);
  if (lengthClass == TCONV_LENGTH_SHORT || lengthClass == TCONV_LENGTH_STEP)
    most = std::min<int64_t>(most, 4);
  if (inputs <= most)
    return "filter";
  if (lengthClass == TCONV_LENGTH_MEDIUM) {
    // So few rows are a tile or two, with nothing for threads to share.
    int64_t rows = outputs * stride;
    if (lanes == 16 && ((rows <= 16 && outputs <= 8 && 2 * stride <= lanes) ||
                        (rows <= 24 && outputs <= 3 && stride < lanes)))
      return "filter";
    if (lanes == 8 && outputs <= 4 && rows <= 8)
      return "positions";
  }
  if (lengthClass != TCONV_LENGTH_BULK)
    return "rows";
  // With so many phases a row of y is one position's, as it is stored: no
  // interleaving, which costs most with short vectors. Measured with these.
  if (lanes == 8 && stride >= kManyPhases && outputs <= 2)
    return "rows";
  return "positions";
}

/// Outputs of a task, of so many inputs at most: some 10 to 20 microseconds of
/// work.
static constexpr int64_t kTaskOutputs = 65536, kTaskInputs = 32;
/// Positions of a task at most, so that long rows are several tasks, and at
/// least, so that few rounds are masked: whole cache lines of x.
static constexpr int64_t kMostPositions = 2048, kLeastPositions = 64;
/// The same where output channels read x again: so many that most rounds have
/// all their vectors, wherever x is read from.
static constexpr int64_t kLeastSharedPositions = 1024;
/// Multiply-adds of such a task that are enough.
static constexpr int64_t kTaskProducts = int64_t(1) << 20;
static constexpr int64_t kLinePositions = 16;
/// Where rows of x are read once, a task is a part of a row as long as that, as
/// far as rows alone make that many tasks; of short rows it has some.
static constexpr int64_t kEnoughTasks = 16, kMostShortRows = 8;
static constexpr int64_t kMostLonePositions = 8192;

FilterTasks mlir::tconv::chooseTasks(PhasesOp phases, const Machine &machine) {
  int64_t stride = phases.getDecomposition().getStride();
  int64_t outputs = phases.getGroupOutputs();
  auto groups = static_cast<int64_t>(phases.getGroups());
  FilterTasks tasks;
  if (outputs == 1) {
    int64_t inputs = std::max(phases.getGroupInputs(), kTaskInputs);
    tasks.positions = kTaskOutputs * kTaskInputs / inputs / stride;
    tasks.positions -= tasks.positions % kLinePositions;
    if (groups < kEnoughTasks)
      tasks.positions = std::min(tasks.positions, kMostLonePositions);
    tasks.positions = std::max(tasks.positions, kLeastPositions);
    tasks.channels = 1;
    tasks.groups =
        std::clamp<int64_t>(groups / kEnoughTasks, 1, kMostShortRows);
    return tasks;
  }
  // What the output channels of a group read of x takes half of L1, if that is
  // enough positions.
  int64_t inputs = phases.getGroupInputs();
  int64_t inL1 = machine.l1Bytes / 2 / sizeof(float) / inputs;
  int64_t most = std::max(kTaskOutputs / stride, kLeastPositions);
  tasks.positions =
      std::min(std::clamp(inL1, kLeastSharedPositions, kMostPositions), most);
  tasks.positions -= tasks.positions % kLinePositions;
  int64_t taps =
      phases.getDecomposition().getSections().front().getTaps() * stride;
  int64_t rows = std::max<int64_t>(
      std::min(kTaskOutputs / stride / tasks.positions,
               kTaskProducts / taps / inputs / tasks.positions),
      1);
  tasks.channels = std::min(outputs, rows);
  tasks.groups = 1;
  if (tasks.channels == outputs)
    tasks.groups = std::clamp<int64_t>(rows / outputs, 1, groups);
  return tasks;
}
