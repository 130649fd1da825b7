// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-tune/tune.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "common/command.h"
#include "common/layers.h"
#include "common/machine.h"
#include "common/output.h"
#include "common/timing.h"
#include "kernel/compiler_loader.h"
#include "kernel/kernel_key.h"
#include "target/target.h"
#include "tconv-tune/measure.h"
#include "tconv-tune/report.h"
#include "tconv-tune/store.h"

namespace tconv::tools {
namespace {

/// Kinds of schedules that are tried for every layer; one that a layer can't
/// have is refused by the compiler.
constexpr const char *kKinds[] = {"positions", "rows", "tiles", "compact",
                                  "filter"};
/// The largest m of F(m, r) that is tried.
constexpr int64_t kMostOutputs = 4;
/// What a choice must gain to be kept instead of the cost model's.
constexpr double kWorthKeeping = 0.98;

volatile std::sig_atomic_t interrupted = 0;

extern "C" void interrupt(int) { interrupted = 1; }

/// Lets a candidate be finished on Ctrl-C. A second one ends at once.
void catchInterrupts() {
  struct sigaction action = {};
  action.sa_handler = interrupt;
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// The largest sizes that change anything, where that is known.
ScheduleChoice mostOf(const LayerEntry &entry) {
  ScheduleChoice most;
  most.depth = entry.params.in_channels / entry.params.group;
  most.channels = entry.params.out_channels / entry.params.group;
  most.groups = entry.params.group;
  return most;
}

/// One run of the tool.
class Tuner {
public:
  explicit Tuner(const TuneOptions &options)
      : options(options), end(now() + options.budget) {
    for (const std::string &engine : options.engines)
      if (engine != kDefaultEngine)
        others.push_back(engine);
  }

  Status run() {
    if (Status status = readLayersFile(options.layers, options.filter, entries))
      return status;
    if (Status status = fromC(tconv_set_num_threads(options.threads)))
      return status;
    if (Status status = scratch.make())
      return status;
    TuningIdentity identity = identityHere(ownCompilerText(EngineKind::mlir),
                                           compilerLine(EngineKind::halide));
    if (Status status = store.open(options.out, options.again, identity,
                                   cpuName(), !others.empty()))
      return status;
    plan();
    catchInterrupts();
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!toDo[i])
        continue;
      if (interrupted || now() >= end)
        break;
      // What is left is shared by the layers that are left.
      deadline = now() + (end - now()) / static_cast<double>(std::count(
                                             toDo.begin() + i, toDo.end(), 1));
      if (Status status = tune(entries[i], results[i]))
        return {status.code(), entries[i].name + ": " + status.message()};
    }
    return report();
  }

private:
  /// What is to be done, and what was done before.
  void plan() {
    for (const LayerEntry &entry : entries) {
      TuneResult result;
      result.name = entry.name;
      result.state = "not begun";
      KernelRequest request;
      request.params = entry.params;
      request.target = options.target;
      request.accuracy = options.accuracy;
      request.lengthClass = lengthClass(
          entry.params, foldsBatches(request.target) ? entry.shape.batch : 1,
          entry.shape.length);
      result.entry.key = tuningKey(request);
      result.entry.name = entry.name;
      result.entry.threads = options.threads;
      result.entry.batch = entry.shape.batch;
      result.entry.length = entry.shape.length;
      for (const TuneResult &other : results)
        if (other.entry.key == result.entry.key)
          result.state = "as " + other.name;
      bool first = result.state == "not begun";
      if (const TuningEntry *found = store.file().find(result.entry.key);
          first && found && found->finished &&
          (others.empty() || store.hadEngines()) &&
          found->threads == options.threads &&
          found->batch == entry.shape.batch &&
          found->length == entry.shape.length) {
        result.state = "before";
        result.entry = *found;
      }
      toDo.push_back(result.state == "not begun");
      results.push_back(std::move(result));
    }
  }

  Status tune(const LayerEntry &entry, TuneResult &result) {
    // Before the first candidate is measured, its time is anyone's guess.
    double longest = 0;
    Subject subject(entry, result.entry.key, store.file().identity, scratch);
    if (Status status = subject.prepare())
      return status;
    TuningEntry &stored = store.entryFor(result.entry);
    SearchSpace space;
    space.model = subject.model();
    space.kinds.assign(std::begin(kKinds), std::end(kKinds));
    space.engines = others;
    space.mostOutputs =
        options.accuracy == TCONV_ACCURACY_DEFAULT ? kMostOutputs : 1;
    space.most = mostOf(entry);
    space.known = Store::known(stored);
    double best = 1;
    for (const auto &[text, trial] : space.known)
      if (trial.ratio > 0)
        best = std::min(best, trial.ratio);
    if (!space.known.empty())
      std::fprintf(stderr, "%s: goes on after %zu candidates\n",
                   entry.name.c_str(), space.known.size());

    Measure measure = [&](const ScheduleChoice &choice, Trial &trial) {
      double start = now();
      if (Status status = store.begin(stored, choice))
        return status;
      if (Status status = subject.measure(choice, trial))
        return status;
      longest = std::max(longest, now() - start);
      std::string outcome = subject.why();
      if (trial.ratio > 0) {
        char text[16];
        std::snprintf(text, sizeof(text), "%.3f", trial.ratio);
        outcome = text;
        best = std::min(best, trial.ratio);
      }
      result.wrong += outcome.rfind("WRONG", 0) == 0;
      printProgress(entry.name, choice, outcome, best, end - now());
      return store.finish(stored, trial);
    };
    Stop stop = [&] { return interrupted || now() + longest > deadline; };
    SearchResult found;
    if (Status status = search(space, measure, stop, found))
      return status;
    result.tried = found.tried;
    result.state = found.finished ? "finished" : "unfinished";
    if (!interrupted)
      if (Status status = conclude(subject, found, stored))
        return status;
    result.entry = stored;
    return store.save();
  }

  /// Keeps the winner if it wins once more.
  Status conclude(Subject &subject, const SearchResult &found,
                  TuningEntry &entry) {
    entry.choice = subject.model();
    entry.tuned = false;
    entry.milliseconds = entry.modelMilliseconds = 0;
    for (const Trial *trial : {&found.best, &found.second}) {
      if (trial->ratio <= 0 || trial->ratio > kWorthKeeping || entry.tuned)
        continue;
      double milliseconds, model;
      if (Status status = subject.confirm(trial->choice, milliseconds, model))
        return status;
      if (milliseconds <= 0)
        continue;
      printProgress(entry.name, trial->choice,
                    "once more: " + std::to_string(milliseconds) +
                        " ms, the "
                        "cost model's " +
                        std::to_string(model) + " ms",
                    trial->ratio, end - now());
      entry.modelMilliseconds = entry.milliseconds = model;
      if (milliseconds > kWorthKeeping * model)
        continue;
      entry.choice = trial->choice;
      entry.milliseconds = milliseconds;
      entry.tuned = true;
    }
    if (entry.modelMilliseconds <= 0) {
      if (Status status = subject.timeModel(entry.modelMilliseconds))
        return status;
      entry.milliseconds = entry.modelMilliseconds;
    }
    entry.finished = found.finished;
    if (entry.finished)
      entry.trials.clear();
    return Status::ok();
  }

  Status report() {
    printTable(options.json == "-" ? stderr : stdout, results);
    if (!options.json.empty())
      if (Status status = writeJson(options.json, toJson(results)))
        return status;
    if (interrupted)
      return {TCONV_UNSUPPORTED,
              "interrupted; what was found is in " + options.out +
                  ", and the same command goes on from there"};
    for (const TuneResult &result : results)
      if (result.wrong > 0)
        return {TCONV_INTERNAL,
                result.name + ": a candidate gave wrong results"};
    return Status::ok();
  }

  const TuneOptions &options;
  std::vector<std::string> others; ///< engines that aren't the default
  double end;                      ///< when the budget is spent
  double deadline = 0;             ///< ... and the layer's share of it
  std::vector<LayerEntry> entries;
  std::vector<TuneResult> results;
  std::vector<char> toDo;
  ScratchFolder scratch;
  Store store;
};

} // namespace

void addOptions(CLI::App &app, TuneOptions &options) {
  addLayersOptions(app, options, "Threads of each run (default: 1)");
  app.add_option("--engines", options.engines,
                 "The engines to choose from, mlir among them: mlir,halide,"
                 "halide:Mullapudi2016,...")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->capture_default_str();
  app.add_option("--budget", options.budget, "Seconds for all layers together")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--out", options.out,
                 "The tuning file; one that is there is gone on with")
      ->capture_default_str();
  app.add_flag("--again", options.again, "Begin the tuning file anew");
}

Status runTune(const TuneOptions &options) {
  if (options.layers.empty())
    return {TCONV_INVALID_VALUE, "--layers FILE is missing"};
  if (Status status = checkTarget(options.target))
    return {status.code(), "--target: " + status.message()};
  if (options.target == kReferenceTarget)
    return {TCONV_INVALID_VALUE,
            "--target: 'reference' has no kernels to tune"};
  if (std::getenv("TCONV_COMPILER_LIBRARY"))
    return {TCONV_UNSUPPORTED,
            "TCONV_COMPILER_LIBRARY is set; tuning is for the compiler of this "
            "build"};
  bool main = false;
  for (const std::string &name : options.engines) {
    Engine engine;
    if (Status status = parseEngine(name, engine))
      return {status.code(), "--engines: " + status.message()};
    main = main || engine.kind == EngineKind::mlir;
    // Better now than as a line for every layer.
    if (!compiler(engine.kind).api)
      return {compiler(engine.kind).why.code(),
              "--engines: " + name + ": " +
                  compiler(engine.kind).why.message()};
  }
  if (!main)
    return {TCONV_INVALID_VALUE,
            "--engines: 'mlir' is missing, which the others are compared with"};
  // Candidates are nothing to keep, and a dump would be timed with them.
  setenv("TCONV_CACHE_SIZE", "0", 1);
  unsetenv("TCONV_DUMP");
  return Tuner(options).run();
}

} // namespace tconv::tools
