// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#ifndef TCONV_SRC_API_LAYER_OPTIONS_H
#define TCONV_SRC_API_LAYER_OPTIONS_H

#include "layer/layer.h"

namespace tconv {

tconv_layer_options defaultOptions();

/// Refuses options that make no sense, or a target that this CPU lacks; the
/// initializers are not looked at.
Status checkOptions(const tconv_layer_options &options);

/// The target that options ask for.
std::string targetOf(const tconv_layer_options &options);

/// The engine that checked options ask for; "" where they leave it open.
std::string engineOf(const tconv_layer_options &options);

} // namespace tconv

#endif // TCONV_SRC_API_LAYER_OPTIONS_H
