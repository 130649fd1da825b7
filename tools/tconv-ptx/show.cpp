// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/show.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "ptx/op.h"
#include "tconv-ptx/report.h"

namespace tconv::tools {

CLI::App *addShowCommand(CLI::App &app, PtxShowOptions &options) {
  CLI::App *show = app.add_subcommand(
      "show", "Entries, parameters and instructions of a module");
  show->add_option("file", options.file, "PTX text")->required();
  show->add_flag("--json", options.json, "As JSON");
  return show;
}

Status showPtx(const PtxShowOptions &options) {
  std::shared_ptr<const ptx::Module> module;
  if (Status status = readModule(options.file, module))
    return status;
  nlohmann::ordered_json json = {{"target", module->target()},
                                 {"version", module->version()},
                                 {"entries", nlohmann::ordered_json::array()}};
  for (size_t index = 0; index < module->entries().size(); ++index) {
    const ptx::Entry &entry = module->entries()[index];
    std::map<std::string, uint64_t> mix;
    const ptx::Function &function = *module->program(index).function;
    for (const ptx::Instruction &instruction : function.instructions) {
      std::string name = instruction.opcode;
      for (const std::string &modifier : instruction.modifiers)
        name += "." + modifier;
      ++mix[name];
    }
    nlohmann::ordered_json parameters = nlohmann::ordered_json::array();
    for (const auto &parameter : entry.parameters)
      parameters.push_back({{"name", parameter.name},
                            {"offset", parameter.offset},
                            {"bytes", parameter.bytes}});
    json["entries"].push_back({{"name", entry.name},
                               {"parameters", parameters},
                               {"maximum_threads", entry.maximumThreads},
                               {"required_threads", entry.requiredThreads},
                               {"static_shared_bytes", entry.staticSharedBytes},
                               {"dynamic_shared", entry.usesDynamicShared},
                               {"local_bytes", entry.localBytes},
                               {"instructions", function.instructions.size()},
                               {"mix", mix}});
  }
  if (options.json) {
    std::printf("%s\n", json.dump(2).c_str());
    return Status::ok();
  }
  std::printf("PTX %s for %s\n", module->version().c_str(),
              module->target().c_str());
  for (const auto &entry : json["entries"]) {
    std::printf("%s: %zu parameters, %d instructions, %d bytes of static "
                "shared memory%s, %d of local memory a thread\n",
                entry["name"].get<std::string>().c_str(),
                entry["parameters"].size(), entry["instructions"].get<int>(),
                entry["static_shared_bytes"].get<int>(),
                entry["dynamic_shared"].get<bool>() ? " and dynamic" : "",
                entry["local_bytes"].get<int>());
    std::vector<std::pair<int, std::string>> mix;
    for (const auto &[name, count] : entry["mix"].items())
      mix.emplace_back(count.get<int>(), name);
    std::sort(mix.rbegin(), mix.rend());
    for (const auto &[count, name] : mix)
      std::printf("%8d  %s\n", count, name.c_str());
  }
  return Status::ok();
}

} // namespace tconv::tools
