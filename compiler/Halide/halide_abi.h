/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file halide_abi.h
 * What `libtconv_halide`, the Halide engine, exports. It is opened where a
 * caller asks for engine = halide; everything crosses as plain C data.
 *
 * - `tconv_compiler_query` (tconv/compiler_abi.h): kernels, as of the compiler.
 * - `tconv_halide_emit`: what a kernel is made of, for tools.
 *
 * The `tuning` of a tconv_compile_request is for this engine a list of
 * key=value with commas between, each of them optional:
 *
 * | key           | value                                                    |
 * |---------------|----------------------------------------------------------|
 * | autoscheduler | Mullapudi2016, Adams2019, Li2018 or Anderson2021; without|
 * |               | it, the hand schedule                                    |
 * | kind          | positions, rows, filter, phases (planar with an          |
 * |               | autoscheduler): what the loops look like                 |
 * | rows          | rows (output channel and phase) of a register tile       |
 * | tile          | positions of a register tile                             |
 * | tiles         | register tiles along the positions of a task             |
 * | channels      | output channels of a group in a task                     |
 * | groups        | groups in a task, of the kinds filter, phases and planar |
 *
 * What is left out comes from the cost model. A choice that the layer can't
 * have fails the compilation.
 */
#ifndef TCONV_HALIDE_ABI_H
#define TCONV_HALIDE_ABI_H

#include "tconv/compiler_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Makes one kernel and returns a part of it, as bytes of which `size` does not
 * count the zero byte at their end.
 *
 * | what        | bytes                                                       |
 * |-------------|-------------------------------------------------------------|
 * | object      | an object file with the kernel, as `symbol`                 |
 * | asm         | its assembly                                                |
 * | llvm        | its LLVM IR                                                 |
 * | stmt        | the statement that Halide lowered the pipeline to           |
 * | schedule    | the schedule, in Halide's words                             |
 * | description | the kernel's description, one JSON object                   |
 * | ptx         | PTX; only of the targets "nvptx:sm_50" to "nvptx:sm_90",    |
 * |             | which have stmt and schedule besides                        |
 *
 * @param symbol name of the exported tconv_kernel; NULL: tconv_kernel_main
 * @param bytes receives what tconv_halide_free frees; untouched on failure
 * @param message receives why it failed, cut to message_size; may be NULL
 */
typedef tconv_status (*tconv_halide_emit_fn)(
    const tconv_compile_request *request, const char *what, const char *symbol,
    char **bytes, size_t *size, char *message, size_t message_size);
#define TCONV_HALIDE_EMIT_SYMBOL "tconv_halide_emit"

/** Frees what tconv_halide_emit returned; NULL is fine. */
typedef void (*tconv_halide_free_fn)(char *bytes);
#define TCONV_HALIDE_FREE_SYMBOL "tconv_halide_free"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TCONV_HALIDE_ABI_H */
