// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/run.h"

#include <cstdio>
#include <cstring>

#include "tconv-ptx/buffers.h"
#include "tconv-ptx/report.h"

namespace tconv::tools {
namespace {

Status invalid(const std::string &text, const std::string &what) {
  return Status(TCONV_INVALID_VALUE, "--param '" + text + "' " + what);
}

class Parameters {
public:
  Parameters(const ptx::Entry &entry, ptx::Memory &memory)
      : entry(entry), buffers(memory), bytes(entry.parameterBytes) {}

  Status add(const std::string &text) {
    if (index == entry.parameters.size())
      return invalid(text, "is one more than entry '" + entry.name + "' has");
    uint64_t value = 0;
    const auto &parameter = entry.parameters[index++];
    bool isMemory = BufferArguments::names(text);
    if (isMemory && parameter.bytes != 8)
      return invalid(text, "is for a parameter of 8 bytes; '" + parameter.name +
                               "' has " + std::to_string(parameter.bytes));
    Status status = isMemory ? buffers.add(text, value)
                             : readNumberArgument(text, parameter.bytes, value);
    if (status)
      return status;
    std::memcpy(bytes.data() + parameter.offset, &value,
                std::min<uint64_t>(parameter.bytes, 8));
    return Status::ok();
  }

  Status finish() const {
    if (index == entry.parameters.size())
      return Status::ok();
    return Status(TCONV_INVALID_VALUE,
                  "--param is given " + std::to_string(index) +
                      " times; entry '" + entry.name + "' has " +
                      std::to_string(entry.parameters.size()) + " parameters");
  }

  Status writeOutputs() { return buffers.write(); }

  const std::vector<uint8_t> &data() const { return bytes; }

private:
  const ptx::Entry &entry;
  BufferArguments buffers;
  std::vector<uint8_t> bytes;
  size_t index = 0;
};

std::array<uint32_t, 3> sizes(const std::vector<uint32_t> &list) {
  std::array<uint32_t, 3> result = {1, 1, 1};
  for (size_t axis = 0; axis < list.size(); ++axis)
    result[axis] = list[axis];
  return result;
}

} // namespace

CLI::App *addRunCommand(CLI::App &app, PtxRunOptions &options) {
  CLI::App *run = app.add_subcommand("run", "Runs a kernel");
  run->add_option("file", options.file, "PTX text")->required();
  run->add_option("--entry", options.entry,
                  "Name of the kernel (default: the only one)");
  run->add_option("--grid", options.grid, "Blocks: X or X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  run->add_option("--block", options.block, "Threads of a block: X or X,Y,Z")
      ->delimiter(',')
      ->expected(1, 3);
  run->add_option("--shared", options.shared, "Bytes of dynamic shared memory");
  run->add_option("--param", options.parameters,
                  "One for each parameter, in order: a number of the "
                  "parameter's size; FILE.npy or FILE.npy:f16 or :bf16, device "
                  "memory with the file's values; out:FILE.npy:2x3x50[:TYPE], "
                  "device memory that is written to the file afterwards; "
                  "scratch:BYTES")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  run->add_option("--schedule", options.schedule,
                  "Which warp goes on: greedy, reverse, round-robin, random")
      ->check(CLI::IsMember({"greedy", "reverse", "round-robin", "random"}))
      ->capture_default_str();
  run->add_option("--seed", options.seed, "Of --schedule=random")
      ->capture_default_str();
  run->add_option("--threads", options.threads, "Of this machine")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  run->add_flag("--eager-copies", options.eager,
                "cp.async takes effect at once, not as late as it may");
  run->add_flag("--no-checks", options.noChecks,
                "Only bounds and alignment; no traffic is counted");
  run->add_option("--limit", options.limit, "Instructions of a warp");
  run->add_flag("--json", options.json, "The report as JSON");
  return run;
}

Status runPtx(const PtxRunOptions &options) {
  std::shared_ptr<const ptx::Module> module;
  if (Status status = readModule(options.file, module))
    return status;
  ptx::LaunchConfig config;
  config.entry = options.entry;
  if (config.entry.empty()) {
    if (module->entries().size() != 1)
      return Status(TCONV_INVALID_VALUE,
                    "--entry is needed: '" + options.file + "' has " +
                        std::to_string(module->entries().size()) + " entries");
    config.entry = module->entries()[0].name;
  }
  const ptx::Entry *entry = module->findEntry(config.entry);
  if (!entry)
    return Status(TCONV_NOT_FOUND, "--entry '" + config.entry +
                                       "' is not in '" + options.file + "'");
  ptx::Memory memory;
  Parameters parameters(*entry, memory);
  for (const std::string &text : options.parameters) {
    if (Status status = parameters.add(text))
      return status;
  }
  if (Status status = parameters.finish())
    return status;
  config.grid = sizes(options.grid);
  config.block = sizes(options.block);
  config.sharedBytes = options.shared;
  config.parameters = parameters.data();
  ptx::LaunchOptions launchOptions;
  launchOptions.schedule =
      options.schedule == "greedy"    ? ptx::Schedule::Greedy
      : options.schedule == "reverse" ? ptx::Schedule::Reverse
      : options.schedule == "random"  ? ptx::Schedule::Random
                                      : ptx::Schedule::RoundRobin;
  launchOptions.seed = options.seed;
  launchOptions.eagerCopies = options.eager;
  launchOptions.threads = options.threads;
  launchOptions.maximumInstructions = options.limit;
  launchOptions.checkShared = launchOptions.checkGlobal =
      launchOptions.countTraffic = !options.noChecks;
  ptx::Report report;
  if (Status status =
          ptx::launch(*module, memory, config, launchOptions, report))
    return status;
  if (options.json)
    std::printf("%s\n", reportJson(report).dump(2).c_str());
  else
    printReport(report);
  if (!report.stopped) {
    if (Status status = parameters.writeOutputs())
      return status;
  }
  if (report.findingCount != 0)
    return Status(TCONV_INVALID_VALUE,
                  std::to_string(report.findings.size()) +
                      " instructions with findings" +
                      (report.stopped ? "; the launch was stopped" : ""));
  return Status::ok();
}

} // namespace tconv::tools
