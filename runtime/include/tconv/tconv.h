/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file tconv.h
 * The C interface of tconv: 1-D transposed convolutions, each run by a kernel
 * compiled for exactly that layer on exactly this machine.
 *
 *     tconv_params params;
 *     tconv_layer *layer;
 *     tconv_params_init(&params);
 *     params.in_channels = 512; params.out_channels = 256;
 *     params.kernel_size = 16; params.stride = 8;
 *     params.pad_mode = TCONV_PAD; params.padding = 4;
 *     tconv_layer_create(&params, NULL, &layer);
 *     tconv_layer_set_weight(layer, weight, shape, 3);
 *     tconv_layer_run(layer, x, 1, length, y);
 *     tconv_layer_destroy(layer);
 *
 * Conventions
 * - Every call that can fail returns a tconv_status. On failure, a message that
 *   names the argument and the value is in tconv_last_error() of that thread,
 *   and nothing else has changed.
 * - x is (batch, in_channels, length), y is (batch, out_channels,
 *   output_length), weight is (in_channels, out_channels / group, kernel_size),
 *   bias is (out_channels): float32, C-contiguous. Sizes are 64-bit. The x and
 *   y of an f16 or bf16 layer, which GPU targets have, hold 16-bit elements;
 *   its weight and bias cross as float32 and are rounded once.
 * - y[n, co, t] = bias[co] + sum over ci in co's group, i, k with
 *   i * stride + k * dilation - crop_begin = t of x[n, ci, i] * w[ci, co', k].
 * - Handles may be used by several threads at once, except that a handle must
 *   not be destroyed while it is in use. A child after fork() may go on using
 *   the handles of its parent.
 */
#ifndef TCONV_TCONV_H
#define TCONV_TCONV_H

#include <stddef.h>
#include <stdint.h>

#include "tconv/kernel_abi.h"
#include "tconv/version.h"

#if defined(_WIN32)
#define TCONV_API
#else
#define TCONV_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*------------------------------------------------------------------ status -*/

typedef enum tconv_status {
  TCONV_OK = 0,
  TCONV_INVALID_TYPE = 1,  /**< a wrong kind of value (Python's TypeError) */
  TCONV_INVALID_VALUE = 2, /**< a wrong value (Python's ValueError) */
  TCONV_OUT_OF_MEMORY = 3,
  TCONV_NOT_FOUND = 4,   /**< a file or a library that is not there */
  TCONV_UNSUPPORTED = 5, /**< legal, but not to be had here, with the reason */
  TCONV_COMPILE_ERROR = 6, /**< the compiler refused; its diagnostics follow */
  TCONV_ABI_MISMATCH = 7,  /**< a kernel or compiler of another version */
  TCONV_INTERNAL = 8,      /**< a defect of tconv */
  /** A GPU's driver refused or failed; its words are in the message. After
   * some failures, such as an access out of bounds, CUDA refuses everything
   * else in that context. */
  TCONV_DEVICE_ERROR = 9
} tconv_status;

/** Name of a status, such as "TCONV_INVALID_VALUE"; never NULL. */
TCONV_API const char *tconv_status_name(tconv_status status);
/** Message of this thread's last failed call; "" before the first. It stays
 * valid until the thread's next failing call. */
TCONV_API const char *tconv_last_error(void);
/** Version of the library at run time, such as "0.1.0". */
TCONV_API const char *tconv_version(void);

/*-------------------------------------------------------------- parameters -*/

typedef enum tconv_pad_mode {
  /** output_length = length * stride; crop (eff - stride) / 2 on the left. */
  TCONV_SAME = 0,
  /** output_length = length * stride + max(eff - stride, 0); no crop. */
  TCONV_VALID = 1,
  /** output_length = (length-1)*stride - 2*padding + eff + output_padding. */
  TCONV_PAD = 2,
  /** The general form: crop_begin and crop_end, or output_length, are given.
   * A negative crop lengthens that side with the bias alone. */
  TCONV_CROP = 3
} tconv_pad_mode;

/**
 * Parameters of a layer; eff = dilation * (kernel_size - 1) + 1.
 * Start from tconv_params_init(), which sets MindSpore's defaults.
 */
typedef struct tconv_params {
  uint32_t struct_size; /**< sizeof(tconv_params); set by tconv_params_init */
  int32_t has_bias;     /**< 0 or 1. Default 0 */
  int64_t in_channels;  /**< >= 1. No default */
  int64_t out_channels; /**< >= 1. No default */
  int64_t kernel_size;  /**< >= 1. No default */
  int64_t stride;       /**< >= 1. Default 1 */
  int32_t pad_mode;     /**< a tconv_pad_mode. Default TCONV_SAME */
  int32_t dtype;        /**< a tconv_dtype. Default TCONV_F32 */
  int64_t padding;      /**< >= 0; only with TCONV_PAD. Default 0 */
  int64_t dilation;     /**< >= 1. Default 1 */
  int64_t group;        /**< divides both channel counts. Default 1 */
  /** Only with TCONV_PAD. Lengthens the right side with real taps; less than
   * stride or less than dilation. Default 0 */
  int64_t output_padding;
  int64_t crop_begin; /**< only with TCONV_CROP. Default 0 */
  int64_t crop_end;   /**< only with TCONV_CROP. Default 0 */
  /** Only with TCONV_CROP: if not 0, y has exactly this length whatever the
   * length of x is, and crop_end is not looked at. Default 0 */
  int64_t output_length;
} tconv_params;

/** A launch as a layer line describes it. */
typedef struct tconv_shape {
  int64_t batch;  /**< default 1 */
  int64_t length; /**< default 0: not given */
} tconv_shape;

TCONV_API void tconv_params_init(tconv_params *params);
/** Checks parameters as tconv_layer_create does. */
TCONV_API tconv_status tconv_params_check(const tconv_params *params);
/**
 * Reads a layer line, "in_channels=512 out_channels=256 kernel_size=16 ...",
 * with "NAME: " before it or not.
 * @param shape receives batch and length; may be NULL
 * @param name receives NAME, cut to name_size - 1 bytes; may be NULL
 */
TCONV_API tconv_status tconv_params_parse(const char *line,
                                          tconv_params *params,
                                          tconv_shape *shape, char *name,
                                          size_t name_size);
/** The one shape formula: output length of an input of `length` positions.
 * TCONV_INVALID_VALUE where length < 1 or the output has no element. */
TCONV_API tconv_status tconv_params_output_length(const tconv_params *params,
                                                  int64_t length,
                                                  int64_t *output_length);

/*-------------------------------------------------------- initial weights -*/

typedef enum tconv_distribution {
  TCONV_INIT_DEFAULT = 0, /**< the layer's own default */
  TCONV_INIT_CONSTANT,    /**< a = value */
  TCONV_INIT_UNIFORM,     /**< U(-a, a) */
  TCONV_INIT_NORMAL,      /**< N(mean a, sigma b) */
  /** N(mean a, sigma b), restricted to the values in [c, d] */
  TCONV_INIT_TRUNCATED_NORMAL,
  TCONV_INIT_HE_UNIFORM,      /**< a = negative_slope, mode, nonlinearity */
  TCONV_INIT_HE_NORMAL,       /**< a = negative_slope, mode, nonlinearity */
  TCONV_INIT_XAVIER_UNIFORM,  /**< a = gain */
  TCONV_INIT_XAVIER_NORMAL,   /**< a = gain */
  TCONV_INIT_ORTHOGONAL,      /**< a = gain */
  TCONV_INIT_DIRAC,           /**< group */
  TCONV_INIT_VARIANCE_SCALING /**< a = scale, mode, scaling distribution */
} tconv_distribution;

typedef enum tconv_fan_mode {
  TCONV_FAN_IN = 0,
  TCONV_FAN_OUT = 1,
  TCONV_FAN_AVG = 2 /**< variance scaling only */
} tconv_fan_mode;

/** Gain of the He initializers. */
typedef enum tconv_nonlinearity {
  TCONV_LEAKY_RELU = 0, /**< sqrt(2 / (1 + negative_slope^2)) */
  TCONV_RELU = 1,       /**< sqrt(2) */
  TCONV_TANH = 2,       /**< 5 / 3 */
  TCONV_LINEAR = 3      /**< 1; the sigmoid's too */
} tconv_nonlinearity;

typedef enum tconv_scaling {
  TCONV_SCALING_TRUNCATED_NORMAL = 0,
  TCONV_SCALING_UNTRUNCATED_NORMAL = 1,
  TCONV_SCALING_UNIFORM = 2
} tconv_scaling;

typedef struct tconv_initializer {
  uint32_t struct_size;
  int32_t distribution; /**< a tconv_distribution */
  double a, b, c, d;
  int32_t mode;         /**< a tconv_fan_mode */
  int32_t nonlinearity; /**< a tconv_nonlinearity */
  int32_t scaling;      /**< a tconv_scaling */
  int32_t reserved;
  int64_t group; /**< of TCONV_INIT_DIRAC */
} tconv_initializer;

/** The initializer of a name ("normal", "HeUniform", "xavier_normal", ...; any
 * case) with its default arguments. */
TCONV_API tconv_status tconv_initializer_by_name(const char *name,
                                                 tconv_initializer *out);
/**
 * Draws a tensor of up to 3 axes. fan_in = shape[1] * shape[2] and
 * fan_out = shape[0] * shape[2]; a tensor of one axis has no fan, and a
 * distribution that needs one is refused.
 */
TCONV_API tconv_status tconv_initialize(const tconv_initializer *initializer,
                                        const int64_t *shape, int rank,
                                        float *out);
/**
 * Makes the draws of this process repeatable from here on. Each tensor takes
 * a seed of its own when tconv_initialize is called or its layer is made, the
 * weight before the bias; one of constants (dirac, too) takes none. So neither
 * when nor in which order layers are used has a say in their initial weights,
 * and tconv_initialize gives the same numbers as a layer made in its place.
 */
TCONV_API tconv_status tconv_set_seed(uint64_t seed);

/*------------------------------------------------------------------ layers -*/

typedef struct tconv_layer tconv_layer;

typedef enum tconv_accuracy {
  TCONV_ACCURACY_DEFAULT = 0, /**< fast algorithms allowed, within the bounds */
  TCONV_ACCURACY_DIRECT = 1,  /**< direct kernels only */
  /** x and weights of an f32 layer rounded to TF32 (10 bits of mantissa, ties
   * away from zero), sums in f32. GPU targets from sm_80 on only. */
  TCONV_ACCURACY_TF32 = 2
} tconv_accuracy;

/** What a call does for whose length no kernel has been compiled yet. */
typedef enum tconv_compilation {
  TCONV_COMPILE_WAIT = 0, /**< it compiles the kernel and runs it */
  /** It computes without one, and has the kernel compiled and the weights
   * packed meanwhile, on a thread that the layer's calls don't wait for; they
   * take the kernel from when it is ready. Without one they have the float32
   * sums of tconv_reference_run, by vectors: about as fast as a direct kernel
   * of a one-size library, in its rounding rather than the kernel's. Kernels
   * that are there already (ahead-of-time ones, caches) are taken at once. */
  TCONV_COMPILE_BACKGROUND = 1
} tconv_compilation;

/** A part of a launch: runs the tasks in [begin, end). */
typedef void (*tconv_task_fn)(void *tasks, int64_t begin, int64_t end);
/**
 * The caller's threads: calls `run(tasks, begin, end)` on parts that make up
 * [0, count) exactly, on any threads and in any order, and returns when all are
 * done. Returning other than 0, or leaving tasks out, fails the launch with
 * TCONV_INVALID_VALUE; what y holds then means nothing.
 */
typedef int (*tconv_parallel_for)(void *user, tconv_task_fn run, void *tasks,
                                  int64_t count);

typedef struct tconv_layer_options {
  uint32_t struct_size; /**< sizeof(tconv_layer_options) */
  int32_t accuracy;     /**< a tconv_accuracy */
  /** "cpu:native" (also NULL), "cpu:x86-64", "cpu:x86-64-v2", "cpu:x86-64-v3",
   * "cpu:x86-64-v4", "cpu:x86-64-v4+amx" (with AMX's bf16 tile registers),
   * "cpu:aarch64+neon", or "reference" for the plain C implementation.
   * TCONV_UNSUPPORTED where this machine's CPU lacks it, or the system does not
   * grant it.
   *
   * For a GPU, through CUDA's driver, which is not even opened otherwise:
   * "cuda" is the device of the calling thread's current context, else the
   * first one; "cuda:N" is device N; "nvptx:sm_80" is as "cuda", with kernels
   * for that architecture rather than for the device's own, which must be as
   * new. TCONV_NOT_FOUND without a driver, TCONV_UNSUPPORTED without such a
   * device or with a driver that is too old.
   *
   * For an Ascend, through AscendCL, the same: "ascend", "ascend:N", and
   * "ascend:910b3", which must be the device's own. */
  const char *target;
  /** Who makes the kernels: "mlir"; "halide", scheduled by hand; or
   * "halide:" with one of Halide's autoschedulers, Mullapudi2016, Adams2019,
   * Li2018 or Anderson2021. NULL is "mlir", except that kernels of any engine
   * are taken from those that the program brings, and that a tuning file may
   * choose the engine. An engine that is not installed is noticed only when a
   * kernel has to be compiled: see tconv_layer_describe. */
  const char *engine;
  /** Weight and bias; NULL for the layer's defaults. */
  const tconv_initializer *weight_init;
  const tconv_initializer *bias_init;
  tconv_parallel_for parallel_for; /**< NULL: the runtime's own pool */
  void *parallel_user;
  int32_t compilation; /**< a tconv_compilation */
  int32_t reserved;    /**< 0 */
} tconv_layer_options;

TCONV_API void tconv_layer_options_init(tconv_layer_options *options);

/**
 * Makes a layer with initial weights. Nothing is compiled yet, and the weight
 * is drawn when it is first used: not at all where tconv_layer_set_weight comes
 * before.
 * @param options may be NULL
 */
TCONV_API tconv_status tconv_layer_create(const tconv_params *params,
                                          const tconv_layer_options *options,
                                          tconv_layer **layer);
/** NULL is fine. */
TCONV_API void tconv_layer_destroy(tconv_layer *layer);
TCONV_API tconv_status tconv_layer_params(const tconv_layer *layer,
                                          tconv_params *params);
/** Copies the weight in; shape must be (Cin, Cout / group, K). */
TCONV_API tconv_status tconv_layer_set_weight(tconv_layer *layer,
                                              const float *weight,
                                              const int64_t *shape, int rank);
/** Copies the bias in; shape must be (Cout). The layer must have a bias. */
TCONV_API tconv_status tconv_layer_set_bias(tconv_layer *layer,
                                            const float *bias,
                                            const int64_t *shape, int rank);
/** Copies the weight out: Cin * Cout / group * K floats. */
TCONV_API tconv_status tconv_layer_get_weight(const tconv_layer *layer,
                                              float *weight);
TCONV_API tconv_status tconv_layer_get_bias(const tconv_layer *layer,
                                            float *bias);
TCONV_API tconv_status tconv_layer_output_length(const tconv_layer *layer,
                                                 int64_t length,
                                                 int64_t *output_length);
/** Compiles the kernel for inputs of about this length and packs the weights,
 * so that the first run does not; waits for both whatever the layer's
 * `compilation` is. */
TCONV_API tconv_status tconv_layer_prepare(tconv_layer *layer, int64_t batch,
                                           int64_t length);
/**
 * Computes y from x; batch = 0 is fine and computes nothing.
 * x and y must not overlap. They are in the host's memory, and y is computed
 * when the call returns, wherever the layer runs: a GPU's layer copies x to the
 * device and y back. See tconv_layer_run_device for those that are there.
 */
TCONV_API tconv_status tconv_layer_run(tconv_layer *layer, const void *x,
                                       int64_t batch, int64_t length, void *y);
/**
 * Writes what would run, or ran, for inputs of this length as one JSON object
 * with a zero byte: path ("kernel" or "reference" and why), engine, schedule,
 * target, compile_ms, packed_bytes, workspace_bytes, ... Prepares the layer
 * first.
 * @param size bytes at `json`, which may be NULL when size is 0
 * @param needed receives the bytes wanted; may be NULL
 */
TCONV_API tconv_status tconv_layer_describe(tconv_layer *layer, int64_t batch,
                                            int64_t length, char *json,
                                            size_t size, size_t *needed);

/** The plain implementation in C, for checks: float64 sums rounded once where
 * `sums64` is not 0, else left-to-right float32 FMA sums.
 * @param bias NULL where params->has_bias is 0 */
TCONV_API tconv_status tconv_reference_run(const tconv_params *params,
                                           const float *weight,
                                           const float *bias, const float *x,
                                           int64_t batch, int64_t length,
                                           float *y, int sums64);

/*-------------------------------------------------------------------- GPUs -*/
/*
 * Work for a GPU's layer is done in the context of the stream that is given;
 * without one in the calling thread's current context, where that is on the
 * layer's device, and else in the device's primary context, which the layer
 * then keeps alive. Kernels are loaded and weights packed once for each
 * context. A context of the caller's must outlive the layers that ran in it.
 * A child after fork() can't use the GPU of its parent: TCONV_UNSUPPORTED.
 */

/** Distances between neighbours, in elements; along the length it is 1. */
typedef struct tconv_strides {
  uint32_t struct_size;       /**< sizeof(tconv_strides) */
  int32_t reserved;           /**< 0 */
  int64_t x_batch, x_channel; /**< >= 0 */
  int64_t y_batch, y_channel; /**< such that no two elements of y coincide */
} tconv_strides;

/**
 * Computes y from x, both in memory that the layer's device can reach and of
 * the layer's dtype: issues the work to `stream` and returns. x must be there,
 * and y is there, in the stream's order; they must not overlap. The first call
 * for a length class in a context also compiles, loads and packs, which waits
 * for the device; tconv_layer_prepare does that beforehand, for the context
 * that the thread would use without a stream.
 *
 * There is no other way that a device's memory would take: where no kernel can
 * be had, its status is this call's. Failures of a kernel that is under way
 * come with a later call of the driver.
 * @param strides NULL: C-contiguous
 * @param stream a CUstream or cudaStream_t, or an aclrtStream; NULL for the
 *        default one
 */
TCONV_API tconv_status tconv_layer_run_device(tconv_layer *layer, const void *x,
                                              int64_t batch, int64_t length,
                                              void *y,
                                              const tconv_strides *strides,
                                              void *stream);

/** The number of the device that a layer runs on; -1 for the CPU. */
TCONV_API tconv_status tconv_layer_device(const tconv_layer *layer,
                                          int32_t *device);

typedef struct tconv_device_info {
  uint32_t struct_size; /**< sizeof(tconv_device_info); set by the caller */
  int32_t capability;   /**< compute capability: 86 for 8.6; of an Ascend 0 */
  int32_t driver;       /**< CUDA's version that the driver serves: 12040; of an
                         * Ascend 0 */
  int32_t multiprocessors; /**< of an Ascend: its cube cores; 0: not told */
  int64_t memory_bytes;    /**< of an Ascend 0: asking would set it up */
  char name[256];          /**< as its driver has it */
  /** Of the kernels it gets: "nvptx:sm_86", "ascend:910b3"; "" where there are
   * none for it. */
  char target[32];
} tconv_device_info;

/** Number of CUDA's devices; 0 where the driver finds none. TCONV_NOT_FOUND
 * without a driver. */
TCONV_API tconv_status tconv_device_count(int32_t *count);
/** @param device 0 .. count - 1 */
TCONV_API tconv_status tconv_device_get_info(int32_t device,
                                             tconv_device_info *info);
/** The same of either kind of devices.
 * @param kind "cuda" or "ascend" */
TCONV_API tconv_status tconv_device_count_of(const char *kind, int32_t *count);
TCONV_API tconv_status tconv_device_get_info_of(const char *kind,
                                                int32_t device,
                                                tconv_device_info *info);

/** Memory of a GPU, for those who have no other way to it. */
typedef struct tconv_device_buffer tconv_device_buffer;

/** @param target a GPU target, as of layers
 *  @param bytes >= 0 */
TCONV_API tconv_status tconv_device_buffer_create(const char *target,
                                                  int64_t bytes,
                                                  tconv_device_buffer **buffer);
/** Waits for whatever was issued to its context. NULL is fine. */
TCONV_API void tconv_device_buffer_destroy(tconv_device_buffer *buffer);
/** Aligned to 256 bytes; NULL where it has no bytes. */
TCONV_API void *tconv_device_buffer_pointer(const tconv_device_buffer *buffer);
/** Number of its device. */
TCONV_API int32_t tconv_device_buffer_device(const tconv_device_buffer *buffer);
/** Copies to the beginning of the buffer; done when it returns. */
TCONV_API tconv_status tconv_device_buffer_write(tconv_device_buffer *buffer,
                                                 const void *from,
                                                 int64_t bytes);
/** Copies from the beginning of the buffer, after whatever was issued to its
 * context; reports what of that failed. */
TCONV_API tconv_status tconv_device_buffer_read(
    const tconv_device_buffer *buffer, void *to, int64_t bytes);
/** Waits for whatever was issued to its context; reports what of that failed.
 */
TCONV_API tconv_status
tconv_device_buffer_wait(const tconv_device_buffer *buffer);
/** Copies from any of the device's memory, after whatever was issued to its
 * context: that of `target`, as in tconv_device_buffer_create. Where the memory
 * ends isn't known. */
TCONV_API tconv_status tconv_device_read(const char *target, const void *from,
                                         int64_t bytes, void *to);

/*----------------------------------------------------------------- kernels -*/
/*
 * A layer gets its kernel from the first of these that has it:
 *   1. the memory cache, where it stays once it is found,
 *   2. tables of kernels that the program brings (tconv_register_kernels),
 *   3. packed caches (tconv_add_packed_cache),
 *   4. the disk cache: the folder TCONV_CACHE_DIR, else XDG_CACHE_HOME/tconv,
 *      else HOME/.cache/tconv, with at most TCONV_CACHE_SIZE bytes ("64M"; 256M
 *      by default, 0 for none). Without a folder that can be written to, or
 *      with one that others may write to, there is none.
 *   5. the engine's library, libtconv_compiler or libtconv_halide, which is not
 *      even opened otherwise.
 * TCONV_TUNING names a file of tconv-tune, whose choice of engine and block
 * sizes comes before the cost model's in 1, 3, 4 and 5; a file of another CPU
 * or compiler is not used. Where none has it, a registered kernel for other
 * lengths runs, else the reference: the float32 sums of tconv_reference_run, by
 * vectors where the CPU has FMA. TCONV_VERBOSE=1 says which and why.
 */

/**
 * Adds kernels that were compiled ahead of time, as the header that
 * tconv-compile writes beside them declares them. They must outlive their use.
 * A layer with the target "cpu:native" gets the one of the best CPU level that
 * this machine has, a GPU's layer the one of the newest architecture that its
 * target runs. Call it before the layers' first run: a layer keeps the
 * kernel that it has, and so does the memory cache for layers like it.
 * TCONV_ABI_MISMATCH for a kernel of another ABI version, TCONV_UNSUPPORTED
 * where no kernel of the table for the same layer can run on this machine's
 * CPU; then nothing has been added.
 */
TCONV_API tconv_status
tconv_register_kernels(const tconv_kernel *const *kernels, size_t count);

/**
 * Adds the kernels of a packed cache (tconv-inspect cache pack), whatever
 * compiler made them; read whole, now. Nothing is added where one of them is
 * damaged. Its kernels are as trusted as this program: read only files that
 * nobody else can have written.
 */
TCONV_API tconv_status tconv_add_packed_cache(const char *path);

/**
 * Sees to it that the disk cache has the kernel that inputs of this length
 * need. The target may be one that this machine's CPU lacks.
 * @param options may be NULL
 */
TCONV_API tconv_status tconv_warm_cache(const tconv_params *params,
                                        const tconv_layer_options *options,
                                        int64_t length);

/** A share of a kernel, for those who launch it themselves: kernel_abi.h. */
typedef struct tconv_kernel_ref tconv_kernel_ref;

/**
 * Gets the kernel that a layer would use for inputs of this length, from
 * wherever a layer would.
 * @param options may be NULL
 */
TCONV_API tconv_status tconv_kernel_acquire(const tconv_params *params,
                                            const tconv_layer_options *options,
                                            int64_t length,
                                            tconv_kernel_ref **ref);
/** The kernel, which lives until its last share is released. */
TCONV_API const tconv_kernel *tconv_kernel_get(const tconv_kernel_ref *ref);
/** NULL is fine. */
TCONV_API void tconv_kernel_release(tconv_kernel_ref *ref);

/*----------------------------------------------------------------- process -*/

/** Threads of the runtime's own pool, the caller's included; >= 1. Default:
 * TCONV_NUM_THREADS, else the number of cores this process may use. A library
 * that was built without a pool has 1, and more are TCONV_UNSUPPORTED. */
TCONV_API tconv_status tconv_set_num_threads(int64_t threads);
TCONV_API int64_t tconv_get_num_threads(void);
/** Kernels that the memory cache keeps, least recently used first to go;
 * >= 1. Default 256. Kernels in use by a layer live on regardless. */
TCONV_API tconv_status tconv_set_cache_capacity(int64_t kernels);

typedef struct tconv_cache_stats {
  int64_t hits, misses, waits, evictions, entries;
} tconv_cache_stats;
TCONV_API tconv_status tconv_get_cache_stats(tconv_cache_stats *stats);

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TCONV_TCONV_H */
