// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/kernel_cache.h"

#include <chrono>
#include <cstring>
#include <future>
#include <list>
#include <mutex>
#include <unordered_map>

#include "kernel/compiler_loader.h"
#include "support/fork.h"
#include "support/status.h"

using namespace tconv;

LoadedKernel::LoadedKernel(const tconv_compiler_api *api,
                           tconv_compiled *compiled, double compileMs)
    : api_(api), compiled_(compiled), kernel_(api->kernel(compiled)),
      compileMs_(compileMs) {}

LoadedKernel::~LoadedKernel() { api_->release(compiled_); }

namespace {

std::string keyOf(const KernelRequest &request) {
  GeneralForm form = generalForm(request.params);
  std::string key;
  for (int64_t field :
       {form.inChannels, form.outChannels, form.kernelSize, form.stride,
        form.dilation, form.groups, form.cropBegin, int64_t(form.hasBias),
        int64_t(form.dtype), int64_t(request.accuracy),
        int64_t(request.lengthClass)})
    key += std::to_string(field) + ' ';
  // The folder of schedules comes last: it may hold any letter.
  return key + request.target + ' ' + environment("TCONV_SCHEDULE_PATH");
}

Status mismatch(const std::string &what, int64_t have, int64_t wanted) {
  return {TCONV_ABI_MISMATCH, "kernel: " + what + " = " + std::to_string(have) +
                                  ": must be " + std::to_string(wanted)};
}

/// Whether a kernel is one that this runtime can launch, and the one that was
/// asked for.
Status checkKernel(const tconv_kernel *kernel, const tconv_params &params) {
  if (!kernel)
    return {TCONV_ABI_MISMATCH, "kernel = NULL: must point to a kernel"};
  // Only these two fields stand where they are in every version.
  if (kernel->abi_version != TCONV_KERNEL_ABI_VERSION)
    return mismatch("abi_version", kernel->abi_version,
                    TCONV_KERNEL_ABI_VERSION);
  if (kernel->struct_size != sizeof(tconv_kernel))
    return mismatch("struct_size", kernel->struct_size, sizeof(tconv_kernel));
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
  if (!kernel->pack || !kernel->run || kernel->packed_bytes < 0 ||
      kernel->workspace_bytes < 0 || kernel->task_positions < 1 ||
      kernel->task_columns < 1)
    return {TCONV_ABI_MISMATCH,
            "kernel: pack, run, packed_bytes, workspace_bytes, task_positions "
            "or task_columns makes no sense"};
  return Status::ok();
}

KernelResult compile(const KernelRequest &request) {
  const Compiler &loaded = compiler();
  if (!loaded.api)
    return {nullptr, loaded.why};
  std::string schedulePath = environment("TCONV_SCHEDULE_PATH");
  std::string dumpPath = environment("TCONV_DUMP");
  tconv_compile_request raw;
  std::memset(&raw, 0, sizeof(raw));
  raw.struct_size = sizeof(raw);
  raw.length_class = request.lengthClass;
  raw.params = request.params;
  raw.accuracy = request.accuracy;
  raw.target = request.target.c_str();
  raw.schedule_path = schedulePath.empty() ? nullptr : schedulePath.c_str();
  raw.dump_path = dumpPath.empty() ? nullptr : dumpPath.c_str();

  auto start = std::chrono::steady_clock::now();
  tconv_compiled *compiled = nullptr;
  std::string message(4096, '\0');
  tconv_status status =
      loaded.api->compile(&raw, &compiled, message.data(), message.size());
  std::chrono::duration<double, std::milli> took =
      std::chrono::steady_clock::now() - start;
  if (status != TCONV_OK) {
    message.back() = '\0';
    return {nullptr, {status, message.c_str()}};
  }
  if (!compiled)
    return {nullptr, {TCONV_ABI_MISMATCH, "the compiler returned no kernel"}};
  auto kernel =
      std::make_shared<const LoadedKernel>(loaded.api, compiled, took.count());
  if (Status error = checkKernel(kernel->get(), request.params))
    return {nullptr, error};
  return {std::move(kernel), {}};
}

class Cache {
public:
  KernelResult get(const KernelRequest &request);
  void setCapacity(int64_t capacity);
  tconv_cache_stats stats();

private:
  struct Entry {
    std::string key;
    std::shared_future<KernelResult> result;
    bool ready = false;
  };
  using Entries = std::list<Entry>;

  void finish(const std::string &key, bool keep);
  void evict();

  std::mutex mutex_;
  Entries entries_; ///< most recently used first
  std::unordered_map<std::string, Entries::iterator> index_;
  int64_t capacity_ = 256;
  int64_t ready_ = 0;
  tconv_cache_stats stats_ = {0, 0, 0, 0, 0};
};

KernelResult Cache::get(const KernelRequest &request) {
  std::string key = keyOf(request);
  std::promise<KernelResult> promise;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    auto found = index_.find(key);
    if (found != index_.end()) {
      Entries::iterator entry = found->second;
      ++(entry->ready ? stats_.hits : stats_.waits);
      entries_.splice(entries_.begin(), entries_, entry);
      std::shared_future<KernelResult> result = entry->result;
      lock.unlock();
      return result.get();
    }
    ++stats_.misses;
    entries_.push_front({key, promise.get_future().share(), false});
    try {
      index_.emplace(key, entries_.begin());
    } catch (...) {
      entries_.pop_front();
      throw;
    }
  }
  // This thread compiles. Whatever happens, those who wait are told.
  try {
    KernelResult result = compile(request);
    promise.set_value(result);
    finish(key, result.kernel != nullptr);
    return result;
  } catch (...) {
    promise.set_exception(std::current_exception());
    finish(key, false);
    throw;
  }
}

void Cache::finish(const std::string &key, bool keep) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = index_.find(key);
  if (keep) {
    found->second->ready = true;
    ++ready_;
    evict();
    return;
  }
  entries_.erase(found->second);
  index_.erase(found);
}

/// Drops the least recently used kernels beyond the capacity; those that are
/// being compiled don't count.
void Cache::evict() {
  for (auto entry = entries_.end();
       ready_ > capacity_ && entry != entries_.begin();) {
    --entry;
    if (!entry->ready)
      continue;
    index_.erase(entry->key);
    entry = entries_.erase(entry);
    --ready_;
    ++stats_.evictions;
  }
}

void Cache::setCapacity(int64_t capacity) {
  std::lock_guard<std::mutex> lock(mutex_);
  capacity_ = capacity;
  evict();
}

tconv_cache_stats Cache::stats() {
  std::lock_guard<std::mutex> lock(mutex_);
  tconv_cache_stats result = stats_;
  result.entries = ready_;
  return result;
}

/// Never destroyed: at exit, the compiler's own destructors may have run
/// before this library's.
Cache &cache() {
  static Cache *instance = new Cache;
  return *instance;
}

} // namespace

KernelResult tconv::getKernel(const KernelRequest &request) {
  ForkHold hold;
  return cache().get(request);
}

Status tconv::setCacheCapacity(int64_t kernels) {
  if (kernels < 1)
    return {TCONV_INVALID_VALUE,
            "kernels = " + std::to_string(kernels) + ": must be at least 1"};
  ForkHold hold;
  cache().setCapacity(kernels);
  return Status::ok();
}

tconv_cache_stats tconv::cacheStats() {
  ForkHold hold;
  return cache().stats();
}
