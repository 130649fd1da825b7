/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A C99 client that knows kernel_abi.h only, as an ahead-of-time object's user
 * does: a kernel of its own, launched as the header says. */
#include "tconv/kernel_abi.h"

#include <stdio.h>
#include <string.h>

#ifdef TCONV_TCONV_H
#error "kernel_abi.h must stand alone"
#endif

static void pack(const tconv_pack_args *args) {
  memcpy(args->packed, args->weight, sizeof(float));
}

/* One channel, one tap, stride 3, one position a task. */
static void run(const tconv_kernel_args *args, int64_t begin, int64_t end) {
  const float *x = args->x, *w = args->weights;
  float *y = args->y;
  int64_t task, p;
  for (task = begin; task < end; ++task)
    for (p = 0; p < 3; ++p) {
      int64_t t = 3 * task + p - 1; /* crop_begin mod stride = 1 */
      if (t >= 0 && t < args->output_length)
        y[t] = p == 0 && task < args->length ? x[task] * w[0] : 0;
    }
}

int main(void) {
  const float weight = 2, x[2] = {10, 20};
  const float wanted[6] = {0, 0, 40, 0, 0, 0};
  float packed, y[6];
  tconv_kernel kernel;
  tconv_pack_args pack_args;
  tconv_kernel_args args;
  int64_t count;
  memset(&kernel, 0, sizeof(kernel));
  kernel.abi_version = TCONV_KERNEL_ABI_VERSION;
  kernel.struct_size = sizeof(kernel);
  kernel.in_channels = kernel.out_channels = kernel.kernel_size = 1;
  kernel.dilation = kernel.groups = 1;
  kernel.stride = 3;
  kernel.crop_begin = 1;
  kernel.task_positions = kernel.task_columns = 1;
  kernel.packed_bytes = sizeof(packed);
  kernel.pack = pack;
  kernel.run = run;
  memset(&pack_args, 0, sizeof(pack_args));
  pack_args.struct_size = sizeof(pack_args);
  pack_args.weight = &weight;
  pack_args.packed = &packed;
  memset(&args, 0, sizeof(args));
  args.struct_size = sizeof(args);
  args.x = x;
  args.weights = &packed;
  args.y = y;
  args.batch = 1;
  args.length = 2;
  args.output_length = 6;
  kernel.pack(&pack_args);
  count = tconv_kernel_task_count(&kernel, &args);
  kernel.run(&args, 1, count);
  kernel.run(&args, 0, 1);
  if (count != 3 || memcmp(y, wanted, sizeof(y)) != 0) {
    fprintf(stderr, "failed: %d tasks\n", (int)count);
    return 1;
  }
  return 0;
}
