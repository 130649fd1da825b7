// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-bench/first_call.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "common/command.h"
#include "common/handle.h"
#include "tconv-bench/report.h"

namespace tconv::tools {
namespace {

using nlohmann::ordered_json;

/// Processes for each layer and state of the caches; the quickest counts.
constexpr int kProcesses = 5;
/// Look-ups that are timed together, and how often.
constexpr int kLookups = 1000, kRounds = 20;
/// Processes that start at once on an empty cache.
constexpr int kColdProcesses = 8;
/// Inputs are cut to so many positions: a kernel is the same for any length,
/// and what a long call takes varies by more than what is measured here.
constexpr int64_t kMostPositions = 200;

/// A layer's first call, in milliseconds; making the layer and drawing its
/// weights are no part of it.
Status timeFirstCall(const LayerEntry &entry, const BenchOptions &options,
                     const std::vector<float> &x, std::vector<float> &y,
                     Layer &layer, double &milliseconds) {
  tconv_layer_options how = layerOptions(options, options.engine());
  tconv_layer *made = nullptr;
  if (Status status = fromC(tconv_layer_create(&entry.params, &how, &made)))
    return status;
  layer.reset(made);
  std::vector<float> weight(static_cast<size_t>(entry.weightElements()));
  if (Status status = fromC(tconv_layer_get_weight(made, weight.data())))
    return status;
  double start = now();
  tconv_status status = tconv_layer_run(made, x.data(), entry.shape.batch,
                                        entry.shape.length, y.data());
  milliseconds = (now() - start) * 1e3;
  return fromC(status);
}

/// A look-up in the memory cache, from C and back, in nanoseconds.
Status timeLookup(const LayerEntry &entry, const BenchOptions &options,
                  double &nanoseconds) {
  tconv_layer_options how = layerOptions(options, options.engine());
  nanoseconds = INFINITY;
  for (int round = 0; round < kRounds; ++round) {
    double start = now();
    for (int i = 0; i < kLookups; ++i) {
      tconv_kernel_ref *ref = nullptr;
      if (Status status = fromC(tconv_kernel_acquire(&entry.params, &how,
                                                     entry.shape.length, &ref)))
        return status;
      tconv_kernel_release(ref);
    }
    nanoseconds = std::min(nanoseconds, (now() - start) * 1e9 / kLookups);
  }
  return Status::ok();
}

bool isMapped(const std::string &library) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(library) != std::string::npos)
      return true;
  return false;
}

/// A process that makes a first call, and where its answer comes from.
struct Child {
  pid_t process = -1;
  int answer = -1;
};

/// Starts this program for one layer, with its disk cache in `folder`.
Status startChild(const BenchOptions &options, const std::string &name,
                  const std::string &folder, bool inMemory, Child &child) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return Status(TCONV_INTERNAL,
                  std::string("no pipe: ") + std::strerror(errno));
  std::string threads = std::to_string(options.threads);
  const char *arguments[] = {"tconv-bench",
                             "--first-call-of",
                             name.c_str(),
                             "--layers",
                             options.layers.c_str(),
                             "--threads",
                             threads.c_str(),
                             "--target",
                             options.target.c_str(),
                             "--accuracy",
                             accuracyName(options.accuracy),
                             options.engine() ? "--engine" : nullptr,
                             options.engine(),
                             nullptr,
                             nullptr};
  // Behind what there is; the last one stays NULL.
  if (inMemory)
    *std::find(std::begin(arguments), std::end(arguments), nullptr) =
        "--kernel-in-memory";
  child.process = fork();
  if (child.process == 0) {
    dup2(ends[1], STDOUT_FILENO);
    setenv("TCONV_CACHE_DIR", folder.c_str(), 1);
    unsetenv("TCONV_CACHE_SIZE");
    execv("/proc/self/exe", const_cast<char **>(arguments));
    _exit(127);
  }
  close(ends[1]);
  child.answer = ends[0];
  return child.process > 0
             ? Status::ok()
             : Status(TCONV_INTERNAL,
                      std::string("no process: ") + std::strerror(errno));
}

/// Waits for a process and reads what it found; its result must be right.
Status finishChild(const Child &child, const std::string &name,
                   ordered_json &result) {
  std::string text;
  char buffer[4096];
  for (ssize_t count; (count = read(child.answer, buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(count));
  close(child.answer);
  int status = 0;
  if (waitpid(child.process, &status, 0) != child.process || status != 0)
    return Status(TCONV_INTERNAL,
                  name + ": the process for its first call failed");
  result = ordered_json::parse(text, nullptr, false);
  if (!result.is_object())
    return Status(TCONV_INTERNAL, name + ": no JSON object: " + text);
  if (!result.value("right", false))
    return Status(TCONV_INTERNAL, name + ": wrong results");
  return Status::ok();
}

/// A folder that goes with this object.
class TemporaryFolder {
public:
  TemporaryFolder() {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "tconv-bench-XXXXXX")
            .string();
    if (mkdtemp(pattern.data()))
      path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty())
      std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder &) = delete;
  TemporaryFolder &operator=(const TemporaryFolder &) = delete;
  const std::string &path() const { return path_; }

private:
  std::string path_;
};

/// What one layer's first calls took, in milliseconds.
struct FirstCalls {
  double compiled = INFINITY, disk = INFINITY, memory = INFINITY;
  double lookupNs = INFINITY;
  bool compilerOpened = false; ///< by a process with a warm disk cache
};

/// Runs one process and checks that its kernel came from where it should.
Status runChildFrom(const BenchOptions &options, const std::string &name,
                    const std::string &folder, bool inMemory,
                    const std::string &origin, ordered_json &result) {
  Child child;
  if (Status status = startChild(options, name, folder, inMemory, child))
    return status;
  if (Status status = finishChild(child, name, result))
    return status;
  if (result["from"] == origin)
    return Status::ok();
  return Status(TCONV_INTERNAL, name + ": its kernel came from '" +
                                    result.value("from", "") + "', not '" +
                                    origin + "'");
}

Status measureFirstCalls(const BenchOptions &options, const std::string &name,
                         FirstCalls &calls) {
  TemporaryFolder folder;
  if (folder.path().empty())
    return Status(TCONV_NOT_FOUND, "no temporary folder can be made");
  std::string cache = folder.path() + "/cache";
  ordered_json result;
  for (int i = 0; i < kProcesses; ++i) {
    std::error_code ignored;
    std::filesystem::remove_all(cache, ignored);
    if (Status status =
            runChildFrom(options, name, cache, false, "compiled", result))
      return status;
    calls.compiled = std::min(calls.compiled, result["ms"].get<double>());
    // By turns, so that a slow moment of the machine hits both.
    for (bool inMemory : {false, true}) {
      if (Status status = runChildFrom(options, name, cache, inMemory,
                                       "disk cache", result))
        return status;
      double &best = inMemory ? calls.memory : calls.disk;
      best = std::min(best, result["ms"].get<double>());
      calls.lookupNs =
          std::min(calls.lookupNs, result["lookup_ns"].get<double>());
      calls.compilerOpened |= result["compiler_opened"].get<bool>();
    }
  }
  return Status::ok();
}

/// Starts many processes at once on an empty cache; counts those that had to
/// compile.
Status coldStart(const BenchOptions &options, const std::string &name,
                 int &compilations) {
  TemporaryFolder folder;
  if (folder.path().empty())
    return Status(TCONV_NOT_FOUND, "no temporary folder can be made");
  std::vector<Child> children(kColdProcesses);
  Status failure;
  for (Child &child : children)
    if (Status status = startChild(options, name, folder.path(), false, child))
      failure = status;
  compilations = 0;
  for (const Child &child : children) {
    ordered_json result;
    if (child.process < 0)
      continue;
    if (Status status = finishChild(child, name, result))
      failure = status;
    else
      compilations += result["from"] == "compiled";
  }
  return failure;
}

/// Compares sampled outputs with sums in float64.
Status checkResult(const LayerEntry &entry, const tconv_layer *layer,
                   const std::vector<float> &x, const std::vector<float> &y,
                   bool fast, bool &right) {
  std::vector<float> weight(static_cast<size_t>(entry.weightElements()));
  std::vector<float> bias(static_cast<size_t>(entry.params.out_channels));
  if (Status status = fromC(tconv_layer_get_weight(layer, weight.data())))
    return status;
  if (entry.params.has_bias)
    if (Status status = fromC(tconv_layer_get_bias(layer, bias.data())))
      return status;
  Launch launch{entry, x.data(), weight.data(),
                entry.params.has_bias ? bias.data() : nullptr, y.data()};
  right = checkLaunch(launch, /*everywhere=*/false, fast).within;
  return Status::ok();
}

} // namespace

Status makeFirstCall(const BenchOptions &options) {
  std::vector<LayerEntry> entries;
  if (Status status = readLayersFile(options.layers, "", entries))
    return status;
  auto found = std::find_if(entries.begin(), entries.end(), [&](auto &entry) {
    return entry.name == options.firstCallOf;
  });
  if (found == entries.end())
    return Status(TCONV_INVALID_VALUE, "--first-call-of: '" +
                                           options.firstCallOf +
                                           "' is no layer of the file");
  if (Status status = fromC(tconv_set_num_threads(options.threads)))
    return status;
  if (lengthClass(found->params, found->shape.length) == TCONV_LENGTH_BULK)
    found->shape.length = std::min(found->shape.length, kMostPositions);
  if (Status status = fromC(tconv_params_output_length(
          &found->params, found->shape.length, &found->outputLength)))
    return status;
  // Touched, so that the call doesn't pay for the memory.
  std::vector<float> x(static_cast<size_t>(found->inputElements()), 0.5f);
  std::vector<float> y(static_cast<size_t>(found->outputElements()), 0.0f);
  double milliseconds = 0, lookup = 0;
  if (options.kernelInMemory)
    if (Status status = timeLookup(*found, options, lookup))
      return status;
  Layer layer;
  if (Status status = timeFirstCall(*found, options, x, y, layer, milliseconds))
    return status;
  if (Status status = timeLookup(*found, options, lookup))
    return status;
  ordered_json description;
  if (Status status = describeLayer(layer.get(), *found, description))
    return status;
  bool right = false;
  if (Status status =
          checkResult(*found, layer.get(), x, y, isFast(description), right))
    return status;
  ordered_json json;
  json["from"] = description.value("from", "");
  json["ms"] = milliseconds;
  json["lookup_ns"] = lookup;
  json["compiler_opened"] =
      isMapped("libtconv_compiler") || isMapped("libtconv_halide");
  json["right"] = right;
  std::cout << json.dump() << "\n";
  return Status::ok();
}

Status runFirstCalls(const BenchOptions &options, std::FILE *text) {
  std::vector<LayerEntry> entries;
  if (Status status = readLayersFile(options.layers, options.filter, entries))
    return status;
  size_t width = 5;
  for (const LayerEntry &entry : entries)
    width = std::max(width, entry.name.size());
  std::fprintf(text,
               "First calls, in ms, best of %d processes: compiled, from a "
               "warm disk cache, from a warm memory cache; inputs of at most "
               "%d positions. Compilations: of %d processes that start at "
               "once on an empty cache\n",
               kProcesses, static_cast<int>(kMostPositions), kColdProcesses);
  std::fprintf(text, "%-*s  %9s %9s %9s  %11s  %10s  %s\n",
               static_cast<int>(width), "layer", "compiled", "disk", "memory",
               "disk-memory", "look-up ns", "compilations");
  auto all = ordered_json::array();
  bool terminal = isatty(STDERR_FILENO);
  for (const LayerEntry &entry : entries) {
    if (terminal)
      std::fprintf(stderr, "%s ...\r", entry.name.c_str());
    FirstCalls calls;
    if (Status status = measureFirstCalls(options, entry.name, calls))
      return status;
    int compilations = 0;
    if (Status status = coldStart(options, entry.name, compilations))
      return status;
    double difference = calls.disk - calls.memory;
    std::fprintf(text, "%-*s  %9.2f %9.2f %9.2f  %11.2f  %10.0f  %12d%s\n",
                 static_cast<int>(width), entry.name.c_str(), calls.compiled,
                 calls.disk, calls.memory, difference, calls.lookupNs,
                 compilations, calls.compilerOpened ? "  COMPILER OPENED" : "");
    std::fflush(text);
    all.push_back({{"name", entry.name},
                   {"first_call_compiled_ms", calls.compiled},
                   {"first_call_disk_ms", calls.disk},
                   {"first_call_memory_ms", calls.memory},
                   {"disk_minus_memory_ms", difference},
                   {"memory_lookup_ns", calls.lookupNs},
                   {"compiler_opened", calls.compilerOpened},
                   {"cold_processes", kColdProcesses},
                   {"cold_compilations", compilations}});
  }
  return options.json.empty() ? Status::ok() : writeJson(options.json, all);
}

} // namespace tconv::tools
