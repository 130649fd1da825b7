// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Runs, checks and times one layer.
#ifndef TCONV_TOOLS_BENCH_BENCH_H
#define TCONV_TOOLS_BENCH_BENCH_H

#include <cstdint>
#include <string>

#include "common/check.h"
#include "common/layers.h"
#include "common/timing.h"

namespace tconv::tools {

enum class Check { None, Sampled, Full };

struct BenchOptions {
  std::string layers;
  std::string filter;
  std::string json;
  std::string target = "cpu:native";
  std::string engine = "mlir";
  std::string tuning;          ///< file of tconv-tune
  bool direct = false;         ///< direct kernels only
  bool peakOnly = false;       ///< measure the machine, no layer
  bool firstCall = false;      ///< measure first calls, in other processes
  std::string firstCallOf;     ///< be such a process, for this layer
  bool kernelInMemory = false; ///< ... in which the kernel is in memory
  int64_t threads = 0;         ///< 0: one, or every core for `peakOnly`
  double seconds = 0.5;        ///< of timed runs per layer
  uint64_t seed = 1;
  Check check = Check::Sampled;
};

struct BenchResult {
  LayerEntry entry;
  Timing timing;
  Errors errors;
  bool checked = false;
  double compileMs = 0; ///< of the compiler, as the runtime reports it
  double prepareMs = 0; ///< until the first run could start: compiling, packing
  std::string path;     ///< "kernel" or "reference"
  std::string why;      ///< why it is the reference
  std::string schedule;
  std::string target;
  std::string description; ///< the whole of tconv_layer_describe, JSON

  double gflops() const { return entry.flops() / timing.minimum * 1e-9; }
  double compulsoryGbs() const {
    return entry.compulsoryBytes() / timing.minimum * 1e-9;
  }
  bool fellBack() const { return path != "kernel"; }
  bool wrong() const { return checked && !errors.within; }
};

/// What the options mean for a layer; points into them.
tconv_layer_options layerOptions(const BenchOptions &options);

/// Whether the kernel of a tconv_layer_describe's JSON shares products, so that
/// the wider bounds hold.
bool isFast(const std::string &description);

/// A layer that gives wrong numbers is no failure of this call: see
/// BenchResult::wrong.
Status benchLayer(const LayerEntry &entry, const BenchOptions &options,
                  BenchResult &result);

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_BENCH_H
