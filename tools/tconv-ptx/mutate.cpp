// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/mutate.h"

#include <cstdio>
#include <map>

#include <nlohmann/json.hpp>

#include "tconv-ptx/trial.h"

namespace tconv::tools {

CLI::App *addMutateCommand(CLI::App &app, PtxMutateOptions &options) {
  CLI::App *mutate = app.add_subcommand(
      "mutate", "Plants mistakes in a kernel and says which are not noticed");
  mutate
      ->add_option("trials", options.trials,
                   "JSON file that names a PTX file, an entry and launches")
      ->required();
  mutate
      ->add_option("--per-kind", options.perKind,
                   "At most so many of each kind and opcode; 0: all")
      ->capture_default_str();
  mutate->add_option("--threads", options.threads, "Of this machine")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  mutate->add_flag("--json", options.json, "As JSON");
  return mutate;
}

Status mutatePtx(const PtxMutateOptions &options) {
  Trials trials;
  if (Status status = readTrials(options.trials, trials))
    return status;
  std::vector<MutationResult> results;
  if (Status status =
          runMutants(trials, options.perKind, options.threads, results))
    return status;
  std::map<std::string, uint64_t> how;
  nlohmann::ordered_json survivors = nlohmann::ordered_json::array();
  for (const MutationResult &result : results) {
    if (result.caught) {
      ++how[result.how];
      continue;
    }
    survivors.push_back({{"kind", result.mutant.kind},
                         {"line", result.mutant.line},
                         {"before", result.mutant.before},
                         {"after", result.mutant.after}});
  }
  size_t caught = results.size() - survivors.size();
  if (options.json) {
    nlohmann::ordered_json json = {{"mutants", results.size()},
                                   {"caught", caught},
                                   {"by", how},
                                   {"survivors", survivors}};
    std::printf("%s\n", json.dump(2).c_str());
    return Status::ok();
  }
  for (const auto &one : survivors)
    std::printf("survives: line %d, %s: %s -> %s\n", one["line"].get<int>(),
                one["kind"].get<std::string>().c_str(),
                one["before"].get<std::string>().c_str(),
                one["after"].get<std::string>().c_str());
  for (const auto &[name, count] : how)
    std::printf("%8llu by %s\n", static_cast<unsigned long long>(count),
                name.c_str());
  std::printf("%zu of %zu mutants caught (%.1f %%)\n", caught, results.size(),
              results.empty() ? 0.0
                              : 100.0 * static_cast<double>(caught) /
                                    static_cast<double>(results.size()));
  return Status::ok();
}

} // namespace tconv::tools
