// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/inspect.h"

#include <algorithm>
#include <iomanip>
#include <iostream>

#include "common/options.h"
#include "compiler/Schedule/Library.h"
#include "target/target.h"
#include "tconv-compile/checks.h"
#include "tconv-compile/files.h"
#include "tconv-compile/tuning.h"
#include "tconv-inspect/ascend.h"
#include "tconv-inspect/device.h"
#include "tconv-inspect/facts.h"
#include "tconv-inspect/halide.h"
#include "tconv-inspect/object.h"
#include "tconv-inspect/page.h"
#include "tconv-inspect/prediction.h"

using namespace tconv;
using namespace tconv::tools;
using mlir::tconv::CompileOptions;
using nlohmann::ordered_json;

namespace {

void row(const std::string &name, const ordered_json &value) {
  std::string text =
      value.is_string() ? value.get<std::string>() : value.dump();
  if (value.is_number_float()) {
    std::ostringstream shortened;
    shortened << std::setprecision(4) << value.get<double>();
    text = shortened.str();
  }
  std::cout << "  " << std::left << std::setw(20) << name << text << "\n";
}

void rows(const std::string &title, const ordered_json &values) {
  std::cout << title << "\n";
  for (const auto &[name, value] : values.items())
    row(name, value);
}

/// The first of a list, so that a line stays readable.
std::string few(const ordered_json &numbers) {
  constexpr size_t most = 12;
  if (numbers.size() <= most)
    return numbers.dump();
  ordered_json head(ordered_json::array());
  for (size_t i = 0; i < most; ++i)
    head.push_back(numbers[i]);
  std::string text = head.dump();
  text.back() = ',';
  return text + "... " + std::to_string(numbers.size()) + " in all]";
}

void printPhases(const ordered_json &map) {
  std::cout << "phases: " << map["stride"] << ", of which "
            << map["phases_without_taps"] << " have no taps\n";
  for (const ordered_json &section : map["sections"])
    std::cout << "  " << section["taps"] << " taps, shift " << section["shift"]
              << ": phases " << few(section["phases"]) << ", first taps "
              << few(section["first_taps"]) << "\n";
}

void print(const Facts &facts) {
  const ordered_json &values = facts.values;
  std::cout << values["layer"].get<std::string>() << "\n\n";
  rows("kernel", values["kernel"]);
  if (values.contains("launch") && values["launch"].is_object())
    rows("launch", values["launch"]);
  if (values.contains("decomposition"))
    printPhases(values["decomposition"]);
  if (values.contains("packing"))
    rows("packed weights", values["packing"]);
  if (values.contains("cost"))
    rows("cost, estimated of one batch item on one core", values["cost"]);
  if (values.contains("machine"))
    rows("machine", values["machine"]);
  if (values.contains("model")) {
    std::cout << "what the model weighed, best first (estimates, not timed)\n";
    for (const ordered_json &one : values["model"])
      std::cout << "  " << one.get<std::string>() << "\n";
    if (values.contains("gpu"))
      rows("a GPU of the architecture", values["gpu"]);
  }
  if (values.contains("estimate"))
    rows("cycles of the busiest cores and bytes of their memories (estimate by "
         "published constants, not timed)",
         values["estimate"]);
  if (values.contains("part"))
    rows("a part of this name", values["part"]);
  for (auto [name, title] :
       {std::pair<const char *, const char *>("ptxas", "by ptxas"),
        {"static_bound", "loop with the most products, static bound"},
        {"bishengir", "bishengir-compile"}})
    if (values.contains(name) && values[name].is_object())
      rows(title, values[name]);
    else if (values.contains(name) && values[name].is_string())
      std::cout << title << ": " << values[name].get<std::string>() << "\n";
  if (values["hot_loop"].is_object())
    rows("innermost loop with the most multiply-adds", values["hot_loop"]);
  std::cout << "stages (--stage NAME and --asm print one)\n";
  for (const ordered_json &stage : values["stages"]) {
    std::ostringstream time;
    time << std::fixed << std::setprecision(1)
         << stage["milliseconds"].get<double>();
    row(stage["name"], stage["summary"].get<std::string>() + ", " +
                           stage["bytes"].dump() + " bytes, " + time.str() +
                           " ms");
  }
  std::cout << "schedule (" << values["kernel"].value("schedule", "of a device")
            << ")\n"
            << facts.schedule;
}

Status printMachine(const InspectArguments &arguments) {
  if (isDeviceTarget(arguments.target))
    return Status(TCONV_UNSUPPORTED,
                  "--machine: '" + arguments.target +
                      "' is a device; a layer's report shows "
                      "what the model knows of it");
  auto target = mlir::tconv::parseCpuTarget(arguments.target);
  if (!target)
    return Status(TCONV_INVALID_VALUE, llvm::toString(target.takeError()));
  ordered_json facts = machineFacts(*target);
  if (arguments.json)
    std::cout << facts.dump(2) << "\n";
  else
    rows("machine", facts);
  return finishOutput();
}

void printSchedules(bool json) {
  ordered_json names = ordered_json::array();
  for (unsigned i = 0; i < mlir::tconv::embeddedScheduleCount; ++i)
    names.push_back(mlir::tconv::embeddedSchedules[i].path);
  if (json) {
    std::cout << names.dump(2) << "\n";
    return;
  }
  for (const ordered_json &name : names)
    std::cout << name.get<std::string>() << "\n";
}

/// Names that --stage takes; checked before anything is compiled or written.
Status checkStage(const std::string &stage, const Engine &engine) {
  std::string known;
  if (engine.kind == EngineKind::halide) {
    for (const char *name : kHalideStages) {
      if (stage.empty() || stage == name)
        return Status::ok();
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    return Status(TCONV_INVALID_VALUE, "--stage: unknown '" + stage +
                                           "' of the Halide engine; there is " +
                                           known);
  }
  for (const mlir::tconv::StageInfo &info : mlir::tconv::stages()) {
    if (stage == info.name)
      return Status::ok();
    known += info.name.str() + ", ";
  }
  if (stage.empty() || stage == "llvmir")
    return Status::ok();
  return Status(TCONV_INVALID_VALUE, "--stage: unknown '" + stage +
                                         "'; there is " + known + "llvmir");
}

Status readLayer(const InspectArguments &arguments, tconv_params &params,
                 tconv_shape &shape) {
  std::string name;
  if (Status status = parseLayerLine(arguments.layer, params, shape, name))
    return status;
  if (Status status = checkParams(params))
    return status;
  if (shape.length == 0)
    return Status::ok();
  int64_t output;
  if (Status status = outputLength(params, shape.length, output))
    return status;
  return checkSizes(params, shape.batch, shape.length, output);
}

/// Adds a measurement to the estimate of a launch.
Status measureFacts(const tconv_params &params, const tconv_shape &shape,
                    const CompileOptions &options, Facts &facts) {
  if (shape.length == 0)
    return Status(TCONV_INVALID_VALUE,
                  "--measure: the layer line needs a length");
  if (!facts.values.contains("cost"))
    return Status(TCONV_UNSUPPORTED,
                  "--measure: there is no estimate for this kind of kernel");
  auto target = mlir::tconv::parseCpuTarget(options.target);
  if (!target)
    return Status(TCONV_INVALID_VALUE, llvm::toString(target.takeError()));
  return measureBeside(params, shape.length, options, target->machine,
                       facts.values["cost"]);
}

} // namespace

void tconv::tools::addArguments(CLI::App &app, InspectArguments &arguments) {
  app.add_option("layer", arguments.layer,
                 "a layer line, in_channels=512 out_channels=256 ...; or a "
                 "file with kernels in it: an object, an archive, a shared "
                 "library, a program");
  app.add_option("--target", arguments.target,
                 "cpu:native, cpu:x86-64, -v2, -v3, -v4, cpu:aarch64+neon; "
                 "nvptx:sm_80, ...; ascend:910b3, ...")
      ->capture_default_str();
  app.add_option("--length-class", arguments.lengthClass,
                 "bulk, medium or short; default: by the layer's length")
      ->check(CLI::IsMember({"bulk", "medium", "short", "step"}));
  app.add_option("--accuracy", arguments.accuracy,
                 "default, or direct: no fast algorithm")
      ->check(CLI::IsMember({"default", "direct"}));
  app.add_option("--schedule-path", arguments.schedulePath,
                 "folder searched before the built-in schedules");
  app.add_option("--engine", arguments.engine, kEngineHelp);
  app.add_option("--tuning", arguments.tuning,
                 "file of tconv-tune, whose choice comes before the cost "
                 "model's");
  app.add_option("--stage", arguments.stage, "print the IR of this stage");
  app.add_option("--html", arguments.html, "write a page to this file");
  app.add_flag("--asm", arguments.assembly, "print the assembly");
  app.add_flag("--measure", arguments.measure,
               "run the layer on one thread, beside the cost model's estimate; "
               "needs a length, and a target that runs here");
  app.add_flag("--machine", arguments.machine, "what is known of the target");
  app.add_flag("--schedules", arguments.schedules, "the built-in schedules");
  app.add_flag("--json", arguments.json, "everything as JSON");
}

/// The one part that is to be shown, "asm" or a stage; empty where there are
/// more. Each costs the Halide engine a compilation.
static std::string onlyPart(const InspectArguments &arguments) {
  if (arguments.json || !arguments.html.empty() ||
      (arguments.assembly && !arguments.stage.empty()))
    return "";
  return arguments.assembly ? "asm" : arguments.stage;
}

Status tconv::tools::inspect(const InspectArguments &arguments) {
  Engine engine;
  if (Status status = readEngine(arguments.engine, engine))
    return status;
  if (Status status = checkTarget(arguments.target, engine))
    return status;
  if (arguments.machine)
    return printMachine(arguments);
  if (arguments.schedules) {
    printSchedules(arguments.json);
    return finishOutput();
  }
  if (namesFile(arguments.layer)) {
    std::vector<KernelInFile> kernels;
    if (Status status = kernelsOfFile(arguments.layer, kernels))
      return status;
    printKernels(kernels, arguments.json);
    return finishOutput();
  }
  tconv_params params = defaultParams();
  tconv_shape shape = {};
  if (Status status = readLayer(arguments, params, shape))
    return status;
  if (Status status = checkSchedulePath(arguments.schedulePath))
    return status;
  CompileOptions options;
  options.target = arguments.target;
  options.schedulePath = arguments.schedulePath;
  options.lengthClass =
      chooseLengthClass(arguments.lengthClass, params, shape, options.target);
  options.accuracy = chooseAccuracy(arguments.accuracy);
  TuningArgument tuning;
  if (Status status = tuning.read(arguments.tuning, arguments.schedulePath))
    return status;
  engine = tuning.apply(params, arguments.engine, options);
  if (Status status = checkStage(arguments.stage, engine))
    return status;

  Facts facts;
  if (Status status =
          engine.kind == EngineKind::halide
              ? gatherHalide(params, shape, options, engine,
                             onlyPart(arguments), facts)
          : !ascendPart(options.target).empty()
              ? gatherAscend(params, shape, options, facts)
          : nvptxArchitecture(options.target) != 0
              ? gatherDevice(params, shape, options, facts)
              : gather(params, shape, options, arguments.lengthClass, facts))
    return status;
  if (arguments.measure)
    if (Status status = measureFacts(params, shape, options, facts))
      return status;
  if (!arguments.html.empty())
    if (Status status = writeFiles({{arguments.html, htmlPage(facts)}}))
      return status;
  if (!arguments.stage.empty())
    for (const StageText &stage : facts.stages)
      if (stage.name == arguments.stage)
        std::cout << stage.text;
  if (arguments.assembly)
    std::cout << facts.assembly;
  if (arguments.json)
    std::cout << facts.values.dump(2) << "\n";
  if (arguments.stage.empty() && !arguments.assembly && !arguments.json)
    print(facts);
  return finishOutput();
}
