// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs, checks and times one layer, by one engine or by several in turns.
#ifndef TCONV_TOOLS_BENCH_BENCH_H
#define TCONV_TOOLS_BENCH_BENCH_H

#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/check.h"
#include "common/layers.h"
#include "common/options.h"
#include "common/timing.h"
#include "tconv-bench/cudnn_library.h"
#include "tconv-bench/device.h"

namespace tconv::tools {

enum class Check { None, Sampled, Full };

struct BenchOptions : LayersOptions {
  BenchOptions() { threads = 0; }

  std::vector<std::string> engines; ///< none: what the runtime takes
  bool cudnn = false;               ///< compare with it, on a GPU
  std::string tuning;               ///< file of tconv-tune
  bool peakOnly = false;            ///< measure the machine, no layer
  bool firstCall = false;           ///< measure first calls, in other processes
  std::string firstCallOf;          ///< be such a process, for this layer
  bool kernelInMemory = false;      ///< ... in which the kernel is in memory
  // Of `threads`, 0 means one, or every core for `peakOnly`.
  double seconds = 0.5; ///< of timed runs per layer and engine
  uint64_t seed = 1;
  Check check = Check::Sampled;

  /// The first of the engines; NULL where none is named.
  const char *engine() const {
    return engines.empty() ? nullptr : engines[0].c_str();
  }
  /// Those that a layer is timed with, in the order of its results.
  std::vector<std::string> contenders() const {
    std::vector<std::string> all = engines;
    if (all.empty())
      all.push_back("tconv");
    if (cudnn)
      all.push_back("cudnn");
    return all;
  }
};

struct BenchResult {
  LayerEntry entry;
  Timing timing;
  Errors errors;
  bool checked = false;
  double compileMs = 0; ///< of the compiler, as the runtime reports it
  double prepareMs = 0; ///< until the first run could start: compiling, packing
  double speedup = 1;   ///< over the first engine
  /// Of the FMA peak, which is measured after each run for as long: the best of
  /// a burst against the best, the median of all bursts. 0: of a
  /// GPU, whose peak is not measured.
  double peakShare = 0;
  /// Time of BareTraffic over a run's, likewise; 0: not measured.
  double trafficShare = 0;
  /// "kernel" or "reference"; of other systems "library", or, where they have
  /// no figure, "unsupported", "wrong" or "failed"
  std::string path;
  std::string why;    ///< why it is no kernel
  std::string engine; ///< whose kernel it is
  std::string schedule;
  std::string target;
  std::string how;                    ///< the time was taken
  nlohmann::ordered_json description; ///< the whole of tconv_layer_describe

  double gflops() const { return entry.flops() / timing.minimum * 1e-9; }
  double compulsoryGbs() const {
    return entry.compulsoryBytes() / timing.minimum * 1e-9;
  }
  bool hasFigure() const { return timing.runs > 0; }
  bool fellBack() const { return path != "kernel" && path != "library"; }
  bool wrong() const { return path == "wrong" || (checked && !errors.within); }
  bool failed() const { return path == "failed"; }
};

/// What the options mean for a layer; points into them.
/// @param engine NULL: what the runtime takes
tconv_layer_options layerOptions(const BenchOptions &options,
                                 const char *engine);

/// One result for each of the contenders, in their order. All have the same
/// weights and inputs, and are timed in turns. A layer that gives wrong numbers
/// is no failure of this call: see BenchResult::wrong.
/// @param device NULL: runs on the CPU
/// @param cudnn NULL: isn't compared with
Status benchLayer(const LayerEntry &entry, const BenchOptions &options,
                  const BenchDevice *device, const CudnnLibrary *cudnn,
                  std::vector<BenchResult> &results);

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_BENCH_H
