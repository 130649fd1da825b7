// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-inspect/prediction.h"

#include "common/command.h"
#include "common/handle.h"
#include "common/layers.h"
#include "common/machine.h"
#include "common/timing.h"

#include <cmath>

using namespace tconv;
using namespace tconv::tools;
using nlohmann::ordered_json;

static constexpr double kMeasureSeconds = 0.3;

ordered_json tconv::tools::predictionFacts(const mlir::tconv::LayerShape &shape,
                                           const mlir::tconv::LayerPlan &plan,
                                           const mlir::tconv::Machine &machine,
                                           int64_t positions) {
  mlir::tconv::LayerCost cost =
      mlir::tconv::costOf(shape, plan, machine, positions);
  ordered_json facts;
  facts["contract_cycles"] = std::round(cost.contract);
  facts["pack_cycles"] = std::round(cost.pack);
  facts["combine_cycles"] = std::round(cost.combine);
  facts["store_cycles"] = std::round(cost.store);
  facts["weights_cycles"] = std::round(cost.weights);
  facts["total_cycles"] = std::round(cost.total());
  return facts;
}

Status tconv::tools::measureBeside(const tconv_params &params, int64_t length,
                                   const mlir::tconv::CompileOptions &options,
                                   const mlir::tconv::Machine &machine,
                                   ordered_json &prediction) {
  tconv_layer_options layerOptions;
  tconv_layer_options_init(&layerOptions);
  layerOptions.target = options.target.c_str();
  layerOptions.accuracy = options.accuracy;
  Layer layer;
  if (Status status = makeLayer(params, layerOptions, layer))
    return status;
  if (Status status = fromC(tconv_set_num_threads(1)))
    return status;
  int64_t outputs = 0;
  if (Status status = outputLength(params, length, outputs))
    return status;
  std::vector<float> x(static_cast<size_t>(params.in_channels * length), 0.5F);
  std::vector<float> y(static_cast<size_t>(params.out_channels * outputs));
  auto run = [&] {
    return fromC(tconv_layer_run(layer.get(), x.data(), 1, length, y.data()));
  };
  if (Status status = run()) // compiles, packs the weights
    return status;
  Timing timing;
  if (Status status = measure(kMeasureSeconds, 3, run, timing))
    return status;
  double gigahertz =
      measureFmaPeak(1) /
      static_cast<double>(2 * machine.lanes * machine.fmasPerCycle);
  double predicted = prediction["total_cycles"].get<double>() / gigahertz / 1e6;
  prediction["gigahertz"] = gigahertz;
  prediction["predicted_milliseconds"] = predicted;
  prediction["measured_milliseconds"] = timing.minimum * 1e3;
  prediction["measured_over_predicted"] = timing.minimum * 1e3 / predicted;
  return Status::ok();
}
