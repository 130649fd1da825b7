// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/trial.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <nlohmann/json.hpp>

#include "ptx/syntax.h"
#include "tconv-ptx/report.h"

namespace tconv::tools {
namespace {

using Json = nlohmann::json;

Status wrong(const std::string &what) {
  return Status(TCONV_INVALID_VALUE, what);
}

Status readLaunch(const Json &object, TrialLaunch &launch) {
  if (!object.is_object())
    return wrong("a launch that is no object: " + object.dump());
  if (Status status = readTrialSizes(object, "grid", launch.grid))
    return status;
  if (Status status = readTrialSizes(object, "block", launch.block))
    return status;
  if (Status status =
          readTrialNumber(object, "shared", 1 << 20, launch.sharedBytes))
    return status;
  auto found = object.find("parameters");
  if (found == object.end() || !found->is_array())
    return wrong("a launch has no list of \"parameters\"");
  for (const Json &one : *found) {
    TrialParameter parameter;
    if (one.is_object()) {
      parameter.isBuffer = true;
      parameter.value = launch.buffers.size();
      launch.buffers.emplace_back();
      if (Status status = readTrialBuffer(one, launch.buffers.back()))
        return status;
    } else if (one.is_number_integer()) {
      parameter.value = static_cast<uint64_t>(one.get<int64_t>());
    } else {
      return wrong("a parameter that is neither a number nor an object: " +
                   one.dump());
    }
    launch.parameters.push_back(parameter);
  }
  return Status::ok();
}

Status readDescription(const std::string &path, const Json &json,
                       Trials &trials) {
  for (const char *key : {"file", "entry"}) {
    if (!json.is_object() || !json.contains(key) || !json[key].is_string())
      return wrong(std::string("there is no text \"") + key + "\"");
  }
  trials.file = (std::filesystem::path(path).parent_path() /
                 json["file"].get<std::string>())
                    .string();
  trials.entry = json["entry"].get<std::string>();
  auto launches = json.find("launches");
  if (launches == json.end() || !launches->is_array() || launches->empty())
    return wrong("there is no list of \"launches\"");
  for (const Json &one : *launches) {
    trials.launches.emplace_back();
    if (Status status = readLaunch(one, trials.launches.back()))
      return status;
  }
  return Status::ok();
}

/// Enough for every mutant that ends.
uint64_t instructionLimit(const ptx::Report &report,
                          const TrialLaunch &launch) {
  uint64_t warps =
      (launch.block[0] * launch.block[1] * launch.block[2] + 31) / 32;
  return 1000 + 8 * report.counts.warpInstructions /
                    std::max<uint64_t>(1, report.counts.blocks * warps);
}

/// The trials' kernel as it should be.
struct Baseline {
  std::shared_ptr<const ptx::Module> module;
  std::vector<TrialOutcome> outcomes;
  std::vector<uint64_t> limits;
};

Status loadModule(const Trials &trials,
                  std::shared_ptr<const ptx::Module> &module) {
  return trials.text.empty() ? readModule(trials.file, module)
                             : ptx::Module::parse(trials.text, module);
}

Status runBaseline(const Trials &trials, Baseline &baseline) {
  if (Status status = loadModule(trials, baseline.module))
    return status;
  for (const TrialLaunch &launch : trials.launches) {
    baseline.outcomes.emplace_back();
    TrialOutcome &outcome = baseline.outcomes.back();
    if (Status status = runTrial(*baseline.module, trials.entry, launch,
                                 ptx::LaunchOptions(), outcome))
      return status;
    if (!outcome.report.findings.empty())
      return wrong("'" + trials.file +
                   "' has findings before anything is "
                   "changed: " +
                   findingText(outcome.report.findings[0]));
    baseline.limits.push_back(instructionLimit(outcome.report, launch));
  }
  return Status::ok();
}

Status runMutant(const Trials &trials, const Baseline &baseline,
                 MutationResult &result) {
  std::shared_ptr<const ptx::Module> module;
  std::string text = ptx::mutatedText(baseline.module->syntax(), result.mutant);
  result.caught = true;
  result.how = "refused";
  if (ptx::Module::parse(text, module))
    return Status::ok();
  // As late as copies may be is how most is seen; then the opposite.
  for (int round = 0; round < 2; ++round) {
    for (size_t index = 0; index < trials.launches.size(); ++index) {
      ptx::LaunchOptions options;
      options.schedule =
          round == 0 ? ptx::Schedule::Greedy : ptx::Schedule::Reverse;
      options.eagerCopies = round == 1;
      options.countTraffic = false;
      options.maximumInstructions = baseline.limits[index];
      TrialOutcome outcome;
      if (Status status = runTrial(*module, trials.entry,
                                   trials.launches[index], options, outcome))
        return status;
      result.how = "output";
      if (!outcome.report.findings.empty())
        result.how = ptx::findingKindName(outcome.report.findings[0].kind);
      if (!outcome.report.findings.empty() ||
          outcome.outputs != baseline.outcomes[index].outputs)
        return Status::ok();
    }
  }
  result.caught = false;
  result.how.clear();
  return Status::ok();
}

} // namespace

Status readTrials(const std::string &path, Trials &trials) {
  trials = Trials();
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return Status(TCONV_NOT_FOUND,
                  "cannot read '" + path + "': " + std::strerror(errno));
  Json json = Json::parse(file, nullptr, false);
  Status status = json.is_discarded() ? wrong("it is no JSON")
                                      : readDescription(path, json, trials);
  if (status)
    return Status(status.code(), "'" + path + "': " + status.message());
  return Status::ok();
}

Status runTrial(const ptx::Module &module, const std::string &entry,
                const TrialLaunch &launch, const ptx::LaunchOptions &options,
                TrialOutcome &outcome) {
  outcome = TrialOutcome();
  const ptx::Entry *found = module.findEntry(entry);
  if (!found)
    return Status(TCONV_NOT_FOUND, "the module has no entry '" + entry + "'");
  if (found->parameters.size() != launch.parameters.size())
    return wrong("entry '" + entry + "' takes " +
                 std::to_string(found->parameters.size()) +
                 " parameters, not " +
                 std::to_string(launch.parameters.size()));
  ptx::Memory memory;
  std::vector<uint64_t> addresses;
  for (const TrialBuffer &buffer : launch.buffers) {
    uint64_t address = 0;
    std::string name = buffer.isOutput ? "output" : "input";
    name += " " + std::to_string(addresses.size());
    if (Status status = memory.allocate(buffer.bytes.size(), name, address))
      return status;
    if (!buffer.isOutput) {
      if (Status status =
              memory.write(address, buffer.bytes.data(), buffer.bytes.size()))
        return status;
    }
    addresses.push_back(address);
  }
  ptx::LaunchConfig config;
  config.entry = entry;
  config.grid = launch.grid;
  config.block = launch.block;
  config.sharedBytes = launch.sharedBytes;
  config.parameters.resize(found->parameterBytes);
  for (size_t index = 0; index < launch.parameters.size(); ++index) {
    const TrialParameter &parameter = launch.parameters[index];
    uint64_t value =
        parameter.isBuffer ? addresses[parameter.value] : parameter.value;
    std::memcpy(config.parameters.data() + found->parameters[index].offset,
                &value, std::min<uint64_t>(8, found->parameters[index].bytes));
  }
  if (Status status =
          ptx::launch(module, memory, config, options, outcome.report))
    return status;
  for (size_t index = 0; index < launch.buffers.size(); ++index) {
    if (!launch.buffers[index].isOutput)
      continue;
    std::vector<uint8_t> bytes(launch.buffers[index].bytes.size());
    if (Status status =
            memory.read(addresses[index], bytes.data(), bytes.size()))
      return status;
    outcome.outputs.push_back(std::move(bytes));
  }
  return Status::ok();
}

Status runMutants(const Trials &trials, uint64_t perKind, int threads,
                  std::vector<MutationResult> &results) {
  std::shared_ptr<const ptx::Module> module;
  if (Status status = loadModule(trials, module))
    return status;
  return runMutants(trials,
                    ptx::makeMutants(module->syntax(), trials.entry, perKind),
                    threads, results);
}

Status runMutants(const Trials &trials, std::vector<ptx::Mutant> mutants,
                  int threads, std::vector<MutationResult> &results) {
  results.clear();
  Baseline baseline;
  if (Status status = runBaseline(trials, baseline))
    return status;
  for (ptx::Mutant &mutant : mutants)
    results.push_back({std::move(mutant), false, ""});
  std::atomic<size_t> next{0};
  std::mutex mutex;
  Status failure;
  auto work = [&] {
    for (size_t index = next++; index < results.size(); index = next++) {
      if (Status status = runMutant(trials, baseline, results[index])) {
        std::lock_guard<std::mutex> lock(mutex);
        failure = status;
      }
    }
  };
  std::vector<std::thread> others;
  for (int other = 1; other < threads; ++other)
    others.emplace_back(work);
  work();
  for (std::thread &other : others)
    other.join();
  return failure;
}

} // namespace tconv::tools
