// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Threads on one disk cache that is too small for what they want: they store,
// read, wait for each other and evict, and map what they find.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <vector>

#include "kernel/disk_cache.h"
#include "kernel/image.h"
#include "support/image.h"

using namespace tconv;

namespace {

constexpr int kThreads = 8, kRounds = 150, kKernels = 12;
constexpr uint64_t kLimit = 40000;

std::string describe(int number) { return std::to_string(number); }

/// One thread's part; returns how often something was wrong.
int hammer(const std::string &folder, const tconv_params &params,
           unsigned seed) {
  int wrong = 0;
  for (int round = 0; round < kRounds; ++round) {
    seed = seed * 1664525u + 1013904223u;
    int number = static_cast<int>((seed >> 16) % kKernels);
    KernelKey key = {"request " + describe(number), "build"};
    std::unique_ptr<DiskCache> cache;
    if (DiskCache::open(folder, kLimit, /*create=*/true, cache)) {
      ++wrong;
      continue;
    }
    std::string bytes, why;
    KernelFile file;
    DiskCache::Found found = cache->read(key, bytes, file, why);
    wrong += found == DiskCache::Found::wrong;
    if (found == DiskCache::Found::yes) {
      std::unique_ptr<MappedImage> mapped;
      if (MappedImage::map(file.image, mapped) ||
          mapped->kernel()->description != describe(number))
        ++wrong;
      continue;
    }
    DiskCache::Ticket ticket;
    bool appeared = false;
    if (cache->begin(key, ticket, appeared)) {
      ++wrong;
      continue;
    }
    if (appeared)
      continue;
    test::FakeImage image(params, describe(number), 3000);
    wrong += bool(cache->finish(
        ticket, key, writeKernelFile(key, describe(number), image.view())));
  }
  return wrong;
}

} // namespace

int main() {
  std::string folder =
      std::filesystem::temp_directory_path() / "tconv-race-XXXXXX";
  if (!mkdtemp(folder.data())) {
    std::perror("mkdtemp");
    return 1;
  }
  tconv_params params = defaultParams();
  params.in_channels = params.out_channels = 4;
  params.kernel_size = 3;
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (unsigned thread = 0; thread < kThreads; ++thread)
    threads.emplace_back(
        [&, thread] { wrong += hammer(folder, params, thread); });
  for (std::thread &thread : threads)
    thread.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  std::printf("%d wrong\n", wrong.load());
  return wrong != 0;
}
