// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tconv-bench says: a table for people, JSON for programs.
#ifndef TCONV_TOOLS_BENCH_REPORT_H
#define TCONV_TOOLS_BENCH_REPORT_H

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "common/machine.h"
#include "common/output.h"
#include "tconv-bench/bench.h"

namespace tconv::tools {

void printMachine(std::FILE *stream, const Machine &machine);
void printHeader(std::FILE *stream, size_t nameWidth);
void printRow(std::FILE *stream, size_t nameWidth, const BenchResult &result,
              const Machine &machine, int64_t threads);

nlohmann::ordered_json toJson(const Machine &machine);
nlohmann::ordered_json toJson(const BenchResult &result,
                              const BenchOptions &options,
                              const Machine &machine);

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_REPORT_H
