// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What this machine can do at most: measured, not looked up, so that a share
// of the peak means something on a machine nobody has a table for. (A GPU's
// figures are not: see tconv-bench/device.h.)
#ifndef TCONV_TOOLS_COMMON_MACHINE_H
#define TCONV_TOOLS_COMMON_MACHINE_H

#include <cstdint>
#include <string>
#include <vector>

namespace tconv::tools {

struct Machine {
  std::string cpu;     ///< the processor's own name
  std::string isa;     ///< widest unit used by the peak: "avx512", "avx2", ...
  int64_t cores = 0;   ///< that this process may use
  int64_t threads = 0; ///< of the figures for several threads
  double peak1 = 0;    ///< f32 GFLOP/s of FMAs in registers, one thread
  double peakThreads = 0; ///< the same, `threads` threads together
  double copyGbs = 0; ///< 1e9 bytes/s read plus written by one thread's copy
  std::string how = "measured"; ///< where the three figures come from
  // Of a device; peaks that nobody tells are 0.
  std::string units; ///< what `cores` counts: "multiprocessors"
  std::string clock; ///< what times its runs: "cuEvent"

  /// The peak to compare a run on `count` threads with.
  double peak(int64_t count) const { return count == 1 ? peak1 : peakThreads; }
};

/// The processor's own name.
std::string cpuName();

/// Cores that this process may use (its affinity, not the machine's count).
int64_t availableCores();

/// f32 GFLOP/s of `threads` threads that do nothing but FMAs in registers, on
/// the widest vectors the processor has. Takes about 0.15 s.
double measureFmaPeak(int64_t threads);

/// The same in about `seconds`, to be taken beside a run that takes as long: a
/// shared machine's clock is another a second later, and falls as wide FMAs go
/// on.
double sampleFmaPeak(int64_t threads, double seconds);

/// The bare memory traffic of a layer, by one thread: a loop that reads as many
/// bytes and writes as many, in step, and computes nothing. What the caches
/// hold of the layer's data they hold of its.
class BareTraffic {
public:
  BareTraffic(int64_t readBytes, int64_t writeBytes);

  /// Seconds of one pass.
  double sample();

private:
  std::vector<float> from, to;
};

/// 1e9 bytes/s, read plus written, of copying 128 MiB by one thread.
double measureCopyBandwidth();

/// All of the above; takes about half a second.
Machine measureMachine(int64_t threads);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_MACHINE_H
