/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file fake_ascend.h
 * A libascendcl.so, and a libruntime.so, without an Ascend: devices, contexts,
 * streams with a thread each, memory, and binaries.
 *
 * fake_ascend_new and fake_ascend_old, which lacks the calls of CANN 9.1, have
 * kernels run by a function that the test sets, in the host's memory.
 * fake_ascend_none lacks all calls that launch. fake_ascend_model_new and
 * fake_ascend_model_old take the objects of fake_hivmc and run them on the
 * model of the core (docs/davinci.md), in memory that means nothing to the
 * host; whatever the model finds is the kernel's failure.
 *
 * The environment variable FAKE_ASCEND, read by aclInit, sets words with commas
 * between them:
 *
 *   devices=N    number of devices; 1 by default
 *   soc=NAME     aclrtGetSocName; Ascend910B3 by default
 *   memory=N     bytes of all devices; 1073741824 by default
 *   delay=N      milliseconds that a launch takes at least; 0 by default
 *   pause=N      microseconds that a call which launches takes after it has
 *                launched, so that other threads come in between; 0 by default
 *   policy=NAME  with the model, when its pipes act: in-order (by default),
 *                consumers-first or producers-first
 *   bishengir=PATH  with the model, where bishengir-compile is, whose templates
 *                it needs; what TCONV_BISHENGIR and PATH say by default
 *   FUNCTION=N   every call of this function fails with result N
 */
#ifndef TCONV_TEST_RUNTIME_FAKE_ASCEND_H
#define TCONV_TEST_RUNTIME_FAKE_ASCEND_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Runs one launch: `blocks` blocks of the kernel `name` of an object, whose
 * parameters lie as tconv_device_launch says. Returns 0, or the result that the
 * stream then has.
 */
typedef int (*fake_ascend_kernel_fn)(const void *object, size_t object_size,
                                     const char *name, uint32_t blocks,
                                     const void *parameters,
                                     size_t parameter_size);

typedef void (*fake_ascend_set_kernels_fn)(fake_ascend_kernel_fn run);
/** Without, every launch fails. The libraries with the model have no such
 * function. */
void fake_ascend_set_kernels(fake_ascend_kernel_fn run);

typedef struct fake_ascend_counts {
  /* What there is now. */
  int64_t binaries, allocations, bytes, streams;
  /* What has been done. */
  int64_t calls, launches, loads;
  /* What must not happen: memory freed while a launch that has it among its
   * parameters is under way. */
  int64_t freed_in_use;
  /* With the model: bytes copied to the host that nobody has written. */
  int64_t unwritten;
} fake_ascend_counts;

typedef void (*fake_ascend_count_fn)(fake_ascend_counts *counts);
void fake_ascend_count(fake_ascend_counts *counts);

typedef void (*fake_ascend_fail_fn)(const char *function, int result,
                                    int64_t skip);
/** After `skip` further calls of a function (NULL: of any), the next one fails
 * with `result`; then all is well again. */
void fake_ascend_fail(const char *function, int result, int64_t skip);

typedef int (*fake_ascend_failed_fn)(void);
/** Whether that call came. Forgets what was ordered. */
int fake_ascend_failed(void);

#ifdef __cplusplus
}
#endif

#endif /* TCONV_TEST_RUNTIME_FAKE_ASCEND_H */
