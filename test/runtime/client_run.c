/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A C99 client: the example of tconv.h. */
#include <stdio.h>
#include <stdlib.h>

#include "tconv/tconv.h"

int main(void) {
  const int64_t shape[3] = {3, 64, 4};
  tconv_params params;
  tconv_layer *layer = NULL;
  int64_t length = 0, i;
  float *weight = malloc(3 * 64 * 4 * sizeof(float));
  float *x = malloc(3 * 50 * sizeof(float));
  float *y = malloc(64 * 53 * sizeof(float));
  int bad = !weight || !x || !y;
  tconv_params_init(&params);
  params.in_channels = 3;
  params.out_channels = 64;
  params.kernel_size = 4;
  params.pad_mode = TCONV_PAD;
  for (i = 0; !bad && i < 3 * 64 * 4; ++i)
    weight[i] = 0.5f;
  for (i = 0; !bad && i < 3 * 50; ++i)
    x[i] = 1.0f;
  bad = bad || tconv_layer_create(&params, NULL, &layer) ||
        tconv_layer_set_weight(layer, weight, shape, 3) ||
        tconv_layer_output_length(layer, 50, &length) || length != 53 ||
        tconv_layer_run(layer, x, 1, 50, y);
  /* One tap reaches the first output, all four the tenth. */
  bad = bad || y[0] != 1.5f || y[10] != 6.0f || y[64 * 53 - 1] != 1.5f;
  if (bad)
    fprintf(stderr, "failed: %s\n", tconv_last_error());
  tconv_layer_destroy(layer);
  free(weight);
  free(x);
  free(y);
  return bad;
}
