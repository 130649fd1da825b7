// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/launch.h"

#include <atomic>
#include <cstdio>

#include "api/reference_launch.h"
#include "device/device_layer.h"
#include "kernel/launch_blocks.h"
#include "support/status.h"

using namespace tconv;

namespace {

struct KernelLaunch {
  const tconv_kernel *kernel;
  tconv_kernel_args args;
  std::atomic<bool> outOfMemory{false};
};

void runKernelPart(void *context, int64_t begin, int64_t end) {
  auto *launch = static_cast<KernelLaunch *>(context);
  tconv_kernel_args args = launch->args;
  if (launch->kernel->workspace_bytes > 0) {
    args.workspace = workspace(launch->kernel->workspace_bytes);
    if (!args.workspace) {
      launch->outOfMemory = true;
      return;
    }
  }
  launch->kernel->run(&args, begin, end);
}

/// What packing an element of x takes, in products; in tile registers, where
/// both are most unlike.
constexpr double kPackingWork = 32;

Status runKernel(const tconv_kernel &kernel, const tconv_params &params,
                 const void *packed, const float *bias,
                 const LaunchArgs &tensors, const ParallelFor &parallelFor) {
  KernelLaunch launch{&kernel, contiguousArgs(params, tensors), {false}};
  tconv_kernel_args &args = launch.args;
  args.weights = packed;
  args.bias = bias;
  LaunchRows rows = launchRows(kernel, args);
  args.item_positions = rows.distance;
  if (rows.block != kernel.task_positions)
    args.task_positions = rows.block;
  int64_t blocks = (rows.positions - 1) / rows.block + 1;
  int64_t ofRow, count;
  if (__builtin_mul_overflow(blocks, kernel.task_columns, &ofRow) ||
      __builtin_mul_overflow(ofRow, rows.count, &count))
    return {TCONV_INVALID_VALUE,
            "batch = " + std::to_string(tensors.batch) +
                ": more tasks than a signed 64-bit number counts"};
  // The columns of a block of positions share its packed input; what needs no
  // workspace packs nothing.
  TaskRange range = {count, kernel.workspace_bytes ? kernel.task_columns : 1,
                     workOf(params, tensors.batch, tensors.length)};
  // With one group, the last block of positions comes last in a row.
  if (kernel.groups == 1 && range.sharing == kernel.task_columns) {
    int64_t last = rows.positions - (blocks - 1) * rows.block;
    range.period = ofRow;
    range.shortWork =
        static_cast<double>(last) / static_cast<double>(rows.block);
    // Of each element of x: packing it, and the products of all tasks.
    double products = static_cast<double>(params.kernel_size) *
                      static_cast<double>(params.out_channels);
    range.sharedWork =
        kPackingWork / products * static_cast<double>(kernel.task_columns);
  }
  if (Status error = runTasks(parallelFor, runKernelPart, &launch, range))
    return error;
  return launch.outOfMemory ? noWorkspace(kernel.workspace_bytes)
                            : Status::ok();
}

std::string pointerText(const void *pointer) {
  char text[32];
  std::snprintf(text, sizeof(text), "%p", pointer);
  return text;
}

} // namespace

Status tconv::noWorkspace(int64_t bytes) {
  return {TCONV_OUT_OF_MEMORY,
          "workspace: " + std::to_string(bytes) + " bytes can't be had"};
}

double tconv::workOf(const tconv_params &params, int64_t batch,
                     int64_t length) {
  return static_cast<double>(batch) * static_cast<double>(length) *
         static_cast<double>(params.kernel_size) *
         static_cast<double>(params.out_channels) *
         static_cast<double>(params.in_channels / params.group);
}

tconv_kernel_args tconv::contiguousArgs(const tconv_params &params,
                                        const LaunchArgs &tensors) {
  tconv_kernel_args args = {};
  args.struct_size = sizeof(args);
  args.x = tensors.x;
  args.y = tensors.y;
  args.batch = tensors.batch;
  args.length = tensors.length;
  args.output_length = tensors.outputLength;
  args.x_channel_stride = tensors.length;
  args.x_batch_stride = tensors.length * params.in_channels;
  args.y_channel_stride = tensors.outputLength;
  args.y_batch_stride = tensors.outputLength * params.out_channels;
  return args;
}

Status tconv::checkElements(const char *name, const void *pointer,
                            int32_t dtype) {
  if (Status error = checkPointer(name, pointer))
    return error;
  if (reinterpret_cast<uintptr_t>(pointer) %
          static_cast<uintptr_t>(dtypeBytes(dtype)) ==
      0)
    return Status::ok();
  return {TCONV_INVALID_VALUE,
          std::string(name) + " = " + pointerText(pointer) +
              ": must be aligned to " +
              (dtype == TCONV_F32 ? "a float" : "its elements")};
}

Status tconv::checkLaunch(const tconv_params &params, int64_t batch,
                          int64_t length, int64_t &outputLength) {
  int64_t result;
  if (Status error = tconv::outputLength(params, length, result))
    return error;
  if (Status error = checkSizes(params, batch, length, result))
    return error;
  outputLength = result;
  return Status::ok();
}

Status tconv::checkTensors(const tconv_params &params, const LaunchArgs &args) {
  if (Status error = checkElements("x", args.x, params.dtype))
    return error;
  if (Status error = checkElements("y", args.y, params.dtype))
    return error;
  auto x = reinterpret_cast<uintptr_t>(args.x);
  auto y = reinterpret_cast<uintptr_t>(args.y);
  auto bytes = static_cast<uintptr_t>(dtypeBytes(params.dtype));
  uintptr_t xBytes = bytes * args.batch * params.in_channels *
                     static_cast<uintptr_t>(args.length);
  uintptr_t yBytes = bytes * args.batch * params.out_channels *
                     static_cast<uintptr_t>(args.outputLength);
  if (x < y ? y - x < xBytes : x - y < yBytes)
    return {TCONV_INVALID_VALUE, "y = " + pointerText(args.y) +
                                     ": overlaps x = " + pointerText(args.x)};
  return Status::ok();
}

Status tconv::runLayer(tconv_layer &layer, const LaunchArgs &args) {
  State state = layer.state();
  const float *bias = state.bias ? state.bias->data() : nullptr;
  tconv_length_class classHere = layer.lengthClassOf(args.batch, args.length);
  const Plan *atHand = layer.planAtHand(*state.weights, classHere);
  if (!atHand || !atHand->kernel) {
    Status status = runReferenceOf(layer, state, args);
    // The outputs come first: they may have to share a core with the compiler.
    if (!atHand)
      layer.askForPlan(*state.weights, classHere);
    return status;
  }
  const Plan &plan = *atHand;
  if (layer.device)
    return layer.device->runOnHostArrays(layer, state,
                                         contiguousArgs(layer.params, args));
  return runKernel(**plan.kernel, layer.params, plan.packed.get(), bias, args,
                   layer.parallelFor);
}
