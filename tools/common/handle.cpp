// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "common/handle.h"

#include "common/command.h"

namespace tconv::tools {

Status makeLayer(const tconv_params &params, const tconv_layer_options &options,
                 Layer &layer) {
  tconv_layer *created = nullptr;
  tconv_status status = tconv_layer_create(&params, &options, &created);
  layer.reset(created);
  return fromC(status);
}

Status describeLayer(tconv_layer *layer, const LayerEntry &entry,
                     nlohmann::ordered_json &description) {
  size_t needed = 0;
  std::string text;
  // The first call asks for the size only; a text that doesn't fit is no
  // defect there.
  tconv_status status = tconv_layer_describe(
      layer, entry.shape.batch, entry.shape.length, nullptr, 0, &needed);
  if (status != TCONV_OK && needed == 0)
    return fromC(status);
  text.resize(needed);
  if (Status failed = fromC(
          tconv_layer_describe(layer, entry.shape.batch, entry.shape.length,
                               text.data(), text.size(), &needed)))
    return failed;
  text.resize(text.find('\0') == std::string::npos ? text.size()
                                                   : text.find('\0'));
  auto json = nlohmann::ordered_json::parse(text, nullptr, false);
  if (!json.is_object())
    return Status(TCONV_INTERNAL,
                  "tconv_layer_describe gave no JSON object: " + text);
  description = std::move(json);
  return Status::ok();
}

bool isFast(const nlohmann::ordered_json &description) {
  return description.value("algorithm", "direct") != "direct";
}

Status drawInput(const LayerEntry &entry, std::vector<float> &x) {
  x.resize(static_cast<size_t>(entry.inputElements()));
  tconv_initializer uniform;
  if (Status status = fromC(tconv_initializer_by_name("uniform", &uniform)))
    return status;
  uniform.a = 1;
  const int64_t shape[] = {entry.shape.batch, entry.params.in_channels,
                           entry.shape.length};
  return fromC(tconv_initialize(&uniform, shape, 3, x.data()));
}

} // namespace tconv::tools
