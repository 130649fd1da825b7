// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-davinci/run.h"

#include <algorithm>
#include <cstdio>

#include "davinci/launch.h"
#include "tconv-davinci/report.h"
#include "tconv-davinci/trial.h"
#include "tconv-ptx/buffers.h"

namespace tconv::tools {
namespace {

davinci::Policy policyOf(const std::string &name) {
  return name == "consumers-first"   ? davinci::Policy::ConsumersFirst
         : name == "producers-first" ? davinci::Policy::ProducersFirst
                                     : davinci::Policy::InOrder;
}

Status chooseEntry(const davinci::Program &program,
                   const DavinciRunOptions &options, std::string &entry) {
  entry = options.entry;
  if (entry.empty() && program.entries().size() == 1)
    entry = program.entries()[0].name;
  if (entry.empty())
    return Status(TCONV_INVALID_VALUE,
                  "--entry is needed: '" + options.file + "' has " +
                      std::to_string(program.entries().size()) + " kernels");
  if (!program.findEntry(entry))
    return Status(TCONV_NOT_FOUND,
                  "--entry '" + entry + "' is not in '" + options.file + "'");
  return Status::ok();
}

/// The parameters' words, numbers by the sizes that the kernel wants.
Status readParameters(const davinci::KernelEntry &entry,
                      const std::vector<std::string> &texts,
                      BufferArguments &buffers, std::vector<uint64_t> &words) {
  std::vector<const davinci::KernelParameter *> plain;
  for (const davinci::KernelParameter &parameter : entry.parameters)
    if (parameter.role == davinci::KernelParameter::Role::Plain)
      plain.push_back(&parameter);
  for (const std::string &text : texts) {
    std::string quoted = "--param '" + text + "' ";
    if (words.size() == plain.size())
      return Status(TCONV_INVALID_VALUE, quoted + "is one more than kernel '" +
                                             entry.name + "' has");
    const davinci::KernelParameter &parameter = *plain[words.size()];
    bool isBuffer = BufferArguments::names(text);
    if (isBuffer != parameter.isMemory)
      return Status(TCONV_INVALID_VALUE, quoted +
                                             "is for a parameter of type '" +
                                             parameter.type + "'");
    uint64_t word = 0;
    if (Status status =
            isBuffer ? buffers.add(text, word)
                     : readNumberArgument(
                           text, static_cast<uint64_t>(parameter.bytes), word))
      return status;
    words.push_back(word);
  }
  return Status::ok();
}

Status summary(const std::string &what, uint64_t findings) {
  if (findings == 0)
    return Status::ok();
  return Status(TCONV_INVALID_VALUE,
                what + " has " + std::to_string(findings) + " findings");
}

/// One kernel with the command line's parameters.
Status runOne(const DavinciRunOptions &options,
              const davinci::LaunchOptions &launch) {
  std::string text;
  if (Status status = readText(options.file, text))
    return status;
  std::shared_ptr<const davinci::Program> program;
  if (Status status = readProgram(text, options.templates, program))
    return Status(status.code(), "'" + options.file + "': " + status.message());
  davinci::LaunchConfig config;
  if (Status status = chooseEntry(*program, options, config.entry))
    return status;
  for (size_t axis = 0; axis < options.grid.size(); ++axis)
    config.grid[axis] = options.grid[axis];
  ptx::Memory memory;
  BufferArguments buffers(memory);
  if (Status status =
          readParameters(*program->findEntry(config.entry), options.parameters,
                         buffers, config.parameters))
    return status;
  davinci::Report report;
  if (Status status = davinci::launch(*program, memory, config, launch, report))
    return status;
  if (Status status = buffers.write())
    return status;
  if (options.json)
    std::printf("%s\n", reportJson(report).dump(2).c_str());
  else
    printReport(report);
  return summary("kernel '" + config.entry + "'", report.findingCount);
}

/// Launches that a file describes, one after the other.
Status runTrial(const DavinciRunOptions &options,
                const davinci::LaunchOptions &launch) {
  DavinciTrial trial;
  if (Status status = readDavinciTrial(options.file, trial))
    return status;
  DavinciPrograms programs;
  if (Status status = readDavinciPrograms(trial, options.templates, programs))
    return status;
  DavinciOutcome outcome;
  if (Status status = runDavinciTrial(trial, programs, launch, outcome))
    return status;
  if (Status status = writeOutputs(trial, outcome))
    return status;
  uint64_t findings = 0;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (size_t index = 0; index < outcome.reports.size(); ++index) {
    const davinci::Report &report = outcome.reports[index];
    findings += report.findingCount;
    if (!options.json) {
      std::printf("%s:\n", trial.launches[index].entry.c_str());
      printReport(report);
      continue;
    }
    nlohmann::ordered_json json = {{"entry", trial.launches[index].entry}};
    json.update(reportJson(report));
    all.push_back(std::move(json));
  }
  if (options.json)
    std::printf("%s\n", all.dump(2).c_str());
  return summary("'" + options.file + "'", findings);
}

} // namespace

CLI::App *addDavinciRunCommand(CLI::App &app, DavinciRunOptions &options) {
  CLI::App *run = app.add_subcommand("run", "Runs a kernel");
  run->add_option("file", options.file,
                  "module.hivm.opt.mlir of bishengir-compile --save-temps, or "
                  "a JSON file with buffers and launches")
      ->required();
  run->add_option("--entry", options.entry,
                  "Name of the kernel (default: the only one)");
  run->add_option("--grid", options.grid, "Blocks: X or X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  run->add_option("--param", options.parameters,
                  "One for each parameter, in order, without the address of "
                  "flags, the workspace and the grid: a number; FILE.npy or "
                  "FILE.npy:f16 or :bf16, global memory with the file's "
                  "values; out:FILE.npy:2x3x50[:TYPE], global memory that is "
                  "written to the file afterwards; scratch:BYTES")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run->add_option("--templates", options.templates,
                  "Folder of meta_op.aic.bc and meta_op.aiv.bc, or a file of "
                  "LLVM IR (default: beside bishengir-compile, which "
                  "TCONV_BISHENGIR names or PATH has)");
  run->add_option("--policy", options.policy,
                  "When pipes do what they may do: in-order, consumers-first, "
                  "producers-first")
      ->check(CLI::IsMember({"in-order", "consumers-first", "producers-first"}))
      ->capture_default_str();
  run->add_option("--workspace", options.workspace, "Bytes of workspace")
      ->capture_default_str();
  run->add_option("--limit", options.limit, "Instructions of a block");
  run->add_flag("--json", options.json, "The report as JSON");
  return run;
}

Status runDavinci(const DavinciRunOptions &options) {
  davinci::LaunchOptions launch;
  launch.policy = policyOf(options.policy);
  launch.instructionLimit = options.limit;
  launch.workspaceBytes = options.workspace;
  constexpr const char *kTrial = ".json";
  size_t stem = options.file.size() - std::min<size_t>(options.file.size(), 5);
  return options.file.compare(stem, 5, kTrial) == 0 ? runTrial(options, launch)
                                                    : runOne(options, launch);
}

} // namespace tconv::tools
