// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "reference/tiled_reference.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

using namespace tconv;

namespace {

/// Positions of a task at most: its weights are packed once for them.
constexpr int64_t kSegment = 1536;
/// What a task's packed weights should not exceed, so that they stay in the
/// second cache.
constexpr int64_t kPackedFloats = 128 << 10;
constexpr int64_t kMostPhases = 1 << 16;

/// Rows with those that fill up the last tile.
int64_t paddedRows(const TileUnit &unit, int64_t rows) {
  int64_t rest = rows % unit.rows;
  return rows - rest + (rest ? tileRows(rest, unit.rows) : 0);
}

const TileUnit *unitHere() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return &kTileUnitAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return &kTileUnitAvx2;
  return nullptr;
#elif defined(__aarch64__)
  return &kTileUnitNeon;
#else
  return nullptr;
#endif
}

} // namespace

const TileUnit *TiledReference::unitFor(const tconv_reference &launch) {
  return launch.stride <= kMostPhases ? unitHere() : nullptr;
}

TiledReference::TiledReference(const tconv_reference &launch,
                               const TileUnit &unit)
    : launch(launch), unit(unit) {
  int64_t common = std::gcd(launch.stride, launch.dilation);
  tapStep = launch.stride / common;
  xStep = launch.dilation / common;
  addPhases();
  for (Division &division : divisions)
    divide(division);
}

void TiledReference::addPhases() {
  int64_t stride = launch.stride;
  int64_t endOfOutputs = launch.crop_begin + launch.output_length;
  std::map<std::pair<int64_t, int64_t>, std::vector<TiledPhase>> classes;
  std::vector<bool> reached(static_cast<size_t>(stride));
  // The first taps are those before the phases repeat.
  for (int64_t k = 0; k < std::min(launch.kernel_size, tapStep); ++k) {
    int64_t phase = k * launch.dilation % stride;
    int64_t offset = k * launch.dilation / stride;
    int64_t taps = (launch.kernel_size - 1 - k) / tapStep + 1;
    int64_t begin =
        std::max(ceilDivide(launch.crop_begin - phase, stride), offset);
    int64_t end = std::min(ceilDivide(endOfOutputs - phase, stride),
                           launch.length + offset + (taps - 1) * xStep);
    classes[{offset, taps}].push_back({phase, k, begin, std::max(begin, end)});
    reached[static_cast<size_t>(phase)] = true;
  }
  for (int64_t phase = 0; phase < stride; ++phase)
    if (!reached[static_cast<size_t>(phase)])
      classes[{0, 0}].push_back({phase, 0, 0, 0});
  for (auto &[key, phases] : classes) {
    Division division = {};
    division.phases = std::move(phases);
    division.tapClass.offset = key.first;
    division.tapClass.taps = key.second;
    divisions.push_back(std::move(division));
  }
}

void TiledReference::divide(Division &division) {
  TapClass &tapClass = division.tapClass;
  tapClass.phases = division.phases.data();
  tapClass.phaseCount = static_cast<int64_t>(division.phases.size());
  tapClass.begin = division.phases[0].begin;
  tapClass.end = division.phases[0].end;
  for (const TiledPhase &phase : division.phases) {
    tapClass.begin = std::min(tapClass.begin, phase.begin);
    tapClass.end = std::max(tapClass.end, phase.end);
  }
  int64_t rows = launch.out_channels / launch.groups * tapClass.phaseCount;
  int64_t channels = launch.in_channels / launch.groups;
  int64_t depth = std::max<int64_t>(channels * tapClass.taps, 1);
  int64_t tiles = std::clamp<int64_t>(kPackedFloats / depth / unit.rows, 1,
                                      kMostTaskRows / unit.rows);
  division.rowsPerTask = std::min(tiles * unit.rows, rows);
  division.segments =
      std::max<int64_t>(ceilDivide(tapClass.end - tapClass.begin, kSegment), 1);
  division.firstTask = tasksOfGroup;
  tasksOfGroup += ceilDivide(rows, division.rowsPerTask) * division.segments;
  if (tapClass.taps > 0)
    workspaceFloats =
        std::max(workspaceFloats,
                 channels * panelLayout(unit, tapClass.taps, xStep).pitch +
                     paddedRows(unit, division.rowsPerTask) * depth);
}

int64_t TiledReference::taskCount() const {
  return launch.batch * launch.groups * tasksOfGroup;
}

int64_t TiledReference::workspaceBytes() const {
  return workspaceFloats * static_cast<int64_t>(sizeof(float));
}

void TiledReference::run(int64_t begin, int64_t end, void *workspace) const {
  TiledTask task = {};
  task.launch = &launch;
  task.tapStep = tapStep;
  task.xStep = xStep;
  task.workspace = static_cast<float *>(workspace);
  int64_t columns = launch.out_channels / launch.groups;
  for (int64_t index = begin; index < end; ++index) {
    int64_t inGroup = index % tasksOfGroup;
    int64_t groupOfAll = index / tasksOfGroup;
    task.item = groupOfAll / launch.groups;
    task.group = groupOfAll % launch.groups;
    auto next = std::upper_bound(divisions.begin(), divisions.end(), inGroup,
                                 [](int64_t at, const Division &division) {
                                   return at < division.firstTask;
                                 });
    const Division &division = *(next - 1);
    task.tapClass = division.tapClass;
    int64_t within = inGroup - division.firstTask;
    int64_t segment = within % division.segments;
    int64_t rows = columns * task.tapClass.phaseCount;
    task.firstRow = within / division.segments * division.rowsPerTask;
    task.rows = std::min(division.rowsPerTask, rows - task.firstRow);
    task.begin = task.tapClass.begin + segment * kSegment;
    task.end = std::min(task.begin + kSegment, task.tapClass.end);
    task.fills = segment == 0;
    unit.run(task);
  }
}
