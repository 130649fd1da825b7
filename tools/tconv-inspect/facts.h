// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What there is to know of one compilation, gathered once for every way to
// show it.
#ifndef TCONV_TOOLS_TCONV_INSPECT_FACTS_H
#define TCONV_TOOLS_TCONV_INSPECT_FACTS_H

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "compiler/API/Compiler.h"

namespace tconv::tools {

struct StageText {
  std::string name, summary, text;
};

struct Facts {
  /// Everything that is a number or a name; the keys are documented by what
  /// tconv-inspect prints.
  nlohmann::ordered_json values;
  std::vector<StageText> stages; ///< and the LLVM IR
  std::string schedule;          ///< text of the schedule file
  std::string assembly;
};

/// Compiles a layer and gathers all facts.
/// @param shape length 0: no launch is described; checked otherwise
/// @param askedClass the length class if it was asked for, else empty
Status gather(const tconv_params &params, const tconv_shape &shape,
              const mlir::tconv::CompileOptions &options,
              const std::string &askedClass, Facts &facts);

/// The phases of a layer, which both engines compute, and the machine of the
/// options' target: adds "decomposition" and "machine".
Status gatherPhases(const tconv_params &params,
                    const mlir::tconv::CompileOptions &options,
                    nlohmann::ordered_json &values);

/// Sizes of a launch, whoever computes it.
nlohmann::ordered_json launchFacts(const tconv_params &params,
                                   const tconv_shape &shape);

/// What target parsing found of a machine.
nlohmann::ordered_json machineFacts(const mlir::tconv::CpuTarget &target);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_INSPECT_FACTS_H
