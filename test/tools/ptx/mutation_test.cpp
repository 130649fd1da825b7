// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mistakes planted in whole kernels: at least 95 % of them show, and those that
// don't are in survivors.txt, each with its reason.
#include <fstream>
#include <set>

#include <gtest/gtest.h>

#include "tconv-ptx/trial.h"

namespace tconv::ptx::test {
namespace {

using tools::MutationResult;
using tools::Trials;

/// "FILE: KIND: BEFORE -> AFTER" of each survivor that is explained; a line
/// that begins with a blank is the reason for those above it.
std::set<std::string> readSurvivors() {
  std::ifstream file(TCONV_PTX_TEST_DIR "/survivors.txt");
  EXPECT_TRUE(file);
  std::set<std::string> known;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != ' ' && line[0] != '#')
      known.insert(line);
  }
  return known;
}

class Mutation : public ::testing::TestWithParam<const char *> {};

TEST_P(Mutation, IsCaught) {
  std::string name = GetParam();
  Trials trials;
  Status status =
      readTrials(std::string(TCONV_PTX_TEST_DIR "/") + name + ".json", trials);
  ASSERT_FALSE(status) << status.message();
  std::vector<MutationResult> results;
  status = runMutants(trials, 10, 2, results);
  ASSERT_FALSE(status) << status.message();
  ASSERT_GT(results.size(), 100u);
  std::set<std::string> known = readSurvivors();
  size_t caught = 0;
  for (const MutationResult &result : results) {
    // A text that can't be parsed would be caught for nothing.
    EXPECT_NE(result.how, "refused") << result.mutant.after;
    std::string line = name + ": " + result.mutant.kind + ": " +
                       result.mutant.before + " -> " + result.mutant.after;
    caught += result.caught;
    EXPECT_TRUE(result.caught || known.count(line) == 1)
        << "survives, and survivors.txt does not say why:\n"
        << line;
  }
  EXPECT_GE(static_cast<double>(caught),
            0.95 * static_cast<double>(results.size()));
}

INSTANTIATE_TEST_SUITE_P(Kernels, Mutation,
                         ::testing::Values("ffma", "mma_f16", "mma_tf32"),
                         [](const auto &info) {
                           return std::string(info.param);
                         });

} // namespace
} // namespace tconv::ptx::test
