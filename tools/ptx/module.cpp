// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/module.h"

#include "ptx/decoder.h"
#include "ptx/parser.h"

namespace tconv::ptx {

Module::Module() : parsed(std::make_unique<Syntax>()) {}
Module::~Module() = default;

Status Module::parse(std::string_view text,
                     std::shared_ptr<const Module> &module) {
  std::shared_ptr<Module> made(new Module());
  if (Status status = parseSyntax(text, *made->parsed))
    return status;
  for (const Function &function : made->parsed->functions) {
    auto program = std::make_unique<Program>();
    if (Status status = decode(*made->parsed, function, *program))
      return status;
    Entry entry;
    entry.name = function.name;
    for (size_t index = 0; index < function.parameters.size(); ++index)
      entry.parameters.push_back({function.parameters[index].name,
                                  program->parameterOffsets[index],
                                  function.parameters[index].bytes});
    entry.parameterBytes = program->parameterBytes;
    entry.maximumThreads = function.maximumThreads;
    entry.requiredThreads = function.requiredThreads;
    entry.staticSharedBytes = program->staticShared;
    entry.localBytes = program->localBytes;
    for (const Variable &variable : made->parsed->variables)
      entry.usesDynamicShared |= variable.dynamic;
    for (const Variable &variable : function.variables)
      entry.usesDynamicShared |= variable.dynamic;
    made->entryList.push_back(std::move(entry));
    made->programs.push_back(std::move(program));
  }
  module = std::move(made);
  return Status::ok();
}

const Entry *Module::findEntry(const std::string &name) const {
  for (const Entry &entry : entryList) {
    if (entry.name == name)
      return &entry;
  }
  return nullptr;
}

const std::string &Module::target() const { return parsed->target; }
const std::string &Module::version() const { return parsed->version; }

} // namespace tconv::ptx
