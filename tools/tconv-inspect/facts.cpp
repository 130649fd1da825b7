// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/facts.h"

#include <algorithm>
#include <sstream>

#include "common/layers.h"
#include "compiler/Dialect/PackedLayout.h"
#include "compiler/Schedule/Library.h"
#include "compiler/Transforms/Passes.h"
#include "kernel/launch_blocks.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "tconv-inspect/hot_loop.h"
#include "tconv-inspect/prediction.h"

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
                      pack.getGroups(), weight.getDimSize(0) / pack.getGroups(),
                      weight.getDimSize(1));
  ordered_json facts;
  facts["channels"] = layout.channels();
  facts["rows"] = layout.rows();
  facts["bytes"] = layout.totalElements() * 4;
  // Rows that tiles have beyond the layer's, weighted with what each holds.
  double real = 0, all = 0;
  for (const PackedSection &packed : layout.sections()) {
    int64_t taps = layout.filterTapsOf(packed.section);
    auto steps = static_cast<double>(
        layout.isFast() ? packed.points + layout.tapsBesides(taps) : taps);
    real += steps * static_cast<double>(packed.section.getPhases().size()) *
            static_cast<double>(weight.getDimSize(1));
    all += steps * static_cast<double>(packed.tiles * layout.rows()) *
           static_cast<double>(layout.blocks());
  }
  facts["padding"] = 1.0 - real / all;
  return facts;
}

/// How a launch of a kernel is cut into tasks.
void addTasks(const tconv_params &params, const tconv_shape &shape,
              const ordered_json &kernel, ordered_json &facts) {
  if (!facts.is_object())
    return;
  // The arithmetic of a launcher, on what the kernel says of itself.
  tconv_kernel described = {};
  described.struct_size = sizeof(described);
  described.in_channels = params.in_channels;
  described.out_channels = params.out_channels;
  described.kernel_size = params.kernel_size;
  described.stride = params.stride;
  described.dilation = params.dilation;
  described.groups = params.group;
  described.crop_begin = tconv::generalForm(params).cropBegin;
  described.workspace_bytes = kernel.value("workspace_bytes", int64_t(0));
  described.task_positions = kernel["task_positions"];
  described.task_granule = kernel.value("task_granule", int64_t(0));
  described.task_columns = kernel["task_columns"];
  described.item_before = kernel.value("item_before", int64_t(0));
  described.item_after = kernel.value("item_after", int64_t(0));
  described.item_granule = kernel.value("item_granule", int64_t(0));
  tconv_kernel_args args = {};
  args.batch = shape.batch;
  args.length = shape.length;
  args.output_length = facts["output_length"];
  tconv::LaunchRows rows = tconv::launchRows(described, args);
  args.item_positions = rows.distance;
  args.task_positions = rows.block;
  facts["positions"] = tconv_kernel_positions(&described, &args);
  facts["item_positions"] = args.item_positions;
  facts["block_positions"] = args.task_positions;
  facts["tasks"] = tconv_kernel_task_count(&described, &args);
}

/// Why a kind of schedule.
/// @param asked the class that was asked for, or empty
std::string whyKind(const std::string &kind, const std::string &lengthClass,
                    const std::string &asked, int64_t length) {
  if (kind == "filter")
    return "few input channels in a group, or few outputs: x is read where it "
           "lies";
  if (kind == "rows" && lengthClass == "bulk")
    return "many phases of few outputs: rows are stored without interleaving";
  if (kind == "positions" && lengthClass != "bulk")
    return "a few positions, but rows that would fill little of a tile of them";
  if (!asked.empty())
    return "--length-class=" + asked + " asks for it";
  if (length == 0)
    return "no length is given, and bulk is meant then";
  if (kind == "tiles")
    return "many positions, estimated to be faster in tile registers than by "
           "vectors";
  return kind == "rows"
             ? "a few positions: vectors of them would hold much padding"
             : "many positions, or few input channels: weights are broadcast, "
               "x is read as vectors";
}

/// Why a schedule is taken from where it is.
/// @param name of the schedule, with "builtin:" if it is a built-in one
std::string whyFeature(const std::string &name, const CpuTarget &target,
                       const std::string &folder) {
  std::string prefix = "builtin:" + target.schedules + "/";
  if (name.rfind("builtin:", 0) != 0)
    return "found in " + folder + ", which comes before the built-in ones";
  if (name.rfind(prefix, 0) != 0)
    return "there is none for " + target.schedules +
           ", so the portable one is taken";
  if (target.schedules == "cpu/avx512")
    return "the target has AVX-512 F, VL, DQ and BW";
  if (target.schedules == "cpu/avx2")
    return "the target has AVX2 and FMA, and no AVX-512 F, VL, DQ and BW";
  return "the target has nothing that another schedule is made for";
}

/// Rows (output channel and phase), positions, and which of both lie in one
/// register; what of it a schedule leaves open is left out.
ordered_json registerTile(mlir::ModuleOp module) {
  ordered_json tile;
  if (FilterOp filter = first<FilterOp>(module)) {
    tile["sums"] = filter.getSums();
    tile["vectors"] = stringifyVectorAxis(VectorAxis::positions).str();
    return tile;
  }
  ContractOp contract = first<ContractOp>(module);
  if (!contract)
    return nullptr;
  tile["rows"] = contract.getRows();
  if (auto positions = mostOf(contract.getWindowSize(1)))
    tile["columns"] = *positions;
  tile["vectors"] = stringifyVectorAxis(contract.getVectors()).str();
  if (contract.getPieces() > 1)
    tile["pieces"] = contract.getPieces();
  return tile;
}

} // namespace

ordered_json tconv::tools::machineFacts(const CpuTarget &target) {
  ordered_json facts;
  facts["target"] = target.name;
  facts["triple"] = target.triple;
  facts["cpu"] = target.cpu;
  facts["schedules"] = target.schedules;
  Machine machine = target.machine;
  for (auto [name, value] : machineFields(machine))
    facts[name.str()] = *value;
  std::string has;
  std::istringstream features(target.features);
  for (std::string feature; std::getline(features, feature, ',');)
    if (!feature.empty() && feature[0] == '+')
      has += (has.empty() ? "" : " ") + feature.substr(1);
  facts["features"] = has;
  return facts;
}

ordered_json tconv::tools::launchFacts(const tconv_params &params,
                                       const tconv_shape &shape) {
  LayerEntry entry;
  entry.params = params;
  entry.shape = shape;
  if (outputLength(params, shape.length, entry.outputLength))
    return nullptr;
  ordered_json facts;
  facts["batch"] = shape.batch;
  facts["length"] = shape.length;
  facts["output_length"] = entry.outputLength;
  facts["gflop"] = entry.flops() * 1e-9;
  facts["compulsory_bytes"] = entry.compulsoryBytes();
  facts["flop_per_byte"] = entry.flops() / entry.compulsoryBytes();
  return facts;
}

tconv::Status tconv::tools::gatherPhases(const tconv_params &params,
                                         const CompileOptions &options,
                                         ordered_json &values) {
  Compilation compilation(params, options);
  if (Status status = compilation.runTo(Stage::phases))
    return status;
  values["decomposition"] = decompositionFacts(
      first<PhasesOp>(compilation.module()).getDecomposition());
  values["machine"] = machineFacts(compilation.target());
  return Status::ok();
}

tconv::Status tconv::tools::gather(const tconv_params &params,
                                   const tconv_shape &shape,
                                   const CompileOptions &options,
                                   const std::string &askedClass,
                                   Facts &facts) {
  Compilation compilation(params, options);
  ordered_json &values = facts.values;
  values["layer"] = formatLayerLine(params);
  // On its own until it is complete: a reference into an ordered_json ends
  // with the next key.
  ordered_json kernel;
  LayerShape layerShape = {};
  for (const StageInfo &info : stages()) {
    if (Status status = compilation.runTo(info.stage))
      return status;
    mlir::ModuleOp module = compilation.module();
    facts.stages.push_back(
        {info.name.str(), info.summary.str(), compilation.moduleText()});
    if (info.stage == Stage::phases) {
      PhasesOp phases = first<PhasesOp>(module);
      values["decomposition"] = decompositionFacts(phases.getDecomposition());
      layerShape = {phases.getDecomposition(),
                    static_cast<int64_t>(phases.getGroups()),
                    phases.getGroupInputs(), phases.getGroupOutputs()};
    }
    auto layer = module.lookupSymbol<mlir::func::FuncOp>("layer");
    auto take = [&](const char *name) {
      if (auto attr = layer->getAttrOfType<mlir::IntegerAttr>(
              std::string("tconv.") + name))
        kernel[name] = attr.getInt();
    };
    if (info.stage == Stage::schedule) {
      values["packing"] = packingFacts(first<PackWeightsOp>(module));
      kernel["register_tile"] = registerTile(module);
      take("task_positions");
      take("task_granule");
      take("task_columns");
      take("item_before");
      take("item_after");
      take("item_granule");
    }
    if (info.stage == Stage::expand)
      take("workspace_bytes");
  }
  values["machine"] = machineFacts(compilation.target());
  auto made = ordered_json::parse(compilation.description());
  for (const char *name :
       {"kind", "length_class", "algorithm", "schedule", "blocks"})
    kernel[name] = made[name];
  std::string kind = made["kind"], name = made["schedule"];
  if (options.tuned)
    kernel["tuned"] = true;
  kernel["why_kind"] = options.tuned ? "the tuning file has it"
                                     : whyKind(kind, made["length_class"],
                                               askedClass, shape.length);
  kernel["why_feature"] =
      whyFeature(name, compilation.target(), options.schedulePath);
  values["kernel"] = kernel;
  if (shape.length > 0) {
    values["launch"] = launchFacts(params, shape);
    addTasks(params, shape, kernel, values["launch"]);
    const ordered_json &tile = kernel["register_tile"];
    if (tile.contains("rows") && tile.contains("columns"))
      values["cost"] = predictionFacts(
          layerShape,
          {tile["vectors"] == "rows" ? VectorAxis::rows : VectorAxis::positions,
           tile["rows"], tile["columns"], kernel["blocks"]["channels"],
           kernel["blocks"]["outputs"], tile.contains("pieces")},
          compilation.target().machine, values["launch"]["positions"]);
  }

  std::string ir;
  if (Status status = compilation.llvmIR(ir))
    return status;
  facts.stages.push_back({"llvmir", "optimised LLVM IR", ir});
  if (Status status = compilation.assembly(facts.assembly))
    return status;
  values["hot_loop"] = hotLoop(facts.assembly);

  ordered_json milliseconds;
  for (const StageTime &time : compilation.times())
    milliseconds[time.name] = time.milliseconds;
  ordered_json list = ordered_json::array();
  auto listed = [&](const std::string &name, const std::string &summary,
                    size_t bytes, const char *time) {
    list.push_back({{"name", name},
                    {"summary", summary},
                    {"bytes", bytes},
                    {"milliseconds", milliseconds[time]}});
  };
  for (const StageText &stage : facts.stages)
    listed(stage.name, stage.summary, stage.text.size(),
           stage.name == "llvmir" ? "opt" : stage.name.c_str());
  listed("assembly", "the target's assembly", facts.assembly.size(), "codegen");
  values["milliseconds"] = milliseconds;
  values["stages"] = list;
  if (auto schedule = findSchedule(compilation.target().schedules, kind,
                                   options.schedulePath))
    facts.schedule = schedule->text;
  values["schedule_text"] = facts.schedule;
  return Status::ok();
}
