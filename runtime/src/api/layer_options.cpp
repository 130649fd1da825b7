// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/layer_options.h"

#include <cstring>

#include "engine/engine.h"
#include "support/status.h"
#include "target/target.h"

using namespace tconv;

namespace {

/// Whether there is such an engine. Whether it is installed turns out when a
/// kernel has to be compiled: caches may have it.
Status checkEngine(const char *engine) {
  Engine ignored;
  return engine ? parseEngine(engine, ignored) : Status::ok();
}

} // namespace

tconv_layer_options tconv::defaultOptions() {
  tconv_layer_options options;
  std::memset(&options, 0, sizeof(options));
  options.struct_size = sizeof(options);
  return options;
}

std::string tconv::targetOf(const tconv_layer_options &options) {
  return options.target ? options.target : kNativeTarget;
}

std::string tconv::engineOf(const tconv_layer_options &options) {
  return options.engine ? options.engine : "";
}

Status tconv::checkOptions(const tconv_layer_options &options) {
  if (Status error =
          checkStructSize("options", options.struct_size, sizeof(options),
                          "tconv_layer_options_init"))
    return error;
  if (options.accuracy < TCONV_ACCURACY_DEFAULT ||
      options.accuracy > TCONV_ACCURACY_TF32)
    return {TCONV_INVALID_VALUE,
            "accuracy = " + std::to_string(options.accuracy) +
                ": must be 0 (default), 1 (direct) or 2 (tf32)"};
  if (options.compilation != TCONV_COMPILE_WAIT &&
      options.compilation != TCONV_COMPILE_BACKGROUND)
    return {TCONV_INVALID_VALUE,
            "compilation = " + std::to_string(options.compilation) +
                ": must be 0 (wait) or 1 (background)"};
  if (Status error = checkEngine(options.engine))
    return error;
  // Whether there is such a device is seen where a layer wants it.
  std::string target = targetOf(options);
  return isDeviceTarget(target) ? Status::ok() : checkTarget(target);
}

extern "C" void tconv_layer_options_init(tconv_layer_options *options) {
  if (options)
    *options = defaultOptions();
}
