// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/report.h"

using nlohmann::ordered_json;

ordered_json tconv::tools::reportOf(mlir::tconv::Compilation &compilation,
                                    const tconv_params &params,
                                    const std::string &symbol) {
  ordered_json report;
  report["layer"] = formatLayerLine(params);
  report["symbol"] = symbol;
  report["kernel"] = ordered_json::parse(compilation.description());
  // Code for two outputs is made twice: its times add up.
  ordered_json milliseconds = ordered_json::object();
  for (const mlir::tconv::StageTime &time : compilation.times())
    milliseconds[time.name] =
        milliseconds.value(time.name, 0.0) + time.milliseconds;
  report["milliseconds"] = milliseconds;
  return report;
}

ordered_json tconv::tools::reportOf(const HalideKernel &kernel,
                                    const ordered_json &description,
                                    const tconv_params &params,
                                    const std::string &symbol) {
  ordered_json report;
  report["layer"] = formatLayerLine(params);
  report["symbol"] = symbol;
  report["kernel"] = description;
  report["milliseconds"] = kernel.milliseconds();
  return report;
}
