// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/machine.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include <sched.h>
#include <sys/utsname.h>

#include "common/timing.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace tconv::tools {
namespace {

/// Runs `rounds` rounds of independent FMAs; returns a value that depends on
/// all of them, so that none can be left out.
using PeakFunction = float (*)(int64_t rounds, float multiplier, float addend);

struct PeakKernel {
  PeakFunction run;
  int64_t flopsPerRound;
  const char *isa;
};

// Each kernel keeps as many sums in flight as hide the latency of the units
// (4 or 5 cycles times 2 a cycle), with registers left for both operands.
#if defined(__x86_64__)
__attribute__((target("avx512f"))) float peakAvx512(int64_t rounds, float m,
                                                    float a) {
  constexpr int sums = 24;
  __m512 multiplier = _mm512_set1_ps(m), addend = _mm512_set1_ps(a);
  __m512 acc[sums];
#pragma GCC unroll 24
  for (int i = 0; i < sums; ++i)
    acc[i] = _mm512_set1_ps(a * static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (__m512 &sum : acc)
      sum = _mm512_fmadd_ps(sum, multiplier, addend);
  }
  __m512 total = acc[0];
#pragma GCC unroll 24
  for (int i = 1; i < sums; ++i)
    total = _mm512_add_ps(total, acc[i]);
  return _mm512_cvtss_f32(total);
}

__attribute__((target("avx2,fma"))) float peakAvx2(int64_t rounds, float m,
                                                   float a) {
  constexpr int sums = 12;
  __m256 multiplier = _mm256_set1_ps(m), addend = _mm256_set1_ps(a);
  __m256 acc[sums];
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    acc[i] = _mm256_set1_ps(a * static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (__m256 &sum : acc)
      sum = _mm256_fmadd_ps(sum, multiplier, addend);
  }
  __m256 total = acc[0];
#pragma GCC unroll 12
  for (int i = 1; i < sums; ++i)
    total = _mm256_add_ps(total, acc[i]);
  return _mm256_cvtss_f32(total);
}
#endif

#if defined(__aarch64__)
float peakBaseline(int64_t rounds, float m, float a) {
  constexpr int sums = 24;
  float32x4_t multiplier = vdupq_n_f32(m), addend = vdupq_n_f32(a);
  float32x4_t acc[sums];
#pragma GCC unroll 24
  for (int i = 0; i < sums; ++i)
    acc[i] = vdupq_n_f32(a * static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 24
    for (float32x4_t &sum : acc)
      sum = vfmaq_f32(addend, sum, multiplier);
  }
  float32x4_t total = acc[0];
#pragma GCC unroll 24
  for (int i = 1; i < sums; ++i)
    total = vaddq_f32(total, acc[i]);
  return vgetq_lane_f32(total, 0);
}
constexpr PeakKernel baseline = {peakBaseline, 24 * 4 * 2, "neon"};
#else
// No FMA that every machine has: a multiplication and an addition.
using Vector4 __attribute__((vector_size(16))) = float;
float peakBaseline(int64_t rounds, float m, float a) {
  constexpr int sums = 12;
  Vector4 multiplier = {m, m, m, m}, addend = {a, a, a, a};
  Vector4 acc[sums];
#pragma GCC unroll 12
  for (int i = 0; i < sums; ++i)
    acc[i] = addend * static_cast<float>(i);
  for (int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (Vector4 &sum : acc)
      sum = sum * multiplier + addend;
  }
  Vector4 total = acc[0];
#pragma GCC unroll 12
  for (int i = 1; i < sums; ++i)
    total += acc[i];
  return total[0];
}
constexpr PeakKernel baseline = {peakBaseline, 12 * 4 * 2, "baseline"};
#endif

PeakKernel peakKernel() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f"))
    return {peakAvx512, 24 * 16 * 2, "avx512"};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {peakAvx2, 12 * 8 * 2, "avx2"};
#endif
  return baseline;
}

/// Wall-clock seconds of `threads` threads that each run `rounds` rounds.
double timePeak(const PeakKernel &kernel, int64_t threads, int64_t rounds) {
  std::atomic<int64_t> waiting{threads};
  std::vector<double> begin(static_cast<size_t>(threads));
  std::vector<double> end(static_cast<size_t>(threads));
  volatile float sink = 0;
  auto body = [&](size_t index) {
    // All start together: a late thread would stretch the measured time.
    waiting.fetch_sub(1);
    while (waiting.load() > 0)
      std::this_thread::yield();
    begin[index] = now();
    float value = kernel.run(rounds, 0.999f, 0.001f);
    end[index] = now();
    // Never true, and no compiler can know.
    if (value == -1.0f)
      sink = value;
  };
  std::vector<std::thread> others;
  for (int64_t index = 1; index < threads; ++index)
    others.emplace_back(body, static_cast<size_t>(index));
  body(0);
  for (std::thread &thread : others)
    thread.join();
  return *std::max_element(end.begin(), end.end()) -
         *std::min_element(begin.begin(), begin.end());
}

} // namespace

std::string cpuName() {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  while (std::getline(file, line)) {
    size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos)
      return line.substr(colon + 2);
  }
  utsname names;
  return uname(&names) == 0 ? names.machine : "unknown";
}

int64_t availableCores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0)
    return CPU_COUNT(&set);
  return std::max(1u, std::thread::hardware_concurrency());
}

double measureFmaPeak(int64_t threads) {
  PeakKernel kernel = peakKernel();
  // Long enough for the clock to rise, short enough to fall between the
  // interruptions of a busy machine.
  int64_t rounds = 20000;
  while (timePeak(kernel, threads, rounds) < 0.005 && rounds < (1LL << 40))
    rounds *= 2;
  double best = 1e30;
  for (double start = now(); now() - start < 0.15;)
    best = std::min(best, timePeak(kernel, threads, rounds));
  return static_cast<double>(rounds) *
         static_cast<double>(kernel.flopsPerRound) *
         static_cast<double>(threads) / best * 1e-9;
}

double sampleFmaPeak(int64_t threads, double seconds) {
  PeakKernel kernel = peakKernel();
  // At 100 GFLOP/s, about what a core does; twice as fast is half as long.
  constexpr double assumedFlops = 1e11;
  auto rounds = std::max<int64_t>(
      1, std::llround(seconds * assumedFlops / kernel.flopsPerRound));
  return static_cast<double>(rounds) *
         static_cast<double>(kernel.flopsPerRound) *
         static_cast<double>(threads) / timePeak(kernel, threads, rounds) *
         1e-9;
}

namespace {

/// A cache line of floats; as many sums as hide the latency of an addition.
constexpr int64_t kLine = 16, kLines = 4;
using Line
    __attribute__((vector_size(kLine * sizeof(float)), aligned(4), may_alias)) =
        float;

/// Groups that are read, or written, before it is the others' turn.
constexpr int64_t kGroupsInTurn = 16;

/// Reads `reads` groups of lines and writes `writes` of them, in step.
#if defined(__x86_64__) && !defined(__clang__)
__attribute__((target_clones("default", "avx2", "avx512f")))
#endif
float passOver(const float *from, int64_t reads, float *to, int64_t writes) {
  constexpr int64_t group = kLine * kLines;
  Line sums[kLines] = {};
  int64_t turns = std::max(reads, writes) / kGroupsInTurn + 1;
  int64_t read = 0, written = 0;
  for (int64_t turn = 1; turn <= turns; ++turn) {
    for (int64_t end = reads * turn / turns; read < end; ++read)
      for (int64_t line = 0; line < kLines; ++line)
        sums[line] +=
            *reinterpret_cast<const Line *>(from + read * group + line * kLine);
    for (int64_t end = writes * turn / turns; written < end; ++written)
      for (int64_t line = 0; line < kLines; ++line)
        *reinterpret_cast<Line *>(to + written * group + line * kLine) =
            sums[line];
  }
  Line total = sums[0] + sums[1] + sums[2] + sums[3];
  return total[0];
}

} // namespace

BareTraffic::BareTraffic(int64_t readBytes, int64_t writeBytes)
    : from(static_cast<size_t>(readBytes) / sizeof(float), 1.0f),
      to(static_cast<size_t>(writeBytes) / sizeof(float), 1.0f) {}

double BareTraffic::sample() {
  constexpr size_t group = kLine * kLines;
  volatile float sink = 0;
  double start = now();
  float value = passOver(from.data(), static_cast<int64_t>(from.size() / group),
                         to.data(), static_cast<int64_t>(to.size() / group));
  double seconds = now() - start;
  // Never true, and no compiler can know.
  if (value == -1.0f)
    sink = value;
  return seconds;
}

double measureCopyBandwidth() {
  // Larger than the part of a last-level cache that one core gets.
  constexpr size_t bytes = size_t{128} << 20;
  std::unique_ptr<char[]> from(new char[bytes]), to(new char[bytes]);
  std::memset(from.get(), 1, bytes);
  std::memset(to.get(), 2, bytes);
  double best = 1e30;
  for (int run = 0; run < 5; ++run) {
    double start = now();
    std::memcpy(to.get(), from.get(), bytes);
    best = std::min(best, now() - start);
    from[static_cast<size_t>(run)] = to[bytes - 1];
  }
  return 2.0 * static_cast<double>(bytes) / best * 1e-9;
}

Machine measureMachine(int64_t threads) {
  Machine machine;
  machine.cpu = cpuName();
  machine.isa = peakKernel().isa;
  machine.cores = availableCores();
  machine.threads = threads;
  machine.peak1 = measureFmaPeak(1);
  machine.peakThreads = threads == 1 ? machine.peak1 : measureFmaPeak(threads);
  machine.copyGbs = measureCopyBandwidth();
  return machine;
}

} // namespace tconv::tools
