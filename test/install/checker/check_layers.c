/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Runs every layer of a file by its ahead-of-time kernels and checks each
 * output against the reference.
 * Usage: check_layers FILE LENGTH...
 * Prints a line for each layer and length; the status is 0 if all are right
 * and none took another path than a kernel of this program. */
#include "shrunk.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 1;

/* Sums of four uniform numbers: centred, and cheap under an emulator. */
static float *random_values(int64_t count) {
  float *values = malloc((size_t)count * sizeof(float));
  int64_t i;
  int k;
  for (i = 0; values && i < count; ++i)
    for (values[i] = 0, k = 0; k < 4; ++k) {
      state = state * 1664525u + 1013904223u;
      values[i] += (float)(state >> 8) / 16777216.0f - 0.5f;
    }
  return values;
}

static float *absolutes(const float *values, int64_t count) {
  float *result = malloc((size_t)count * sizeof(float));
  int64_t i;
  for (i = 0; result && i < count; ++i)
    result[i] = fabsf(values[i]);
  return result;
}

/* What a launch gave, and what it is measured by: the sums in float64, of the
 * absolutes, and in float32 by fused multiply-adds. */
typedef struct results {
  float *y, *wanted, *sums, *fma;
} results;

/* The two bounds of SPEC.md: each element's, for which every group of an item
 * has a largest sum of its own, and the root mean square's; wider for kernels
 * that share products. Returns the largest part of its bound that something
 * takes; more than 1 is wrong. */
static double compare(const tconv_params *p, int64_t outputs, const results *r,
                      int fast) {
  int64_t common = p->stride, other = p->dilation, rest;
  int64_t columns = p->out_channels / p->group * outputs, group, i;
  double longest, worst = 0, squares = 0, fma_squares = 0;
  while (other) {
    rest = common % other;
    common = other;
    other = rest;
  }
  longest = (double)(p->in_channels / p->group *
                     ((p->kernel_size * common + p->stride - 1) / p->stride));
  for (group = 0; group < p->group; ++group) {
    const int64_t begin = group * columns, end = begin + columns;
    double largest = 0;
    for (i = begin; i < end; ++i)
      largest = fmax(largest, (double)r->sums[i]);
    for (i = begin; i < end; ++i) {
      double wanted = (double)r->wanted[i], error = (double)r->y[i] - wanted;
      double fma_error = (double)r->fma[i] - wanted;
      double bound =
          (fast ? 8 : 4) * (double)FLT_EPSILON * sqrt(longest) * largest +
          2 * (double)FLT_EPSILON * fabs(wanted) + longest * ldexp(1, -149);
      if (!(fabs(error) <= bound)) /* NaN, too */
        return INFINITY;
      worst = fmax(worst, fabs(error) / bound);
      squares += error * error;
      fma_squares += fma_error * fma_error;
    }
  }
  /* Of fewer elements the ratio is chance, and of short sums most of the error
   * is the rounding of `wanted` itself. */
  if (p->out_channels * outputs >= 500 && longest >= 16 && squares > 0)
    worst = fmax(worst, sqrt(squares / fma_squares) / (fast ? 3 : 1.5));
  return worst;
}

static int failed(const char *what) {
  printf("%s: %s\n", what, tconv_last_error());
  return 1;
}

static int64_t weight_elements(const tconv_params *p) {
  return p->in_channels * (p->out_channels / p->group) * p->kernel_size;
}

/* A layer's output, and what it says of how it ran; 0 where all went well. */
static int run_layer(const tconv_params *p, const float *weight,
                     const float *bias, const float *x, int64_t length,
                     float *y, char *json, size_t size) {
  const int64_t shape[] = {p->in_channels, p->out_channels / p->group,
                           p->kernel_size};
  tconv_layer *layer = NULL;
  int bad =
      tconv_layer_create(p, NULL, &layer) ||
      tconv_layer_set_weight(layer, weight, shape, 3) ||
      (p->has_bias && tconv_layer_set_bias(layer, bias, &p->out_channels, 1)) ||
      tconv_layer_run(layer, x, 1, length, y) ||
      tconv_layer_describe(layer, 1, length, json, size, NULL);
  tconv_layer_destroy(layer);
  return bad;
}

static int check(const tconv_params *p, const char *name, int64_t length) {
  const int64_t weights = weight_elements(p);
  const int64_t inputs = p->in_channels * length;
  float *weight = random_values(weights), *x = random_values(inputs);
  float *bias = random_values(p->out_channels);
  float *weight_abs = absolutes(weight, weights), *x_abs = absolutes(x, inputs);
  float *bias_abs = absolutes(bias, p->out_channels);
  int64_t outputs, bytes;
  char json[4096];
  double worst;
  int fast;
  results r;
  if (tconv_params_output_length(p, length, &outputs))
    return failed(name);
  bytes = p->out_channels * outputs * (int64_t)sizeof(float);
  r.y = malloc((size_t)bytes);
  r.wanted = malloc((size_t)bytes);
  r.sums = malloc((size_t)bytes);
  r.fma = malloc((size_t)bytes);
  memset(r.y, 0xff, (size_t)bytes); /* NaN, where nothing is written */
  if (run_layer(p, weight, bias, x, length, r.y, json, sizeof json) ||
      tconv_reference_run(p, weight, p->has_bias ? bias : NULL, x, 1, length,
                          r.wanted, 1) ||
      tconv_reference_run(p, weight, p->has_bias ? bias : NULL, x, 1, length,
                          r.fma, 0) ||
      tconv_reference_run(p, weight_abs, p->has_bias ? bias_abs : NULL, x_abs,
                          1, length, r.sums, 1))
    return failed(name);
  fast = strstr(json, "\"algorithm\":\"direct\"") == NULL;
  worst = compare(p, outputs, &r, fast);
  printf("%s length %lld %s %s: %.3f of the bounds\n", name, (long long)length,
         strstr(json, "\"short\"")    ? "short"
         : strstr(json, "\"medium\"") ? "medium"
         : strstr(json, "\"step\"")   ? "step"
                                      : "bulk",
         fast ? "fast" : "direct", worst);
  free(weight), free(x), free(bias), free(weight_abs), free(x_abs);
  free(bias_abs), free(r.y), free(r.wanted), free(r.sums), free(r.fma);
  if (!strstr(json, "ahead of time"))
    return printf("%s: took another path: %s\n", name, json), 1;
  return !(worst <= 1);
}

/* What runs without a kernel has the reference's bits. */
static int check_without_kernel(const tconv_params *p, const char *name,
                                int64_t length) {
  float *weight = random_values(weight_elements(p));
  float *x = random_values(p->in_channels * length);
  float *bias = random_values(p->out_channels), *y, *wanted;
  int64_t outputs;
  size_t bytes;
  char json[4096];
  int same;
  if (tconv_params_output_length(p, length, &outputs))
    return failed(name);
  bytes = (size_t)(p->out_channels * outputs) * sizeof(float);
  y = malloc(bytes);
  wanted = malloc(bytes);
  memset(y, 0xff, bytes);
  if (run_layer(p, weight, bias, x, length, y, json, sizeof json) ||
      tconv_reference_run(p, weight, p->has_bias ? bias : NULL, x, 1, length,
                          wanted, 0))
    return failed(name);
  same = !memcmp(y, wanted, bytes) && strstr(json, "\"path\":\"reference\"");
  printf("%s length %lld without a kernel: %s\n", name, (long long)length,
         same ? "the reference's bits" : json);
  free(weight), free(x), free(bias), free(y), free(wanted);
  return !same;
}

/* A kernel for another machine's CPU is refused, and what is there stays. */
static int check_refusal(const char *foreign) {
  tconv_kernel kernel = *shrunk_kernels[0];
  const tconv_kernel *table[1];
  tconv_status status;
  table[0] = &kernel;
  kernel.target = foreign;
  status = tconv_register_kernels(table, 1);
  printf("%s: %s: %s\n", foreign, tconv_status_name(status),
         tconv_last_error());
  return status != TCONV_UNSUPPORTED;
}

typedef int checker(const tconv_params *p, const char *name, int64_t length);

/* Every layer of the file in every length; counts the layers. */
static int each_layer(FILE *file, int lengths, char **length,
                      checker *check_one, int *layers) {
  char line[1024], name[128];
  int bad = 0, i;
  rewind(file);
  for (*layers = 0; fgets(line, sizeof line, file); ++*layers) {
    tconv_params params;
    line[strcspn(line, "\n")] = '\0';
    if (tconv_params_parse(line, &params, NULL, name, sizeof name))
      return failed(line);
    for (i = 0; i < lengths; ++i)
      bad |= check_one(&params, name, atoll(length[i]));
  }
  return bad;
}

int main(int argc, char **argv) {
  int bad = 0, layers = 0;
  FILE *file = argc > 2 ? fopen(argv[1], "r") : NULL;
  if (!file)
    return printf("usage: check_layers FILE LENGTH...\n"), 2;
  bad |= each_layer(file, argc - 2, argv + 2, check_without_kernel, &layers);
  if (shrunk_register())
    return failed("shrunk_register");
#if defined(__aarch64__)
  bad |= check_refusal("cpu:x86-64");
#else
  bad |= check_refusal("cpu:aarch64+neon");
#endif
  bad |= check_refusal("cpu:native of another machine");
  bad |= each_layer(file, argc - 2, argv + 2, check, &layers);
  fclose(file);
  printf("%d layers: %s\n", layers, bad ? "wrong" : "right");
  return bad || layers == 0;
}
