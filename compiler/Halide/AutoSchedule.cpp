// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Schedules that Halide's autoschedulers find, and the one for a GPU.
#include "compiler/Halide/Pipeline.h"

#include <algorithm>
#include <dlfcn.h>
#include <sstream>

using namespace mlir::tconv::halide;
using Halide::MemoryType;
using Halide::TailStrategy;
using Halide::Var;

namespace {

int number(int64_t value) { return static_cast<int>(value); }

/// The folder of libHalide, where its plugins are too.
std::string pluginFolder() {
  Dl_info info = {};
  if (!dladdr(reinterpret_cast<void *>(&Halide::load_plugin), &info) ||
      !info.dli_fname)
    return "";
  std::string path = info.dli_fname;
  size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

void loadAutoscheduler(const std::string &name) {
  std::string file = name;
  std::transform(file.begin(), file.end(), file.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  Halide::load_plugin(pluginFolder() + "libautoschedule_" + file + ".so");
}

/// What a pipeline of the planar kind is usually called with.
void setEstimates(Pipeline &pipeline) {
  const Phases &phases = pipeline.phases;
  const Plan &plan = pipeline.plan;
  int positions = number(plan.positions()), channels = number(plan.channels),
      groups = number(plan.groups), inputs = number(phases.inputs);
  pipeline.x.set_estimates({{0, positions}, {0, groups * inputs}});
  for (size_t i = 0; i < pipeline.weights.size(); ++i) {
    const Section &section = phases.sections[i];
    pipeline.weights[i].set_estimates(
        {{0, number(section.taps)},
         {0, inputs},
         {0, channels * number(section.phases.size())},
         {0, groups}});
  }
  if (phases.hasBias)
    pipeline.bias.set_estimates({{0, groups * number(phases.outputs)}});
  pipeline.y.set_estimates(
      {{0, positions}, {0, number(phases.stride)}, {0, channels}, {0, groups}});
}

} // namespace

std::string mlir::tconv::halide::scheduleAutomatically(
    Pipeline &pipeline, const Halide::Pipeline &whole, const TargetSpec &spec) {
  const Plan &plan = pipeline.plan;
  loadAutoscheduler(plan.autoscheduler);
  setEstimates(pipeline);
  // Loops of several threads are no use: a task has one.
  Halide::AutoschedulerParams params(
      plan.autoscheduler,
      {{"parallelism", plan.autoscheduler == "Anderson2021" ? "80" : "1"}});
  if (plan.autoscheduler == "Mullapudi2016")
    params.extra["last_level_cache_size"] = std::to_string(spec.l2Bytes);
  // With the beam of 32 that these have, layers take minutes and gigabytes.
  if (plan.autoscheduler == "Adams2019" || plan.autoscheduler == "Anderson2021")
    params.extra["beam_size"] = "4";
  Halide::AutoSchedulerResults results =
      whole.apply_autoscheduler(Halide::Target(spec.halide), params);
  std::ostringstream text;
  text << "// " << plan.autoscheduler;
  for (const auto &[name, value] : params.extra)
    text << ", " << name << " = " << value;
  text << "\n" << results.schedule_source;
  return text.str();
}

void mlir::tconv::halide::fixPlanarSizes(Pipeline &pipeline) {
  const Phases &phases = pipeline.phases;
  const Plan &plan = pipeline.plan;
  int64_t sizes[] = {plan.positions(), phases.stride, plan.channels,
                     plan.groups};
  int64_t stride = 1;
  for (int axis = 0; axis < 4; ++axis) {
    pipeline.y.output_buffer()
        .dim(axis)
        .set_bounds(0, number(sizes[axis]))
        .set_stride(number(stride));
    stride *= sizes[axis];
  }
}

/// A thread has one position of some channels, a block neighbouring positions:
/// x is read in one piece, weights are the same for all of them.
std::string mlir::tconv::halide::scheduleForGpu(Pipeline &pipeline) {
  constexpr int kThreads = 128;
  // Whole numbers of channels: a thread has no part of one to skip.
  int64_t channels = std::min<int64_t>(pipeline.phases.outputs, 8);
  while (pipeline.phases.outputs % channels != 0)
    --channels;
  Var qo("qo"), ql("ql"), oo("oo"), ol("ol"), outer("outer");
  Pipeline &s = pipeline;
  s.y.split(s.q, qo, ql, kThreads, TailStrategy::GuardWithIf)
      .split(s.o, oo, ol, number(channels), TailStrategy::GuardWithIf)
      .reorder(ol, ql, qo, oo, s.p, s.g)
      .fuse(s.p, s.g, outer)
      .unroll(ol)
      .gpu_blocks(qo, oo, outer)
      .gpu_threads(ql);
  std::ostringstream text;
  text << "y.split(q, qo, ql, " << kThreads << ").split(o, oo, ol, " << channels
       << ").reorder(ol, ql, qo, oo, p, g).fuse(p, g, outer).unroll(ol)"
       << ".gpu_blocks(qo, oo, outer).gpu_threads(ql);\n";
  for (Pipeline::Sum &sum : s.sums) {
    // Registers need sizes that are known; they are one of all but channels.
    sum.tile.compute_at(s.y, ql)
        .store_in(MemoryType::Register)
        .bound_extent(s.q, 1)
        .bound_extent(s.j, 1)
        .bound_extent(s.o, number(channels))
        .bound_extent(s.g, 1)
        .unroll(s.o);
    sum.tile.update().reorder(s.o, sum.taps.x, sum.taps.y).unroll(s.o);
    text << sum.tile.name() << ".compute_at(y, ql).store_in(Register)"
         << ".bound_extent(q, 1).bound_extent(j, 1).bound_extent(o, "
         << channels << ").bound_extent(g, 1).unroll(o);\n"
         << sum.tile.name() << ".update().reorder(o, " << sum.taps.x.name()
         << ", " << sum.taps.y.name() << ").unroll(o);\n";
  }
  return text.str();
}
