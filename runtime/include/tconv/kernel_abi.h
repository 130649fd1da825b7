/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/**
 * @file kernel_abi.h
 * What a compiled kernel and whoever launches it agree on. This header stands
 * alone: it includes nothing of tconv, so that ahead-of-time objects, a cache
 * and a foreign launcher can be built against it only.
 *
 * A kernel is one exported object of type `tconv_kernel`. It describes itself
 * (version, sizes, the layer it computes), packs weights, and runs any part of
 * a range of independent tasks:
 *
 *     kernel->pack(&pack_args);                       once per set of weights
 *     n = tconv_kernel_task_count(kernel, &args);
 *     kernel->run(&args, 0, n);                       or any split of [0, n)
 *
 * Tasks may run in any order and at the same time, each running part with a
 * workspace of its own; the result does not depend on the split, bit for bit.
 *
 * Growth: both argument structures begin with their own size. A field is only
 * ever added at the end, or taken from the reserved ones; whatever changes the
 * meaning of an existing field raises TCONV_KERNEL_ABI_VERSION, and a kernel
 * of another version is refused. A kernel may end before `task_granule` or
 * before `item_before`, and its struct_size then says so.
 */
#ifndef TCONV_KERNEL_ABI_H
#define TCONV_KERNEL_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Version of everything in this header. */
#define TCONV_KERNEL_ABI_VERSION 1u

/** Every pointer that a kernel gets for packed weights or workspace is aligned
 * to this many bytes. x, bias and y need the alignment of their elements. */
#define TCONV_KERNEL_ALIGNMENT 64

/** Section of an object, archive or program in which the descriptions of its
 * kernels lie, one after the other, each with its zero byte. */
#define TCONV_KERNEL_DESCRIPTION_SECTION ".tconv.kernels"

/** Element types of x, weight, bias and y. Kernels for CPUs take f32 only;
 * sums are f32 whatever the type, and rounded once. */
typedef enum tconv_dtype {
  TCONV_F32 = 1,
  TCONV_F16 = 2,
  TCONV_BF16 = 3
} tconv_dtype;

/** What is applied to x before, or to y after, the convolution. Only "none" is
 * made so far; the fields are in the ABI so that fusing one does not break it.
 */
typedef enum tconv_activation { TCONV_ACTIVATION_NONE = 0 } tconv_activation;

/** Arguments of one packing of weights. */
typedef struct tconv_pack_args {
  uint32_t struct_size; /**< sizeof(tconv_pack_args) */
  uint32_t flags;       /**< 0 */
  /** (in_channels, out_channels / groups, kernel_size), C-contiguous. */
  const void *weight;
  /** packed_bytes bytes, aligned to TCONV_KERNEL_ALIGNMENT; written whole. */
  void *packed;
  const void *reserved[4]; /**< NULL */
} tconv_pack_args;

/** Arguments of one launch. Strides count elements. */
typedef struct tconv_kernel_args {
  uint32_t struct_size; /**< sizeof(tconv_kernel_args) */
  uint32_t flags;       /**< 0 */
  const void *x;        /**< (batch, in_channels, length) */
  const void *weights;  /**< what `pack` wrote */
  const void *bias;     /**< (out_channels), or NULL where has_bias is 0 */
  void *y;              /**< (batch, out_channels, output_length) */
  /** workspace_bytes bytes, aligned to TCONV_KERNEL_ALIGNMENT, used by this
   * call of `run` alone. Its content before and after means nothing. */
  void *workspace;
  int64_t batch;
  int64_t length;
  int64_t output_length;
  int64_t x_batch_stride;
  int64_t x_channel_stride; /**< the stride along the length is 1 */
  int64_t y_batch_stride;
  int64_t y_channel_stride; /**< the stride along the length is 1 */
  void *state;              /**< streaming state; NULL so far */
  const void *before;       /**< parameters of activation_before; NULL so far */
  const void *after;        /**< parameters of activation_after; NULL so far */
  /** Positions of a task of this launch: a multiple of the kernel's
   * task_granule, its task_positions at most. 0: as many as these, which is all
   * that kernels without a granule take. */
  int64_t task_positions;
  /** How many positions apart the items of the batch lie, so that a task may
   * have some of several: see the kernel's item_before. 0: each item has tasks
   * of its own, which is all that kernels without an item_granule do. */
  int64_t item_positions;
  int64_t reserved[2]; /**< 0 */
} tconv_kernel_args;

/** What the code of a device kernel is. */
typedef enum tconv_device_format {
  TCONV_DEVICE_PTX = 1, /**< text with a zero byte */
  TCONV_DEVICE_CUBIN = 2,
  TCONV_DEVICE_FATBIN = 3,
  TCONV_DEVICE_ASCEND = 4 /**< objects of bishengir-compile, and a plan */
} tconv_device_format;

/*
 * A plan: how a kernel that is several kernels of a device is launched, one
 * after the other on a stream.
 *
 * All numbers of a plan (grids, arguments, sizes of memory) are values of 64
 * bits, named by their index: first the variables below, which the launcher
 * knows, then one value for each step, which computes it of earlier ones. A
 * launcher evaluates the steps for each packing and each run; a sum that
 * doesn't fit 64 bits, or a division by less than 1, refuses the launch.
 */

/** Variables of a plan. Addresses are the device's; strides count elements. In
 * a packing, all but the first two, the workspace and the cores are 0. */
typedef enum tconv_device_variable {
  TCONV_DEVICE_WEIGHT = 0, /**< what is packed; 0 in a run */
  TCONV_DEVICE_WEIGHTS,    /**< packed */
  TCONV_DEVICE_X,
  TCONV_DEVICE_BIAS, /**< 0 where has_bias is 0 */
  TCONV_DEVICE_Y,
  TCONV_DEVICE_WORKSPACE, /**< 0 while the workspace's size is computed */
  TCONV_DEVICE_BATCH,
  TCONV_DEVICE_LENGTH,
  TCONV_DEVICE_OUTPUT_LENGTH,
  TCONV_DEVICE_X_BATCH_STRIDE,
  TCONV_DEVICE_X_CHANNEL_STRIDE,
  TCONV_DEVICE_Y_BATCH_STRIDE,
  TCONV_DEVICE_Y_CHANNEL_STRIDE,
  TCONV_DEVICE_CUBE_CORES, /**< that the device has */
  TCONV_DEVICE_VECTOR_CORES,
  TCONV_DEVICE_VARIABLES = 16 /**< the index of the first step's value */
} tconv_device_variable;

typedef enum tconv_device_operation {
  TCONV_DEVICE_CONSTANT = 0, /**< `constant` */
  TCONV_DEVICE_ADD,
  TCONV_DEVICE_SUBTRACT,
  TCONV_DEVICE_MULTIPLY,
  TCONV_DEVICE_DIVIDE,    /**< rounded down; by 1 or more */
  TCONV_DEVICE_REMAINDER, /**< of that division: 0 or more */
  TCONV_DEVICE_MINIMUM,
  TCONV_DEVICE_MAXIMUM
} tconv_device_operation;

typedef struct tconv_device_step {
  int32_t operation; /**< a tconv_device_operation */
  int32_t left;      /**< values with lower indices than this step's */
  int32_t right;
  int32_t reserved; /**< 0 */
  int64_t constant;
} tconv_device_step;

/** Which cores an object is for. */
typedef enum tconv_device_cores {
  TCONV_DEVICE_MIX = 1, /**< cube cores with their vector cores */
  TCONV_DEVICE_VECTOR = 2
} tconv_device_cores;

/** An object for the driver to load. */
typedef struct tconv_device_object {
  const void *code;
  uint64_t code_size; /**< bytes */
  int32_t cores;      /**< a tconv_device_cores */
  int32_t reserved;   /**< 0 */
} tconv_device_object;

/** When a launch is issued. */
typedef enum tconv_device_purpose {
  TCONV_DEVICE_PACKS = 1, /**< once per set of weights */
  TCONV_DEVICE_RUNS = 2   /**< for every run */
} tconv_device_purpose;

/**
 * One launch. The grid has grid[0] * grid[1] * grid[2] blocks, at most 65535 in
 * all; with 0 it isn't issued. The kernel's parameters, each at a multiple of
 * its size, are
 *
 *     the address of the cores' synchronisation (as rtGetC2cCtrlAddr has it),
 *     the workspace,             8 bytes
 *     each argument,             8 bytes
 *     grid[0], grid[1], grid[2], 4 bytes
 */
typedef struct tconv_device_launch {
  uint32_t struct_size; /**< sizeof(tconv_device_launch) */
  int32_t purpose;      /**< a tconv_device_purpose */
  const char *entry;    /**< the kernel's name */
  int32_t object;       /**< index in the plan's objects */
  int32_t grid[3];      /**< values */
  /** Value: what the kernel gets as its workspace. */
  int32_t workspace;
  int32_t argument_count;
  const int32_t *arguments; /**< values */
  const void *reserved[2];  /**< NULL */
} tconv_device_launch;

typedef struct tconv_device_plan {
  uint32_t struct_size; /**< sizeof(tconv_device_plan) */
  int32_t object_count;
  int32_t step_count;
  int32_t launch_count;
  const tconv_device_object *objects;
  const tconv_device_step *steps;
  const tconv_device_launch *launches; /**< in the order of their issue */
  /** Values: bytes of the workspace of a packing, and of a run, aligned to 512
   * bytes. Runs that may overlap have one each. */
  int32_t pack_workspace_bytes;
  int32_t run_workspace_bytes;
  const void *reserved[4]; /**< NULL */
} tconv_device_plan;

/**
 * The code of a kernel that runs on a device, for its driver to load.
 *
 * With a plan, all but `format` and `plan` is 0. Without, as GPUs have it: one
 * thread block does one task; the grid has one axis, of tconv_kernel_task_count
 * blocks, at most 2^31 - 1. Both entries take 8-byte parameters, pointers into
 * the device's memory among them:
 *
 *     run:  x, weights, bias (0 where has_bias is 0), y, batch, length,
 *           output_length, x_batch_stride, x_channel_stride, y_batch_stride,
 *           y_channel_stride
 *     pack: weight, packed
 *
 * with the meaning of tconv_kernel_args and tconv_pack_args. `packed` is
 * aligned to 256 bytes, everything else to its elements.
 */
typedef struct tconv_device_code {
  uint32_t struct_size; /**< sizeof(tconv_device_code) */
  int32_t format;       /**< a tconv_device_format */
  const void *code;
  uint64_t code_size;    /**< bytes, a text's zero byte included */
  const char *run_entry; /**< names of the kernels in the module */
  const char *pack_entry;
  int32_t run_threads;      /**< threads of a block */
  int32_t run_shared_bytes; /**< dynamic shared memory of a block */
  int32_t pack_threads;
  int32_t pack_shared_bytes;
  int64_t pack_blocks; /**< blocks of the packing's grid */
  int32_t min_sm;      /**< 80: what it needs is sm_80 or newer */
  int32_t reserved0;   /**< 0 */
  /** With TCONV_DEVICE_ASCEND; NULL with the other formats. */
  const tconv_device_plan *plan;
  const void *reserved[3]; /**< NULL */
} tconv_device_code;

typedef struct tconv_kernel {
  uint32_t abi_version; /**< TCONV_KERNEL_ABI_VERSION when it was compiled */
  uint32_t struct_size; /**< sizeof(tconv_kernel) when it was compiled */

  /* The layer, in the general form of tconv.h. */
  int64_t in_channels;
  int64_t out_channels;
  int64_t kernel_size;
  int64_t stride;
  int64_t dilation;
  int64_t groups;
  int64_t crop_begin;
  int32_t has_bias;
  int32_t dtype;             /**< a tconv_dtype */
  int32_t activation_before; /**< a tconv_activation */
  int32_t activation_after;  /**< a tconv_activation */

  int64_t packed_bytes;    /**< size of the packed weights */
  int64_t workspace_bytes; /**< size of the workspace of one running part */
  /** Position q stands for the outputs t with t + (crop_begin mod stride) in
   * [stride * q, stride * (q + 1)). A task covers `task_positions` positions of
   * one batch item, or as many and of as many items as a launch says, and one
   * of `task_columns` parts of the output channels. */
  int64_t task_positions;
  int64_t task_columns;

  /** NULL, as `run` is, where `device` isn't. */
  void (*pack)(const tconv_pack_args *args);
  /** Runs the tasks in [begin, end). */
  void (*run)(const tconv_kernel_args *args, int64_t begin, int64_t end);

  /** How it was made: one JSON object, UTF-8, ending in a zero byte. */
  const char *description;

  /** What the machine must be: "nvptx:sm_80", "ascend:910b3", a CPU level such
   * as "cpu:x86-64-v3", or "cpu:native", a space and the identity of the one
   * CPU that it was made for. NULL: not said, and such a kernel can't be
   * registered. */
  const char *target;
  int32_t length_class; /**< the tconv_length_class that it is good for */
  int32_t accuracy;     /**< the strictest tconv_accuracy that it satisfies */
  /** Who made it: "mlir" (also NULL), "halide", "halide:Adams2019", ... */
  const char *engine;
  /** The code of a kernel for a device; NULL for a CPU's. */
  const tconv_device_code *device;
  /** Of what a launch's own task_positions must be a multiple, and the kernel's
   * is one; 0: a launch can't choose them. */
  int64_t task_granule;
  /** A launch may lay the items of its batch one after the other: item n has
   * the positions from n * item_positions on, a multiple of item_granule that
   * is at least length + item_before and at least item_after more than an
   * item's positions. item_granule is 0 where it may not. */
  int64_t item_before;
  int64_t item_after;
  int64_t item_granule;
} tconv_kernel;

/** Number of positions that cover the outputs of a batch item: see
 * task_positions. */
static inline int64_t tconv_kernel_positions(const tconv_kernel *kernel,
                                             const tconv_kernel_args *args) {
  int64_t stride = kernel->stride;
  int64_t crop = (kernel->crop_begin % stride + stride) % stride;
  return (args->output_length + crop + stride - 1) / stride;
}

/** Number of tasks of a launch. */
static inline int64_t tconv_kernel_task_count(const tconv_kernel *kernel,
                                              const tconv_kernel_args *args) {
  int64_t positions = tconv_kernel_positions(kernel, args);
  int64_t rows = args->batch;
  int64_t block =
      args->task_positions ? args->task_positions : kernel->task_positions;
  if (args->item_positions && rows > 1) {
    positions += (rows - 1) * args->item_positions;
    rows = 1;
  }
  return rows * kernel->task_columns * ((positions + block - 1) / block);
}

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* TCONV_KERNEL_ABI_H */
