// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "api/layer_options.h"

#include <cstring>

#include "support/status.h"
#include "target/target.h"

using namespace tconv;

namespace {

/// Whether there is such an engine.
Status checkEngine(const std::string &engine) {
  if (engine == "mlir")
    return Status::ok();
  return {TCONV_INVALID_VALUE, "engine = '" + engine + "': must be 'mlir'"};
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
  if (Status error = checkEngine(options.engine ? options.engine : "mlir"))
    return error;
  return checkTarget(targetOf(options));
}

extern "C" void tconv_layer_options_init(tconv_layer_options *options) {
  if (options)
    *options = defaultOptions();
}
