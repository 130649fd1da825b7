/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/*
 * The plain implementation in C99: the fallback where there is no kernel, and
 * the oracle that kernels are compared with.
 */
#ifndef TCONV_SRC_REFERENCE_REFERENCE_H
#define TCONV_SRC_REFERENCE_REFERENCE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One launch; sizes and layouts as in tconv.h, already checked. */
typedef struct tconv_reference {
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_size;
  int64_t stride;
  int64_t dilation;
  int64_t groups;
  int64_t crop_begin;
  int64_t length;
  int64_t output_length;
  int64_t batch;
  const float *weight;
  const float *bias; /* or NULL */
  const float *x;
  float *y;
  int sums64; /* float64 sums rounded once, else float32 FMA sums */
} tconv_reference;

/* Task r computes the output channel r mod out_channels of the batch item
 * r / out_channels. Every sum starts at the bias and adds its products in the
 * order of ci, then k, so that results depend on nothing else. */
void tconv_reference_tasks(const tconv_reference *launch, int64_t begin,
                           int64_t end);

/* The same for processors with FMA instructions; the same bits, since fmaf
 * rounds once either way. Only where tconv_reference_has_fma() is not 0. */
void tconv_reference_tasks_fma(const tconv_reference *launch, int64_t begin,
                               int64_t end);
int tconv_reference_has_fma(void);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TCONV_SRC_REFERENCE_REFERENCE_H */
