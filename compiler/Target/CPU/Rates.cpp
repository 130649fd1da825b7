// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/Target/CPU/Rates.h"

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

template <typename Run> double secondsOf(Run &&run) {
  double start = now();
  run();
  return now() - start;
}

/// How much of `amount`, which `run` does, is done in a cycle. Clocks change,
/// so a cycle is measured beside each run. What interrupts a run makes the rate
/// too low, now and then one that interrupts the cycle's makes it too high: it
/// is the upper quartile.
template <typename Prepare, typename Run>
double amountPerCycle(double amount, Prepare &&prepare, Run &&run) {
  std::array<double, 16> rates;
  for (double &rate : rates) {
    prepare();
    double seconds = secondsOf(run);
    rate = amount / seconds * secondsPerCycle();
  }
  auto quartile = rates.end() - rates.size() / 4;
  std::nth_element(rates.begin(), quartile, rates.end());
  return *quartile;
}

template <typename Run> double amountPerCycle(double amount, Run &&run) {
  return amountPerCycle(amount, [] {}, run);
}

using Vector __attribute__((vector_size(16))) = int64_t;

/// Room for reading from end to end, a part at a time.
class Buffer {
public:
  Buffer(int64_t bytesOfPart, int64_t parts)
      : ofPart(static_cast<size_t>(bytesOfPart) / sizeof(Vector)),
        vectors(ofPart * static_cast<size_t>(parts), Vector{1, 1}) {}

  double bytesOfPart() const {
    return static_cast<double>(ofPart * sizeof(Vector));
  }

  /// The part that follows the last one.
  void read() {
    constexpr size_t sums = 8;
    Vector total[sums] = {};
    const Vector *part = &vectors[next];
    for (size_t i = 0; i + sums <= ofPart; i += sums)
      for (size_t j = 0; j < sums; ++j)
        total[j] += part[i + j];
    next = (next + ofPart) % vectors.size();
    for (Vector &sum : total)
      asm volatile("" : "+m"(sum)); // it is needed
  }

  /// Puts it out of all caches; false where only the system could.
  bool flush() const {
#if defined(__x86_64__) || defined(__aarch64__)
    constexpr size_t line = 64 / sizeof(Vector);
    for (size_t i = 0; i < vectors.size(); i += line)
#if defined(__x86_64__)
      __builtin_ia32_clflush(&vectors[i]);
    __builtin_ia32_mfence();
#else
      asm volatile("dc civac, %0" ::"r"(&vectors[i]) : "memory");
    asm volatile("dsb ish" ::: "memory");
#endif
    return true;
#else
    return false;
#endif
  }

private:
  size_t ofPart, next = 0;
  std::vector<Vector> vectors;
};

/// The nearest of the values that are told apart.
int64_t rounded(double rate, llvm::ArrayRef<int64_t> values) {
  return *llvm::min_element(values, [&](int64_t a, int64_t b) {
    return std::abs(std::log(rate / static_cast<double>(a))) <
           std::abs(std::log(rate / static_cast<double>(b)));
  });
}

int64_t roundedBytes(double rate) {
  return rounded(rate, {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64});
}

constexpr int64_t kRounds = 2000, kDozen = 12;

/// kRounds of a dozen instructions that don't wait for each other, as many as
/// hide what one takes: FMAs in registers, or loads from one line.
struct VectorUnit {
  void (*fmas)();
  void (*loads)(const void *line);
};

// clang-format off
#define TCONV_DOZEN(OF)                                                        \
  OF("0") OF("1") OF("2") OF("3") OF("4") OF("5") OF("6") OF("7") OF("8")      \
  OF("9") OF("10") OF("11")
// clang-format on

/// From zeros, since a core may take longer over the smallest numbers.
#define TCONV_REPEAT(ONE, ...)                                                 \
  asm volatile(TCONV_DOZEN(TCONV_ZERO)::: TCONV_REGISTERS);                    \
  for (int64_t round = 0; round < kRounds; ++round)                            \
    asm volatile(TCONV_DOZEN(ONE)::__VA_ARGS__ : TCONV_REGISTERS);             \
  asm volatile(TCONV_FINISH ::: TCONV_REGISTERS)

#if defined(__x86_64__)

#define TCONV_REGISTERS                                                        \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",      \
      "xmm9", "xmm10", "xmm11"
#define TCONV_ZERO(N) "vpxor %%xmm" N ", %%xmm" N ", %%xmm" N "\n\t"
#define TCONV_FMA_512(N) "vfmadd231ps %%zmm" N ", %%zmm" N ", %%zmm" N "\n\t"
#define TCONV_LOAD_512(N) "vmovups (%0), %%zmm" N "\n\t"
#define TCONV_FMA_256(N) "vfmadd231ps %%ymm" N ", %%ymm" N ", %%ymm" N "\n\t"
#define TCONV_LOAD_256(N) "vmovups (%0), %%ymm" N "\n\t"

/// None of the upper halves stay, with which SSE instructions would be slow.
#define TCONV_FINISH "vzeroupper"

constexpr VectorUnit kAvx512 = {
    [] { TCONV_REPEAT(TCONV_FMA_512); },
    [](const void *line) { TCONV_REPEAT(TCONV_LOAD_512, "r"(line)); }};
constexpr VectorUnit kAvx2 = {
    [] { TCONV_REPEAT(TCONV_FMA_256); },
    [](const void *line) { TCONV_REPEAT(TCONV_LOAD_256, "r"(line)); }};

const VectorUnit *vectorUnit(int64_t lanes) {
  if (lanes == 16 && __builtin_cpu_supports("avx512f"))
    return &kAvx512;
  if (lanes == 8 && __builtin_cpu_supports("fma"))
    return &kAvx2;
  return nullptr;
}

#elif defined(__aarch64__)

#define TCONV_REGISTERS                                                        \
  "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11"
#define TCONV_ZERO(N) "movi v" N ".4s, #0\n\t"
#define TCONV_FMA(N) "fmla v" N ".4s, v" N ".4s, v" N ".4s\n\t"
#define TCONV_LOAD(N) "ldr q" N ", [%0]\n\t"

#define TCONV_FINISH ""

constexpr VectorUnit kNeon = {
    [] { TCONV_REPEAT(TCONV_FMA); },
    [](const void *line) { TCONV_REPEAT(TCONV_LOAD, "r"(line)); }};

const VectorUnit *vectorUnit(int64_t lanes) {
  return lanes == 4 ? &kNeon : nullptr;
}

#else

const VectorUnit *vectorUnit(int64_t) { return nullptr; }

#endif

/// Read from memory: enough for prefetching to get into its stride.
constexpr int64_t kFarBytes = 1 << 18;

/// The rates by their names in the file.
std::array<std::pair<llvm::StringLiteral, int64_t *>, 4>
rateFields(Rates &rates) {
  return {{{"fmas_per_cycle", &rates.fmas},
           {"loads_per_cycle", &rates.loads},
           {"l3_bytes_per_cycle", &rates.l3},
           {"memory_bytes_per_cycle", &rates.memory}}};
}

/// Whether the file held all of them.
bool readFile(llvm::StringRef path, Rates &rates) {
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
  for (auto [name, rate] : rateFields(rates)) {
    auto value = object ? object->getInteger(name) : std::nullopt;
    if (!value || *value < 0 || *value > 64)
      return false;
    *rate = *value;
  }
  return true;
}

/// Other processes see the whole file or none. That nothing can be written is
/// no failure: the next process measures anew.
void writeFile(llvm::StringRef path, Rates rates) {
  llvm::json::Object object;
  for (auto [name, rate] : rateFields(rates))
    object[name] = *rate;
  llvm::consumeError(llvm::writeToOutput(path, [&](llvm::raw_ostream &out) {
    out << llvm::formatv("{0:2}\n", llvm::json::Value(std::move(object)));
    return llvm::Error::success();
  }));
}

} // namespace

/// Additions that wait for each other take a cycle each, on any core, if both
/// numbers are in registers: of one written into the instruction, some cores of
/// Intel's do up to six a cycle. A jump may take more, on one that another
/// thread shares.
double mlir::tconv::secondsPerCycle() {
  constexpr int64_t rounds = 1000, additions = 20;
  return secondsOf([] {
           int64_t value = 0, step = 1;
           asm volatile("" : "+r"(step)); // no compiler knows it
           for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 20
             for (int64_t i = 0; i < additions; ++i) {
               value += step;
               // No compiler can sum them up.
               asm volatile("" : "+r"(value));
             }
           }
         }) /
         (rounds * additions);
}

Rates mlir::tconv::measureRates(const Machine &machine) {
  Rates rates;
  if (const VectorUnit *unit = vectorUnit(machine.lanes)) {
    constexpr auto instructions = static_cast<double>(kDozen * kRounds);
    alignas(64) static constexpr char line[64] = {};
    rates.fmas = rounded(amountPerCycle(instructions, unit->fmas), {1, 2, 4});
    rates.loads = rounded(
        amountPerCycle(instructions, [&] { unit->loads(line); }), {1, 2, 3, 4});
  }
  if (machine.l3Bytes >= 4 * machine.l2Bytes) {
    // L2 holds none of a part any more when its turn comes again, and the last
    // level has room for all.
    constexpr int64_t parts = 4;
    Buffer buffer(std::min(machine.l2Bytes, machine.l3Bytes / (2 * parts)),
                  parts);
    auto read = [&] { buffer.read(); };
    for (int64_t part = 0; part < parts; ++part)
      read(); // what comes first is in no cache
    rates.l3 = roundedBytes(amountPerCycle(buffer.bytesOfPart(), read));
  }
  Buffer buffer(kFarBytes, 1);
  if (buffer.flush())
    rates.memory = roundedBytes(amountPerCycle(
        buffer.bytesOfPart(), [&] { buffer.flush(); }, [&] { buffer.read(); }));
  return rates;
}

void mlir::tconv::readRates(llvm::StringRef cpu, Machine &machine) {
  std::string folder = ::tconv::diskCacheSettings().folder;
  llvm::SmallString<128> path(folder);
  llvm::sys::path::append(path,
                          llvm::formatv("machine-{0}-{1}-{2}-{3}-{4}.json", cpu,
                                        machine.lanes, machine.l1Bytes,
                                        machine.l2Bytes, machine.l3Bytes)
                              .str());
  Rates rates;
  if (folder.empty() || !readFile(path, rates)) {
    rates = measureRates(machine);
    if (!folder.empty() && !llvm::sys::fs::create_directories(
                               folder, true, llvm::sys::fs::owner_all))
      writeFile(path, rates);
  }
  auto take = [](int64_t rate, int64_t &field) {
    if (rate > 0)
      field = rate;
  };
  take(rates.fmas, machine.fmasPerCycle);
  take(rates.loads, machine.loadsPerCycle);
  take(rates.l3, machine.l3BytesPerCycle);
  take(rates.memory, machine.memoryBytesPerCycle);
}
