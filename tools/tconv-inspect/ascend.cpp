// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/ascend.h"

#include "compiler/Schedule/Library.h"
#include "compiler/Target/Ascend/Bishengir.h"

using namespace tconv;
using namespace mlir::tconv;
using nlohmann::ordered_json;

namespace {

/// Whether bishengir-compile takes the kernels.
Status addVerdict(const AscendImage &image, ordered_json &values) {
  if (findBishengir("bishengir-compile").empty()) {
    values["bishengir"] = "not installed: nobody checked the kernels";
    return Status::ok();
  }
  std::string notes;
  bool isObject = true;
  for (const AscendText &kernel : image.kernels) {
    auto code =
        compileAscend(kernel.name, kernel.text, image.product, image.sumsTwice);
    if (!code)
      return {TCONV_COMPILE_ERROR, llvm::toString(code.takeError())};
    notes += code->notes;
    isObject &= !code->object.empty();
  }
  values["bishengir"] =
      std::to_string(image.kernels.size()) + " kernels accepted" +
      (isObject ? "" : ", no objects since hivmc of CANN is missing") +
      (notes.empty() ? "" : ":\n" + notes);
  return Status::ok();
}

} // namespace

Status tools::gatherAscend(const tconv_params &params, const tconv_shape &shape,
                           const CompileOptions &options, Facts &facts) {
  Compilation compilation(params, options);
  ordered_json &values = facts.values;
  values["layer"] = formatLayerLine(params);
  for (const StageInfo &info : stages()) {
    if (info.stage == Stage::llvmDialect)
      break;
    if (Status status = compilation.runTo(info.stage))
      return status;
    facts.stages.push_back(
        {info.name.str(), info.summary.str(), compilation.moduleText()});
  }
  AscendImage image;
  if (Status status = compilation.ascendImage(image))
    return status;
  auto made = ordered_json::parse(image.description);
  ordered_json described;
  for (const char *name : {"kind", "length_class", "schedule", "blocks"})
    described[name] = made[name];
  described["packed_bytes"] = image.packedBytes;
  values["kernel"] = described;
  values["estimate"] = made["estimate"];
  values["model"] = made["reasons"];
  const AscendMachine &machine = *compilation.ascend();
  values["part"] = {{"product", machine.product},
                    {"cube_cores", machine.cubeCores},
                    {"vector_cores", machine.vectorCores},
                    {"ub_bytes", AscendMemory::kUnified},
                    {"l1_bytes", AscendMemory::kL1},
                    {"l0a_bytes", AscendMemory::kL0A},
                    {"l0b_bytes", AscendMemory::kL0B},
                    {"l0c_bytes", AscendMemory::kL0C}};
  if (shape.length > 0)
    values["launch"] = launchFacts(params, shape);
  if (Status status = addVerdict(image, values))
    return status;
  facts.assembly = image.module;
  if (auto schedule = findSchedule("ascend/portable", std::string(made["kind"]),
                                   options.schedulePath))
    facts.schedule = schedule->text;
  values["hot_loop"] = nullptr;
  values["stages"] = ordered_json::array();
  ordered_json milliseconds = ordered_json::object();
  for (const StageTime &time : compilation.times())
    milliseconds[time.name] =
        milliseconds.value(time.name, 0.0) + time.milliseconds;
  for (const StageText &stage : facts.stages)
    values["stages"].push_back(
        {{"name", stage.name},
         {"summary", stage.summary},
         {"bytes", stage.text.size()},
         {"milliseconds", milliseconds.value(stage.name, 0.0)}});
  values["milliseconds"] = milliseconds;
  values["schedule_text"] = facts.schedule;
  return Status::ok();
}
