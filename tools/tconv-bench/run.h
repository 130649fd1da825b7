// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_TOOLS_BENCH_RUN_H
#define TCONV_TOOLS_BENCH_RUN_H

#include <CLI/CLI.hpp>

#include "tconv-bench/bench.h"

namespace tconv::tools {

/// Declares the command line; parsing it fills `options`.
void addOptions(CLI::App &app, BenchOptions &options);

/// Measures the machine, then every layer. Fails after the last layer if one
/// gave wrong numbers.
Status runBench(BenchOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_RUN_H
