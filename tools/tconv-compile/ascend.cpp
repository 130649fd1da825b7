// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/ascend.h"

#include <algorithm>
#include <iostream>

#include "common/timing.h"
#include "compiler/Target/Ascend/Bishengir.h"
#include "tconv-compile/report.h"

using namespace tconv;
using namespace tconv::tools;
using nlohmann::ordered_json;

Status tconv::tools::checkAscendEmit(const std::string &kind,
                                     const std::string &target) {
  for (const char *known : {"mlir", "hivm", "object"})
    if (kind == known)
      return Status::ok();
  std::string stages;
  for (const mlir::tconv::StageInfo &info : mlir::tconv::stages()) {
    if (info.stage == mlir::tconv::Stage::llvmDialect)
      continue;
    if (kind == ("mlir:" + info.name).str())
      return Status::ok();
    stages += (stages.empty() ? "" : ", ") + info.name.str();
  }
  return Status(
      TCONV_UNSUPPORTED,
      "--emit: there is no '" + kind + "' for " + target +
          "; there is hivm, object, mlir, mlir:STAGE with the stages " +
          stages);
}

ordered_json tconv::tools::planOf(const mlir::tconv::AscendImage &image) {
  static const char *const kVariables[] = {"weight",
                                           "weights",
                                           "x",
                                           "bias",
                                           "y",
                                           "workspace",
                                           "batch",
                                           "length",
                                           "output_length",
                                           "x_batch_stride",
                                           "x_channel_stride",
                                           "y_batch_stride",
                                           "y_channel_stride",
                                           "cube_cores",
                                           "vector_cores"};
  static const char *const kOperations[] = {"constant", "add",    "subtract",
                                            "multiply", "divide", "remainder",
                                            "minimum",  "maximum"};
  const mlir::tconv::AscendLaunchPlan &plan = image.plan;
  ordered_json result;
  result["first_step"] = int(TCONV_DEVICE_VARIABLES);
  result["variables"] = kVariables;
  result["steps"] = ordered_json::array();
  for (const tconv_device_step &step : plan.steps)
    result["steps"].push_back(
        step.operation == TCONV_DEVICE_CONSTANT
            ? ordered_json{"constant", step.constant}
            : ordered_json{kOperations[step.operation], step.left, step.right});
  result["launches"] = ordered_json::array();
  for (const mlir::tconv::AscendLaunch &launch : plan.launches)
    result["launches"].push_back(
        {{"entry", launch.entry},
         {"purpose", launch.purpose == TCONV_DEVICE_PACKS ? "pack" : "run"},
         {"grid", launch.grid},
         {"arguments", launch.arguments}});
  result["pack_workspace_bytes"] = plan.packWorkspaceBytes;
  result["run_workspace_bytes"] = plan.runWorkspaceBytes;
  return result;
}

Status tconv::tools::produceForAscend(const CompileArguments &arguments,
                                      mlir::tconv::Compilation &compilation,
                                      const NamedLayer &layer,
                                      const std::string &symbol,
                                      std::vector<Product> &products,
                                      ordered_json &report, Status &missing) {
  auto asks = [&](const char *kind) {
    return std::find(arguments.emit.begin(), arguments.emit.end(), kind) !=
           arguments.emit.end();
  };
  mlir::tconv::AscendImage image;
  if (Status status = compilation.ascendImage(image))
    return status;
  report = reportOf(compilation, layer.params, symbol);
  ordered_json &device = report["device"];
  device["packed_bytes"] = image.packedBytes;
  device["plan"] = planOf(image);
  if (asks("mlir"))
    products.push_back({".ascend.mlir", image.module});
  bool needsTool = asks("hivm") || asks("object");
  if (mlir::tconv::findBishengir("bishengir-compile").empty()) {
    if (needsTool)
      return Status(TCONV_UNSUPPORTED,
                    "--emit: hivm and object need bishengir-compile, which is "
                    "neither in TCONV_BISHENGIR nor in PATH nor in the Python "
                    "package ascendnpu-ir; mlir doesn't");
    device["checked"] = "no: bishengir-compile is not installed";
    std::cerr << symbol
              << ": the kernels were not compiled, since bishengir-compile is "
                 "not installed: whether it takes them is unknown\n";
    return Status::ok();
  }
  double start = now();
  for (const mlir::tconv::AscendText &kernel : image.kernels) {
    auto code = mlir::tconv::compileAscend(kernel.name, kernel.text,
                                           image.product, image.sumsTwice);
    if (!code)
      return Status(TCONV_COMPILE_ERROR, llvm::toString(code.takeError()));
    std::string part = "." + kernel.name.substr(symbol.size() + 1);
    if (!code->notes.empty())
      device["notes"][kernel.name] = code->notes;
    if (asks("hivm"))
      products.push_back({part + ".hivm.mlir", std::move(code->hivm)});
    if (!asks("object"))
      continue;
    if (code->object.empty())
      missing = Status(TCONV_UNSUPPORTED,
                       "object: hivmc of CANN is missing: bishengir-compile "
                       "found none in PATH; mlir and hivm don't need it");
    else
      products.push_back({part + ".o", std::move(code->object)});
  }
  report["milliseconds"]["bishengir"] = (now() - start) * 1e3;
  return Status::ok();
}
