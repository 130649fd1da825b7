// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/library.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iostream>
#include <set>
#include <tuple>

#include "compiler/API/Compiler.h"
#include "tconv-compile/archive.h"
#include "tconv-compile/checks.h"
#include "tconv-compile/header.h"
#include "tconv-compile/library_header.h"
#include "tconv-compile/progress.h"
#include "tconv-compile/report.h"
#include "tconv-compile/tuning.h"

using namespace tconv;
using namespace tconv::tools;
using mlir::tconv::Compilation;
using mlir::tconv::CompileOptions;
using mlir::tconv::CpuTarget;
using nlohmann::ordered_json;

namespace {

/// One kernel to compile.
struct Job {
  const NamedLayer *layer;
  std::string target;
  tconv_length_class lengthClass;
  std::string symbol;
};

std::string bare(const std::string &target) {
  std::string text = target.substr(target.find(':') + 1);
  for (char &c : text)
    if (!std::isalnum(static_cast<unsigned char>(c)))
      c = '_';
  return text;
}

/// The targets without repetition; they must be of one machine, for one
/// linker takes the archive.
Status readTargets(const CompileArguments &arguments,
                   std::vector<CpuTarget> &targets) {
  std::set<std::string> seen;
  for (const std::string &name : arguments.targets) {
    if (!seen.insert(name).second)
      continue;
    auto target = mlir::tconv::parseCpuTarget(name);
    if (!target)
      return {TCONV_INVALID_VALUE,
              "--target: " + llvm::toString(target.takeError())};
    if (!targets.empty() && targets[0].isX86() != target->isX86())
      return {TCONV_INVALID_VALUE, "--target: " + name + " and " +
                                       targets[0].name +
                                       " can't be in one library"};
    targets.push_back(std::move(*target));
  }
  return Status::ok();
}

/// NAME of a library: what its prefix ends in.
Status libraryName(const CompileArguments &arguments, std::string &name) {
  name = arguments.symbol;
  if (!name.empty())
    return checkSymbol(name);
  name = std::filesystem::path(arguments.output).filename().string();
  if (name.empty())
    return {TCONV_INVALID_VALUE, "--output: '" + arguments.output +
                                     "' ends in no name for a library"};
  name = symbolOf(name);
  return Status::ok();
}

/// Layers that differ only in what a kernel gets at its launch share kernels.
using KernelForm =
    std::tuple<int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, int64_t,
               bool, int, std::vector<tconv_length_class>>;
KernelForm kernelForm(const tconv_params &params,
                      const std::vector<tconv_length_class> &classes) {
  GeneralForm form = generalForm(params);
  return {form.inChannels, form.outChannels, form.kernelSize, form.stride,
          form.dilation,   form.groups,      form.cropBegin,  form.hasBias,
          form.dtype,      classes};
}

std::vector<tconv_length_class> classesOf(const CompileArguments &arguments,
                                          const tconv_params &params) {
  if (!arguments.lengthClass.empty())
    return {chooseLengthClass(arguments.lengthClass, params, {}, "")};
  return lengthClasses(params);
}

/// What is to be compiled, and the layers as the header names them.
Status plan(const CompileArguments &arguments, const std::string &name,
            const std::vector<NamedLayer> &layers,
            const std::vector<CpuTarget> &targets, std::vector<Job> &jobs,
            LibraryHeader &header) {
  std::map<KernelForm, std::string> forms;
  std::set<std::string> names = {name + "_kernels", name + "_kernel_count",
                                 name + "_register"};
  auto claim = [&](const std::string &symbol, const NamedLayer &layer) {
    if (names.insert(symbol).second)
      return Status::ok();
    return Status(TCONV_INVALID_VALUE,
                  layer.name + ": the name " + symbol +
                      " is taken by another layer of the library");
  };
  for (const NamedLayer &layer : layers) {
    LibraryLayer entry;
    entry.params = layer.params;
    entry.symbol = name + "_";
    for (unsigned char c : layer.name.empty() ? "layer" : layer.name)
      entry.symbol += c < 128 && std::isalnum(c) ? static_cast<char>(c) : '_';
    if (Status status = claim(entry.symbol + "_params", layer))
      return status;
    auto classes = classesOf(arguments, layer.params);
    auto [known, isNew] =
        forms.emplace(kernelForm(layer.params, classes), entry.symbol);
    entry.kernelsOf = known->second;
    header.layers.push_back(entry);
    if (!isNew)
      continue;
    for (const CpuTarget &target : targets)
      for (tconv_length_class lengthClass : classes) {
        std::string symbol = entry.symbol + "_" + bare(target.name) + "_" +
                             lengthClassName(lengthClass);
        if (Status status = claim(symbol, layer))
          return status;
        jobs.push_back({&layer, target.name, lengthClass, symbol});
      }
  }
  return Status::ok();
}

/// One kernel's object, by its engine.
/// @param report receives what --json says of it
Status compileObject(const tconv_params &params, const CompileOptions &options,
                     const Engine &engine, std::string &bytes,
                     ordered_json &report) {
  if (engine.kind == EngineKind::halide) {
    HalideKernel kernel(params, options, engine);
    ordered_json description;
    if (Status status = kernel.emit("object", bytes))
      return status;
    if (Status status = kernel.description(description))
      return status;
    report = reportOf(kernel, description, params, options.symbol);
    return Status::ok();
  }
  Compilation compilation(params, options);
  llvm::SmallVector<char, 0> object;
  if (Status status = compilation.object(object))
    return status;
  bytes.assign(object.begin(), object.end());
  report = reportOf(compilation, params, options.symbol);
  return Status::ok();
}

} // namespace

Status tconv::tools::compileLibrary(const CompileArguments &arguments,
                                    const std::vector<NamedLayer> &layers,
                                    std::map<std::string, std::string> &files,
                                    nlohmann::ordered_json &report) {
  LibraryHeader header;
  std::vector<CpuTarget> targets;
  std::vector<Job> jobs;
  if (Status status = libraryName(arguments, header.name))
    return status;
  if (Status status = readTargets(arguments, targets))
    return status;
  if (Status status =
          plan(arguments, header.name, layers, targets, jobs, header))
    return status;

  TuningArgument tuning;
  if (Status status = tuning.read(arguments.tuning, arguments.schedulePath))
    return status;
  std::vector<std::pair<std::string, std::string>> members;
  std::vector<std::string> symbols;
  Progress progress(jobs.size(), arguments.verbose);
  for (const Job &job : jobs) {
    progress.begin(job.symbol);
    CompileOptions options;
    options.target = job.target;
    options.lengthClass = job.lengthClass;
    options.accuracy = chooseAccuracy(arguments.accuracy);
    options.schedulePath = arguments.schedulePath;
    options.symbol = job.symbol;
    Engine engine = tuning.apply(job.layer->params, arguments.engine, options);
    std::string bytes;
    ordered_json one;
    if (Status status =
            compileObject(job.layer->params, options, engine, bytes, one))
      return {status.code(), job.symbol + ": " + status.message()};
    header.kernels.push_back({job.symbol, one["kernel"].dump()});
    report.push_back(std::move(one));
    members.emplace_back(job.symbol + ".o", std::move(bytes));
    symbols.push_back(job.symbol);
  }
  std::string table, archive;
  if (Status status = tableObject(header.name, symbols, targets[0], table))
    return status;
  members.emplace_back(header.name + "_kernels.o", std::move(table));
  if (Status status = writeArchive(members, archive))
    return status;
  files.emplace(arguments.output + ".a", std::move(archive));
  files.emplace(arguments.output + ".h", libraryHeaderText(header));
  return Status::ok();
}
