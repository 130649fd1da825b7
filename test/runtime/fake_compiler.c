/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * A compiler library whose "kernels" are plain C, so that the runtime's
 * loader, cache and launches can be tested without LLVM, and with every
 * failure. The environment variable FAKE_COMPILER, read at each call, chooses:
 *
 *   ""             works
 *   slow           works after a while
 *   held           works once fake_compiler_let_go() has been called
 *   fail           refuses every layer
 *   fail_once      refuses the first request of the process
 *   stress         takes a little while, and refuses every fourth request
 *   api_version    answers with an interface of another version
 *   api_size       answers with an interface of another size
 *   no_api         serves no version
 *   kernel_version makes kernels of another ABI version
 *   kernel_size    makes kernels of another struct_size
 *   kernel_layer   makes kernels for another layer
 *   no_kernel      succeeds without a kernel
 *
 * Built with FAKE_ENGINE, it is the library of that engine, in a process with
 * the other one or not.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pthread.h>

#include "tconv/compiler_abi.h"

#define EXPORT __attribute__((visibility("default")))

/* A kernel's functions get no pointer to the kernel, as generated code needs
 * none; here, each of these slots has functions of its own. */
#define SLOTS 16
#define POSITIONS 16

struct tconv_compiled {
  tconv_kernel kernel;
  char engine[64];
  int used;
};

static struct tconv_compiled slots[SLOTS];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int compiled_count, released_count, packed_count;
static char last_tuning[128];
static pthread_cond_t let_go = PTHREAD_COND_INITIALIZER;
static int held_count, may_go;

static const char *mode(void) {
  const char *value = getenv("FAKE_COMPILER");
  return value ? value : "";
}

static int64_t weight_bytes(const tconv_kernel *kernel) {
  return kernel->in_channels * (kernel->out_channels / kernel->groups) *
         kernel->kernel_size * (int64_t)sizeof(float);
}

static void pack(int slot, const tconv_pack_args *args) {
  memcpy(args->packed, args->weight, (size_t)weight_bytes(&slots[slot].kernel));
  pthread_mutex_lock(&mutex);
  ++packed_count;
  pthread_mutex_unlock(&mutex);
}

static void run_task(const tconv_kernel *k, const tconv_kernel_args *args,
                     int64_t task) {
  int64_t positions = tconv_kernel_positions(k, args);
  int64_t blocks = (positions + POSITIONS - 1) / POSITIONS;
  int64_t n = task / (k->out_channels * blocks);
  int64_t co = task / blocks % k->out_channels;
  int64_t shift = (k->crop_begin % k->stride + k->stride) % k->stride;
  int64_t first = task % blocks * POSITIONS * k->stride - shift;
  int64_t columns = k->out_channels / k->groups;
  int64_t channels = k->in_channels / k->groups;
  const float *x = (const float *)args->x + n * args->x_batch_stride;
  const float *w = args->weights;
  const float *bias = args->bias;
  float *y =
      (float *)args->y + n * args->y_batch_stride + co * args->y_channel_stride;
  int64_t t, c, tap;
  memset(args->workspace, 0xff, (size_t)k->workspace_bytes);
  for (t = first < 0 ? 0 : first;
       t < first + POSITIONS * k->stride && t < args->output_length; ++t) {
    double sum = bias ? bias[co] : 0;
    for (c = 0; c < channels; ++c) {
      int64_t ci = co / columns * channels + c;
      for (tap = 0; tap < k->kernel_size; ++tap) {
        int64_t u = t + k->crop_begin - tap * k->dilation;
        if (u >= 0 && u % k->stride == 0 && u / k->stride < args->length)
          sum += (double)x[ci * args->x_channel_stride + u / k->stride] *
                 w[(ci * columns + co % columns) * k->kernel_size + tap];
      }
    }
    y[t] = (float)sum;
  }
}

static void run(int slot, const tconv_kernel_args *args, int64_t begin,
                int64_t end) {
  int64_t task;
  for (task = begin; task < end; ++task)
    run_task(&slots[slot].kernel, args, task);
}

#define SLOT(i)                                                                \
  static void pack_##i(const tconv_pack_args *args) { pack(i, args); }         \
  static void run_##i(const tconv_kernel_args *args, int64_t begin,            \
                      int64_t end) {                                           \
    run(i, args, begin, end);                                                  \
  }
SLOT(0)
SLOT(1)
SLOT(2)
SLOT(3)
SLOT(4)
SLOT(5)
SLOT(6)
SLOT(7)
SLOT(8)
SLOT(9)
SLOT(10)
SLOT(11)
SLOT(12)
SLOT(13)
SLOT(14)
SLOT(15)

static void (*const pack_functions[SLOTS])(const tconv_pack_args *) = {
    pack_0, pack_1, pack_2,  pack_3,  pack_4,  pack_5,  pack_6,  pack_7,
    pack_8, pack_9, pack_10, pack_11, pack_12, pack_13, pack_14, pack_15};
static void (*const run_functions[SLOTS])(const tconv_kernel_args *, int64_t,
                                          int64_t) = {
    run_0, run_1, run_2,  run_3,  run_4,  run_5,  run_6,  run_7,
    run_8, run_9, run_10, run_11, run_12, run_13, run_14, run_15};

static int64_t crop_begin(const tconv_params *p) {
  int64_t excess = p->dilation * (p->kernel_size - 1) + 1 - p->stride;
  switch (p->pad_mode) {
  case TCONV_SAME:
    return excess > 0 ? excess / 2 : 0;
  case TCONV_PAD:
    return p->padding;
  case TCONV_CROP:
    return p->crop_begin;
  default:
    return 0;
  }
}

/* "halide:Adams2019" where the request's tuning says so. */
static void set_engine(int slot, const char *tuning) {
#ifdef FAKE_ENGINE
  static const char key[] = "autoscheduler=";
  char *engine = slots[slot].engine;
  size_t known = sizeof(key) - 1;
  if (tuning && !strncmp(tuning, key, known))
    snprintf(engine, sizeof(slots[slot].engine), "%s:%.*s", FAKE_ENGINE,
             (int)strcspn(tuning + known, ","), tuning + known);
  else
    snprintf(engine, sizeof(slots[slot].engine), "%s", FAKE_ENGINE);
  slots[slot].kernel.engine = engine;
#else
  (void)slot, (void)tuning;
#endif
}

static void fill(int slot, const tconv_params *p) {
  tconv_kernel *k = &slots[slot].kernel;
  memset(k, 0, sizeof(*k));
  k->abi_version = TCONV_KERNEL_ABI_VERSION;
  k->struct_size = sizeof(*k);
  k->in_channels = p->in_channels;
  k->out_channels = p->out_channels;
  k->kernel_size = p->kernel_size;
  k->stride = p->stride;
  k->dilation = p->dilation;
  k->groups = p->group;
  k->crop_begin = crop_begin(p);
  k->has_bias = p->has_bias;
  k->dtype = p->dtype;
  k->packed_bytes = weight_bytes(k);
  k->workspace_bytes = 1000;
  k->task_positions = POSITIONS;
  k->task_columns = p->out_channels;
  k->pack = pack_functions[slot];
  k->run = run_functions[slot];
  k->description = "{\"kind\": \"fake\", \"path\": \"not the kernel's say\"}";
  if (!strcmp(mode(), "kernel_version"))
    k->abi_version = 77;
  if (!strcmp(mode(), "kernel_size"))
    k->struct_size = 8;
  if (!strcmp(mode(), "kernel_layer"))
    k->crop_begin += 1;
}

static tconv_status compile(const tconv_compile_request *request,
                            tconv_compiled **out, char *message,
                            size_t message_size) {
  tconv_status status = TCONV_UNSUPPORTED;
  int slot, first;
  struct timespec nap = {0, 100 * 1000 * 1000};
  if (!strcmp(mode(), "stress"))
    nap.tv_nsec = 200 * 1000;
  if (!strcmp(mode(), "slow") || !strcmp(mode(), "stress"))
    nanosleep(&nap, NULL);
  pthread_mutex_lock(&mutex);
  if (!strcmp(mode(), "held")) {
    ++held_count;
    while (!may_go)
      pthread_cond_wait(&let_go, &mutex);
  }
  first = compiled_count++ == 0;
  snprintf(last_tuning, sizeof(last_tuning), "%s",
           request->tuning ? request->tuning : "");
  if (!strcmp(mode(), "fail") || (first && !strcmp(mode(), "fail_once")) ||
      (compiled_count % 4 == 0 && !strcmp(mode(), "stress"))) {
    snprintf(message, message_size, "fake diagnostics for %s", request->target);
    pthread_mutex_unlock(&mutex);
    return TCONV_COMPILE_ERROR;
  }
  if (!strcmp(mode(), "no_kernel")) {
    pthread_mutex_unlock(&mutex);
    return TCONV_OK;
  }
  snprintf(message, message_size, "no slot left");
  for (slot = 0; slot < SLOTS; ++slot)
    if (!slots[slot].used) {
      slots[slot].used = 1;
      fill(slot, &request->params);
      set_engine(slot, request->tuning);
      *out = &slots[slot];
      status = TCONV_OK;
      break;
    }
  pthread_mutex_unlock(&mutex);
  return status;
}

/* A kernel of C functions is no image. */
static const tconv_kernel_image *image(const tconv_compiled *compiled) {
  (void)compiled;
  return NULL;
}

static const tconv_kernel *kernel(const tconv_compiled *compiled) {
  return &compiled->kernel;
}

static void release(tconv_compiled *compiled) {
  pthread_mutex_lock(&mutex);
  compiled->used = 0;
  ++released_count;
  pthread_mutex_unlock(&mutex);
}

/* Lets compilations go on that are held, and those to come. */
EXPORT void fake_compiler_let_go(void);
EXPORT void fake_compiler_let_go(void) {
  pthread_mutex_lock(&mutex);
  may_go = 1;
  pthread_cond_broadcast(&let_go);
  pthread_mutex_unlock(&mutex);
}

/* How many compilations have been held. */
EXPORT int fake_compiler_held(void);
EXPORT int fake_compiler_held(void) {
  int count;
  pthread_mutex_lock(&mutex);
  count = held_count;
  pthread_mutex_unlock(&mutex);
  return count;
}

/* What tests ask about. */
EXPORT void fake_compiler_counts(int *compiled, int *released, int *packed);
EXPORT void fake_compiler_counts(int *compiled, int *released, int *packed) {
  pthread_mutex_lock(&mutex);
  *compiled = compiled_count;
  *released = released_count;
  *packed = packed_count;
  pthread_mutex_unlock(&mutex);
}

/* What the last request had for its tuning. */
EXPORT const char *fake_compiler_tuning(void);
EXPORT const char *fake_compiler_tuning(void) { return last_tuning; }

EXPORT const tconv_compiler_api *tconv_compiler_query(uint32_t version);
EXPORT const tconv_compiler_api *tconv_compiler_query(uint32_t version) {
  static tconv_compiler_api api;
  memset(&api, 0, sizeof(api));
  api.version = version;
  api.struct_size = sizeof(api);
  api.build_id = "fake";
  api.llvm_version = "none";
  api.compile = compile;
  api.image = image;
  api.kernel = kernel;
  api.release = release;
  if (!strcmp(mode(), "no_api"))
    return NULL;
  if (!strcmp(mode(), "api_version"))
    api.version = version + 1;
  if (!strcmp(mode(), "api_size"))
    api.struct_size = 16;
  return &api;
}
