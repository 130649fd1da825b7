// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "support/exact.h"

#include <algorithm>
#include <cmath>

using namespace tconv;

// Where fmaf is an instruction, it is some ten times as fast as the call. The
// sanitizers don't live with code that is chosen while the program is loaded.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define TCONV_FMA_CLONES                                                       \
  __attribute__((target_clones("arch=haswell", "default")))
#else
#define TCONV_FMA_CLONES
#endif

namespace {

/// Adds count products of x and w to the sums.
TCONV_FMA_CLONES void accumulate(const float *x, float w, int64_t count,
                                 double *sums, double *absolutes, float *fma) {
  for (int64_t i = 0; i < count; ++i) {
    double product = static_cast<double>(x[i]) * w;
    sums[i] += product;
    absolutes[i] += std::fabs(product);
    fma[i] = std::fmaf(x[i], w, fma[i]);
  }
}

int64_t effectiveSize(const tconv_params &params) {
  return params.dilation * (params.kernel_size - 1) + 1;
}

} // namespace

int64_t test::expectedCropBegin(const tconv_params &params) {
  switch (params.pad_mode) {
  case TCONV_SAME:
    return std::max<int64_t>(effectiveSize(params) - params.stride, 0) / 2;
  case TCONV_VALID:
    return 0;
  case TCONV_PAD:
    return params.padding;
  default:
    return params.crop_begin;
  }
}

int64_t test::expectedOutputLength(const tconv_params &params, int64_t length) {
  int64_t eff = effectiveSize(params);
  switch (params.pad_mode) {
  case TCONV_SAME:
    return length * params.stride;
  case TCONV_VALID:
    return length * params.stride + std::max<int64_t>(eff - params.stride, 0);
  case TCONV_PAD:
    return (length - 1) * params.stride - 2 * params.padding + eff +
           params.output_padding;
  default:
    if (params.output_length != 0)
      return params.output_length;
    return (length - 1) * params.stride + eff - params.crop_begin -
           params.crop_end;
  }
}

test::ExactRow test::exactRow(const tconv_params &params,
                              const Tensors &tensors, int64_t n, int64_t co) {
  int64_t outputs = expectedOutputLength(params, tensors.length);
  int64_t crop = expectedCropBegin(params);
  int64_t columns = params.out_channels / params.group;
  int64_t channels = params.in_channels / params.group;
  int64_t stride = params.stride;
  float bias = tensors.bias ? tensors.bias[co] : 0.0f;
  // Output t is kept at (t mod stride) * blocks + t / stride: what one tap adds
  // to lies side by side.
  int64_t blocks = (outputs + stride - 1) / stride;
  auto stored = static_cast<size_t>(blocks * stride);
  std::vector<double> sums(stored, bias), absolutes(stored, std::fabs(bias));
  std::vector<float> fma(stored, bias);
  for (int64_t c = 0; c < channels; ++c) {
    int64_t ci = co / columns * channels + c;
    const float *x = tensors.x + (n * params.in_channels + ci) * tensors.length;
    for (int64_t k = 0; k < params.kernel_size; ++k) {
      float w =
          tensors
              .weight[(ci * columns + co % columns) * params.kernel_size + k];
      int64_t shift = k * params.dilation - crop;
      // Inputs whose output i * stride + shift lies in [0, outputs).
      int64_t from = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
      int64_t room = outputs - 1 - shift;
      int64_t to = room < 0 ? 0 : std::min(tensors.length, room / stride + 1);
      if (from >= to)
        continue;
      int64_t t = from * stride + shift;
      int64_t first = t % stride * blocks + t / stride;
      accumulate(x + from, w, to - from, sums.data() + first,
                 absolutes.data() + first, fma.data() + first);
    }
  }
  ExactRow row;
  for (int64_t t = 0; t < outputs; ++t) {
    auto at = static_cast<size_t>(t % stride * blocks + t / stride);
    row.sums.push_back(sums[at]);
    row.absolutes.push_back(absolutes[at]);
    row.fma.push_back(fma[at]);
  }
  return row;
}
