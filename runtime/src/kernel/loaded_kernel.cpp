// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/loaded_kernel.h"

#include <cstddef>

#include "kernel/device_plan.h"

using namespace tconv;

namespace {

Status mismatch(const std::string &what, int64_t have, int64_t wanted) {
  return {TCONV_ABI_MISMATCH, "kernel: " + what + " = " + std::to_string(have) +
                                  ": must be " + std::to_string(wanted)};
}

/// Kernels made before there was a granule, or a room of items, end here.
constexpr uint32_t kSizeBeforeGranule = offsetof(tconv_kernel, task_granule);
constexpr uint32_t kSizeBeforeItems = offsetof(tconv_kernel, item_before);

/// The part of checkKernelAbi about the code of a GPU's kernel.
Status checkDeviceCode(const tconv_device_code &code) {
  constexpr int32_t kMostThreads = 1024;
  constexpr int64_t kMostBlocks = INT32_MAX;
  if (code.struct_size != sizeof(code))
    return mismatch("device->struct_size", code.struct_size, sizeof(code));
  if (code.format == TCONV_DEVICE_ASCEND) {
    if (code.code || code.code_size != 0 || code.run_entry || code.pack_entry ||
        !code.plan)
      return {TCONV_ABI_MISMATCH,
              "kernel: its device's code must be a plan, and nothing else"};
    return checkDevicePlan(*code.plan);
  }
  auto threads = [](int32_t count) {
    return count >= 1 && count <= kMostThreads;
  };
  if (code.format < TCONV_DEVICE_PTX || code.format > TCONV_DEVICE_FATBIN ||
      code.plan || !code.code || code.code_size == 0 || !code.run_entry ||
      !code.pack_entry || !threads(code.run_threads) ||
      !threads(code.pack_threads) || code.run_shared_bytes < 0 ||
      code.pack_shared_bytes < 0 || code.pack_blocks < 0 ||
      code.pack_blocks > kMostBlocks || code.min_sm < 0)
    return {TCONV_ABI_MISMATCH,
            "kernel: its device's format, code, entries, threads, shared "
            "memory, blocks or min_sm makes no sense"};
  const char *text = static_cast<const char *>(code.code);
  if (code.format == TCONV_DEVICE_PTX && text[code.code_size - 1] != '\0')
    return {TCONV_ABI_MISMATCH, "kernel: its PTX doesn't end in a zero byte"};
  return Status::ok();
}

} // namespace

const char *tconv::originName(Origin origin) {
  switch (origin) {
  case Origin::compiled:
    return "compiled";
  case Origin::diskCache:
    return "disk cache";
  case Origin::packedCache:
    return "packed cache";
  case Origin::aheadOfTime:
    return "ahead of time";
  }
  return "?";
}

int64_t tconv::taskGranule(const tconv_kernel &kernel) {
  return kernel.struct_size < kSizeBeforeItems ? 0 : kernel.task_granule;
}

ItemRoom tconv::itemRoom(const tconv_kernel &kernel) {
  if (kernel.struct_size < sizeof(tconv_kernel))
    return {0, 0, 0};
  return {kernel.item_before, kernel.item_after, kernel.item_granule};
}

const char *tconv::kernelEngine(const tconv_kernel &kernel) {
  return kernel.engine ? kernel.engine : kDefaultEngine;
}

Status tconv::checkKernelAbi(const tconv_kernel *kernel) {
  if (!kernel)
    return {TCONV_ABI_MISMATCH, "kernel = NULL: must point to a kernel"};
  // Only these two fields stand where they are in every version.
  if (kernel->abi_version != TCONV_KERNEL_ABI_VERSION)
    return mismatch("abi_version", kernel->abi_version,
                    TCONV_KERNEL_ABI_VERSION);
  if (kernel->struct_size != sizeof(tconv_kernel) &&
      kernel->struct_size != kSizeBeforeItems &&
      kernel->struct_size != kSizeBeforeGranule)
    return mismatch("struct_size", kernel->struct_size, sizeof(tconv_kernel));
  // It has functions or code for a device.
  ItemRoom room = itemRoom(*kernel);
  bool functions = kernel->pack && kernel->run;
  bool none = !kernel->pack && !kernel->run;
  if (!(kernel->device ? none : functions) || kernel->packed_bytes < 0 ||
      kernel->workspace_bytes < 0 || kernel->task_positions < 1 ||
      kernel->task_columns < 1 || room.after < 0 || room.granule < 0)
    return {TCONV_ABI_MISMATCH,
            "kernel: pack, run, packed_bytes, workspace_bytes, task_positions, "
            "task_columns, item_after or item_granule makes no sense"};
  if (int64_t granule = taskGranule(*kernel);
      granule < 0 || (granule > 0 && kernel->task_positions % granule != 0))
    return {TCONV_ABI_MISMATCH,
            "kernel: task_granule = " + std::to_string(granule) +
                ": must be 0 or divide task_positions = " +
                std::to_string(kernel->task_positions)};
  return kernel->device ? checkDeviceCode(*kernel->device) : Status::ok();
}

bool tconv::satisfies(const tconv_kernel &kernel, tconv_accuracy wanted) {
  // TF32 is less than the default, not more than direct.
  if (wanted == TCONV_ACCURACY_TF32 || kernel.accuracy == TCONV_ACCURACY_TF32)
    return kernel.accuracy == wanted;
  return kernel.accuracy >= wanted;
}

Status tconv::checkKernel(const tconv_kernel *kernel,
                          const tconv_params &params) {
  if (Status error = checkKernelAbi(kernel))
    return error;
  GeneralForm form = generalForm(params);
  const struct {
    const char *name;
    int64_t have, wanted;
  } fields[] = {
      {"in_channels", kernel->in_channels, form.inChannels},
      {"out_channels", kernel->out_channels, form.outChannels},
      {"kernel_size", kernel->kernel_size, form.kernelSize},
      {"stride", kernel->stride, form.stride},
      {"dilation", kernel->dilation, form.dilation},
      {"groups", kernel->groups, form.groups},
      {"crop_begin", kernel->crop_begin, form.cropBegin},
      {"has_bias", kernel->has_bias, form.hasBias},
      {"dtype", kernel->dtype, form.dtype},
      {"activation_before", kernel->activation_before, TCONV_ACTIVATION_NONE},
      {"activation_after", kernel->activation_after, TCONV_ACTIVATION_NONE},
  };
  for (const auto &field : fields)
    if (field.have != field.wanted)
      return mismatch(field.name, field.have, field.wanted);
  return Status::ok();
}
