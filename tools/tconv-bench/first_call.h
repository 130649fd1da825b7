// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// tconv-bench --first-call: what a layer's first call costs, by where its
// kernel comes from. A process has only one first call, so each is made in a
// process of its own.
#ifndef TCONV_TOOLS_BENCH_FIRST_CALL_H
#define TCONV_TOOLS_BENCH_FIRST_CALL_H

#include <cstdio>

#include "tconv-bench/bench.h"

namespace tconv::tools {

/// Measures every layer of the file: the compiler at work, a warm disk cache,
/// a warm memory cache, and a look-up in the memory cache alone.
Status runFirstCalls(const BenchOptions &options, std::FILE *text);

/// The other side: the process that makes one first call and writes what it
/// took to standard output, as JSON.
Status makeFirstCall(const BenchOptions &options);

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_FIRST_CALL_H
