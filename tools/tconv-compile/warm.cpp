// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/warm.h"

#include <cstdlib>

#include "tconv-compile/checks.h"
#include "tconv-compile/progress.h"
#include "tconv-compile/tuning.h"

using namespace tconv;
using namespace tconv::tools;

Status tconv::tools::warmCache(const CompileArguments &arguments,
                               const std::vector<NamedLayer> &layers,
                               nlohmann::ordered_json &reports) {
  // The runtime reads it there.
  if (!arguments.schedulePath.empty())
    setenv("TCONV_SCHEDULE_PATH", arguments.schedulePath.c_str(), 1);
  if (!arguments.tuning.empty()) {
    TuningArgument tuning;
    if (Status status = tuning.read(arguments.tuning, arguments.schedulePath))
      return status;
    setenv("TCONV_TUNING", arguments.tuning.c_str(), 1);
  }
  struct Job {
    const NamedLayer *layer;
    const std::string *target;
    tconv_length_class lengthClass;
  };
  std::vector<Job> jobs;
  for (const NamedLayer &layer : layers)
    for (const std::string &target : arguments.targets)
      for (tconv_length_class lengthClass : lengthClasses(layer.params))
        if (arguments.lengthClass.empty() ||
            arguments.lengthClass == lengthClassName(lengthClass))
          jobs.push_back({&layer, &target, lengthClass});
  Progress progress(jobs.size(), arguments.verbose);
  for (const Job &job : jobs) {
    const std::string &name = job.layer->name;
    progress.begin((name.empty() ? "" : name + " ") + *job.target + " " +
                   lengthClassName(job.lengthClass));
    int64_t length = lengthOfClass(job.layer->params, job.lengthClass);
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.target = job.target->c_str();
    options.engine =
        arguments.engine.empty() ? nullptr : arguments.engine.c_str();
    options.accuracy = chooseAccuracy(arguments.accuracy);
    if (Status status =
            fromC(tconv_warm_cache(&job.layer->params, &options, length)))
      return name.empty()
                 ? status
                 : Status(status.code(), name + ": " + status.message());
    reports.push_back({{"name", name},
                       {"layer", formatLayerLine(job.layer->params)},
                       {"target", *job.target},
                       {"length_class", lengthClassName(job.lengthClass)}});
  }
  return Status::ok();
}
