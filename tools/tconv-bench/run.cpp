// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/run.h"

#include <algorithm>
#include <cstdlib>
#include <map>

#include <unistd.h>

#include "common/command.h"
#include "common/machine.h"
#include "engine/engine.h"
#include "target/target.h"
#include "tconv-bench/device.h"
#include "tconv-bench/first_call.h"
#include "tconv-bench/report.h"

namespace tconv::tools {

void addOptions(CLI::App &app, BenchOptions &options) {
  addLayersOptions(app, options, "Threads (default: 1; every core for --peak)");
  app.add_option("--engine", options.engines,
                 std::string(kEngineHelp) +
                     "; of several, the first is what the others are compared "
                     "with")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag("--cudnn", options.cudnn,
               "Compare with cuDNN, whose library must be on this machine");
  app.add_option("--seconds", options.seconds,
                 "Of timed runs for each layer and engine")
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
  std::unique_ptr<BenchDevice> device;
  if (isDeviceTarget(options.target))
    if (Status status = BenchDevice::open(options.target, device))
      return status;
  // After the device: it goes first.
  std::unique_ptr<CudnnLibrary> cudnn;
  if (options.cudnn)
    if (Status status = CudnnLibrary::open(cudnn))
      return Status(status.code(), "--cudnn: " + status.message());
  Machine machine =
      device ? device->machine() : measureMachine(options.threads);
  printMachine(text, machine);

  Table table(text, entries, options, machine);
  table.header();
  auto json = nlohmann::ordered_json::array();
  std::string wrong, failed;
  std::vector<std::vector<BenchResult>> all;
  bool terminal = isatty(STDERR_FILENO);
  for (const LayerEntry &entry : entries) {
    if (terminal)
      std::fprintf(stderr, "%s ...\r", entry.name.c_str());
    std::vector<BenchResult> results;
    if (Status status =
            benchLayer(entry, options, device.get(), cudnn.get(), results))
      return Status(status.code(), entry.name + ": " + status.message());
    for (const BenchResult &result : results) {
      table.row(result);
      json.push_back(toJson(result, options, machine));
      if (result.wrong())
        wrong += (wrong.empty() ? "" : ", ") + entry.name +
                 (results.size() > 1 ? " of " + result.engine : "");
      if (result.failed())
        failed +=
            (failed.empty() ? "" : ", ") + entry.name + " of " + result.engine;
    }
    all.push_back(std::move(results));
  }
  table.summary(all);
  if (!options.json.empty())
    if (Status status = writeJson(options.json, json))
      return status;
  if (!wrong.empty())
    return Status(TCONV_INTERNAL, "wrong results: " + wrong);
  if (!failed.empty())
    return Status(TCONV_DEVICE_ERROR, "failed: " + failed);
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
  for (const std::string &name : options.engines) {
    Engine ignored;
    if (Status status = parseEngine(name, ignored))
      return Status(status.code(), "--engine: " + status.message());
  }
  bool firstCall = options.firstCall || !options.firstCallOf.empty();
  if (firstCall && options.engines.size() > 1)
    return Status(TCONV_INVALID_VALUE,
                  "--engine: --first-call takes one, not " +
                      std::to_string(options.engines.size()));
  if (firstCall && isDeviceTarget(options.target))
    return Status(TCONV_INVALID_VALUE,
                  "--first-call: takes no device's target");
  if (options.cudnn &&
      (firstCall || deviceKind(options.target) != DeviceKind::cuda))
    return Status(TCONV_INVALID_VALUE,
                  "--cudnn: takes --target cuda, cuda:N or nvptx:sm_NN, not '" +
                      options.target + "'" +
                      (firstCall ? " with --first-call" : ""));
  if (!options.tuning.empty())
    setenv("TCONV_TUNING", options.tuning.c_str(), 1);
  if (!options.firstCallOf.empty())
    return makeFirstCall(options);
  if (options.firstCall)
    return runFirstCalls(options, text);
  return runLayers(options, text);
}

} // namespace tconv::tools
