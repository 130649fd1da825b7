// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "engine/engine.h"

#include <algorithm>

using namespace tconv;

const char *tconv::engineName(EngineKind kind) {
  return kind == EngineKind::halide ? "halide" : "mlir";
}

Status tconv::parseEngine(std::string_view text, Engine &engine) {
  size_t colon = text.find(':');
  std::string_view name = text.substr(0, colon);
  bool withScheduler = colon != std::string_view::npos;
  std::string_view scheduler =
      withScheduler ? text.substr(colon + 1) : std::string_view();
  bool known = std::find(kAutoschedulers.begin(), kAutoschedulers.end(),
                         scheduler) != kAutoschedulers.end();
  Engine read;
  if (text == "mlir") {
    engine = read;
    return Status::ok();
  }
  if (name == "halide" && (known || !withScheduler)) {
    read.kind = EngineKind::halide;
    read.autoscheduler = scheduler;
    engine = std::move(read);
    return Status::ok();
  }
  std::string schedulers;
  for (const char *one : kAutoschedulers)
    schedulers += std::string(schedulers.empty() ? "" : ", ") + one;
  // It may come from a file: no more of it than a message needs.
  return {TCONV_INVALID_VALUE,
          "engine = '" + std::string(text.substr(0, 80)) +
              "': must be 'mlir', 'halide', or 'halide:' and one of " +
              schedulers};
}

Engine tconv::checkedEngine(std::string_view text) {
  Engine engine; // stays the default where there is nothing to be read
  (void)parseEngine(text, engine);
  return engine;
}

std::string tconv::requestTuning(const Engine &engine,
                                 const std::string &tuning) {
  if (engine.autoscheduler.empty())
    return tuning;
  return "autoscheduler=" + engine.autoscheduler +
         (tuning.empty() ? "" : "," + tuning);
}
