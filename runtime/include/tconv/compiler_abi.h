/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file compiler_abi.h
 * The boundary between `libtconv`, which has no LLVM, and the libraries of its
 * engines, `libtconv_compiler` and `libtconv_halide`, which are opened only
 * when a kernel is missing. One exported function returns a table; everything
 * crosses as plain C data.
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

#define TCONV_COMPILER_ABI_VERSION 3u

/** Coarse classes of input length, or of a batch of short inputs together; the
 * only trace that a length leaves in a kernel. tconv::lengthClass
 * (runtime/src/layer) decides. */
typedef enum tconv_length_class {
  TCONV_LENGTH_BULK = 0,
  TCONV_LENGTH_SHORT = 1,  /**< a few positions: streaming */
  TCONV_LENGTH_MEDIUM = 2, /**< too few to fill vectors of positions with: the
                                chunks of a stream, a sentence */
  TCONV_LENGTH_STEP = 3    /**< so few that weights count alone, of a layer for
                                which that differs: the steps of a stream */
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
  /** What comes before the cost model's choice, as tconv-tune found it:
   * "kind=positions,channels=32,positions=96", any of kind, channels,
   * positions, depth, panel, outputs and groups. NULL for none. A choice that
   * this layer can't have fails the compilation. For libtconv_halide it may
   * begin with "autoscheduler=Adams2019"; the rest is said in halide_abi.h. */
  const char *tuning;
} tconv_compile_request;

/** A compiled kernel and what owns it. */
typedef struct tconv_compiled tconv_compiled;

/**
 * A kernel as it lies in memory, ready for any address that is a multiple of
 * TCONV_IMAGE_ALIGNMENT: what crosses from the compiler to the runtime, and
 * what a cache keeps. Its words of 64 bits that hold addresses hold them
 * relative to the image's start until it is loaded.
 */
typedef struct tconv_kernel_image {
  uint32_t struct_size; /**< sizeof(tconv_kernel_image) */
  uint32_t machine;     /**< a tconv_image_machine */
  const void *bytes;
  uint64_t size;      /**< bytes in all */
  uint64_t code_size; /**< bytes at the beginning that are code; a multiple of
                           TCONV_IMAGE_ALIGNMENT. The rest is only read. */
  uint64_t kernel;    /**< where the tconv_kernel is */
  /** Where the words are that become addresses; ascending. */
  const uint64_t *relocations;
  uint64_t relocation_count;
} tconv_kernel_image;

#define TCONV_IMAGE_ALIGNMENT 4096

/** ELF's numbers. */
typedef enum tconv_image_machine {
  TCONV_IMAGE_X86_64 = 62,
  TCONV_IMAGE_AARCH64 = 183,
  /** No code of the process: a tconv_kernel whose `device` is set. */
  TCONV_IMAGE_NVPTX = 190,
  /** The same for an Ascend; a number of this project's own. */
  TCONV_IMAGE_ASCEND = 0x54c0
} tconv_image_machine;

typedef struct tconv_compiler_api {
  uint32_t version;     /**< TCONV_COMPILER_ABI_VERSION */
  uint32_t struct_size; /**< sizeof(tconv_compiler_api) */
  /** Changes with every build of the compiler. */
  const char *build_id;
  const char *llvm_version;
  /**
   * Compiles one kernel; may be called by several threads at once.
   * The kernel must not depend on what only sets the output's length
   * (crop_end, output_length, output_padding; pad_mode beyond the crop_begin
   * that it means): layers that differ in nothing else share one kernel.
   * On failure returns why, with the diagnostics, cut to `message_size`, in
   * `message`, and leaves `out` alone.
   */
  tconv_status (*compile)(const tconv_compile_request *request,
                          tconv_compiled **out, char *message,
                          size_t message_size);
  /** The image of the kernel; NULL where `kernel` has it. It lives until
   * `release`. */
  const tconv_kernel_image *(*image)(const tconv_compiled *compiled);
  /** A kernel that can't be moved and lives until `release`; NULL where there
   * is an image. Such a kernel is kept in memory only. */
  const tconv_kernel *(*kernel)(const tconv_compiled *compiled);
  void (*release)(tconv_compiled *compiled);
  void *reserved[7];
} tconv_compiler_api;

/** Exported by each engine's library. NULL if it can't serve that version. */
typedef const tconv_compiler_api *(*tconv_compiler_query_fn)(uint32_t version);
#define TCONV_COMPILER_QUERY_SYMBOL "tconv_compiler_query"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TCONV_COMPILER_ABI_H */
