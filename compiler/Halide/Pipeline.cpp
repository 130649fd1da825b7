// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Halide/Pipeline.h"

#include <algorithm>

using namespace mlir::tconv::halide;
using Halide::Expr;
using Halide::Func;
using Halide::ImageParam;
using Halide::RDom;

namespace {

/// Taps that are unrolled in one step of a sum at most.
constexpr int64_t kMostUnrolledTaps = 8;

int number(int64_t value) { return static_cast<int>(value); }

int64_t ceilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

Halide::Buffer<int> table(const std::vector<int64_t> &numbers,
                          const std::string &name) {
  Halide::Buffer<int> buffer(number(numbers.size()), name);
  for (size_t i = 0; i < numbers.size(); ++i)
    buffer(number(i)) = number(numbers[i]);
  return buffer;
}

} // namespace

std::vector<Run> mlir::tconv::halide::runsOf(const Section &section) {
  const std::vector<int64_t> &phases = section.phases;
  std::vector<Run> runs;
  for (size_t at = 0; at < phases.size();) {
    Run run = {phases[at], 1, 1, static_cast<int64_t>(at)};
    if (at + 1 < phases.size())
      run.step = phases[at + 1] - phases[at];
    while (at + run.count < phases.size() &&
           phases[at + run.count] == run.first + run.count * run.step)
      ++run.count;
    if (run.count == 1)
      run.step = 1;
    at += run.count;
    runs.push_back(run);
  }
  return runs;
}

int64_t mlir::tconv::halide::groupElements(const Phases &phases, int64_t rows) {
  int64_t elements = 0;
  for (const Section &section : phases.sections)
    elements +=
        ceilDiv(phases.outputs * static_cast<int64_t>(section.phases.size()),
                rows) *
        rows * section.taps * phases.inputs;
  return elements;
}

Pipeline::Pipeline(const Phases &phases, const Plan &plan)
    : phases(phases), plan(plan), x(Halide::Float(32), 2, "x"),
      bias(Halide::Float(32), 1, "bias"), padded("padded"), panel("panel"),
      y("y") {
  padded = Halide::BoundaryConditions::constant_exterior(
      x, 0.0f, {{x.dim(0).min(), x.dim(0).extent()}, {Expr(), Expr()}});
  switch (plan.kind) {
  case Kind::positions:
  case Kind::rows:
    makeTiled();
    break;
  case Kind::filter:
    makeFilter();
    break;
  case Kind::phases:
    makeTables();
    break;
  case Kind::planar:
    makePlanar();
    break;
  }
}

std::vector<Halide::Argument> Pipeline::arguments() const {
  std::vector<Halide::Argument> arguments = {x};
  arguments.insert(arguments.end(), weights.begin(), weights.end());
  if (phases.hasBias)
    arguments.push_back(bias);
  return arguments;
}

ImageParam &Pipeline::addWeights(const Section &section, int64_t rows) {
  ImageParam w(Halide::Float(32), 4, "w" + std::to_string(weights.size()));
  int64_t taps = section.taps;
  if (rows > 1) { // row of a tile, tap, input, tile
    w.dim(0).set_bounds(0, number(rows));
    w.dim(1).set_bounds(0, number(taps)).set_stride(number(rows));
    w.dim(2)
        .set_bounds(0, number(phases.inputs))
        .set_stride(number(rows * taps));
    w.dim(3).set_min(0).set_stride(number(rows * taps * phases.inputs));
  } else { // tap, input, row, group
    w.dim(0).set_bounds(0, number(taps));
    w.dim(1).set_bounds(0, number(phases.inputs)).set_stride(number(taps));
    w.dim(2).set_min(0).set_stride(number(taps * phases.inputs));
    w.dim(3).set_min(0).set_stride(number(groupElements(phases, 1)));
  }
  weights.push_back(w);
  return weights.back();
}

Expr Pipeline::withBias(Expr sum) {
  if (!phases.hasBias)
    return sum;
  // Of the groups and channels of a call.
  if (plan.kind == Kind::positions || plan.kind == Kind::rows)
    return sum + bias(o);
  return sum + bias(g * number(phases.outputs) + o);
}

/// The sum that belongs to phase p, asked for by the section and the place of
/// the phase in it. Which one that is is decided while the code is made
/// wherever the loop over p is unrolled.
Expr Pipeline::valueOfPhase(
    const std::function<Expr(size_t section, Expr j)> &sumOf) {
  Expr value = 0.0f;
  for (size_t s = 0; s < phases.sections.size(); ++s)
    for (const Run &run : runsOf(phases.sections[s])) {
      Expr index = p - number(run.first);
      bool whole = run.count == phases.stride;
      // The clamp is for the bounds of what the section computes.
      Expr place =
          whole ? index
                : clamp(index / number(run.step), 0, number(run.count - 1));
      Expr sum = sumOf(s, place + number(run.firstIndex));
      if (whole) {
        value = sum;
        continue;
      }
      Expr in = index >= 0 && index <= number((run.count - 1) * run.step);
      if (run.step > 1)
        in = in && index % number(run.step) == 0;
      value = select(in, sum, value);
    }
  return value;
}

/// Sums in register tiles of rows by positions, x in panels.
void Pipeline::makeTiled() {
  int tile = number(plan.tile), rows = number(plan.rows);
  int maxShift = number(phases.maxShift);
  if (plan.panelPerTile)
    panel(q, c, qt) = padded(qt * tile + q - maxShift, c);
  else
    panel(q, c) = padded(q - maxShift, c);
  for (const Section &section : phases.sections) {
    std::string suffix = std::to_string(sums.size());
    ImageParam w = addWeights(section, plan.rows);
    Sum sum = {Func("tile" + suffix), Func("sums" + suffix),
               RDom(0, number(section.taps), 0, number(phases.inputs),
                    "taps" + suffix),
               section.taps <= kMostUnrolledTaps ? section.taps : 1};
    Expr at = qi + number(phases.maxShift - section.shift) -
              sum.taps.x * number(phases.shiftStep);
    Expr read = plan.panelPerTile ? panel(at, sum.taps.y, qt)
                                  : panel(qt * tile + at, sum.taps.y);
    Expr product = w(ri, sum.taps.x, sum.taps.y, rt) * read;
    if (plan.kind == Kind::rows) {
      sum.tile(ri, qi, rt, qt) = 0.0f;
      sum.tile(ri, qi, rt, qt) += product;
      sum.block(ri, qi, rt, qt) = sum.tile(ri, qi, rt, qt);
    } else {
      sum.tile(qi, ri, rt, qt) = 0.0f;
      sum.tile(qi, ri, rt, qt) += product;
      sum.block(qi, ri, rt, qt) = sum.tile(qi, ri, rt, qt);
    }
    sums.push_back(sum);
  }
  y(p, qi, qt, o) = withBias(valueOfPhase([&](size_t s, Expr index) {
    Expr row = o * number(phases.sections[s].phases.size()) + index;
    if (plan.kind == Kind::rows)
      return sums[s].block(row % rows, qi, row / rows, qt);
    return sums[s].block(qi, row % rows, row / rows, qt);
  }));
}

/// Straight from x to y: the sums of all phases of some positions.
void Pipeline::makeFilter() {
  int tile = number(plan.tile), inputs = number(phases.inputs);
  panel(q, c, g) = padded(q - number(phases.maxShift), g * inputs + c);
  for (const Section &section : phases.sections) {
    std::string suffix = std::to_string(sums.size());
    ImageParam w = addWeights(section, 1);
    Sum sum = {Func("tile" + suffix), Func(),
               RDom(0, number(section.taps), 0, inputs, "taps" + suffix),
               section.taps <= 2 * kMostUnrolledTaps ? section.taps : 1};
    Expr at = qt * tile + qi + number(phases.maxShift - section.shift) -
              sum.taps.x * number(phases.shiftStep);
    int count = number(section.phases.size());
    sum.tile(qi, j, qt, o, g) = 0.0f;
    sum.tile(qi, j, qt, o, g) +=
        w(sum.taps.x, sum.taps.y, o * count + j, g) * panel(at, sum.taps.y, g);
    sums.push_back(sum);
  }
  y(p, qi, qt, o, g) = withBias(valueOfPhase(
      [&](size_t s, Expr index) { return sums[s].tile(qi, index, qt, o, g); }));
}

/// The same with tables of what each phase reads.
void Pipeline::makeTables() {
  int tile = number(plan.tile), inputs = number(phases.inputs);
  std::vector<int64_t> taps(phases.stride, 0), shifts(phases.stride, 0),
      offsets(phases.stride, 0), steps(phases.stride, 0);
  int64_t mostTaps = 0;
  for (const Section &section : phases.sections) {
    int64_t rowElements = section.taps * phases.inputs;
    mostTaps = std::max(mostTaps, section.taps);
    for (size_t i = 0; i < section.phases.size(); ++i) {
      int64_t phase = section.phases[i];
      taps[phase] = section.taps;
      shifts[phase] = section.shift;
      offsets[phase] =
          section.weightsOffset + static_cast<int64_t>(i) * rowElements;
      steps[phase] = static_cast<int64_t>(section.phases.size()) * rowElements;
    }
  }
  Halide::Buffer<int> tapsOf = table(taps, "taps_of"),
                      shiftOf = table(shifts, "shift_of"),
                      offsetOf = table(offsets, "offset_of"),
                      stepOf = table(steps, "step_of");
  ImageParam w(Halide::Float(32), 1, "w0");
  weights.push_back(w);
  panel(q, c, g) = padded(q - number(phases.maxShift), g * inputs + c);
  Sum sum = {Func("tile0"), Func(),
             RDom(0, number(mostTaps), 0, inputs, "taps0"), 1};
  sum.taps.where(sum.taps.x < tapsOf(p));
  // What the tables hold is not known to whoever infers the bounds of panel
  // and weights, nor is that taps which do not count are not read.
  Expr back = clamp(shiftOf(p) + sum.taps.x * number(phases.shiftStep),
                    number(phases.minShift), number(phases.maxShift));
  Expr at = qt * tile + qi + number(phases.maxShift) - back;
  int64_t ofGroup = groupElements(phases, 1);
  Expr weight = unsafe_promise_clamped(offsetOf(p) + o * stepOf(p) +
                                           sum.taps.y * tapsOf(p) + sum.taps.x +
                                           g * number(ofGroup),
                                       0, number(ofGroup * plan.groups - 1));
  sum.tile(qi, p, qt, o, g) = 0.0f;
  sum.tile(qi, p, qt, o, g) += w(weight) * panel(at, sum.taps.y, g);
  sums.push_back(sum);
  y(p, qi, qt, o, g) = withBias(sum.tile(qi, p, qt, o, g));
}

/// As plain as it gets, every size fixed, phase by phase: for autoschedulers.
void Pipeline::makePlanar() {
  int inputs = number(phases.inputs);
  for (const Section &section : phases.sections) {
    std::string suffix = std::to_string(sums.size());
    int count = number(section.phases.size());
    ImageParam w = addWeights(section, 1);
    w.dim(2).set_extent(number(plan.channels) * count);
    w.dim(3).set_extent(number(plan.groups));
    Sum sum = {Func("sums" + suffix), Func(),
               RDom(0, number(section.taps), 0, inputs, "taps" + suffix), 1};
    Expr at = q - number(section.shift) - sum.taps.x * number(phases.shiftStep);
    sum.tile(q, j, o, g) = 0.0f;
    sum.tile(q, j, o, g) += w(sum.taps.x, sum.taps.y, o * count + j, g) *
                            padded(at, g * inputs + sum.taps.y);
    sums.push_back(sum);
  }
  y(q, p, o, g) = withBias(valueOfPhase(
      [&](size_t s, Expr index) { return sums[s].tile(q, index, o, g); }));
}
