// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/launch.h"

#include <algorithm>
#include <chrono>
#include <deque>

#include "davinci/team.h"

namespace tconv::davinci {
namespace {

/// MLIR's descriptor of a one-dimensional buffer.
struct Descriptor {
  uint64_t allocated = 0;
  uint64_t aligned = 0;
  int64_t offset = 0;
  int64_t size = 0;
  int64_t stride = 1;
};

/// The arguments of one launch, each where a pointer leads to.
class Arguments {
public:
  void addBuffer(uint64_t address, int64_t elements) {
    Descriptor descriptor;
    descriptor.allocated = descriptor.aligned = address;
    descriptor.size = elements;
    descriptors.push_back(descriptor);
    numbers.push_back(reinterpret_cast<uint64_t>(&descriptors.back()));
    pointers.push_back(&numbers.back());
  }
  void addNumber(uint64_t value) {
    numbers.push_back(value);
    pointers.push_back(&numbers.back());
  }
  const std::vector<void *> &get() const { return pointers; }

private:
  // Deques: what was added stays where it is.
  std::deque<Descriptor> descriptors;
  std::deque<uint64_t> numbers;
  std::vector<void *> pointers;
};

Status collect(const KernelEntry &entry, const LaunchConfig &config,
               uint64_t workspace, Arguments &arguments) {
  std::vector<uint64_t> given = config.parameters;
  size_t plain = 0;
  for (const KernelParameter &parameter : entry.parameters)
    plain += parameter.role == KernelParameter::Role::Plain;
  if (given.size() + 3 == plain)
    given.insert(given.end(), config.grid.begin(), config.grid.end());
  if (given.size() != plain)
    return Status(TCONV_INVALID_VALUE,
                  "kernel '" + entry.name + "' takes " + std::to_string(plain) +
                      " parameters, the last three for the grid; " +
                      std::to_string(config.parameters.size()) + " are given");
  size_t next = 0;
  for (const KernelParameter &parameter : entry.parameters) {
    uint64_t value = 0;
    if (parameter.role == KernelParameter::Role::Workspace)
      value = workspace;
    else if (parameter.role == KernelParameter::Role::FftsAddress)
      value = kFlagsAddress;
    else if (parameter.role == KernelParameter::Role::Plain)
      value = given[next++];
    if (parameter.isMemory)
      // The templates look at no size of a buffer; bounds are the memory's.
      arguments.addBuffer(value, INT64_MAX);
    else
      arguments.addNumber(value);
  }
  return Status::ok();
}

} // namespace

Status launch(const Program &program, ptx::Memory &memory,
              const LaunchConfig &config, const LaunchOptions &options,
              Report &report) {
  const KernelEntry *entry = program.findEntry(config.entry);
  if (!entry)
    return Status(TCONV_NOT_FOUND,
                  "the module has no kernel '" + config.entry + "'");
  uint64_t blocks = 1;
  for (uint32_t size : config.grid)
    blocks *= size;
  constexpr uint64_t kMostBlocks = 65535;
  if (blocks == 0 || blocks > kMostBlocks)
    return Status(TCONV_INVALID_VALUE, "a grid of " + std::to_string(blocks) +
                                           " blocks; 1 to 65535 are possible");
  uint64_t workspace = config.workspace.value_or(0);
  if (!config.workspace)
    if (Status status = memory.allocate(
            std::max(options.workspaceBytes, blocks * entry->workspaceBytes),
            "workspace", workspace))
      return status;
  auto release = [&] {
    return config.workspace ? Status::ok() : memory.release(workspace);
  };
  Arguments arguments;
  if (Status status = collect(*entry, config, workspace, arguments)) {
    Status released = release();
    return released ? released : status;
  }
  auto begin = std::chrono::steady_clock::now();
  GlobalMemory global(memory);
  auto runCore = [&](Core &core) {
    core.instructionLimit = options.instructionLimit;
    program.run(*entry, arguments.get(), core);
  };
  for (uint64_t block = 0; block < blocks; ++block) {
    if (program.coreType() == CoreType::Mixed) {
      Team team(global, report, options.policy, block, blocks);
      team.run(runCore);
      team.finish();
      for (int number = 0; number < kBlockCores; ++number)
        report.stopped |= team.core(number).isStopped();
    } else {
      Core core(global, report, options.policy, block, blocks);
      runCore(core);
      core.finish();
      report.stopped |= core.isStopped();
    }
  }
  report.seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  return release();
}

} // namespace tconv::davinci
