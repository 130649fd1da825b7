// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-davinci/mutate.h"

#include <cstdio>
#include <filesystem>
#include <map>

#include <nlohmann/json.hpp>

#include "tconv-davinci/trial.h"

namespace tconv::tools {

CLI::App *addDavinciMutateCommand(CLI::App &app,
                                  DavinciMutateOptions &options) {
  CLI::App *mutate = app.add_subcommand(
      "mutate", "Plants mistakes in kernels and says which are not noticed");
  mutate
      ->add_option("trial", options.trial,
                   "JSON file with buffers and launches")
      ->required();
  mutate->add_option("--templates", options.templates, "As for run");
  mutate->add_option("--per-kind", options.perKind,
                     "At most so many mistakes of each kind in a module, drawn "
                     "by --seed; 0 (the default): all");
  mutate->add_option("--seed", options.seed, "Default 1");
  mutate->add_flag("--json", options.json, "As JSON");
  return mutate;
}

Status mutateDavinci(const DavinciMutateOptions &options) {
  DavinciTrial trial;
  if (Status status = readDavinciTrial(options.trial, trial))
    return status;
  std::vector<DavinciMutationResult> results;
  if (Status status = runDavinciMutants(trial, options.templates,
                                        options.perKind, options.seed, results))
    return status;
  std::map<std::string, std::map<std::string, uint64_t>> how;
  nlohmann::ordered_json survivors = nlohmann::ordered_json::array();
  nlohmann::ordered_json refused = nlohmann::ordered_json::array();
  for (const DavinciMutationResult &result : results) {
    ++how[result.mutant.kind][result.caught ? result.how : "nothing"];
    bool isRefused = result.caught && result.how == "refused";
    if (result.caught && !isRefused)
      continue;
    (isRefused ? refused : survivors)
        .push_back(
            {{"kind", result.mutant.kind},
             {"file", std::filesystem::path(result.file).filename().string()},
             {"line", result.mutant.line},
             {"before", result.mutant.before},
             {"after", result.mutant.after}});
  }
  size_t caught = results.size() - survivors.size() - refused.size();
  if (options.json) {
    nlohmann::ordered_json json = {{"mutants", results.size()},
                                   {"caught", caught},
                                   {"by", how},
                                   {"survivors", survivors},
                                   {"refused", refused}};
    std::printf("%s\n", json.dump(2).c_str());
    return Status::ok();
  }
  for (const auto &one : survivors)
    std::printf("survives: %s, line %d, %s: %s -> %s\n",
                one["file"].get<std::string>().c_str(), one["line"].get<int>(),
                one["kind"].get<std::string>().c_str(),
                one["before"].get<std::string>().c_str(),
                one["after"].get<std::string>().c_str());
  for (const auto &[kind, by] : how)
    for (const auto &[name, count] : by)
      std::printf("%-14s %6llu by %s\n", kind.c_str(),
                  static_cast<unsigned long long>(count), name.c_str());
  std::printf("%zu of %zu mutants caught\n", caught, results.size());
  return Status::ok();
}

} // namespace tconv::tools
