/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A process that uses kernels, for test_disk_cache.py:
 *
 *   client_cache [--packed FILE] [--target T] [--threads N] [--forever]
 *                [--warm] LAYER...
 *
 * Each LAYER is a line with a length. Prints one JSON object a line for every
 * layer (where its kernel came from, whether its result is right), then one
 * about the process. Exits with 1 where a result is wrong.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tconv/tconv.h"

static const char *target;
static pthread_mutex_t output = PTHREAD_MUTEX_INITIALIZER;

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, tconv_last_error());
  exit(2);
}

static float *floats(int64_t count) {
  float *values = malloc((size_t)count * sizeof(float));
  if (!values)
    exit(3);
  return values;
}

static void fill(float *values, int64_t count) {
  int64_t i;
  for (i = 0; i < count; ++i)
    values[i] = (float)((i * 7919) % 201 - 100) / 100;
}

/* Copies the text field `name` of a flat JSON object. */
static void field(const char *json, const char *name, char *out, size_t size) {
  char key[64];
  const char *found;
  size_t count;
  snprintf(key, sizeof(key), "\"%s\":\"", name);
  found = strstr(json, key);
  found = found ? found + strlen(key) : "";
  count = strcspn(found, "\"");
  snprintf(out, size, "%.*s", (int)count, found);
}

/* Runs one layer and compares it with float64 sums. Returns whether it is
 * right. */
static int check(const char *line) {
  tconv_params params;
  tconv_shape shape;
  tconv_layer_options options;
  tconv_layer *layer;
  int64_t xs, ys, ws, i, length;
  float *x, *y, *exact, *weight;
  char json[8192], path[64], from[64];
  double worst = 0, bound;
  if (tconv_params_parse(line, &params, &shape, NULL, 0))
    fail(line);
  tconv_layer_options_init(&options);
  options.target = target;
  if (tconv_layer_create(&params, &options, &layer))
    fail(line);
  if (tconv_layer_output_length(layer, shape.length, &length))
    fail(line);
  xs = params.in_channels * shape.length;
  ys = params.out_channels * length;
  ws = params.in_channels * (params.out_channels / params.group) *
       params.kernel_size;
  x = floats(xs);
  y = floats(ys);
  exact = floats(ys);
  weight = floats(ws);
  fill(x, xs);
  if (tconv_layer_get_weight(layer, weight) ||
      tconv_layer_run(layer, x, 1, shape.length, y) ||
      tconv_reference_run(&params, weight, NULL, x, 1, shape.length, exact,
                          1) ||
      tconv_layer_describe(layer, 1, shape.length, json, sizeof(json), NULL))
    fail(line);
  for (i = 0; i < ys; ++i)
    if (!(fabs((double)y[i] - exact[i]) <= worst))
      worst = fabs((double)y[i] - exact[i]);
  /* Terms are at most 1 each; sums in float32 of so many of them. */
  bound = 1e-6 * (double)(params.in_channels * params.kernel_size);
  field(json, "path", path, sizeof(path));
  field(json, "from", from, sizeof(from));
  pthread_mutex_lock(&output);
  printf("{\"path\": \"%s\", \"from\": \"%s\", \"error\": %g, \"right\": %s}\n",
         path, from, worst, worst <= bound ? "true" : "false");
  fflush(stdout);
  pthread_mutex_unlock(&output);
  free(x);
  free(y);
  free(exact);
  free(weight);
  tconv_layer_destroy(layer);
  return worst <= bound;
}

static void warm(const char *line) {
  tconv_params params;
  tconv_shape shape;
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.target = target;
  if (tconv_params_parse(line, &params, &shape, NULL, 0) ||
      tconv_warm_cache(&params, &options, shape.length))
    fail(line);
}

static int isMapped(const char *name) {
  char line[4096];
  int found = 0;
  FILE *maps = fopen("/proc/self/maps", "r");
  while (maps && fgets(line, sizeof(line), maps))
    found |= strstr(line, name) != NULL;
  if (maps)
    fclose(maps);
  return found;
}

struct work {
  char **lines;
  int count, wrong;
};

static void *runAll(void *argument) {
  struct work *work = argument;
  int i;
  for (i = 0; i < work->count; ++i)
    work->wrong += !check(work->lines[i]);
  return NULL;
}

int main(int argc, char **argv) {
  int i, threads = 1, forever = 0, onlyWarm = 0, wrong = 0;
  for (i = 1; i < argc && argv[i][0] == '-'; ++i) {
    if (!strcmp(argv[i], "--forever"))
      forever = 1;
    else if (!strcmp(argv[i], "--warm"))
      onlyWarm = 1;
    else if (!strcmp(argv[i], "--threads"))
      threads = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--target"))
      target = argv[++i];
    else if (!strcmp(argv[i], "--packed")) {
      ++i;
      if (tconv_add_packed_cache(argv[i]))
        fail("--packed");
    }
  }
  if (onlyWarm) {
    for (; i < argc; ++i)
      warm(argv[i]);
  } else {
    do {
      pthread_t ids[64];
      struct work works[64];
      int t;
      for (t = 0; t < threads; ++t) {
        works[t].lines = argv + i;
        works[t].count = argc - i;
        works[t].wrong = 0;
        if (pthread_create(&ids[t], NULL, runAll, &works[t]))
          return 3;
      }
      for (t = 0; t < threads; ++t) {
        pthread_join(ids[t], NULL);
        wrong += works[t].wrong;
      }
    } while (forever);
  }
  printf("{\"compiler\": %s, \"llvm\": %s}\n",
         isMapped("libtconv_compiler") ? "true" : "false",
         isMapped("libLLVM") || isMapped("libMLIR") ? "true" : "false");
  return wrong != 0;
}
