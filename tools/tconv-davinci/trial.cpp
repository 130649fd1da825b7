// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-davinci/trial.h"

#include <filesystem>

#include <nlohmann/json.hpp>

#include "tconv-davinci/report.h"

namespace tconv::tools {
namespace {

using Json = nlohmann::json;

Status wrong(const std::string &what) {
  return Status(TCONV_INVALID_VALUE, what);
}

Status readLaunch(const std::filesystem::path &folder, const Json &object,
                  const DavinciTrial &trial, DavinciTrialLaunch &launch) {
  for (const char *key : {"file", "entry"})
    if (!object.is_object() || !object.contains(key) ||
        !object[key].is_string())
      return wrong(std::string("a launch without a text \"") + key + "\"");
  launch.file = (folder / object["file"].get<std::string>()).string();
  launch.entry = object["entry"].get<std::string>();
  if (Status status = readTrialSizes(object, "grid", launch.grid))
    return status;
  auto found = object.find("parameters");
  if (found == object.end() || !found->is_array())
    return wrong("a launch has no list of \"parameters\"");
  for (const Json &one : *found) {
    DavinciTrialLaunch::Parameter parameter;
    if (one.is_string()) {
      parameter.buffer = one.get<std::string>();
      if (trial.buffers.count(parameter.buffer) == 0)
        return wrong("parameter \"" + parameter.buffer + "\" is no buffer");
    } else if (one.is_number_integer()) {
      parameter.value = static_cast<uint64_t>(one.get<int64_t>());
    } else {
      return wrong("a parameter that is neither a number nor a buffer's "
                   "name: " +
                   one.dump());
    }
    launch.parameters.push_back(std::move(parameter));
  }
  return Status::ok();
}

Status readBuffer(const std::filesystem::path &folder, const std::string &name,
                  const Json &object, DavinciTrial &trial) {
  TrialBuffer &buffer = trial.buffers[name];
  for (const char *key : {"input", "npy"})
    if (object.contains(key) && !object[key].is_string())
      return wrong(std::string("\"") + key + "\": " + object[key].dump() +
                   " is no file");
  if (!object.contains("input")) {
    if (object.contains("npy"))
      trial.files[name] = (folder / object["npy"].get<std::string>()).string();
    return readTrialBuffer(object, buffer);
  }
  buffer.type = object.value("type", Json("f32")).dump();
  buffer.type = buffer.type.substr(1, buffer.type.size() - 2);
  if (buffer.type != "f32" && buffer.type != "f16" && buffer.type != "bf16")
    return wrong("the type \"" + buffer.type + "\" is not known");
  Array array;
  if (Status status = readNpy(
          (folder / object["input"].get<std::string>()).string(), array))
    return status;
  buffer.bytes = encodeValues(array.values, buffer.type);
  return Status::ok();
}

Status readDescription(const std::string &path, const Json &json,
                       DavinciTrial &trial) {
  auto buffers = json.find("buffers");
  if (!json.is_object() || buffers == json.end() || !buffers->is_object())
    return wrong("there are no \"buffers\"");
  for (const auto &[name, object] : buffers->items()) {
    if (!object.is_object())
      return wrong("buffer \"" + name + "\" is no object");
    if (Status status = readBuffer(std::filesystem::path(path).parent_path(),
                                   name, object, trial))
      return status;
  }
  auto launches = json.find("launches");
  if (launches == json.end() || !launches->is_array() || launches->empty())
    return wrong("there is no list of \"launches\"");
  for (const Json &one : *launches) {
    trial.launches.emplace_back();
    if (Status status = readLaunch(std::filesystem::path(path).parent_path(),
                                   one, trial, trial.launches.back()))
      return status;
  }
  return Status::ok();
}

constexpr davinci::Policy kPolicies[] = {davinci::Policy::InOrder,
                                         davinci::Policy::ConsumersFirst,
                                         davinci::Policy::ProducersFirst};

/// The instructions of the longest block, or a bit more.
uint64_t instructionLimit(const DavinciOutcome &outcome) {
  uint64_t most = 0;
  for (const davinci::Report &report : outcome.reports) {
    uint64_t all = 0;
    for (const davinci::PipeCounts &pipe : report.counts.pipes)
      all += pipe.instructions;
    most = std::max(most, all);
  }
  return 1000 + 8 * most;
}

double scalarBytes(const davinci::Counts &counts) {
  return double(counts.pipes[static_cast<size_t>(davinci::Pipe::Scalar)].bytes);
}

/// Whether the estimate of a launch is much above the kernel's own, or what the
/// scalar unit moves, whose own time the estimate takes for one cycle.
bool isSlower(const DavinciOutcome &outcome, const DavinciOutcome &baseline) {
  constexpr double kMuch = 1.25;
  for (size_t launch = 0; launch < outcome.reports.size(); ++launch) {
    const davinci::Counts &counts = outcome.reports[launch].counts;
    const davinci::Counts &own = baseline.reports[launch].counts;
    if (counts.cycles > kMuch * own.cycles ||
        scalarBytes(counts) > kMuch * scalarBytes(own))
      return true;
  }
  return false;
}

Status runMutant(const DavinciTrial &trial, const std::string &templates,
                 const DavinciPrograms &programs,
                 const DavinciOutcome &baseline,
                 DavinciMutationResult &result) {
  result.caught = true;
  result.how = "refused";
  std::shared_ptr<const davinci::Program> changed;
  if (readProgram(result.mutant.text, templates, changed))
    return Status::ok();
  DavinciPrograms all = programs;
  for (size_t launch = 0; launch < all.size(); ++launch)
    if (trial.launches[launch].file == result.file)
      all[launch] = changed;
  for (davinci::Policy policy : kPolicies) {
    davinci::LaunchOptions options;
    options.policy = policy;
    options.instructionLimit = instructionLimit(baseline);
    DavinciOutcome outcome;
    if (Status status = runDavinciTrial(trial, all, options, outcome,
                                        /*untilFinding=*/true))
      return status;
    result.how = "output";
    const davinci::Finding *finding = outcome.firstFinding();
    if (finding)
      result.how = davinci::findingKindName(finding->kind);
    if (finding || outcome.outputs != baseline.outputs)
      return Status::ok();
    // Templates do by the scalar unit what lies where vectors can't reach.
    result.how = "slower";
    if (isSlower(outcome, baseline))
      return Status::ok();
  }
  result.caught = false;
  result.how.clear();
  return Status::ok();
}

} // namespace

const davinci::Finding *DavinciOutcome::firstFinding() const {
  for (const davinci::Report &report : reports)
    if (!report.findings.empty())
      return &report.findings[0];
  return nullptr;
}

Status readDavinciTrial(const std::string &path, DavinciTrial &trial) {
  trial = DavinciTrial();
  std::string text;
  if (Status status = readText(path, text))
    return status;
  Json json = Json::parse(text, nullptr, false);
  Status status = json.is_discarded() ? wrong("it is no JSON")
                                      : readDescription(path, json, trial);
  if (status)
    return Status(status.code(), "'" + path + "': " + status.message());
  return Status::ok();
}

Status readDavinciPrograms(const DavinciTrial &trial,
                           const std::string &templates,
                           DavinciPrograms &programs) {
  programs.clear();
  std::map<std::string, std::shared_ptr<const davinci::Program>> known;
  for (const DavinciTrialLaunch &launch : trial.launches) {
    auto &program = known[launch.file];
    std::string text;
    if (!program) {
      if (Status status = readText(launch.file, text))
        return status;
      if (Status status = readProgram(text, templates, program))
        return Status(status.code(),
                      "'" + launch.file + "': " + status.message());
    }
    programs.push_back(program);
  }
  return Status::ok();
}

Status writeOutputs(const DavinciTrial &trial, const DavinciOutcome &outcome) {
  for (const auto &[name, path] : trial.files) {
    Array array;
    array.values =
        decodeValues(outcome.outputs.at(name), trial.buffers.at(name).type);
    array.shape = {static_cast<int64_t>(array.values.size())};
    if (Status status = writeNpy(path, array))
      return status;
  }
  return Status::ok();
}

Status runDavinciTrial(const DavinciTrial &trial,
                       const DavinciPrograms &programs,
                       const davinci::LaunchOptions &options,
                       DavinciOutcome &outcome, bool untilFinding) {
  outcome = DavinciOutcome();
  ptx::Memory memory;
  std::map<std::string, uint64_t> addresses;
  for (const auto &[name, buffer] : trial.buffers) {
    uint64_t &address = addresses[name];
    if (Status status = memory.allocate(buffer.bytes.size(), name, address))
      return status;
    if (buffer.isOutput)
      continue;
    if (Status status =
            memory.write(address, buffer.bytes.data(), buffer.bytes.size()))
      return status;
  }
  for (size_t index = 0; index < trial.launches.size(); ++index) {
    const DavinciTrialLaunch &launch = trial.launches[index];
    davinci::LaunchConfig config;
    config.entry = launch.entry;
    config.grid = launch.grid;
    for (const DavinciTrialLaunch::Parameter &parameter : launch.parameters)
      config.parameters.push_back(parameter.buffer.empty()
                                      ? parameter.value
                                      : addresses[parameter.buffer]);
    outcome.reports.emplace_back();
    if (Status status = davinci::launch(*programs[index], memory, config,
                                        options, outcome.reports.back()))
      return status;
    if (untilFinding && !outcome.reports.back().findings.empty())
      break;
  }
  for (const auto &[name, buffer] : trial.buffers) {
    if (!buffer.isOutput)
      continue;
    std::vector<uint8_t> &bytes = outcome.outputs[name];
    bytes.resize(buffer.bytes.size());
    if (Status status =
            memory.read(addresses[name], bytes.data(), bytes.size()))
      return status;
  }
  return Status::ok();
}

Status runDavinciMutants(const DavinciTrial &trial,
                         const std::string &templates, uint64_t perKind,
                         uint32_t seed,
                         std::vector<DavinciMutationResult> &results) {
  results.clear();
  DavinciPrograms programs;
  if (Status status = readDavinciPrograms(trial, templates, programs))
    return status;
  std::map<std::string, std::string> texts;
  for (const DavinciTrialLaunch &launch : trial.launches)
    if (Status status = readText(launch.file, texts[launch.file]))
      return status;
  DavinciOutcome baseline;
  for (davinci::Policy policy : kPolicies) {
    davinci::LaunchOptions options;
    options.policy = policy;
    if (Status status = runDavinciTrial(trial, programs, options, baseline))
      return status;
    if (const davinci::Finding *finding = baseline.firstFinding())
      return wrong("the kernels have findings before anything is changed: " +
                   findingText(*finding));
  }
  for (const auto &[file, text] : texts) {
    for (davinci::Mutant &mutant : davinci::makeMutants(text, perKind, seed)) {
      DavinciMutationResult result;
      result.mutant = std::move(mutant);
      result.file = file;
      if (Status status =
              runMutant(trial, templates, programs, baseline, result))
        return status;
      result.mutant.text.clear();
      results.push_back(std::move(result));
    }
  }
  return Status::ok();
}

} // namespace tconv::tools
