// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mistakes planted in kernels that the compiler makes now: at least 95 % of
// them show, and those that don't have a reason (explain.h).
// TCONV_TEST_MUTANTS=N tries N mutants of each kind and opcode (0: all).
#include <cstdlib>
#include <iostream>
#include <map>

#include <gtest/gtest.h>

#include "mutation/cases.h"
#include "mutation/explain.h"

namespace tconv::test {
namespace {

using tools::MutationResult;
using tools::Trials;

class DeviceMutation : public ::testing::TestWithParam<MutationCase> {};

TEST_P(DeviceMutation, IsCaught) {
  const MutationCase &one = GetParam();
  Trials trials;
  ASSERT_EQ(makeTrials(one, trials), "");
  std::shared_ptr<const ptx::Module> module;
  ASSERT_FALSE(ptx::Module::parse(trials.text, module));
  const char *given = std::getenv("TCONV_TEST_MUTANTS");
  uint64_t perKind = given ? std::strtoull(given, nullptr, 10) : 4;
  std::vector<MutationResult> results;
  Status status = runMutants(trials, perKind, 2, results);
  ASSERT_FALSE(status) << status.message();

  size_t caught = 0;
  std::map<std::string, size_t> reasons;
  for (const MutationResult &result : results) {
    // A text that can't be parsed would be caught for nothing.
    EXPECT_NE(result.how, "refused") << result.mutant.after;
    caught += result.caught;
    if (result.caught)
      continue;
    std::string reason =
        explainSurvivor(module->syntax(), trials.entry, result.mutant);
    EXPECT_NE(reason, "") << "survives without a reason: line "
                          << result.mutant.line << ": " << result.mutant.kind
                          << ": " << result.mutant.before << " -> "
                          << result.mutant.after;
    std::cout << "survives: " << result.mutant.kind << ": "
              << result.mutant.before << " -> " << result.mutant.after << " ("
              << reason << ")\n";
    ++reasons[reason];
  }
  size_t all = ptx::makeMutants(module->syntax(), trials.entry, 0).size();
  std::cout << one.name << ": " << caught << " of " << results.size()
            << " mutants caught, a sample of " << all << "\n";
  EXPECT_GT(results.size(), 50u);
  EXPECT_GE(static_cast<double>(caught),
            0.95 * static_cast<double>(results.size()));
}

INSTANTIATE_TEST_SUITE_P(Kernels, DeviceMutation,
                         ::testing::ValuesIn(mutationCases()),
                         [](const auto &info) {
                           return std::string(info.param.name);
                         });

} // namespace
} // namespace tconv::test
