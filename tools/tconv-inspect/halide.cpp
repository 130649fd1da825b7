// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/halide.h"

#include "tconv-inspect/hot_loop.h"

using nlohmann::ordered_json;
using namespace tconv;
using namespace tconv::tools;

namespace {

/// A text of the engine, by its name there.
struct Part {
  const char *stage, *what, *summary;
};
constexpr Part kParts[] = {
    {"schedule", "schedule", "the schedule, in Halide's words"},
    {"stmt", "stmt", "what Halide lowered the pipeline to"},
    {"llvmir", "llvm", "optimised LLVM IR"},
    {"asm", "asm", "the target's assembly"}};

} // namespace

Status tconv::tools::gatherHalide(const tconv_params &params,
                                  const tconv_shape &shape,
                                  const mlir::tconv::CompileOptions &options,
                                  const Engine &engine, const std::string &only,
                                  Facts &facts) {
  ordered_json &values = facts.values;
  values["layer"] = formatLayerLine(params);
  HalideKernel halide(params, options, engine);
  bool gpu = isGpuTarget(options.target);
  ordered_json kernel = ordered_json::object();
  if (!gpu)
    if (Status status = halide.description(kernel))
      return status;
  values["kernel"] = kernel;
  if (!gpu)
    if (Status status = gatherPhases(params, options, values))
      return status;
  if (shape.length > 0)
    values["launch"] = launchFacts(params, shape);
  ordered_json list = ordered_json::array();
  for (const Part &part : kParts) {
    bool text = std::string(part.what) == "schedule" ||
                std::string(part.what) == "stmt";
    if ((gpu && !text) || (!only.empty() && only != part.stage))
      continue;
    std::string made;
    if (Status status = halide.emit(part.what, made))
      return status;
    list.push_back({{"name", part.stage},
                    {"summary", part.summary},
                    {"bytes", made.size()},
                    {"milliseconds", halide.milliseconds()[part.what]}});
    if (std::string(part.what) == "schedule")
      facts.schedule = made;
    if (std::string(part.what) == "asm")
      facts.assembly = std::move(made);
    else
      facts.stages.push_back({part.stage, part.summary, std::move(made)});
  }
  values["hot_loop"] =
      facts.assembly.empty() ? ordered_json() : hotLoop(facts.assembly);
  values["stages"] = list;
  values["milliseconds"] = halide.milliseconds();
  values["schedule_text"] = facts.schedule;
  return Status::ok();
}
