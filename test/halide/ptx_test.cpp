// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The engine's pipelines for GPUs, run by Halide's own CUDA runtime on a driver
// that hands the PTX to the interpreter (test/runtime/fake_cuda, which has to
// be the first libcuda.so.1 that is found). No GPU has run them.
#include <cstdlib>
#include <gtest/gtest.h>

#include "compiler/Halide/Pipeline.h"
#include "gpu_plan.h"
#include "support/data.h"
#include "support/layers.h"

using namespace mlir::tconv::halide;
using namespace tconv::test;

namespace {

std::vector<float> random(Random &generator, int64_t count) {
  return randomValues(generator, count);
}

/// y of all positions, phase by phase, by the formula: output s * q + p, before
/// crops, has x[i] * weight[k] for every s * i + d * k that is equal to it.
double expected(const tconv_params &layer, const std::vector<float> &x,
                const std::vector<float> &weight, int64_t length, int64_t t,
                int64_t channel) {
  int64_t inputs = layer.in_channels / layer.group;
  int64_t outputs = layer.out_channels / layer.group;
  int64_t group = channel / outputs;
  double sum = 0;
  for (int64_t k = 0; k < layer.kernel_size; ++k) {
    int64_t rest = t - k * layer.dilation;
    if (rest < 0 || rest % layer.stride != 0 || rest / layer.stride >= length)
      continue;
    for (int64_t c = 0; c < inputs; ++c) {
      int64_t input = group * inputs + c;
      sum +=
          double(x[input * length + rest / layer.stride]) *
          weight[(input * outputs + channel % outputs) * layer.kernel_size + k];
    }
  }
  return sum;
}

void check(const char *line) {
  SCOPED_TRACE(line);
  tconv_params layer = parse(line);
  GpuPlan gpu = gpuPlan(layer, "");
  const Phases &phases = gpu.phases;
  Pipeline pipeline(phases, gpu.plan);
  Halide::Pipeline whole(pipeline.y);
  TargetSpec spec;
  spec.gpu = true;
  spec.halide = "host-cuda-cuda_capability_80-strict_float";
  scheduleForGpu(pipeline);

  Random generator(31);
  constexpr int kLength = 70;
  std::vector<float> x = random(generator, layer.in_channels * kLength);
  std::vector<float> bias = random(generator, layer.out_channels);
  std::vector<float> weight =
      random(generator, layer.in_channels * layer.out_channels / layer.group *
                            layer.kernel_size);
  // What a buffer gets from elsewhere is not on the device yet.
  auto onHost = [](Halide::Buffer<float> buffer) {
    buffer.set_host_dirty();
    return buffer;
  };
  pipeline.x.set(onHost(Halide::Buffer<float>(
      x.data(), kLength, static_cast<int>(layer.in_channels))));
  if (phases.hasBias)
    pipeline.bias.set(onHost(Halide::Buffer<float>(
        bias.data(), static_cast<int>(layer.out_channels))));
  std::vector<std::vector<float>> packed;
  for (size_t i = 0; i < phases.sections.size(); ++i) {
    const Section &section = phases.sections[i];
    int64_t count = static_cast<int64_t>(section.phases.size());
    // Sections of a group lie one after the other.
    packed.emplace_back(groupElements(phases, 1) * phases.groups);
    for (int64_t g = 0; g < phases.groups; ++g)
      for (int64_t o = 0; o < phases.outputs; ++o)
        for (int64_t j = 0; j < count; ++j)
          for (int64_t c = 0; c < phases.inputs; ++c)
            for (int64_t tap = 0; tap < section.taps; ++tap) {
              int64_t k =
                  (section.phases[j] +
                   layer.stride * (section.shift + tap * phases.shiftStep)) /
                  layer.dilation;
              int64_t at =
                  g * groupElements(phases, 1) +
                  ((o * count + j) * phases.inputs + c) * section.taps + tap;
              packed[i][at] =
                  weight[((g * phases.inputs + c) * phases.outputs + o) *
                             layer.kernel_size +
                         k];
            }
    halide_dimension_t shape[] = {
        {0, int(section.taps), 1},
        {0, int(phases.inputs), int(section.taps)},
        {0, int(phases.outputs * count), int(section.taps * phases.inputs)},
        {0, int(phases.groups), int(groupElements(phases, 1))}};
    pipeline.weights[i].set(
        onHost(Halide::Buffer<float>(packed[i].data(), 4, shape)));
  }
  int64_t outputs = (kLength - 1) * layer.stride +
                    (layer.kernel_size - 1) * layer.dilation + 1;
  int positions = int((outputs + layer.stride - 1) / layer.stride);
  Halide::Buffer<float> y(positions, int(phases.stride), int(phases.outputs),
                          int(phases.groups));
  try {
    whole.realize(y, Halide::Target(spec.halide));
    y.copy_to_host();
  } catch (const Halide::Error &error) {
    FAIL() << error.what();
  }
  for (int64_t channel = 0; channel < layer.out_channels; ++channel)
    for (int q = 0; q < positions; ++q)
      for (int p = 0; p < phases.stride; ++p) {
        double sum = expected(layer, x, weight, kLength,
                              int64_t(q) * phases.stride + p, channel) +
                     (phases.hasBias ? bias[channel] : 0);
        ASSERT_NEAR(y(q, p, int(channel % phases.outputs),
                      int(channel / phases.outputs)),
                    sum, 1e-5 * (1 + layer.kernel_size * phases.inputs))
            << "position " << q << ", phase " << p << ", channel " << channel;
      }
}

const char *const kLayers[] = {
    "in_channels=8 out_channels=6 kernel_size=8 stride=4 pad_mode=pad "
    "has_bias=1",
    "in_channels=5 out_channels=9 kernel_size=7 stride=3 pad_mode=pad",
    "in_channels=6 out_channels=6 kernel_size=5 stride=2 dilation=3 "
    "pad_mode=pad has_bias=1",
    "in_channels=4 out_channels=3 kernel_size=2 stride=5 pad_mode=pad",
    "in_channels=12 out_channels=8 kernel_size=4 stride=2 group=4 "
    "pad_mode=pad has_bias=1",
};

TEST(HalidePtx, ByHand) {
  for (const char *line : kLayers) {
    check(line);
    if (HasFatalFailure())
      return;
  }
}

// Anderson2021's kernels are not run: Halide addresses shared memory from 0 on,
// which the interpreter, as GPUs that keep its first KiB for themselves,
// refuses.

} // namespace
