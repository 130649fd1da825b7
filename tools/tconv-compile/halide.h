// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Kernels of the Halide engine, which is a library of its own that tools open
// when it is asked for.
#ifndef TCONV_TOOLS_TCONV_COMPILE_HALIDE_H
#define TCONV_TOOLS_TCONV_COMPILE_HALIDE_H

#include <string>

#include <nlohmann/json.hpp>

#include "compiler/API/Compiler.h"
#include "engine/engine.h"

namespace tconv::tools {

/// One kernel, made anew for each part of it that is asked for.
class HalideKernel {
public:
  /// Of the options, `target`, `lengthClass`, `accuracy` and `symbol` count.
  HalideKernel(const tconv_params &params,
               const mlir::tconv::CompileOptions &options, const Engine &engine)
      : params_(params), options_(options), engine_(engine) {}

  /// A part of the kernel, by its name in halide_abi.h. TCONV_NOT_FOUND where
  /// the engine isn't installed; the message says how to get it.
  Status emit(const char *what, std::string &bytes);
  /// How the kernel is made.
  Status description(nlohmann::ordered_json &json);
  /// Milliseconds of what was asked for so far.
  const nlohmann::ordered_json &milliseconds() const { return milliseconds_; }

private:
  tconv_params params_;
  mlir::tconv::CompileOptions options_;
  Engine engine_;
  nlohmann::ordered_json milliseconds_ = nlohmann::ordered_json::object();
};

/// Whether a target is a GPU's, for which the engine makes texts only.
bool isGpuTarget(const std::string &target);

} // namespace tconv::tools

#endif // TCONV_TOOLS_TCONV_COMPILE_HALIDE_H
