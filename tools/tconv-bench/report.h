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

/// Rows as they come; with several engines, each says how it compares with the
/// first.
class Table {
public:
  Table(std::FILE *stream, const std::vector<LayerEntry> &entries,
        const BenchOptions &options, const Machine &machine);
  void header() const;
  void row(const BenchResult &result) const;
  /// How the engines compare over all layers; nothing for one.
  /// @param results of each layer, its engines in their order
  void summary(const std::vector<std::vector<BenchResult>> &results) const;

private:
  std::FILE *stream_;
  const BenchOptions &options_;
  const Machine &machine_;
  std::vector<std::string> contenders_;
  int nameWidth_ = 5, engineWidth_ = 6;
};

nlohmann::ordered_json toJson(const Machine &machine);
nlohmann::ordered_json toJson(const BenchResult &result,
                              const BenchOptions &options,
                              const Machine &machine);

} // namespace tconv::tools

#endif // TCONV_TOOLS_BENCH_REPORT_H
