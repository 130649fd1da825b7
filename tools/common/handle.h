// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A layer of the runtime, as the tools hold it.
#ifndef TCONV_TOOLS_COMMON_HANDLE_H
#define TCONV_TOOLS_COMMON_HANDLE_H

#include <memory>

#include <nlohmann/json.hpp>

#include "common/layers.h"

namespace tconv::tools {

struct DestroyLayer {
  void operator()(tconv_layer *layer) const { tconv_layer_destroy(layer); }
};
using Layer = std::unique_ptr<tconv_layer, DestroyLayer>;

Status makeLayer(const tconv_params &params, const tconv_layer_options &options,
                 Layer &layer);

/// What tconv_layer_describe says of the entry's launch: an object.
Status describeLayer(tconv_layer *layer, const LayerEntry &entry,
                     nlohmann::ordered_json &description);

/// Whether the kernel of such a description shares products, so that the wider
/// bounds hold.
bool isFast(const nlohmann::ordered_json &description);

/// The input of the entry's launch: U(-1, 1), by the process's seed.
Status drawInput(const LayerEntry &entry, std::vector<float> &x);

} // namespace tconv::tools

#endif // TCONV_TOOLS_COMMON_HANDLE_H
