// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/device.h"

#include "compiler/Schedule/GpuModel.h"
#include "compiler/Schedule/Library.h"
#include "compiler/Target/NVPTX/Toolkit.h"
#include "tconv-inspect/sass.h"

using namespace tconv;
using namespace mlir::tconv;
using nlohmann::ordered_json;

namespace {

/// What ptxas and nvdisasm have to say of a kernel.
Status addMachineCode(const mlir::tconv::DeviceKernel &kernel,
                      const GpuMachine &machine, tools::Facts &facts) {
  ordered_json &values = facts.values;
  if (findTool("ptxas").empty()) {
    values["ptxas"] = "not installed: registers and spills are unknown";
    return Status::ok();
  }
  std::string ptx = kernel.code;
  auto cubin = assembleUnspilled(ptx, machine.architecture);
  if (!cubin)
    return {TCONV_COMPILE_ERROR, llvm::toString(cubin.takeError())};
  for (const PtxasFigures &one : cubin->figures) {
    if (one.entry != kernel.runEntry)
      continue;
    int64_t blocks = residentBlocks(machine, kernel.device.run_threads,
                                    one.registers, one.sharedBytes);
    values["ptxas"] = {
        {"registers", one.registers},
        {"spill_bytes", one.spillStores + one.spillLoads},
        {"shared_bytes", one.sharedBytes},
        {"blocks_at_a_time", blocks},
        {"occupancy", double(blocks * kernel.device.run_threads) /
                          double(machine.mostThreads)}};
  }
  if (findTool("nvdisasm").empty()) {
    values["static_bound"] = "unknown: nvdisasm is not installed";
    return Status::ok();
  }
  auto text = disassemble(cubin->bytes);
  if (!text)
    return {TCONV_COMPILE_ERROR, llvm::toString(text.takeError())};
  values["static_bound"] = tools::sassLoop(*text);
  return Status::ok();
}

} // namespace

Status tools::gatherDevice(const tconv_params &params, const tconv_shape &shape,
                           const CompileOptions &options, Facts &facts) {
  Compilation compilation(params, options);
  ordered_json &values = facts.values;
  values["layer"] = formatLayerLine(params);
  for (const StageInfo &info : stages()) {
    if (Status status = compilation.runTo(info.stage))
      return status;
    facts.stages.push_back(
        {info.name.str(), info.summary.str(), compilation.moduleText()});
  }
  mlir::tconv::DeviceKernel kernel;
  if (Status status = compilation.deviceKernel(kernel))
    return status;
  auto made = ordered_json::parse(kernel.description);
  ordered_json described;
  for (const char *name : {"kind", "length_class", "schedule", "blocks"})
    described[name] = made[name];
  described["threads"] = kernel.device.run_threads;
  described["task_positions"] = kernel.kernel.task_positions;
  described["task_columns"] = kernel.kernel.task_columns;
  described["packed_bytes"] = kernel.kernel.packed_bytes;
  values["kernel"] = described;
  values["model"] = made["reasons"];
  const GpuMachine *machine = gpuMachine(compilation.architecture());
  values["gpu"] = {{"product", machine->product},
                   {"multiprocessors", machine->multiprocessors},
                   {"shared_bytes", machine->sharedBytes},
                   {"threads", machine->mostThreads}};
  if (shape.length > 0)
    values["launch"] = launchFacts(params, shape);
  if (Status status = addMachineCode(kernel, *machine, facts))
    return status;
  facts.assembly = kernel.code;
  if (auto schedule =
          findSchedule(deviceFeature(compilation.architecture()),
                       std::string(made["kind"]), options.schedulePath))
    facts.schedule = schedule->text;
  values["hot_loop"] = nullptr;
  ordered_json list = ordered_json::array();
  ordered_json milliseconds = ordered_json::object();
  for (const StageTime &time : compilation.times())
    milliseconds[time.name] =
        milliseconds.value(time.name, 0.0) + time.milliseconds;
  for (const StageText &stage : facts.stages)
    list.push_back({{"name", stage.name},
                    {"summary", stage.summary},
                    {"bytes", stage.text.size()},
                    {"milliseconds", milliseconds.value(stage.name, 0.0)}});
  values["stages"] = list;
  values["milliseconds"] = milliseconds;
  values["schedule_text"] = facts.schedule;
  return Status::ok();
}
