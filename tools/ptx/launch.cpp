// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/launch.h"

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

#include "ptx/block.h"
#include "ptx/syntax.h"

namespace tconv::ptx {
namespace {

constexpr uint64_t kMaximumThreads = 1024;
/// Of an H100; each architecture has its own limit below that.
constexpr uint64_t kMaximumShared = 227 * 1024;

constexpr const char *kindNames[] = {"out-of-bounds",
                                     "misaligned",
                                     "unwritten-memory",
                                     "unwritten-register",
                                     "shared-race",
                                     "copy-race",
                                     "global-race",
                                     "divergent-barrier",
                                     "divergent-warp",
                                     "not-tf32",
                                     "read-only",
                                     "unsupported",
                                     "trap",
                                     "instruction-limit"};

std::string text(const std::array<uint32_t, 3> &sizes) {
  return std::to_string(sizes[0]) + " x " + std::to_string(sizes[1]) + " x " +
         std::to_string(sizes[2]);
}

Status invalid(const std::string &message) {
  return Status(TCONV_INVALID_VALUE, message);
}

Status checkConfig(const Entry &entry, const Program &program,
                   const LaunchConfig &config, const LaunchOptions &options) {
  const auto &grid = config.grid;
  const auto &block = config.block;
  if (grid[0] < 1 || grid[1] < 1 || grid[2] < 1 || grid[0] > 0x7fffffffu ||
      grid[1] > 65535 || grid[2] > 65535)
    return invalid("grid " + text(grid) +
                   " is not within 1 .. 2147483647 x 65535 x 65535");
  // No product of these overflows.
  uint64_t threads = static_cast<uint64_t>(std::min(block[0], 1u << 16)) *
                     std::min(block[1], 1u << 16) *
                     std::min(block[2], 1u << 16);
  if (threads < 1 || threads > kMaximumThreads || block[2] > 64)
    return invalid("block " + text(block) + " has not 1 to " +
                   std::to_string(kMaximumThreads) + " threads");
  const auto &most = entry.maximumThreads;
  if (most[0] != 0 &&
      threads > static_cast<uint64_t>(most[0]) * most[1] * most[2])
    return invalid("block " + text(block) + " is larger than .maxntid " +
                   text(most) + " of entry '" + entry.name + "'");
  if (entry.requiredThreads[0] != 0 && block != entry.requiredThreads)
    return invalid("block " + text(block) + " is not the .reqntid " +
                   text(entry.requiredThreads) + " of entry '" + entry.name +
                   "'");
  if (config.sharedBytes > kMaximumShared ||
      program.staticShared + config.sharedBytes > kMaximumShared)
    return invalid(std::to_string(config.sharedBytes) +
                   " bytes of dynamic and " +
                   std::to_string(program.staticShared) +
                   " of static shared memory; the limit is " +
                   std::to_string(kMaximumShared));
  if (config.parameters.size() != entry.parameterBytes)
    return invalid("entry '" + entry.name + "' takes " +
                   std::to_string(entry.parameterBytes) +
                   " bytes of parameters, not " +
                   std::to_string(config.parameters.size()));
  if (options.threads < 1)
    return invalid("threads " + std::to_string(options.threads) +
                   " must be at least 1");
  return Status::ok();
}

/// The module's variables, for the time of a launch.
class Variables {
public:
  explicit Variables(Memory &memory) : memory(memory) {}
  ~Variables() {
    for (uint64_t address : addresses)
      (void)memory.release(address);
  }
  Variables(const Variables &) = delete;
  Variables &operator=(const Variables &) = delete;

  Status place(const Program &program) {
    for (const Variable *variable : program.globals) {
      uint64_t address = 0;
      // An address is wanted even of nothing.
      uint64_t bytes = std::max<uint64_t>(1, variable->bytes);
      if (Status status = memory.allocate(bytes, variable->name, address))
        return status;
      addresses.push_back(address);
      if (Status status = memory.fill(address, 0, bytes))
        return status;
      if (Status status = memory.write(address, variable->initial.data(),
                                       variable->initial.size()))
        return status;
    }
    return Status::ok();
  }

  std::vector<uint64_t> addresses;

private:
  Memory &memory;
};

} // namespace

const char *findingKindName(FindingKind kind) {
  return kindNames[static_cast<int>(kind)];
}

void LaunchState::report(FindingKind kind, const Op &op,
                         const std::string &message,
                         const std::array<uint32_t, 3> &block,
                         const std::array<uint32_t, 3> &thread) {
  ++findingCount;
  int line = program.function->instructions[op.instruction].line;
  std::lock_guard<std::mutex> lock(mutex);
  auto found = findings.find({line, kind});
  if (found != findings.end()) {
    ++found->second.times;
    return;
  }
  if (findings.size() >= options.maximumFindings)
    return;
  Finding finding;
  finding.kind = kind;
  finding.line = line;
  const std::vector<std::string> &lines = module.syntax().lines;
  if (line >= 1 && static_cast<size_t>(line) <= lines.size()) {
    const std::string &whole = lines[static_cast<size_t>(line) - 1];
    size_t begin = whole.find_first_not_of(" \t");
    if (begin != std::string::npos)
      finding.instruction = whole.substr(begin);
    std::replace(finding.instruction.begin(), finding.instruction.end(), '\t',
                 ' ');
  }
  finding.message = message;
  finding.block = block;
  finding.thread = thread;
  finding.times = 1;
  findings.emplace(std::make_pair(line, kind), std::move(finding));
}

GlobalShadow *LaunchState::shadowOf(const Allocation &allocation) {
  std::lock_guard<std::mutex> lock(mutex);
  std::unique_ptr<GlobalShadow> &shadow = shadows[&allocation];
  if (!shadow)
    shadow = std::make_unique<GlobalShadow>(
        allocation.address, allocation.bytes, program.globalGranule);
  return shadow.get();
}

GlobalShadow *LaunchState::findShadow(const Allocation &allocation) {
  std::lock_guard<std::mutex> lock(mutex);
  auto found = shadows.find(&allocation);
  return found == shadows.end() ? nullptr : found->second.get();
}

std::vector<Finding> LaunchState::takeFindings() {
  std::vector<Finding> list;
  for (auto &[key, finding] : findings)
    list.push_back(std::move(finding));
  return list;
}

Status launch(const Module &module, Memory &memory, const LaunchConfig &config,
              const LaunchOptions &options, Report &report) {
  report = Report();
  const Entry *entry = module.findEntry(config.entry);
  if (!entry)
    return Status(TCONV_NOT_FOUND,
                  "the module has no entry '" + config.entry + "'");
  const Program &program =
      module.program(static_cast<size_t>(entry - module.entries().data()));
  if (Status status = checkConfig(*entry, program, config, options))
    return status;
  auto begin = std::chrono::steady_clock::now();
  Variables variables(memory);
  if (Status status = variables.place(program))
    return status;
  LaunchState state(module, program, memory, config, options);
  state.globals = variables.addresses;
  uint64_t count =
      static_cast<uint64_t>(config.grid[0]) * config.grid[1] * config.grid[2];
  std::atomic<uint64_t> next{0};
  std::mutex mutex;
  bool outOfMemory = false;
  auto work = [&] {
    try {
      Block block(state);
      for (uint64_t which = next++; which < count && !state.stop;
           which = next++)
        block.run(which);
      std::lock_guard<std::mutex> lock(mutex);
      block.addCounts(report.counts);
    } catch (const std::bad_alloc &) {
      std::lock_guard<std::mutex> lock(mutex);
      outOfMemory = true;
      state.stop = true;
    }
  };
  uint64_t workers =
      std::min<uint64_t>(static_cast<uint64_t>(options.threads), count);
  std::vector<std::thread> others;
  for (uint64_t worker = 1; worker < workers; ++worker)
    others.emplace_back(work);
  work();
  for (std::thread &other : others)
    other.join();
  if (outOfMemory)
    return Status(TCONV_OUT_OF_MEMORY,
                  "no memory for the registers of entry '" + entry->name + "'");
  report.findings = state.takeFindings();
  report.findingCount = state.findingCount;
  report.stopped = state.stop;
  report.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
          .count();
  return Status::ok();
}

} // namespace tconv::ptx
