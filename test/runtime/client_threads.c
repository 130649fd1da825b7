/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A C99 client that brings its own way to run the tasks. */
#include <stdio.h>
#include <string.h>

#include "tconv/tconv.h"

enum { LENGTH = 40, OUTPUTS = 80 };

static int one_by_one(void *user, tconv_task_fn run, void *tasks,
                      int64_t count) {
  int64_t i;
  for (i = count; i > 0; --i)
    run(tasks, i - 1, i);
  *(int64_t *)user += count;
  return 0;
}

int main(void) {
  static float x[2 * LENGTH], wanted[5 * OUTPUTS], y[5 * OUTPUTS];
  tconv_params params;
  tconv_layer_options options;
  tconv_layer *plain = NULL, *own = NULL;
  int64_t tasks = 0;
  int i, bad;
  for (i = 0; i < 2 * LENGTH; ++i)
    x[i] = (float)(i % 7) - 3;
  bad = tconv_params_parse("in_channels=2 out_channels=5 kernel_size=4 "
                           "stride=2",
                           &params, NULL, NULL, 0) != TCONV_OK;
  tconv_layer_options_init(&options);
  bad =
      bad || tconv_set_seed(4) || tconv_layer_create(&params, &options, &plain);
  options.parallel_for = one_by_one;
  options.parallel_user = &tasks;
  bad = bad || tconv_set_seed(4) ||
        tconv_layer_create(&params, &options, &own) ||
        tconv_layer_run(plain, x, 1, LENGTH, wanted) ||
        tconv_layer_run(own, x, 1, LENGTH, y);
  bad = bad || tasks < 1 || memcmp(y, wanted, sizeof(y)) != 0;
  if (bad)
    fprintf(stderr, "failed: %s\n", tconv_last_error());
  tconv_layer_destroy(plain);
  tconv_layer_destroy(own);
  return bad;
}
