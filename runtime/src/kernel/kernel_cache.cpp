// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/kernel_cache.h"

#include <array>
#include <future>
#include <list>
#include <mutex>
#include <unordered_map>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "kernel/kernel_lookup.h"
#include "support/environment.h"
#include "support/fork.h"
#include "tuning/tuning.h"

using namespace tconv;

namespace {

/// Everything that a kernel depends on, in a form that is quick to look up.
struct Key {
  std::array<int64_t, 11> numbers;
  std::string target;
  std::string schedulePath;
  std::string tuning;
  std::string engine;

  bool operator==(const Key &other) const {
    return numbers == other.numbers && target == other.target &&
           schedulePath == other.schedulePath && tuning == other.tuning &&
           engine == other.engine;
  }
};

struct KeyHash {
  size_t operator()(const Key &key) const {
    uint64_t hash = XXH3_64bits(key.numbers.data(), sizeof(key.numbers));
    hash = XXH3_64bits_withSeed(key.target.data(), key.target.size(), hash);
    hash = XXH3_64bits_withSeed(key.schedulePath.data(),
                                key.schedulePath.size(), hash);
    hash = XXH3_64bits_withSeed(key.tuning.data(), key.tuning.size(), hash);
    return XXH3_64bits_withSeed(key.engine.data(), key.engine.size(), hash);
  }
};

Key keyOf(const KernelRequest &request) {
  GeneralForm form = generalForm(request.params);
  return {{form.inChannels, form.outChannels, form.kernelSize, form.stride,
           form.dilation, form.groups, form.cropBegin, int64_t(form.hasBias),
           int64_t(form.dtype), int64_t(request.accuracy),
           int64_t(request.lengthClass)},
          request.target,
          environment("TCONV_SCHEDULE_PATH"),
          request.tuning,
          request.engine};
}

class Cache {
public:
  KernelResult get(const KernelRequest &request);
  bool has(const KernelRequest &request);
  void setCapacity(int64_t capacity);
  tconv_cache_stats stats();

private:
  struct Entry {
    Key key;
    std::shared_future<KernelResult> result;
    bool ready = false;
  };
  using Entries = std::list<Entry>;

  void finish(const Key &key, bool keep);
  void evict();

  std::mutex mutex_;
  Entries entries_; ///< most recently used first
  std::unordered_map<Key, Entries::iterator, KeyHash> index_;
  int64_t capacity_ = 256;
  int64_t ready_ = 0;
  tconv_cache_stats stats_ = {0, 0, 0, 0, 0};
};

KernelResult Cache::get(const KernelRequest &request) {
  Key key = keyOf(request);
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
  // This thread looks further. Whatever happens, those who wait are told.
  try {
    KernelResult result = findKernel(request);
    promise.set_value(result);
    finish(key, result.kernel != nullptr);
    return result;
  } catch (...) {
    promise.set_exception(std::current_exception());
    finish(key, false);
    throw;
  }
}

bool Cache::has(const KernelRequest &request) {
  std::lock_guard<std::mutex> lock(mutex_);
  auto found = index_.find(keyOf(request));
  return found != index_.end() && found->second->ready;
}

void Cache::finish(const Key &key, bool keep) {
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
/// being made don't count.
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

/// The request with the tuning file's choice where it has none.
KernelRequest withTuning(KernelRequest request) {
  if (request.tuning.empty())
    request.tuning = tunedChoice(request);
  return request;
}

} // namespace

KernelResult tconv::getKernel(const KernelRequest &request) {
  ForkHold hold;
  KernelRequest tuned = withTuning(request);
  KernelResult result = cache().get(tuned);
  if (result.kernel || tuned.tuning.empty())
    return result;
  sayRefused(tuned, result.error);
  tuned.tuning.clear();
  return cache().get(tuned);
}

bool tconv::kernelIsMade(const KernelRequest &request) {
  ForkHold hold;
  KernelRequest tuned = withTuning(request);
  return cache().has(tuned) || kernelIsStored(tuned);
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
