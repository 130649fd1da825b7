// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The cost model's estimate of a launch, and a measurement beside it.
#ifndef TCONV_TOOLS_INSPECT_PREDICTION_H
#define TCONV_TOOLS_INSPECT_PREDICTION_H

#include "compiler/API/Compiler.h"
#include "compiler/Schedule/LayerCost.h"
#include "layer/layer.h"

#include <nlohmann/json.hpp>

namespace tconv::tools {

/// Cycles of one core that the model expects of each piece of a launch with
/// `positions` positions (batch 1), and of all together.
nlohmann::ordered_json predictionFacts(const mlir::tconv::LayerShape &shape,
                                       const mlir::tconv::LayerPlan &plan,
                                       const mlir::tconv::Machine &machine,
                                       int64_t positions);

/// Runs the layer on one thread through the runtime and adds, beside
/// `total_cycles`, the core's clock (from the FMA peak), the predicted and the
/// measured milliseconds and their ratio.
Status measureBeside(const tconv_params &params, int64_t length,
                     const mlir::tconv::CompileOptions &options,
                     const mlir::tconv::Machine &machine,
                     nlohmann::ordered_json &prediction);

} // namespace tconv::tools

#endif // TCONV_TOOLS_INSPECT_PREDICTION_H
