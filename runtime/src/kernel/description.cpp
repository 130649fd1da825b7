// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/description.h"

#include <nlohmann/json.hpp>

std::string tconv::scheduleIn(const tconv_kernel &kernel) {
  // The kind of JSON that the rest of the library has: each has its own code.
  auto description = nlohmann::ordered_json::parse(
      kernel.description ? kernel.description : "", nullptr, false);
  if (description.is_object())
    for (const char *key : {"kind", "schedule"})
      if (auto found = description.find(key);
          found != description.end() && found->is_string())
        return found->get<std::string>();
  return "?";
}
