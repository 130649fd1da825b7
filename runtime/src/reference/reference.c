/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#include "reference/reference.h"

#include <math.h>

#ifndef TCONV_REFERENCE_TASKS
#define TCONV_REFERENCE_TASKS tconv_reference_tasks

int tconv_reference_has_fma(void) {
#if defined(__x86_64__) && defined(TCONV_REFERENCE_FMA)
  return __builtin_cpu_supports("fma") && __builtin_cpu_supports("avx2");
#else
  return 0;
#endif
}
#endif

/* Positions summed at a time: the sums stay in the first cache while every
 * input channel passes by. */
#define BLOCK 512

/* Rounds towards minus infinity; b > 0. */
static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && a < 0);
}

static int64_t ceil_div(int64_t a, int64_t b) { return -floor_div(-a, b); }

static int64_t gcd(int64_t a, int64_t b) {
  while (b != 0) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

static int64_t min64(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t max64(int64_t a, int64_t b) { return a > b ? a : b; }

/* One output channel of one batch item. */
typedef struct row {
  const tconv_reference *launch;
  const float *x;      /* first input channel of the group */
  const float *weight; /* of that input channel and this output channel */
  int64_t channels;    /* input channels of the group */
  int64_t weight_step; /* from an input channel to the next */
  float bias;
  float *y;
  /* Taps k, k + tap_step, ... serve the same phase; each reads x that many
   * positions further back. */
  int64_t tap_step;
  int64_t x_step;
} row;

/* Uncropped coordinate t = stride * q + phase takes its taps from
 * x[q - offset] for the first tap, x[q - offset - x_step] for the next ...
 * Sums the outputs of the positions [begin, end), at most BLOCK of them. */
#define DEFINE_SUM_BLOCK(NAME, SUM, MULTIPLY_ADD)                              \
  static void NAME(const row *r, int64_t first_tap, int64_t phase,             \
                   int64_t offset, int64_t begin, int64_t end) {               \
    const tconv_reference *launch = r->launch;                                 \
    SUM sums[BLOCK];                                                           \
    float *y = r->y + (launch->stride * begin + phase - launch->crop_begin);   \
    for (int64_t j = 0; j < end - begin; ++j)                                  \
      sums[j] = r->bias;                                                       \
    for (int64_t ci = 0; ci < r->channels; ++ci) {                             \
      const float *x = r->x + ci * launch->length;                             \
      const float *weight = r->weight + ci * r->weight_step;                   \
      int64_t back = offset;                                                   \
      for (int64_t k = first_tap; k < launch->kernel_size;                     \
           k += r->tap_step, back += r->x_step) {                              \
        int64_t from = max64(begin, back);                                     \
        int64_t to = min64(end, launch->length + back);                        \
        const SUM w = weight[k];                                               \
        if (from >= to)                                                        \
          continue;                                                            \
        const float *source = x + (from - back);                               \
        SUM *target = sums + (from - begin);                                   \
        for (int64_t j = 0; j < to - from; ++j)                                \
          target[j] = MULTIPLY_ADD((SUM)source[j], w, target[j]);              \
      }                                                                        \
    }                                                                          \
    for (int64_t j = 0; j < end - begin; ++j)                                  \
      y[j * launch->stride] = (float)sums[j];                                  \
  }

/* The product of two floats is exact in float64, fused or not. */
#define MULTIPLY_ADD64(a, b, c) ((c) + (a) * (b))

DEFINE_SUM_BLOCK(sum_block32, float, fmaf)
DEFINE_SUM_BLOCK(sum_block64, double, MULTIPLY_ADD64)

static void sum_row(const row *r) {
  const tconv_reference *launch = r->launch;
  int64_t stride = launch->stride;
  int64_t crop = launch->crop_begin;
  /* Positions that no tap reaches hold the bias alone. */
  for (int64_t t = 0; t < launch->output_length; ++t)
    r->y[t] = r->bias;
  /* The first taps are those before the phases repeat. */
  for (int64_t k = 0; k < min64(launch->kernel_size, r->tap_step); ++k) {
    int64_t phase = k * launch->dilation % stride;
    int64_t offset = k * launch->dilation / stride;
    int64_t begin = ceil_div(crop - phase, stride);
    int64_t end = ceil_div(crop + launch->output_length - phase, stride);
    /* Outside of these no tap reads an element of x. */
    int64_t last = (launch->kernel_size - 1 - k) / r->tap_step;
    begin = max64(begin, offset);
    end = min64(end, launch->length + offset + last * r->x_step);
    for (int64_t q = begin; q < end; q += BLOCK) {
      if (launch->sums64)
        sum_block64(r, k, phase, offset, q, min64(q + BLOCK, end));
      else
        sum_block32(r, k, phase, offset, q, min64(q + BLOCK, end));
    }
  }
}

void TCONV_REFERENCE_TASKS(const tconv_reference *launch, int64_t begin,
                           int64_t end) {
  int64_t columns = launch->out_channels / launch->groups;
  int64_t common = gcd(launch->stride, launch->dilation);
  row r;
  r.launch = launch;
  r.channels = launch->in_channels / launch->groups;
  r.weight_step = columns * launch->kernel_size;
  r.tap_step = launch->stride / common;
  r.x_step = launch->dilation / common;
  for (int64_t task = begin; task < end; ++task) {
    int64_t n = task / launch->out_channels;
    int64_t co = task % launch->out_channels;
    int64_t first = co / columns * r.channels;
    r.x = launch->x + (n * launch->in_channels + first) * launch->length;
    r.weight =
        launch->weight + (first * columns + co % columns) * launch->kernel_size;
    r.bias = launch->bias ? launch->bias[co] : 0.0f;
    r.y = launch->y + task * launch->output_length;
    sum_row(&r);
  }
}
