// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/compile.h"

#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>

#include <nlohmann/json.hpp>

#include "common/layers.h"
#include "compiler/API/Compiler.h"
#include "tconv/version.h"

using namespace tconv;
using namespace tconv::tools;
using mlir::tconv::Compilation;
using mlir::tconv::CompileOptions;

namespace {

/// One text or object that a compilation makes.
struct Product {
  std::string suffix; ///< after the prefix: ".o", ".schedule.mlir"
  std::string bytes;
};

/// Kinds of output that DESIGN names and that are not made yet.
const char *const kNotBuiltYet[] = {"ptx", "cubin", "fatbin", "hivm"};
const char *const kKnown = "object, header, asm, llvm, mlir, mlir:STAGE with "
                           "the stages layer, phases, schedule, expand, llvm";

Status checkEmit(const std::string &kind) {
  for (const char *known : {"object", "header", "asm", "llvm", "mlir"})
    if (kind == known)
      return Status::ok();
  for (const mlir::tconv::StageInfo &info : mlir::tconv::stages())
    if (kind == ("mlir:" + info.name).str())
      return Status::ok();
  for (const char *later : kNotBuiltYet)
    if (kind == later)
      return Status(TCONV_UNSUPPORTED, "--emit: '" + kind +
                                           "' is not built yet; there is " +
                                           kKnown);
  return Status(TCONV_INVALID_VALUE,
                "--emit: unknown '" + kind + "'; there is " + kKnown);
}

Status checkTarget(const std::string &target) {
  for (const char *prefix : {"nvptx:", "ascend:"})
    if (target.rfind(prefix, 0) == 0)
      return Status(TCONV_UNSUPPORTED,
                    "--target: '" + target +
                        "' is not built yet; there are CPU targets only");
  return Status::ok();
}

bool isIdentifier(const std::string &name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9'))
    return false;
  for (unsigned char c : name)
    if (!std::isalnum(c) && c != '_')
      return false;
  return true;
}

/// A C identifier from a layer's name: "hifigan.up0" gives hifigan_up0.
std::string symbolOf(const std::string &name) {
  std::string symbol;
  for (unsigned char c : name)
    symbol += std::isalnum(c) ? static_cast<char>(c) : '_';
  return isIdentifier(symbol) ? symbol : "layer_" + symbol;
}

std::string headerText(const std::string &symbol,
                       const std::string &description) {
  std::string guard = "TCONV_KERNEL_" + symbol + "_H";
  for (char &c : guard)
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  // The description is JSON; a comment must not end in the middle of it.
  std::string comment = nlohmann::json::parse(description).dump(2);
  for (size_t at; (at = comment.find("*/")) != std::string::npos;)
    comment.replace(at, 2, "* /");
  return "/* Made by tconv-compile " + std::to_string(TCONV_VERSION_MAJOR) +
         "." + std::to_string(TCONV_VERSION_MINOR) + "." +
         std::to_string(TCONV_VERSION_PATCH) + ":\n" + comment +
         "\n*/\n#ifndef " + guard + "\n#define " + guard +
         "\n\n#include \"tconv/kernel_abi.h\"\n\n#ifdef __cplusplus\n"
         "extern \"C\" {\n#endif\n\nextern const tconv_kernel " +
         symbol + ";\n\n#ifdef __cplusplus\n}\n#endif\n\n#endif /* " + guard +
         " */\n";
}

/// Everything that was asked for of one layer; nothing is written here.
Status produce(const CompileArguments &arguments, const LayerEntry &layer,
               const std::string &symbol, std::vector<Product> &products,
               nlohmann::json &report) {
  CompileOptions options;
  options.target = arguments.target;
  options.schedulePath = arguments.schedulePath;
  options.symbol = symbol;
  bool isShort = arguments.lengthClass == "short";
  if (arguments.lengthClass.empty() && layer.shape.length > 0)
    isShort = lengthClass(layer.params, layer.shape.length) ==
              TCONV_LENGTH_SHORT;
  options.lengthClass = isShort ? TCONV_LENGTH_SHORT : TCONV_LENGTH_BULK;

  auto asks = [&](const std::string &kind) {
    for (const std::string &emit : arguments.emit)
      if (emit == kind)
        return true;
    return false;
  };
  Compilation compilation(layer.params, options);
  for (const mlir::tconv::StageInfo &info : mlir::tconv::stages()) {
    if (Status status = compilation.runTo(info.stage))
      return status;
    if (asks("mlir") || asks(("mlir:" + info.name).str()))
      products.push_back(
          {("." + info.name + ".mlir").str(), compilation.moduleText()});
  }
  std::string text;
  if (asks("header"))
    products.push_back({".h", headerText(symbol, compilation.description())});
  if (asks("llvm")) {
    if (Status status = compilation.llvmIR(text))
      return status;
    products.push_back({".ll", text});
  }
  // Code generation uses the LLVM module up, so each has a compilation of its
  // own.
  if (asks("asm")) {
    Compilation again(layer.params, options);
    if (Status status = again.assembly(text))
      return status;
    products.push_back({".s", text});
  }
  if (asks("object")) {
    llvm::SmallVector<char, 0> bytes;
    if (Status status = compilation.object(bytes))
      return status;
    products.push_back({".o", std::string(bytes.begin(), bytes.end())});
  }
  report["layer"] = formatLayerLine(layer.params);
  report["symbol"] = symbol;
  report["kernel"] = nlohmann::json::parse(compilation.description());
  for (const mlir::tconv::StageTime &time : compilation.times())
    report["milliseconds"][time.name] = time.milliseconds;
  return Status::ok();
}

/// Writes all files or none: each to a temporary name first.
Status writeAll(const std::map<std::string, std::string> &files) {
  auto discard = [&] {
    for (const auto &file : files)
      std::remove((file.first + ".tmp").c_str());
  };
  for (const auto &[path, bytes] : files) {
    std::ofstream stream(path + ".tmp", std::ios::binary);
    stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    stream.close();
    if (!stream) {
      discard();
      return Status(TCONV_NOT_FOUND, path + ": can't be written");
    }
  }
  for (const auto &file : files)
    if (std::rename((file.first + ".tmp").c_str(), file.first.c_str()) != 0) {
      discard();
      return Status(TCONV_NOT_FOUND, file.first + ": can't be written");
    }
  return Status::ok();
}

Status readLayers(const CompileArguments &arguments,
                  std::vector<LayerEntry> &layers) {
  if (arguments.layer.empty() == arguments.layersFile.empty())
    return Status(TCONV_INVALID_VALUE,
                  "give one layer line, or --layers with a file of them");
  if (!arguments.layersFile.empty())
    return readLayersFile(arguments.layersFile, arguments.filter, layers);
  // A layer to compile needs no length, so the launch is not checked.
  LayerEntry entry;
  if (Status status = parseLayerLine(arguments.layer, entry.params,
                                     entry.shape, entry.name))
    return status;
  layers.push_back(entry);
  return checkParams(entry.params);
}

} // namespace

void tconv::tools::addArguments(CLI::App &app, CompileArguments &arguments) {
  app.add_option("layer", arguments.layer,
                 "a layer line: in_channels=512 out_channels=256 ...");
  app.add_option("--layers", arguments.layersFile, "a file of layer lines");
  app.add_option("--filter", arguments.filter,
                 "part of the names of the file's layers");
  app.add_option("--target", arguments.target,
                 "cpu:native, cpu:x86-64, -v2, -v3, -v4, cpu:aarch64+neon")
      ->capture_default_str();
  app.add_option("--emit", arguments.emit, std::string("of ") + kKnown)
      ->delimiter(',')
      ->capture_default_str();
  app.add_option("-o,--output", arguments.output,
                 "prefix of the files (with --layers, of NAME), or - for one "
                 "text on standard output")
      ->required();
  app.add_option("--symbol", arguments.symbol,
                 "C name of the kernel; default: from the layer's name");
  app.add_option("--length-class", arguments.lengthClass,
                 "bulk or short; default: by the layer's length")
      ->check(CLI::IsMember({"bulk", "short"}));
  app.add_option("--schedule-path", arguments.schedulePath,
                 "folder searched before the built-in schedules");
  app.add_flag("--json", arguments.json, "what was written, as JSON");
  app.add_flag("-v,--verbose", arguments.verbose, "times of the stages");
}

Status tconv::tools::compileLayers(const CompileArguments &arguments) {
  for (const std::string &kind : arguments.emit)
    if (Status status = checkEmit(kind))
      return status;
  if (Status status = checkTarget(arguments.target))
    return status;
  if (!arguments.symbol.empty() && !isIdentifier(arguments.symbol))
    return Status(TCONV_INVALID_VALUE, "--symbol: '" + arguments.symbol +
                                           "' is no C identifier");
  std::vector<LayerEntry> layers;
  if (Status status = readLayers(arguments, layers))
    return status;
  if (layers.size() > 1 && !arguments.symbol.empty())
    return Status(TCONV_INVALID_VALUE, "--symbol: " + arguments.symbol +
                                           " can't name several kernels");

  std::map<std::string, std::string> files;
  nlohmann::json reports = nlohmann::json::array();
  for (const LayerEntry &layer : layers) {
    std::string symbol = arguments.symbol;
    if (symbol.empty())
      symbol = layer.name.empty() ? "tconv_kernel_main" : symbolOf(layer.name);
    std::vector<Product> products;
    nlohmann::json report;
    if (Status status = produce(arguments, layer, symbol, products, report))
      return layer.name.empty()
                 ? status
                 : Status(status.code(), layer.name + ": " + status.message());
    if (arguments.output == "-") {
      if (products.size() != 1 || layers.size() != 1 ||
          products[0].suffix == ".o")
        return Status(TCONV_INVALID_VALUE,
                      "--output: '-' takes one text of one layer, got " +
                          std::to_string(products.size()) + " of " +
                          std::to_string(layers.size()));
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
    if (arguments.verbose)
      std::cerr << symbol << ": " << report["milliseconds"].dump() << "\n";
    reports.push_back(std::move(report));
  }
  if (Status status = writeAll(files))
    return status;
  if (arguments.json)
    std::cout << reports.dump(2) << "\n";
  else
    for (const auto &[path, bytes] : files)
      std::cout << path << ": " << bytes.size() << " bytes\n";
  return Status::ok();
}
