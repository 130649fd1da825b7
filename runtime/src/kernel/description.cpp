// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernel/description.h"

#include <nlohmann/json.hpp>

// The kind of JSON that the rest of the library has: each has its own code.
static nlohmann::ordered_json parse(const tconv_kernel &kernel) {
  return nlohmann::ordered_json::parse(
      kernel.description ? kernel.description : "", nullptr, false);
}

std::string tconv::scheduleIn(const tconv_kernel &kernel) {
  auto description = parse(kernel);
  if (description.is_object())
    for (const char *key : {"kind", "schedule"})
      if (auto found = description.find(key);
          found != description.end() && found->is_string())
        return found->get<std::string>();
  return "?";
}

tconv::Numbers tconv::numbersIn(const tconv_kernel &kernel) {
  auto description = parse(kernel);
  Numbers numbers;
  if (!description.is_object())
    return numbers;
  auto blocks = description.find("blocks");
  if (blocks != description.end() && blocks->is_object()) {
    numbers.compactWeights = blocks->contains("weight_bits");
    numbers.pieces = blocks->contains("pieces");
  }
  return numbers;
}
