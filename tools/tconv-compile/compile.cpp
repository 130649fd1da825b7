// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/compile.h"

#include <algorithm>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "common/options.h"
#include "compiler/API/Compiler.h"
#include "target/target.h"
#include "tconv-compile/ascend.h"
#include "tconv-compile/checks.h"
#include "tconv-compile/device.h"
#include "tconv-compile/files.h"
#include "tconv-compile/halide.h"
#include "tconv-compile/header.h"
#include "tconv-compile/library.h"
#include "tconv-compile/report.h"
#include "tconv-compile/tuning.h"
#include "tconv-compile/warm.h"

using namespace tconv;
using namespace tconv::tools;
using mlir::tconv::Compilation;
using mlir::tconv::CompileOptions;
using nlohmann::ordered_json;

namespace {

const char *const kKnown =
    "object, header, library, asm, llvm, mlir, mlir:STAGE with the stages "
    "layer, phases, schedule, expand, llvm; for GPUs ptx, cubin, fatbin, llvm, "
    "mlir, mlir:STAGE; for Ascend hivm, object, mlir, mlir:STAGE";
const char *const kKnownOfHalide =
    "object, header, library, asm, llvm, stmt, schedule, ptx";

/// What the Halide engine makes for a kind: its name there and the ending.
struct HalidePart {
  const char *kind, *what, *suffix;
  bool ofGpus; ///< whether there is one for a GPU too
};
constexpr HalidePart kHalideParts[] = {
    {"header", "description", ".h", false},
    {"llvm", "llvm", ".ll", false},
    {"asm", "asm", ".s", false},
    {"object", "object", ".o", false},
    {"stmt", "stmt", ".stmt", true},
    {"ptx", "ptx", ".ptx", true},
    {"schedule", "schedule", ".schedule", true}};

const HalidePart *halidePart(const std::string &kind) {
  for (const HalidePart &part : kHalideParts)
    if (kind == part.kind)
      return &part;
  return nullptr;
}

Status checkHalideEmit(const std::string &kind, const std::string &target) {
  const HalidePart *part = halidePart(kind);
  if (isGpuTarget(target) && !(part && part->ofGpus))
    return Status(TCONV_UNSUPPORTED, "--emit: the Halide engine makes no '" +
                                         kind + "' for " + target +
                                         "; there is ptx, stmt, schedule");
  if (kind == "ptx" && !isGpuTarget(target))
    return Status(TCONV_INVALID_VALUE, "--emit: 'ptx' needs a target such as "
                                       "nvptx:sm_80, not " +
                                           target);
  if (part || kind == "library")
    return Status::ok();
  return Status(TCONV_INVALID_VALUE, "--emit: the Halide engine makes no '" +
                                         kind + "'; there is " +
                                         kKnownOfHalide);
}

Status checkEmit(const std::string &kind, const Engine &engine,
                 const std::string &target) {
  if (engine.kind == EngineKind::halide)
    return checkHalideEmit(kind, target);
  if (!ascendPart(target).empty())
    return checkAscendEmit(kind, target);
  if (kind == "hivm")
    return Status(TCONV_INVALID_VALUE, "--emit: 'hivm' needs a target such as "
                                       "ascend:910b3, not " +
                                           target);
  bool ofGpu = isDeviceEmit(kind);
  bool shared = kind == "llvm" || kind.rfind("mlir", 0) == 0;
  if (isGpuTarget(target) != ofGpu && !shared) {
    if (ofGpu)
      return Status(TCONV_INVALID_VALUE, "--emit: '" + kind +
                                             "' needs a target such as "
                                             "nvptx:sm_80, not " +
                                             target);
    for (const char *known : {"object", "header", "library", "asm"})
      if (kind == known)
        return Status(TCONV_UNSUPPORTED,
                      (llvm::Twine("--emit: there is no '") + kind + "' for " +
                       target + "; there is ptx, cubin, fatbin, llvm, mlir")
                          .str());
  }
  if (ofGpu)
    return Status::ok();
  for (const char *known :
       {"object", "header", "library", "asm", "llvm", "mlir"})
    if (kind == known)
      return Status::ok();
  for (const char *other : {"stmt", "schedule"})
    if (kind == other)
      return Status(TCONV_INVALID_VALUE,
                    "--emit: '" + kind + "' needs --engine=halide; there is " +
                        kKnown);
  for (const mlir::tconv::StageInfo &info : mlir::tconv::stages())
    if (kind == ("mlir:" + info.name).str())
      return Status::ok();
  return Status(TCONV_INVALID_VALUE,
                "--emit: unknown '" + kind + "'; there is " + kKnown);
}

bool wantsLibrary(const CompileArguments &arguments) {
  return std::find(arguments.emit.begin(), arguments.emit.end(), "library") !=
         arguments.emit.end();
}

/// Refuses outputs that are not made, and what standard output can't take.
Status checkOutputs(const CompileArguments &arguments, const Engine &engine,
                    size_t layers) {
  for (const std::string &kind : arguments.emit)
    for (const std::string &target : arguments.targets)
      if (Status status = checkEmit(kind, engine, target))
        return status;
  bool library = wantsLibrary(arguments);
  if (library && arguments.emit.size() > 1)
    return Status(TCONV_INVALID_VALUE,
                  "--emit: 'library' has a header and objects of its own and "
                  "goes with nothing else");
  if (!library && arguments.targets.size() > 1)
    return Status(TCONV_INVALID_VALUE,
                  "--target: " + std::to_string(arguments.targets.size()) +
                      " targets need --emit=library");
  if (arguments.output != "-")
    return Status::ok();
  if (arguments.json)
    return Status(TCONV_INVALID_VALUE,
                  "--json: standard output is taken by --output=-");
  const std::string &kind = arguments.emit[0];
  if (layers == 1 && kind != "object" && kind != "mlir" && kind != "library" &&
      kind != "cubin" && kind != "fatbin" &&
      std::all_of(arguments.emit.begin(), arguments.emit.end(),
                  [&](const std::string &other) { return other == kind; }))
    return Status::ok();
  std::string kinds;
  for (const std::string &one : arguments.emit)
    kinds += (kinds.empty() ? "" : ",") + one;
  return Status(TCONV_INVALID_VALUE,
                "--output: '-' takes one text of one layer, got --emit=" +
                    kinds + " of " + std::to_string(layers));
}

/// The same by the Halide engine.
Status produceByHalide(const CompileArguments &arguments,
                       const NamedLayer &layer, const CompileOptions &options,
                       const Engine &engine, std::vector<Product> &products,
                       ordered_json &report) {
  HalideKernel kernel(layer.params, options, engine);
  ordered_json description;
  if (!isGpuTarget(options.target))
    if (Status status = kernel.description(description))
      return status;
  for (const std::string &kind : arguments.emit) {
    // A tuning file may have chosen the engine after --emit was looked at.
    if (Status status = checkHalideEmit(kind, options.target))
      return status;
    const HalidePart &part = *halidePart(kind);
    std::string bytes;
    if (kind == "header")
      bytes = headerText(options.symbol, description.dump());
    else if (Status status = kernel.emit(part.what, bytes))
      return status;
    products.push_back({part.suffix, std::move(bytes)});
  }
  report = reportOf(kernel, description, layer.params, options.symbol);
  return Status::ok();
}

/// Everything that was asked for of one layer; nothing is written here.
Status produce(const CompileArguments &arguments, const TuningArgument &tuning,
               const NamedLayer &layer, const std::string &symbol,
               std::vector<Product> &products, ordered_json &report,
               Status &missing) {
  CompileOptions options;
  options.target = arguments.targets[0];
  options.schedulePath = arguments.schedulePath;
  options.symbol = symbol;
  options.lengthClass = chooseLengthClass(arguments.lengthClass, layer.params,
                                          layer.shape, options.target);
  options.accuracy = chooseAccuracy(arguments.accuracy);
  Engine engine = tuning.apply(layer.params, arguments.engine, options);
  if (engine.kind == EngineKind::halide)
    return produceByHalide(arguments, layer, options, engine, products, report);

  auto asks = [&](const std::string &kind) {
    return std::find(arguments.emit.begin(), arguments.emit.end(), kind) !=
           arguments.emit.end();
  };
  Compilation compilation(layer.params, options);
  std::string text;
  for (const mlir::tconv::StageInfo &info : mlir::tconv::stages()) {
    // For an Ascend, bishengir goes on from here.
    if (!ascendPart(options.target).empty() &&
        info.stage == mlir::tconv::Stage::llvmDialect)
      break;
    if (Status status = compilation.runTo(info.stage))
      return status;
    if (asks("mlir") || asks(("mlir:" + info.name).str()))
      products.push_back(
          {("." + info.name + ".mlir").str(), compilation.moduleText()});
  }
  if (compilation.ascend())
    return produceForAscend(arguments, compilation, layer, symbol, products,
                            report, missing);
  if (asks("llvm")) {
    if (Status status = compilation.llvmIR(text))
      return status;
    products.push_back({".ll", text});
  }
  if (compilation.architecture() != 0)
    return produceForDevice(arguments, compilation, layer, symbol, products,
                            report);
  if (asks("header"))
    products.push_back({".h", headerText(symbol, compilation.description())});
  if (asks("asm")) {
    if (Status status = compilation.assembly(text))
      return status;
    products.push_back({".s", text});
  }
  if (asks("object")) {
    llvm::SmallVector<char, 0> bytes;
    if (Status status = compilation.object(bytes))
      return status;
    products.push_back({".o", std::string(bytes.begin(), bytes.end())});
  }
  report = reportOf(compilation, layer.params, symbol);
  return Status::ok();
}

/// A layer to compile needs no length, so no launch is checked.
Status readFile(const CompileArguments &arguments,
                std::vector<NamedLayer> &layers) {
  const std::string &path = arguments.layersFile;
  std::vector<NamedLayer> read;
  if (Status status = parseLayerFile(path, read))
    return status;
  for (size_t i = 0; i < read.size(); ++i) {
    NamedLayer &layer = read[i];
    if (layer.name.empty())
      layer.name = std::to_string(i + 1);
    if (Status status = checkParams(layer.params))
      return Status(status.code(),
                    path + ": layer " + layer.name + ": " + status.message());
    if (layer.name.find(arguments.filter) != std::string::npos)
      layers.push_back(std::move(layer));
  }
  if (layers.empty())
    return Status(TCONV_INVALID_VALUE,
                  read.empty() ? path + ": has no layer"
                               : path + ": no layer has a name with '" +
                                     arguments.filter + "' in it");
  return Status::ok();
}

Status readLayers(const CompileArguments &arguments,
                  std::vector<NamedLayer> &layers) {
  if (arguments.layer.empty() == arguments.layersFile.empty())
    return Status(TCONV_INVALID_VALUE,
                  "give one layer line, or --layers with a file of them");
  if (!arguments.layersFile.empty())
    return readFile(arguments, layers);
  if (!arguments.filter.empty())
    return Status(TCONV_INVALID_VALUE,
                  "--filter: '" + arguments.filter + "' needs --layers");
  NamedLayer layer;
  if (Status status = parseLayerLine(arguments.layer, layer.params, layer.shape,
                                     layer.name))
    return status;
  layers.push_back(layer);
  return checkParams(layer.params);
}

/// Every kernel for itself. What of it can't be had is said in `missing`.
Status compileEach(const CompileArguments &arguments,
                   const std::vector<NamedLayer> &layers,
                   std::map<std::string, std::string> &files,
                   ordered_json &reports, Status &missing) {
  if (!arguments.symbol.empty()) {
    if (Status status = checkSymbol(arguments.symbol))
      return status;
    if (layers.size() > 1)
      return Status(TCONV_INVALID_VALUE, "--symbol: " + arguments.symbol +
                                             " can't name several kernels");
  }

  TuningArgument tuning;
  if (Status status = tuning.read(arguments.tuning, arguments.schedulePath))
    return status;
  for (const NamedLayer &layer : layers) {
    std::string symbol = arguments.symbol;
    if (symbol.empty())
      symbol = layer.name.empty() ? "tconv_kernel_main" : symbolOf(layer.name);
    std::vector<Product> products;
    ordered_json report;
    if (Status status = produce(arguments, tuning, layer, symbol, products,
                                report, missing))
      return layer.name.empty()
                 ? status
                 : Status(status.code(), layer.name + ": " + status.message());
    if (arguments.verbose)
      std::cerr << symbol << ": " << report["milliseconds"].dump() << "\n";
    if (arguments.output == "-") {
      std::cout << products[0].bytes;
      return Status::ok();
    }
    std::string prefix = arguments.output;
    if (!arguments.layersFile.empty())
      prefix += symbol;
    for (Product &product : products) {
      std::string path = prefix + product.suffix;
      report["files"][path] = product.bytes.size();
      if (!files.emplace(path, std::move(product.bytes)).second)
        return Status(TCONV_INVALID_VALUE,
                      layer.name + ": another layer is written to " + path);
    }
    reports.push_back(std::move(report));
  }
  return Status::ok();
}

} // namespace

void tconv::tools::addArguments(CLI::App &app, CompileArguments &arguments) {
  app.add_option("layer", arguments.layer,
                 "a layer line: in_channels=512 out_channels=256 ...");
  app.add_option("--layers", arguments.layersFile, "a file of layer lines");
  app.add_option("--filter", arguments.filter,
                 "part of the names of the file's layers");
  app.add_option(
         "--target", arguments.targets,
         "cpu:native, cpu:x86-64, -v2, -v3, -v4, cpu:aarch64+neon, "
         "several for a library; nvptx:sm_75, _80, _86, _89, _90, _100, "
         "_120; ascend:910b1, 910b2, 910b3, 910b4, 910_9362, ...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--engine", arguments.engine, kEngineHelp);
  app.add_option("--emit", arguments.emit,
                 std::string("of ") + kKnown + "; with --engine=halide of " +
                     kKnownOfHalide)
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("-o,--output", arguments.output,
                 "prefix of the files (with --layers, of NAME), or - for one "
                 "text on standard output");
  app.add_option("--symbol", arguments.symbol,
                 "C name of the kernel, default: from the layer's name; or of "
                 "the library, default: from the prefix");
  app.add_option("--length-class", arguments.lengthClass,
                 "bulk, medium, short or step; default: by the layer's length, "
                 "and for a library all that can occur")
      ->check(CLI::IsMember({"bulk", "medium", "short", "step"}));
  app.add_option(
         "--accuracy", arguments.accuracy,
         "default, direct: no fast algorithm, or tf32: on a GPU's tensor "
         "cores")
      ->check(CLI::IsMember({"default", "direct", "tf32"}));
  app.add_option("--schedule-path", arguments.schedulePath,
                 "folder searched before the built-in schedules");
  app.add_option("--tuning", arguments.tuning,
                 "file of tconv-tune, whose choices come before the cost "
                 "model's");
  app.add_flag("--cache", arguments.cache,
               "into the disk cache instead of files, for all lengths");
  app.add_flag("--json", arguments.json, "what was written, as JSON");
  app.add_flag("-v,--verbose", arguments.verbose, "times of the stages");
}

Status tconv::tools::compileLayers(const CompileArguments &arguments) {
  if (arguments.output.empty() != arguments.cache)
    return Status(TCONV_INVALID_VALUE,
                  "give either --output with a prefix of files, or --cache");
  std::vector<NamedLayer> layers;
  if (Status status = readLayers(arguments, layers))
    return status;
  Engine engine;
  if (Status status = readEngine(arguments.engine, engine))
    return status;
  if (!arguments.cache)
    if (Status status = checkOutputs(arguments, engine, layers.size()))
      return status;
  for (const std::string &target : arguments.targets)
    if (Status status = checkTarget(target, engine))
      return status;
  if (Status status = checkSchedulePath(arguments.schedulePath))
    return status;

  std::map<std::string, std::string> files;
  ordered_json reports = ordered_json::array();
  Status missing;
  if (arguments.cache) {
    if (Status status = warmCache(arguments, layers, reports))
      return status;
    if (arguments.json)
      std::cout << reports.dump(2) << "\n";
    else
      std::cout << reports.size() << " kernels are in the disk cache\n";
    return finishOutput();
  }
  if (Status status =
          wantsLibrary(arguments)
              ? compileLibrary(arguments, layers, files, reports)
              : compileEach(arguments, layers, files, reports, missing))
    return status;
  if (arguments.output == "-")
    return missing ? missing : finishOutput();
  if (Status status = writeFiles(files))
    return status;
  if (arguments.json)
    std::cout << reports.dump(2) << "\n";
  else
    for (const auto &[path, bytes] : files)
      std::cout << path << ": " << bytes.size() << " bytes\n";
  if (Status status = finishOutput())
    return status;
  return missing;
}
