/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file fake_cuda.h
 * A libcuda.so.1 without a GPU. It keeps what the real one keeps (devices,
 * contexts, modules, memory, streams with a thread each) and runs the PTX that
 * is loaded through the interpreter, so that whatever the interpreter finds
 * (an access out of bounds, a race) becomes the error that CUDA would give.
 *
 * What there is, is set by the environment variable FAKE_CUDA, read by cuInit:
 * words with commas between them, of
 *
 *   devices=N        number of devices; 1 by default
 *   capability=NM    of device 0; of device i it is that of the i-th further
 *                    word, or the same. 80 by default
 *   driver=N         CUDA's version that is served; 13000 by default
 *   memory=N         bytes of each device; 1073741824 by default
 *   delay=N          milliseconds that a launch takes at least; 0 by default
 *   nameless         cuGetErrorName and cuGetErrorString leave their results
 *                    alone, as a toolkit's stub does
 *   FUNCTION=N       every call of this function fails with result N
 *
 * The functions below, found with dlsym, are for tests in the process.
 */
#ifndef TCONV_TEST_RUNTIME_FAKE_CUDA_H
#define TCONV_TEST_RUNTIME_FAKE_CUDA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fake_cuda_counts {
  /* What there is now. */
  int64_t contexts, primary_shares, modules, allocations, bytes, streams,
      events;
  /* What has been done. */
  int64_t calls, launches, module_loads;
  /* What must not happen: modules, memory and streams that were there when
   * their context went; memory freed while a launch used it. */
  int64_t leaked, freed_in_use;
} fake_cuda_counts;

typedef void (*fake_cuda_count_fn)(fake_cuda_counts *counts);
/** fake_cuda_count */
void fake_cuda_count(fake_cuda_counts *counts);

typedef void (*fake_cuda_fail_fn)(const char *function, int result,
                                  int64_t skip);
/** After `skip` further calls of a function (NULL: of any that can fail), the
 * next one fails with `result`; then all is well again. A launch fails when it
 * is issued, without harm to its context. */
void fake_cuda_fail(const char *function, int result, int64_t skip);

typedef int (*fake_cuda_failed_fn)(void);
/** Whether that call came. Forgets what was ordered. */
int fake_cuda_failed(void);

#ifdef __cplusplus
}
#endif

#endif /* TCONV_TEST_RUNTIME_FAKE_CUDA_H */
