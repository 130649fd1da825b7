// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/device.h"

#include <algorithm>
#include <iostream>

#include "common/timing.h"
#include "compiler/Schedule/GpuModel.h"
#include "compiler/Target/NVPTX/Toolkit.h"
#include "tconv-compile/report.h"

using namespace tconv;
using namespace tconv::tools;
using nlohmann::ordered_json;

namespace {

ordered_json figuresOf(const mlir::tconv::Cubin &cubin,
                       const mlir::tconv::DeviceKernel &kernel) {
  const mlir::tconv::GpuMachine &machine =
      *mlir::tconv::gpuMachine(kernel.device.min_sm);
  ordered_json list = ordered_json::array();
  for (const mlir::tconv::PtxasFigures &one : cubin.figures) {
    int64_t threads = one.entry == kernel.runEntry ? kernel.device.run_threads
                                                   : kernel.device.pack_threads;
    int64_t blocks = mlir::tconv::residentBlocks(
        machine, threads, one.registers, one.sharedBytes);
    list.push_back(
        {{"entry", one.entry},
         {"registers", one.registers},
         {"shared_bytes", one.sharedBytes},
         {"stack_bytes", one.stackBytes},
         {"spill_store_bytes", one.spillStores},
         {"spill_load_bytes", one.spillLoads},
         {"occupancy", static_cast<double>(blocks * threads) /
                           static_cast<double>(machine.mostThreads)}});
  }
  return list;
}

} // namespace

bool tconv::tools::isDeviceEmit(const std::string &kind) {
  return kind == "ptx" || kind == "cubin" || kind == "fatbin";
}

Status tconv::tools::produceForDevice(const CompileArguments &arguments,
                                      mlir::tconv::Compilation &compilation,
                                      const NamedLayer &layer,
                                      const std::string &symbol,
                                      std::vector<Product> &products,
                                      ordered_json &report) {
  auto asks = [&](const char *kind) {
    return std::find(arguments.emit.begin(), arguments.emit.end(), kind) !=
           arguments.emit.end();
  };
  mlir::tconv::DeviceKernel kernel;
  if (Status status = compilation.deviceKernel(kernel))
    return status;
  report = reportOf(compilation, layer.params, symbol);
  ordered_json &device = report["device"];
  device = {{"run_entry", kernel.runEntry},
            {"pack_entry", kernel.packEntry},
            {"run_threads", kernel.device.run_threads},
            {"pack_threads", kernel.device.pack_threads},
            {"pack_blocks", kernel.device.pack_blocks},
            {"packed_bytes", kernel.kernel.packed_bytes},
            {"task_positions", kernel.kernel.task_positions},
            {"task_columns", kernel.kernel.task_columns}};
  bool needsTools = asks("cubin") || asks("fatbin");
  if (!asks("ptx") && !needsTools)
    return Status::ok();
  if (mlir::tconv::findTool("ptxas").empty()) {
    if (needsTools)
      return Status(
          TCONV_UNSUPPORTED,
          "--emit: cubin and fatbin need ptxas, which is neither in "
          "PATH nor in CUDA_HOME nor in /usr/local/cuda; ptx doesn't");
    products.push_back({".ptx", kernel.code});
    device["checked"] = "no: ptxas is not installed";
    std::cerr << symbol
              << ": the PTX was not assembled, since ptxas is not installed: "
                 "its registers, spills and validity are unknown\n";
    return Status::ok();
  }
  double start = now();
  auto cubin =
      mlir::tconv::assembleUnspilled(kernel.code, compilation.architecture());
  if (!cubin)
    return Status(TCONV_COMPILE_ERROR, llvm::toString(cubin.takeError()));
  report["milliseconds"]["ptxas"] = (now() - start) * 1e3;
  device["ptxas"] = figuresOf(*cubin, kernel);
  if (asks("ptx"))
    products.push_back({".ptx", kernel.code});
  if (asks("cubin"))
    products.push_back({".cubin", cubin->bytes});
  if (asks("fatbin")) {
    auto fatbin = mlir::tconv::packFatbin(kernel.code, cubin->bytes,
                                          compilation.architecture());
    if (!fatbin)
      return Status(TCONV_COMPILE_ERROR, llvm::toString(fatbin.takeError()));
    products.push_back({".fatbin", std::move(*fatbin)});
  }
  return Status::ok();
}
