// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What tconv-tune finds for a kernel, as a text that crosses from the runtime
// to the compiler. Shared by both.
#ifndef TCONV_SRC_TUNING_CHOICE_H
#define TCONV_SRC_TUNING_CHOICE_H

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/engine.h"

namespace tconv {

/// An engine, a schedule's kind and its block sizes, which docs/cost-model.md
/// explains. What is "" or 0 is left to the compiler.
struct ScheduleChoice {
  std::string kind; ///< such as "positions": [a-z0-9_-]
  int64_t channels = 0;
  int64_t positions = 0;
  int64_t depth = 0;
  int64_t panel = 0;
  int64_t outputs = 0;     ///< the m of F(m, r); 1: direct
  int64_t groups = 0;      ///< of the filter kind
  std::string engine = {}; ///< as engine.h reads it; "": the default
};

using ChoiceField = std::pair<const char *, int64_t ScheduleChoice::*>;
constexpr std::array<ChoiceField, 6> kChoiceFields = {
    {{"channels", &ScheduleChoice::channels},
     {"positions", &ScheduleChoice::positions},
     {"depth", &ScheduleChoice::depth},
     {"panel", &ScheduleChoice::panel},
     {"outputs", &ScheduleChoice::outputs},
     {"groups", &ScheduleChoice::groups}}};

/// "kind=positions,channels=32,positions=96", what is left open left out; an
/// engine stands first.
std::string formatChoice(const ScheduleChoice &choice);

/// Reads such a text; the message names the field and the value. `choice` is
/// changed only on success.
Status parseChoice(std::string_view text, ScheduleChoice &choice);

/// Refuses an engine that there is not, a kind that can't be a file's name, and
/// sizes that are negative or do not fit 32 bits.
Status checkChoice(const ScheduleChoice &choice);

} // namespace tconv

#endif // TCONV_SRC_TUNING_CHOICE_H
