// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Modules of the fake driver: run by the PTX interpreter.
#include <algorithm>
#include <cstdio>

#include "execute.h"
#include "ptx/launch.h"

using namespace tconv;
using namespace tconv::test;

namespace {

/// Most threads that an entry's directives allow; 1024 without them.
uint32_t mostThreads(const ptx::Entry &entry) {
  for (const auto &limit : {entry.requiredThreads, entry.maximumThreads}) {
    uint32_t threads = 1;
    for (uint32_t axis : limit)
      threads *= std::max(axis, 1U);
    if (limit[0] != 0)
      return threads;
  }
  return 1024;
}

std::string textOf(const ptx::Finding &finding) {
  std::string text = ptx::findingKindName(finding.kind);
  return text + ", line " + std::to_string(finding.line) + ": " +
         finding.instruction + ": " + finding.message;
}

class Interpreted : public FakeModule {
public:
  explicit Interpreted(std::shared_ptr<const ptx::Module> module)
      : module_(std::move(module)) {
    int major = 0, minor = 0;
    std::sscanf(module_->version().c_str(), "%d.%d", &major, &minor);
    version = 10 * major + minor;
    std::sscanf(module_->target().c_str(), "sm_%d", &target);
    for (const ptx::Entry &entry : module_->entries()) {
      Entry &known = entries[entry.name];
      for (const ptx::Entry::Parameter &parameter : entry.parameters) {
        known.parameterBytes.push_back(static_cast<uint32_t>(parameter.bytes));
        known.parameterOffsets.push_back(
            static_cast<uint32_t>(parameter.offset));
      }
      known.staticShared = static_cast<uint32_t>(entry.staticSharedBytes);
      known.maxThreads = mostThreads(entry);
    }
  }

  std::string run(const std::string &entry, const FakeLaunch &launch,
                  ptx::Memory &memory) override {
    ptx::LaunchConfig config;
    config.entry = entry;
    std::copy(std::begin(launch.grid), std::end(launch.grid),
              config.grid.begin());
    std::copy(std::begin(launch.block), std::end(launch.block),
              config.block.begin());
    config.sharedBytes = launch.sharedBytes;
    config.parameters.assign(launch.parameters.begin(),
                             launch.parameters.end());
    ptx::LaunchOptions options;
    options.countTraffic = false;
    ptx::Report report;
    if (Status error = ptx::launch(*module_, memory, config, options, report))
      return error.message();
    return report.findings.empty() ? "" : textOf(report.findings.front());
  }

private:
  std::shared_ptr<const ptx::Module> module_;
};

} // namespace

std::shared_ptr<FakeModule> FakeModule::parse(const std::string &text,
                                              std::string &error) {
  std::shared_ptr<const ptx::Module> module;
  if (Status status = ptx::Module::parse(text, module)) {
    error = status.message();
    return nullptr;
  }
  return std::make_shared<Interpreted>(std::move(module));
}
