// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/run.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <unistd.h>

#include "common/command.h"
#include "common/machine.h"
#include "tconv-bench/first_call.h"
#include "tconv-bench/report.h"

namespace tconv::tools {

void addOptions(CLI::App &app, BenchOptions &options) {
  app.add_option("--layers", options.layers, "File of layer lines");
  app.add_option("--filter", options.filter,
                 "Only the layers with this in their name");
  app.add_option("--threads", options.threads,
                 "Threads (default: 1; every core for --peak)")
      ->check(CLI::PositiveNumber);
  app.add_option("--json", options.json,
                 "File for the results; - for standard output");
  app.add_option("--target", options.target,
                 "cpu:native, cpu:x86-64-v3, reference, ...")
      ->capture_default_str();
  app.add_option("--engine", options.engine, "What makes the kernels")
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--accuracy",
         [&](const std::string &value) { options.direct = value == "direct"; },
         "default, or direct: direct kernels only")
      ->check(CLI::IsMember({"default", "direct"}));
  app.add_option("--seconds", options.seconds, "Of timed runs for each layer")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--tuning", options.tuning,
                 "File of tconv-tune (default: TCONV_TUNING)")
      ->check(CLI::ExistingFile);
  app.add_option("--seed", options.seed, "Of the data")->capture_default_str();
  const std::map<std::string, Check> checks = {{"none", Check::None},
                                               {"sampled", Check::Sampled},
                                               {"full", Check::Full}};
  app.add_option("--check", options.check,
                 "none, sampled (default) or full: outputs to compare with "
                 "float64 sums")
      ->transform(CLI::CheckedTransformer(checks));
  app.add_flag("--peak", options.peakOnly, "Measure only the machine");
  app.add_flag("--first-call", options.firstCall,
               "Measure first calls: compiled, from a disk cache, from memory");
  // How --first-call starts this program for one layer.
  app.add_option("--first-call-of", options.firstCallOf)->group("");
  app.add_flag("--kernel-in-memory", options.kernelInMemory)->group("");
}

namespace {

Status runPeak(const BenchOptions &options, std::FILE *text) {
  Machine machine = measureMachine(options.threads);
  printMachine(text, machine);
  if (options.json.empty())
    return Status::ok();
  return writeJson(options.json, toJson(machine));
}

Status runLayers(const BenchOptions &options, std::FILE *text) {
  // Compiling is measured too: nothing comes from a disk cache.
  setenv("TCONV_CACHE_SIZE", "0", 1);
  std::vector<LayerEntry> entries;
  if (Status status = readLayersFile(options.layers, options.filter, entries))
    return status;
  if (Status status = fromC(tconv_set_num_threads(options.threads)))
    return status;
  Machine machine = measureMachine(options.threads);
  printMachine(text, machine);

  size_t width = 5;
  for (const LayerEntry &entry : entries)
    width = std::max(width, entry.name.size());
  printHeader(text, width);
  auto json = nlohmann::ordered_json::array();
  std::string wrong;
  bool terminal = isatty(STDERR_FILENO);
  for (const LayerEntry &entry : entries) {
    if (terminal)
      std::fprintf(stderr, "%s ...\r", entry.name.c_str());
    BenchResult result;
    if (Status status = benchLayer(entry, options, result))
      return Status(status.code(), entry.name + ": " + status.message());
    printRow(text, width, result, machine, options.threads);
    json.push_back(toJson(result, options, machine));
    if (result.wrong())
      wrong += (wrong.empty() ? "" : ", ") + entry.name;
  }
  if (!options.json.empty())
    if (Status status = writeJson(options.json, json))
      return status;
  if (!wrong.empty())
    return Status(TCONV_INTERNAL, "wrong results: " + wrong);
  return Status::ok();
}

} // namespace

Status runBench(BenchOptions &options) {
  if (options.threads == 0)
    options.threads = options.peakOnly ? availableCores() : 1;
  // JSON on standard output must stay alone there.
  std::FILE *text = options.json == "-" ? stderr : stdout;
  if (options.peakOnly)
    return runPeak(options, text);
  if (options.layers.empty())
    return Status(TCONV_INVALID_VALUE, "--layers FILE is missing");
  if (!options.tuning.empty())
    setenv("TCONV_TUNING", options.tuning.c_str(), 1);
  if (!options.firstCallOf.empty())
    return makeFirstCall(options);
  if (options.firstCall)
    return runFirstCalls(options, text);
  return runLayers(options, text);
}

} // namespace tconv::tools
