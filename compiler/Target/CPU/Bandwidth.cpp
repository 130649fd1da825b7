// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/Bandwidth.h"

#include "kernel/disk_cache_settings.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <cmath>
#include <vector>

using namespace mlir::tconv;

namespace {

double now() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

/// Seconds of the fastest of some runs.
template <typename Run> double fastest(int runs, Run &&run) {
  double best = HUGE_VAL;
  for (int i = 0; i < runs; ++i) {
    double start = now();
    run();
    best = std::min(best, now() - start);
  }
  return best;
}

/// Additions that wait for each other take a cycle each, on any core.
double secondsPerCycle() {
  constexpr int64_t additions = 200000;
  return fastest(8,
                 [] {
                   int64_t value = 0;
                   for (int64_t i = 0; i < additions; ++i) {
                     value += 1;
                     // No compiler can sum them up.
                     asm volatile("" : "+r"(value));
                   }
                 }) /
         additions;
}

using Vector __attribute__((vector_size(16))) = int64_t;

/// Bytes a cycle of reading from end to end, again and again.
double readingRate(int64_t bytes, int runs, double cycle) {
  constexpr int64_t sums = 8;
  std::vector<Vector> buffer(static_cast<size_t>(bytes) / sizeof(Vector),
                             Vector{1, 1});
  auto count = static_cast<int64_t>(buffer.size()) / sums * sums;
  double seconds = fastest(runs, [&] {
    Vector total[sums] = {};
    for (int64_t i = 0; i < count; i += sums)
      for (int64_t j = 0; j < sums; ++j)
        total[j] += buffer[static_cast<size_t>(i + j)];
    for (Vector &sum : total)
      asm volatile("" : "+m"(sum)); // it is needed
  });
  return static_cast<double>(bytes) / seconds * cycle;
}

/// The nearest of the values that are told apart.
int64_t rounded(double rate) {
  constexpr int64_t values[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
  return *std::min_element(
      std::begin(values), std::end(values), [&](int64_t a, int64_t b) {
        return std::abs(std::log(rate / static_cast<double>(a))) <
               std::abs(std::log(rate / static_cast<double>(b)));
      });
}

/// A larger last level would take too long to read past.
constexpr int64_t kMostMemoryBytes = 64 << 20;

constexpr llvm::StringLiteral kL3 = "l3_bytes_per_cycle";
constexpr llvm::StringLiteral kMemory = "memory_bytes_per_cycle";

/// Whether the file held both.
bool readFile(llvm::StringRef path, Bandwidths &rates) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  if (!buffer)
    return false;
  llvm::Expected<llvm::json::Value> json =
      llvm::json::parse((*buffer)->getBuffer());
  if (!json) {
    llvm::consumeError(json.takeError());
    return false;
  }
  const llvm::json::Object *object = json->getAsObject();
  auto read = [&](llvm::StringRef name, int64_t &rate) {
    auto value = object ? object->getInteger(name) : std::nullopt;
    if (!value || *value < 0 || *value > 64)
      return false;
    rate = *value;
    return true;
  };
  return read(kL3, rates.l3) && read(kMemory, rates.memory);
}

/// Other processes see the whole file or none. That nothing can be written is
/// no failure: the next process measures anew.
void writeFile(llvm::StringRef path, const Bandwidths &rates) {
  llvm::json::Object object{{kL3, rates.l3}, {kMemory, rates.memory}};
  llvm::consumeError(llvm::writeToOutput(path, [&](llvm::raw_ostream &out) {
    out << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(object)));
    return llvm::Error::success();
  }));
}

} // namespace

Bandwidths mlir::tconv::measureBandwidths(const Machine &machine) {
  Bandwidths rates;
  double cycle = secondsPerCycle();
  int64_t beyondL2 = std::min(4 * machine.l2Bytes, machine.l3Bytes / 2);
  if (beyondL2 >= 2 * machine.l2Bytes)
    rates.l3 = rounded(readingRate(beyondL2, 8, cycle));
  int64_t beyondL3 = 2 * std::max(machine.l3Bytes, machine.l2Bytes);
  if (beyondL3 <= kMostMemoryBytes)
    rates.memory = rounded(readingRate(beyondL3, 3, cycle));
  return rates;
}

void mlir::tconv::readBandwidths(llvm::StringRef cpu, Machine &machine) {
  std::string folder = ::tconv::diskCacheSettings().folder;
  if (folder.empty())
    return;
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path, llvm::formatv("machine-{0}-{1}-{2}-{3}.json",
                                              cpu, machine.l1Bytes,
                                              machine.l2Bytes, machine.l3Bytes)
                                    .str());
  Bandwidths rates;
  if (!readFile(path, rates)) {
    rates = measureBandwidths(machine);
    if (!llvm::sys::fs::create_directories(folder, true,
                                           llvm::sys::fs::owner_all))
      writeFile(path, rates);
  }
  if (rates.l3 > 0)
    machine.l3BytesPerCycle = rates.l3;
  if (rates.memory > 0)
    machine.memoryBytesPerCycle = rates.memory;
}
