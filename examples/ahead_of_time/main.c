/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A layer run by a kernel that this program brings along. */
#include "vocoder.h" /* made at build time, from vocoder.layers */
#include <math.h>
#include <stdio.h>

static float x[128 * 200], weight[128 * 64 * 16], bias[64];
static float y[64 * 1600], wanted[64 * 1600];

static int failed(void) {
  fprintf(stderr, "%s\n", tconv_last_error());
  return 1;
}

int main(void) {
  const int64_t shape[] = {128, 64, 16}, biases[] = {64};
  float largest = 0;
  tconv_params params;
  tconv_layer *layer;
  for (int i = 0; i < 128 * 200; ++i)
    x[i] = sinf(0.1f * (float)i);
  for (int i = 0; i < 128 * 64 * 16; ++i)
    weight[i] = 0.01f * cosf(0.3f * (float)i);

  vocoder_up0_params(&params);
  if (vocoder_register() || tconv_layer_create(&params, NULL, &layer) ||
      tconv_layer_set_weight(layer, weight, shape, 3) ||
      tconv_layer_set_bias(layer, bias, biases, 1) ||
      tconv_layer_run(layer, x, 1, 200, y) ||
      tconv_reference_run(&params, weight, bias, x, 1, 200, wanted, 1))
    return failed();
  tconv_layer_destroy(layer);
  for (int i = 0; i < 64 * 1600; ++i)
    largest = fmaxf(largest, fabsf(y[i] - wanted[i]));
  printf("largest difference from the reference: %g\n", (double)largest);
  return !(largest < 1e-5f);
}
