// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who compiles kernels. Each engine is a library of its own behind
// compiler_abi.h; a user names one by a text, "mlir" or "halide:Adams2019".
#ifndef TCONV_SRC_ENGINE_ENGINE_H
#define TCONV_SRC_ENGINE_ENGINE_H

#include <array>
#include <string>
#include <string_view>

#include "layer/layer.h"

namespace tconv {

enum class EngineKind { mlir, halide };
constexpr int kEngineKinds = 2;
/// What is meant where nobody names an engine.
constexpr const char *kDefaultEngine = "mlir";

/// The autoschedulers that Halide brings. Which of them can serve a target,
/// the engine itself knows.
constexpr std::array<const char *, 4> kAutoschedulers = {
    "Mullapudi2016", "Adams2019", "Li2018", "Anderson2021"};

struct Engine {
  EngineKind kind = EngineKind::mlir;
  std::string autoscheduler; ///< of Halide; "": the schedule written by hand
};

/// "mlir" or "halide".
const char *engineName(EngineKind kind);

/// Reads "mlir", "halide" or "halide:AUTOSCHEDULER". The message names the
/// value and what there is. `engine` is changed only on success.
Status parseEngine(std::string_view text, Engine &engine);

/// The engine of a text that was checked before; "" is the default.
Engine checkedEngine(std::string_view text);

/// What a compile request's `tuning` says of an engine and of a choice for it:
/// the autoscheduler, which only the engine's library reads, comes first.
std::string requestTuning(const Engine &engine, const std::string &tuning);

} // namespace tconv

#endif // TCONV_SRC_ENGINE_ENGINE_H
