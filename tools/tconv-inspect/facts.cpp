// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/facts.h"

#include <regex>
#include <sstream>

#include "common/layers.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Schedule/Library.h"
#include "compiler/Transforms/Passes.h"

using namespace mlir::tconv;
using nlohmann::ordered_json;

namespace {

/// The first operation of a kind in a module.
template <typename OpTy> OpTy first(mlir::ModuleOp module) {
  OpTy found;
  module.walk([&](OpTy op) {
    if (!found)
      found = op;
  });
  return found;
}

ordered_json decompositionFacts(DecompositionAttr map) {
  ordered_json sections = ordered_json::array();
  std::vector<bool> reached(map.getStride(), false);
  for (SectionAttr section : map.getSections()) {
    ordered_json one;
    for (int64_t phase : section.getPhases())
      reached[phase] = true;
    one["phases"] = std::vector<int64_t>(section.getPhases().begin(),
                                         section.getPhases().end());
    one["first_taps"] = std::vector<int64_t>(section.getFirstTaps().begin(),
                                             section.getFirstTaps().end());
    one["taps"] = section.getTaps();
    one["shift"] = section.getShift();
    sections.push_back(one);
  }
  ordered_json facts;
  facts["stride"] = map.getStride();
  facts["crop"] = map.getCrop();
  facts["tap_step"] = map.getTapStep();
  facts["shift_step"] = map.getShiftStep();
  facts["phases_without_taps"] =
      std::count(reached.begin(), reached.end(), false);
  facts["sections"] = sections;
  return facts;
}

/// The packed weights: their size, and how much of it is padding.
ordered_json packingFacts(PackWeightsOp pack) {
  auto weight = mlir::cast<mlir::ShapedType>(pack.getWeight().getType());
  PackedLayout layout(pack.getDecomposition(), pack.getPacking(),
                      pack.getGroups(),
                      weight.getDimSize(0) / pack.getGroups(),
                      weight.getDimSize(1));
  ordered_json facts;
  facts["channels"] = layout.channels();
  facts["rows"] = layout.rows();
  facts["bytes"] = layout.totalElements() * 4;
  facts["padding"] = 1.0 - static_cast<double>(weight.getNumElements()) /
                               static_cast<double>(layout.totalElements());
  return facts;
}

ordered_json launchFacts(const tconv_params &params, const tconv_shape &shape,
                         const ordered_json &kernel) {
  tconv::tools::LayerEntry entry;
  entry.params = params;
  entry.shape = shape;
  if (tconv::outputLength(params, shape.length, entry.outputLength))
    return nullptr;
  ordered_json facts;
  facts["batch"] = shape.batch;
  facts["length"] = shape.length;
  facts["output_length"] = entry.outputLength;
  facts["gflop"] = entry.flops() * 1e-9;
  facts["compulsory_bytes"] = entry.compulsoryBytes();
  facts["flop_per_byte"] = entry.flops() / entry.compulsoryBytes();
  // The arithmetic of a launcher, on what the kernel says of itself.
  tconv_kernel described = {};
  described.stride = params.stride;
  described.crop_begin = tconv::generalForm(params).cropBegin;
  described.task_positions = kernel["task_positions"];
  described.task_columns = kernel["task_columns"];
  tconv_kernel_args args = {};
  args.batch = shape.batch;
  args.output_length = entry.outputLength;
  facts["positions"] = tconv_kernel_positions(&described, &args);
  facts["tasks"] = tconv_kernel_task_count(&described, &args);
  return facts;
}

std::string whyKind(const std::string &kind) {
  return kind == "rows"
             ? "a few positions: vectors of positions would be mostly padding"
             : "many positions: weights are broadcast, x is read as vectors";
}

} // namespace

ordered_json tconv::tools::machineFacts(const CpuTarget &target) {
  ordered_json facts;
  facts["target"] = target.name;
  facts["triple"] = target.triple;
  facts["cpu"] = target.cpu;
  facts["schedules"] = target.schedules;
  facts["lanes"] = target.lanes;
  facts["l1_bytes"] = target.machine.l1Bytes;
  facts["l2_bytes"] = target.machine.l2Bytes;
  std::string has;
  std::istringstream features(target.features);
  for (std::string feature; std::getline(features, feature, ',');)
    if (!feature.empty() && feature[0] == '+')
      has += (has.empty() ? "" : " ") + feature.substr(1);
  facts["features"] = has;
  return facts;
}

ordered_json tconv::tools::hotLoop(const std::string &assembly) {
  static const std::regex fma(
      "^\\s+(vfn?m(add|sub)\\w+|fmla|fmls)\\b.*(zmm|ymm|xmm|\\.4s)");
  // Without fused instructions, the multiplications count.
  static const std::regex multiply("^\\s+v?mulps\\b");
  static const std::regex broadcast(
      "^\\s+(v?broadcast\\w+|ld1r|dup)\\b|\\{1to");
  static const std::regex stack("\\(%rsp|\\(%rbp|\\[sp");
  static const std::regex jump("^\\s+(j\\w+|b\\.\\w+|cbn?z|b)\\s.*?(\\.L\\w+)");
  std::vector<std::string> lines;
  std::istringstream stream(assembly);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  ordered_json best;
  int64_t most = 0;
  for (size_t label = 0; label < lines.size(); ++label) {
    if (lines[label].rfind(".L", 0) != 0)
      continue;
    std::string name = lines[label].substr(0, lines[label].find(':'));
    int64_t fmas = 0, broadcasts = 0, spills = 0, count = 0;
    for (size_t i = label + 1; i < lines.size(); ++i) {
      const std::string &line = lines[i];
      if (line.rfind(".L", 0) == 0)
        break; // another block: not innermost
      if (line.empty() || line[0] != '\t' || line[1] == '.' || line[1] == '#')
        continue;
      ++count;
      fmas += std::regex_search(line, fma) || std::regex_search(line, multiply);
      broadcasts += std::regex_search(line, broadcast);
      spills += std::regex_search(line, stack);
      std::smatch match;
      if (!std::regex_search(line, match, jump) || match[2] != name)
        continue;
      if (fmas > most) {
        most = fmas;
        best = {{"label", name},
                {"instructions", count},
                {"multiply_adds", fmas},
                {"broadcasts", broadcasts},
                {"stack_accesses", spills}};
      }
      break;
    }
  }
  return best;
}

tconv::Status tconv::tools::gather(const tconv_params &params,
                                   const tconv_shape &shape,
                                   const CompileOptions &options,
                                   Facts &facts) {
  Compilation compilation(params, options);
  ordered_json &values = facts.values;
  values["layer"] = formatLayerLine(params);
  for (const StageInfo &info : stages()) {
    if (Status status = compilation.runTo(info.stage))
      return status;
    mlir::ModuleOp module = compilation.module();
    facts.stages.push_back(
        {info.name.str(), info.summary.str(), compilation.moduleText()});
    if (info.stage == Stage::phases)
      values["decomposition"] =
          decompositionFacts(first<PhasesOp>(module).getDecomposition());
    if (info.stage == Stage::schedule) {
      values["packing"] = packingFacts(first<PackWeightsOp>(module));
      auto layer = module.lookupSymbol<mlir::func::FuncOp>("layer");
      for (const char *name : {"task_positions", "task_columns"})
        if (auto attr = layer->getAttrOfType<mlir::IntegerAttr>(
                std::string("tconv.") + name))
          values["kernel"][name] = attr.getInt();
    }
    if (info.stage == Stage::expand) {
      auto layer = module.lookupSymbol<mlir::func::FuncOp>("layer");
      if (auto attr = layer->getAttrOfType<mlir::IntegerAttr>(
              "tconv.workspace_bytes"))
        values["kernel"]["workspace_bytes"] = attr.getInt();
    }
  }
  values["machine"] = machineFacts(compilation.target());
  auto made = ordered_json::parse(compilation.description());
  for (const char *name : {"kind", "length_class", "algorithm", "schedule"})
    values["kernel"][name] = made[name];
  values["kernel"]["why"] = whyKind(made["kind"]);
  values["kernel"]["blocks"] = made["blocks"];
  if (shape.length > 0)
    values["launch"] = launchFacts(params, shape, values["kernel"]);

  std::string ir;
  if (Status status = compilation.llvmIR(ir))
    return status;
  facts.stages.push_back({"llvmir", "optimised LLVM IR", ir});
  if (Status status = compilation.assembly(facts.assembly))
    return status;
  values["hot_loop"] = hotLoop(facts.assembly);
  for (const StageTime &time : compilation.times())
    values["milliseconds"][time.name] = time.milliseconds;
  if (auto schedule = findSchedule(compilation.target().schedules,
                                   made["kind"].get<std::string>(),
                                   options.schedulePath))
    facts.schedule = schedule->text;
  return Status::ok();
}
