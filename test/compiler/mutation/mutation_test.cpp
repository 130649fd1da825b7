// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Mistakes planted in kernels that the compiler makes now: at least 95 % of
// them show, and those that don't have a reason (explain.h).
// TCONV_TEST_MUTANTS=N tries the Nth part of a kernel's mutants in place of an
// eighth (1: all), but at least 40;
// TCONV_TEST_MUTATION_CASE=NAME those of one kernel only.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <numeric>
#include <random>

#include <gtest/gtest.h>

#include "mutation/cases.h"
#include "mutation/explain.h"

namespace tconv::test {
namespace {

using tools::MutationResult;
using tools::Trials;

bool isOfOrder(const ptx::Mutant &mutant) {
  for (const char *kind :
       {"drop-barrier", "drop-wait", "drop-commit", "wait-for-less"})
    if (mutant.kind == kind)
      return true;
  return false;
}

/// Chosen once and for all, in the order of the text: everything that orders
/// threads and copies, and so many others.
std::vector<ptx::Mutant> sample(std::vector<ptx::Mutant> mutants,
                                size_t count) {
  std::mt19937 random(20);
  std::vector<size_t> order(mutants.size());
  std::iota(order.begin(), order.end(), 0);
  for (size_t i = 0; i < order.size(); ++i)
    std::swap(order[i], order[i + random() % (order.size() - i)]);
  auto others =
      std::stable_partition(order.begin(), order.end(), [&](size_t index) {
        return isOfOrder(mutants[index]);
      });
  count += static_cast<size_t>(others - order.begin());
  order.resize(std::min(count, order.size()));
  std::sort(order.begin(), order.end());
  std::vector<ptx::Mutant> chosen;
  for (size_t index : order)
    chosen.push_back(std::move(mutants[index]));
  return chosen;
}

struct Tally {
  size_t caught = 0, tried = 0, all = 0;
};

void tryMutants(const MutationCase &one, size_t part, Tally &tally) {
  SCOPED_TRACE(one.name);
  Trials trials;
  ASSERT_EQ(makeTrials(one, trials), "");
  std::shared_ptr<const ptx::Module> module;
  ASSERT_FALSE(ptx::Module::parse(trials.text, module));
  const ptx::Syntax &syntax = module->syntax();
  std::vector<ptx::Mutant> all = ptx::makeMutants(syntax, trials.entry, 0);
  Tally here;
  here.all = all.size();
  size_t count = std::max<size_t>(here.all / part, 40);
  std::vector<MutationResult> results;
  Status status = runMutants(trials, sample(std::move(all), count), 2, results);
  ASSERT_FALSE(status) << status.message();
  here.tried = results.size();
  for (const MutationResult &result : results) {
    // A text that can't be parsed would be caught for nothing.
    EXPECT_NE(result.how, "refused") << result.mutant.after;
    here.caught += result.caught;
    if (result.caught)
      continue;
    std::shared_ptr<const ptx::Module> changed;
    ASSERT_FALSE(
        ptx::Module::parse(mutatedText(syntax, result.mutant), changed));
    std::string reason =
        explainSurvivor(syntax, changed->syntax(), trials.entry, result.mutant);
    std::string line = std::to_string(result.mutant.line) + ": " +
                       result.mutant.kind + ": " + result.mutant.before +
                       " -> " + result.mutant.after;
    EXPECT_NE(reason, "") << "survives without a reason: " << one.name << ":"
                          << line;
    std::cout << "survives: " << one.name << ":" << line << "\n    " << reason
              << "\n";
  }
  std::cout << one.name << ": " << here.caught << " of " << here.tried
            << " mutants caught, a sample of " << here.all << std::endl;
  // Of the packing kernels the sample is all there is, nearly.
  EXPECT_GE(here.caught * 100, here.tried * 75);
  tally.caught += here.caught;
  tally.tried += here.tried;
  tally.all += here.all;
}

TEST(DeviceMutation, IsCaught) {
  const char *given = std::getenv("TCONV_TEST_MUTANTS");
  size_t part = given ? std::strtoull(given, nullptr, 10) : 8;
  ASSERT_GT(part, 0u);
  const char *only = std::getenv("TCONV_TEST_MUTATION_CASE");
  Tally tally;
  for (const MutationCase &one : mutationCases())
    if (!only || std::string(only) == one.name)
      tryMutants(one, part, tally);
  std::cout << "all: " << tally.caught << " of " << tally.tried
            << " mutants caught, a sample of " << tally.all << std::endl;
  EXPECT_GE(static_cast<double>(tally.caught),
            0.95 * static_cast<double>(tally.tried));
}

} // namespace
} // namespace tconv::test
