// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/ascend_module.h"

#include <algorithm>
#include <cstring>

using namespace tconv;

namespace {

/// Streams of callers for which a workspace is kept.
constexpr size_t kMostWorkspaces = 16;

/// The bytes of a launch's parameters: see tconv_device_launch.
std::vector<char> parametersOf(const PlannedLaunch &planned,
                               uint64_t syncAddress) {
  std::vector<char> bytes;
  auto append = [&](const auto &value) {
    const char *begin = reinterpret_cast<const char *>(&value);
    bytes.insert(bytes.end(), begin, begin + sizeof(value));
  };
  append(syncAddress);
  append(planned.workspace);
  for (int64_t argument : planned.arguments)
    append(argument);
  for (int32_t axis : planned.grid)
    append(axis);
  return bytes;
}

} // namespace

Status AscendModule::load(const tconv_kernel &kernel,
                          std::shared_ptr<const AscendContext> context,
                          std::unique_ptr<DeviceModule> &result) {
  if (!kernel.device->plan)
    return {TCONV_ABI_MISMATCH, "kernel: is none for Ascend"};
  std::unique_ptr<AscendModule> made(
      new AscendModule(kernel, std::move(context)));
  if (Status error = made->open())
    return error;
  result = std::move(made);
  return Status::ok();
}

AscendModule::~AscendModule() {
  AscendScope scope(*context_);
  if (!scope.isOpen())
    return;
  const ascend::Api &api = context_->api();
  for (ascend::Binary binary : binaries_)
    (void)(api.isNew ? api.binaryUnload(binary) : api.rtUnregister(binary));
}

Status AscendModule::open() {
  const ascend::Api &api = context_->api();
  const tconv_device_plan &plan = *kernel_.device->plan;
  for (int32_t i = 0; i < plan.object_count; ++i) {
    const tconv_device_object &object = plan.objects[i];
    uint32_t magic = object.cores == TCONV_DEVICE_VECTOR ? ascend::kMagicVector
                                                         : ascend::kMagicMix;
    ascend::Binary binary = nullptr;
    ascend::Result result;
    if (api.isNew) {
      ascend::LoadOption option = {ascend::kMagic, {magic, 0, 0, 0}};
      ascend::LoadOptions options = {&option, 1};
      result = api.binaryLoad(object.code, object.code_size, &options, &binary);
    } else {
      ascend::DeviceBinary described = {magic, 0, object.code,
                                        object.code_size};
      result = api.rtRegister(&described, &binary);
    }
    if (result) {
      Status error = ascendStatus(
          api, api.isNew ? "aclrtBinaryLoadFromData" : "rtDevBinaryRegister",
          result);
      return {error.code() == TCONV_DEVICE_ERROR ? TCONV_COMPILE_ERROR
                                                 : error.code(),
              error.message()};
    }
    binaries_.push_back(binary);
  }
  for (int32_t i = 0; i < plan.launch_count; ++i)
    if (Status error = function(plan.launches[i]))
      return error;
  if (api.isNew) {
    void *address = nullptr;
    if (ascend::Result error = api.syncAddress(&address))
      return ascendStatus(api, "aclrtGetHardwareSyncAddr", error);
    syncAddress_ = reinterpret_cast<uint64_t>(address);
    return Status::ok();
  }
  uint32_t bytes = 0;
  return ascendStatus(api, "rtGetC2cCtrlAddr",
                      api.rtSyncAddress(&syncAddress_, &bytes));
}

Status AscendModule::function(const tconv_device_launch &launch) {
  const ascend::Api &api = context_->api();
  ascend::Binary binary = binaries_[static_cast<size_t>(launch.object)];
  std::string entry = std::string("kernel ") + launch.entry + ": ";
  if (api.isNew) {
    ascend::Function found = nullptr;
    if (ascend::Result error = api.binaryFunction(binary, launch.entry, &found))
      return ascendStatus(api, entry + "aclrtBinaryGetFunction", error);
    functions_[&launch] = found;
    return Status::ok();
  }
  // A stub is any address that stands for the kernel: this module's own, so
  // that other contexts have theirs.
  ascend::Function &stub = functions_[&launch];
  stub = &stub;
  std::string name = std::string(launch.entry) + "_" +
                     std::to_string(reinterpret_cast<uintptr_t>(stub));
  return ascendStatus(
      api, entry + "rtFunctionRegister",
      api.rtFunction(binary, stub, name.c_str(), launch.entry, /*mode=*/0));
}

Status AscendModule::launch(const PlannedLaunch &planned,
                            ascend::Stream stream) {
  const ascend::Api &api = context_->api();
  std::vector<char> parameters = parametersOf(planned, syncAddress_);
  ascend::Function function = functions_.at(planned.launch);
  auto blocks = static_cast<uint32_t>(planned.blocks());
  std::string entry = std::string("kernel ") + planned.launch->entry + ": ";
  if (api.isNew)
    return ascendStatus(api, entry + "aclrtLaunchKernelWithHostArgs",
                        api.launch(function, blocks, stream, /*config=*/nullptr,
                                   parameters.data(), parameters.size(),
                                   nullptr, 0));
  return ascendStatus(api, entry + "rtKernelLaunch",
                      api.rtLaunch(function, blocks, parameters.data(),
                                   static_cast<uint32_t>(parameters.size()),
                                   nullptr, stream));
}

Status AscendModule::pack(uint64_t weight, uint64_t packed, void *stream,
                          std::unique_ptr<DeviceMemory> &scratch) {
  const tconv_device_plan &plan = *kernel_.device->plan;
  DeviceVariables variables = packVariables(weight, packed, context_->cores());
  int64_t bytes = 0;
  if (Status error = planWorkspace(plan, TCONV_DEVICE_PACKS, variables, bytes))
    return error;
  if (Status error = context_->allocate(bytes, "workspace", scratch))
    return error;
  variables[TCONV_DEVICE_WORKSPACE] = static_cast<int64_t>(scratch->address());
  std::vector<PlannedLaunch> launches;
  if (Status error =
          planLaunches(plan, TCONV_DEVICE_PACKS, variables, launches))
    return error;
  for (const PlannedLaunch &planned : launches)
    if (Status error = launch(planned, stream))
      return error;
  return Status::ok();
}

Status AscendModule::roundOf(const tconv_kernel_args &args, int64_t &items) {
  tconv_kernel_args round = args;
  for (items = args.batch;; items = (items + 1) / 2) {
    round.batch = items;
    std::vector<PlannedLaunch> launches;
    Status error =
        planLaunches(*kernel_.device->plan, TCONV_DEVICE_RUNS,
                     runVariables(round, context_->cores()), launches);
    if (!error || error.code() != TCONV_INVALID_VALUE || items <= 1)
      return error;
  }
}

Status AscendModule::workspaceOf(ascend::Stream stream, int64_t bytes,
                                 uint64_t &address) {
  auto found = std::find_if(
      workspaces_.begin(), workspaces_.end(),
      [&](const Workspace &kept) { return kept.stream == stream; });
  if (found == workspaces_.end()) {
    workspaces_.push_front({stream, nullptr});
    // Whoever hasn't been here for long waits for the device when it goes.
    if (workspaces_.size() > kMostWorkspaces)
      workspaces_.pop_back();
  } else {
    workspaces_.splice(workspaces_.begin(), workspaces_, found);
  }
  std::unique_ptr<DeviceMemory> &memory = workspaces_.front().memory;
  if (!memory || memory->bytes() < bytes) {
    std::unique_ptr<DeviceMemory> larger;
    if (Status error = context_->allocate(bytes, "workspace", larger))
      return error;
    larger->keepForLaunches();
    memory = std::move(larger);
  }
  address = memory->address();
  return Status::ok();
}

Status AscendModule::run(const tconv_kernel_args &args, void *stream,
                         std::unique_ptr<DeviceMemory> *scratch) {
  const tconv_device_plan &plan = *kernel_.device->plan;
  int64_t items = 0, bytes = 0;
  if (Status error = roundOf(args, items))
    return error;
  tconv_kernel_args round = args;
  round.batch = items;
  if (Status error =
          planWorkspace(plan, TCONV_DEVICE_RUNS,
                        runVariables(round, context_->cores()), bytes))
    return error;
  // Launches of two rounds to one stream must not alternate.
  std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
  uint64_t workspace = 0;
  if (scratch) {
    if (Status error = context_->allocate(bytes, "workspace", *scratch))
      return error;
    workspace = (*scratch)->address();
  } else {
    lock.lock();
    if (bytes > 0)
      if (Status error = workspaceOf(stream, bytes, workspace))
        return error;
  }
  int64_t element = dtypeBytes(kernel_.dtype);
  for (int64_t first = 0; first < args.batch; first += items) {
    round.batch = std::min(items, args.batch - first);
    round.x = static_cast<const char *>(args.x) +
              first * args.x_batch_stride * element;
    round.y =
        static_cast<char *>(args.y) + first * args.y_batch_stride * element;
    DeviceVariables variables = runVariables(round, context_->cores());
    variables[TCONV_DEVICE_WORKSPACE] = static_cast<int64_t>(workspace);
    std::vector<PlannedLaunch> launches;
    if (Status error =
            planLaunches(plan, TCONV_DEVICE_RUNS, variables, launches))
      return error;
    for (const PlannedLaunch &planned : launches)
      if (Status error = launch(planned, stream))
        return error;
  }
  return Status::ok();
}
