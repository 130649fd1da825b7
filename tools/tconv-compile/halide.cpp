// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-compile/halide.h"

#include <cstring>

#include <dlfcn.h>

#include "common/timing.h"
#include "compiler/Halide/halide_abi.h"
#include "kernel/compiler_loader.h"

using namespace tconv;
using namespace tconv::tools;

bool tconv::tools::isGpuTarget(const std::string &target) {
  return target.rfind("nvptx:", 0) == 0;
}

Status HalideKernel::emit(const char *what, std::string &bytes) {
  const Compiler &library = compiler(EngineKind::halide);
  if (!library.api)
    return library.why;
  auto make = reinterpret_cast<tconv_halide_emit_fn>(
      dlsym(library.library, TCONV_HALIDE_EMIT_SYMBOL));
  auto release = reinterpret_cast<tconv_halide_free_fn>(
      dlsym(library.library, TCONV_HALIDE_FREE_SYMBOL));
  if (!make || !release)
    return {TCONV_ABI_MISMATCH, "the Halide engine has no " //
            TCONV_HALIDE_EMIT_SYMBOL " or no " TCONV_HALIDE_FREE_SYMBOL};
  std::string tuning = requestTuning(engine_, "");
  tconv_compile_request request;
  std::memset(&request, 0, sizeof(request));
  request.struct_size = sizeof(request);
  request.length_class = options_.lengthClass;
  request.params = params_;
  request.accuracy = options_.accuracy;
  request.target = options_.target.c_str();
  request.tuning = tuning.empty() ? nullptr : tuning.c_str();
  double start = now();
  char *made = nullptr;
  size_t size = 0;
  std::string message(4096, '\0');
  tconv_status status = make(&request, what, options_.symbol.c_str(), &made,
                             &size, message.data(), message.size());
  if (status != TCONV_OK) {
    message.back() = '\0';
    return {status, message.c_str()};
  }
  bytes.assign(made, size);
  release(made);
  milliseconds_[what] = (now() - start) * 1e3;
  return Status::ok();
}

Status HalideKernel::description(nlohmann::ordered_json &json) {
  std::string text;
  if (Status status = emit("description", text))
    return status;
  json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object())
    return {TCONV_INTERNAL, "the Halide engine's description is no object: " +
                                text.substr(0, 80)};
  return Status::ok();
}
