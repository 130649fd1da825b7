/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file compiler_abi.h
 * The boundary between `libtconv`, which has no LLVM, and `libtconv_compiler`,
 * which is opened only when a kernel is missing. One exported function returns
 * a table; everything crosses as plain C data.
 */
#ifndef TCONV_COMPILER_ABI_H
#define TCONV_COMPILER_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "tconv/kernel_abi.h"
#include "tconv/tconv.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TCONV_COMPILER_ABI_VERSION 1u

/** Coarse classes of input length; the only trace that a length leaves in a
 * kernel. tconv::lengthClass (runtime/src/layer) decides. */
typedef enum tconv_length_class {
  TCONV_LENGTH_BULK = 0,
  TCONV_LENGTH_SHORT = 1 /**< a few positions: streaming */
} tconv_length_class;

typedef struct tconv_compile_request {
  uint32_t struct_size; /**< sizeof(tconv_compile_request) */
  int32_t length_class; /**< a tconv_length_class */
  tconv_params params;
  int32_t accuracy; /**< a tconv_accuracy */
  int32_t reserved;
  const char *target;        /**< as in tconv_layer_options, never NULL */
  const char *schedule_path; /**< folder searched before the built-in
                                  schedules; NULL for none */
  const char *dump_path;     /**< folder that every stage is written to; NULL
                                  for none */
} tconv_compile_request;

/** A loaded kernel and what owns it. */
typedef struct tconv_compiled tconv_compiled;

typedef struct tconv_compiler_api {
  uint32_t version;     /**< TCONV_COMPILER_ABI_VERSION */
  uint32_t struct_size; /**< sizeof(tconv_compiler_api) */
  /** Changes with every build of the compiler. */
  const char *build_id;
  const char *llvm_version;
  /**
   * Compiles and loads one kernel; may be called by several threads at once.
   * The kernel must not depend on what only sets the output's length
   * (crop_end, output_length, output_padding; pad_mode beyond the crop_begin
   * that it means): layers that differ in nothing else share one kernel.
   * On failure returns why, with the diagnostics, cut to `message_size`, in
   * `message`, and leaves `out` alone.
   */
  tconv_status (*compile)(const tconv_compile_request *request,
                          tconv_compiled **out, char *message,
                          size_t message_size);
  const tconv_kernel *(*kernel)(const tconv_compiled *compiled);
  void (*release)(tconv_compiled *compiled);
  void *reserved[8];
} tconv_compiler_api;

/** Exported by libtconv_compiler. NULL if it can't serve that version. */
typedef const tconv_compiler_api *(*tconv_compiler_query_fn)(uint32_t version);
#define TCONV_COMPILER_QUERY_SYMBOL "tconv_compiler_query"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TCONV_COMPILER_ABI_H */
