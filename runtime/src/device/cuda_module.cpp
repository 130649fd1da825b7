// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "device/cuda_module.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <vector>

#include "device/cuda_target.h"
#include "support/environment.h"

using namespace tconv;

namespace {

/// Static and dynamic shared memory that a block has without asking.
constexpr int32_t kSharedWithoutAsking = 48 * 1024;
constexpr int64_t kMostBlocks = INT32_MAX;
constexpr size_t kLogBytes = 4096;

/// What the driver's compiler says of PTX, without the space around it.
std::string logText(const std::vector<char> &log) {
  std::string text(log.data(), strnlen(log.data(), log.size()));
  text.erase(text.find_last_not_of(" \n\t") + 1);
  return text;
}

/// Of PTX that is too new: which driver would take it. "" where it isn't known.
std::string ptxNeeds(const tconv_device_code &code) {
  if (code.format != TCONV_DEVICE_PTX)
    return "";
  const char *text = static_cast<const char *>(code.code);
  const char *version = std::strstr(text, ".version ");
  int major = 0, minor = 0;
  if (!version || std::sscanf(version, ".version %d.%d", &major, &minor) != 2)
    return "";
  // PTX 7.N came with CUDA 11.N, 8.N with 12.N up to 8.5; then the numbers
  // part.
  std::string cuda;
  if (major == 7)
    cuda = "11." + std::to_string(minor);
  else if (major == 8)
    cuda = "12." + std::to_string(minor <= 5 ? minor : minor + 1);
  else if (major == 9)
    cuda = "13." + std::to_string(minor);
  std::string needs = "the kernel is PTX " + std::to_string(major) + "." +
                      std::to_string(minor);
  if (!cuda.empty())
    needs += ", for which a driver of CUDA " + cuda + " is needed";
  return needs + "; this one serves CUDA " +
         cudaVersionText(cudaDriverVersion());
}

} // namespace

Status CudaModule::load(const tconv_kernel &kernel,
                        std::shared_ptr<const CudaContext> context,
                        std::unique_ptr<DeviceModule> &result) {
  if (kernel.device->plan)
    return {TCONV_ABI_MISMATCH, "kernel: is none for CUDA"};
  std::unique_ptr<CudaModule> made(new CudaModule(kernel, std::move(context)));
  if (Status error = made->open())
    return error;
  result = std::move(made);
  return Status::ok();
}

CudaModule::~CudaModule() {
  CudaScope scope(*context_);
  if (module_ && scope.isOpen())
    context_->api().moduleUnload(module_);
}

Status CudaModule::open() {
  const cuda::Api &api = context_->api();
  const tconv_device_code &code = *kernel().device;
  DeviceFacts facts;
  if (Status error = deviceFacts(api, context_->device(), facts))
    return error;
  if (facts.capability < code.min_sm)
    return {TCONV_UNSUPPORTED,
            "kernel: needs sm_" + std::to_string(code.min_sm) +
                ": the device is sm_" + std::to_string(facts.capability)};
  std::vector<char> errors(kLogBytes), infos(kLogBytes);
  auto number = [](size_t value) { return reinterpret_cast<void *>(value); };
  int names[] = {cuda::kErrorLog, cuda::kErrorLogBytes, cuda::kInfoLog,
                 cuda::kInfoLogBytes};
  void *values[] = {errors.data(), number(errors.size()), infos.data(),
                    number(infos.size())};
  cuda::Result loaded = api.moduleLoad(&module_, code.code, 4, names, values);
  if (loaded) {
    module_ = nullptr;
    std::string detail = logText(errors);
    if (loaded == cuda::kUnsupportedPtxVersion)
      detail = ptxNeeds(code) + (detail.empty() ? "" : "\n" + detail);
    return cudaStatus(api, "cuModuleLoadDataEx", loaded, detail);
  }
  if (std::string text = logText(infos); !text.empty())
    say("CUDA driver: " + text);
  if (Status error = function(code.run_entry, code.run_shared_bytes, run_))
    return error;
  return function(code.pack_entry, code.pack_shared_bytes, pack_);
}

Status CudaModule::function(const char *name, int32_t sharedBytes,
                            cuda::Function &result) const {
  const cuda::Api &api = context_->api();
  std::string entry = std::string("kernel ") + name + ": ";
  if (cuda::Result error = api.moduleFunction(&result, module_, name))
    return cudaStatus(api, entry + "cuModuleGetFunction", error);
  int fixed = 0;
  if (cuda::Result error =
          api.functionAttribute(&fixed, cuda::kStaticShared, result))
    return cudaStatus(api, entry + "cuFuncGetAttribute", error);
  if (int64_t(fixed) + sharedBytes <= kSharedWithoutAsking)
    return Status::ok();
  DeviceFacts facts;
  if (Status error = deviceFacts(api, context_->device(), facts))
    return error;
  if (int64_t(fixed) + sharedBytes > facts.maxSharedPerBlock)
    return {TCONV_UNSUPPORTED,
            entry + "needs " + std::to_string(int64_t(fixed) + sharedBytes) +
                " bytes of shared memory a block: the device has " +
                std::to_string(facts.maxSharedPerBlock)};
  return cudaStatus(
      api, entry + "cuFuncSetAttribute",
      api.functionSetAttribute(result, cuda::kMaxDynamicShared, sharedBytes));
}

Status CudaModule::launch(cuda::Function function, const char *name,
                          int64_t blocks, int32_t threads, int32_t sharedBytes,
                          void **parameters, cuda::Stream stream) const {
  const cuda::Api &api = context_->api();
  return cudaStatus(api, std::string("kernel ") + name + ": cuLaunchKernel",
                    api.launch(function, static_cast<unsigned>(blocks), 1, 1,
                               static_cast<unsigned>(threads), 1, 1,
                               static_cast<unsigned>(sharedBytes), stream,
                               parameters, nullptr));
}

Status CudaModule::pack(uint64_t weight, uint64_t packed, void *stream,
                        std::unique_ptr<DeviceMemory> &) {
  const tconv_device_code &code = *kernel().device;
  if (code.pack_blocks == 0)
    return Status::ok();
  void *parameters[] = {&weight, &packed};
  return launch(pack_, code.pack_entry, code.pack_blocks, code.pack_threads,
                code.pack_shared_bytes, parameters,
                static_cast<cuda::Stream>(stream));
}

Status CudaModule::run(const tconv_kernel_args &args, void *stream,
                       std::unique_ptr<DeviceMemory> *) {
  const tconv_device_code &code = *kernel().device;
  int64_t blocks =
      (tconv_kernel_positions(&kernel(), &args) - 1) / kernel().task_positions +
      1;
  int64_t tasks;
  if (__builtin_mul_overflow(blocks, kernel().task_columns, &tasks) ||
      tasks > kMostBlocks)
    return {TCONV_INVALID_VALUE, "length = " + std::to_string(args.length) +
                                     ": more thread blocks than the " +
                                     std::to_string(kMostBlocks) +
                                     " that a launch can have"};
  // One launch, or several where there are more batch items than blocks for
  // them.
  int64_t most = kMostBlocks / tasks;
  int64_t bytes = dtypeBytes(kernel().dtype);
  for (int64_t first = 0; first < args.batch; first += most) {
    int64_t batch = std::min(most, args.batch - first);
    uint64_t words[] = {
        reinterpret_cast<uint64_t>(args.x) +
            static_cast<uint64_t>(first * args.x_batch_stride * bytes),
        reinterpret_cast<uint64_t>(args.weights),
        reinterpret_cast<uint64_t>(args.bias),
        reinterpret_cast<uint64_t>(args.y) +
            static_cast<uint64_t>(first * args.y_batch_stride * bytes),
        static_cast<uint64_t>(batch),
        static_cast<uint64_t>(args.length),
        static_cast<uint64_t>(args.output_length),
        static_cast<uint64_t>(args.x_batch_stride),
        static_cast<uint64_t>(args.x_channel_stride),
        static_cast<uint64_t>(args.y_batch_stride),
        static_cast<uint64_t>(args.y_channel_stride)};
    void *parameters[std::size(words)];
    for (size_t i = 0; i < std::size(words); ++i)
      parameters[i] = &words[i];
    if (Status error = launch(run_, code.run_entry, batch * tasks,
                              code.run_threads, code.run_shared_bytes,
                              parameters, static_cast<cuda::Stream>(stream)))
      return error;
  }
  return Status::ok();
}
