// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/reference_launch.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "reference/reference.h"
#include "reference/tiled_reference.h"
#include "support/half.h"
#include "target/target.h"

using namespace tconv;

namespace {

struct TiledLaunch {
  const TiledReference *reference;
  std::atomic<bool> outOfMemory{false};
};

void runReferencePart(void *context, int64_t begin, int64_t end) {
  auto *launch = static_cast<const tconv_reference *>(context);
#ifdef TCONV_REFERENCE_FMA
  if (tconv_reference_has_fma())
    return tconv_reference_tasks_fma(launch, begin, end);
#endif
  tconv_reference_tasks(launch, begin, end);
}

void runTiledPart(void *context, int64_t begin, int64_t end) {
  auto *launch = static_cast<TiledLaunch *>(context);
  void *memory = workspace(launch->reference->workspaceBytes());
  if (!memory) {
    launch->outOfMemory = true;
    return;
  }
  launch->reference->run(begin, end, memory);
}

tconv_reference referenceLaunch(const tconv_params &params, const float *weight,
                                const float *bias, const LaunchArgs &args,
                                bool sums64) {
  GeneralForm form = generalForm(params);
  return {form.inChannels,
          form.outChannels,
          form.kernelSize,
          form.stride,
          form.dilation,
          form.groups,
          form.cropBegin,
          args.length,
          args.outputLength,
          args.batch,
          weight,
          bias,
          static_cast<const float *>(args.x),
          static_cast<float *>(args.y),
          sums64 ? 1 : 0};
}

/// The reference's results for finite weights, by vectors where this CPU has
/// them.
Status runTiled(const tconv_params &params, const float *weight,
                const float *bias, const LaunchArgs &args,
                const ParallelFor &parallelFor) {
  tconv_reference all =
      referenceLaunch(params, weight, bias, args, /*sums64=*/false);
  const TileUnit *unit = TiledReference::unitFor(all);
  if (!unit)
    return runReference(params, weight, bias, args, /*sums64=*/false,
                        parallelFor);
  TiledReference tiled(all, *unit);
  TiledLaunch launch{&tiled, {false}};
  if (Status error = runTasks(parallelFor, runTiledPart, &launch,
                              {tiled.taskCount(), /*sharing=*/1,
                               workOf(params, args.batch, args.length)}))
    return error;
  return launch.outOfMemory ? noWorkspace(tiled.workspaceBytes())
                            : Status::ok();
}

bool finite(const std::vector<float> &values) {
  return std::all_of(values.begin(), values.end(),
                     [](float value) { return std::isfinite(value); });
}

} // namespace

Status tconv::runReference(const tconv_params &params, const float *weight,
                           const float *bias, const LaunchArgs &args,
                           bool sums64, const ParallelFor &parallelFor) {
  tconv_reference launch = referenceLaunch(params, weight, bias, args, sums64);
  return runTasks(parallelFor, runReferencePart, &launch,
                  {args.batch * params.out_channels, /*sharing=*/1,
                   workOf(params, args.batch, args.length)});
}

Status tconv::runReferenceOf(const tconv_layer &layer, const State &state,
                             const LaunchArgs &args) {
  const tconv_params &params = layer.params;
  const WeightValues &weight = state.weights->values;
  bool tiled = layer.target != kReferenceTarget && weight.magnitudes().finite();
  auto run = [&](const float *weight, const float *bias,
                 const LaunchArgs &floats) {
    return tiled ? runTiled(params, weight, bias, floats, layer.parallelFor)
                 : runReference(params, weight, bias, floats, /*sums64=*/false,
                                layer.parallelFor);
  };
  if (params.dtype == TCONV_F32)
    return run(weight.data(), state.bias ? state.bias->data() : nullptr, args);
  auto rounded = [&](const float *values, int64_t count) {
    std::vector<uint16_t> halves(static_cast<size_t>(count));
    std::vector<float> result(static_cast<size_t>(count));
    fromFloats(params.dtype, values, count, halves.data());
    toFloats(params.dtype, halves.data(), count, result.data());
    return result;
  };
  std::vector<float> w = rounded(weight.data(), weight.size()), bias, x, y;
  tiled = tiled && finite(w); // what an f16 can't hold is infinite
  if (state.bias)
    bias = rounded(state.bias->data(), params.out_channels);
  x.resize(static_cast<size_t>(args.batch * params.in_channels * args.length));
  y.resize(static_cast<size_t>(args.batch * params.out_channels *
                               args.outputLength));
  toFloats(params.dtype, args.x, static_cast<int64_t>(x.size()), x.data());
  LaunchArgs floats = args;
  floats.x = x.data();
  floats.y = y.data();
  if (Status error = run(w.data(), state.bias ? bias.data() : nullptr, floats))
    return error;
  fromFloats(params.dtype, y.data(), static_cast<int64_t>(y.size()), args.y);
  return Status::ok();
}
