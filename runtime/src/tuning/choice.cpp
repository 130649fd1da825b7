// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tuning/choice.h"

#include <algorithm>
#include <charconv>
#include <limits>

using namespace tconv;

namespace {

constexpr int64_t kMostSize = std::numeric_limits<int32_t>::max();
constexpr size_t kLongestKind = 32;

Status refuse(const std::string &what) {
  return {TCONV_INVALID_VALUE, "choice: " + what};
}

/// A part of a text that may be hostile, for a message.
std::string quoted(std::string_view text) {
  return "'" + std::string(text.substr(0, 80)) + "'";
}

Status readField(std::string_view name, std::string_view value,
                 ScheduleChoice &choice) {
  if (name == "engine") {
    // One way to say it: no engine is the default.
    choice.engine = value == kDefaultEngine ? "" : value;
    return value.empty() ? refuse("engine is empty") : Status::ok();
  }
  if (name == "kind") {
    choice.kind = value;
    return value.empty() ? refuse("kind is empty") : Status::ok();
  }
  for (const auto &[known, member] : kChoiceFields) {
    if (name != known)
      continue;
    auto [end, error] = std::from_chars(
        value.data(), value.data() + value.size(), choice.*member);
    if (error == std::errc() && end == value.data() + value.size() &&
        choice.*member > 0)
      return Status::ok();
    return refuse(std::string(known) + " = " + quoted(value) +
                  ": must be a number from 1 to " + std::to_string(kMostSize));
  }
  return refuse("unknown field " + quoted(name) +
                "; there are engine, kind, channels, positions, depth, panel, "
                "outputs, groups");
}

} // namespace

std::string tconv::formatChoice(const ScheduleChoice &choice) {
  std::string text;
  auto add = [&](const char *name, const std::string &value) {
    text += (text.empty() ? "" : ",") + std::string(name) + "=" + value;
  };
  if (!choice.engine.empty())
    add("engine", choice.engine);
  if (!choice.kind.empty())
    add("kind", choice.kind);
  for (const auto &[name, member] : kChoiceFields)
    if (choice.*member != 0)
      add(name, std::to_string(choice.*member));
  return text;
}

Status tconv::parseChoice(std::string_view text, ScheduleChoice &choice) {
  ScheduleChoice result;
  if (text.empty())
    return refuse("is empty");
  for (bool more = true; more;) {
    size_t comma = text.find(',');
    std::string_view field = text.substr(0, comma);
    more = comma != std::string_view::npos;
    text.remove_prefix(more ? comma + 1 : text.size());
    size_t equals = field.find('=');
    if (equals == std::string_view::npos)
      return refuse(quoted(field) + " is not of the form field=value");
    if (Status error = readField(field.substr(0, equals),
                                 field.substr(equals + 1), result))
      return error;
  }
  if (Status error = checkChoice(result))
    return error;
  choice = std::move(result);
  return Status::ok();
}

Status tconv::checkChoice(const ScheduleChoice &choice) {
  Engine engine;
  if (!choice.engine.empty())
    if (Status error = parseEngine(choice.engine, engine))
      return refuse(error.message());
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  };
  if (choice.kind.size() > kLongestKind ||
      !std::all_of(choice.kind.begin(), choice.kind.end(), fits))
    return refuse("kind = " + quoted(choice.kind) +
                  ": must be at most 32 of a-z, 0-9, - and _");
  for (const auto &[name, member] : kChoiceFields)
    if (choice.*member < 0 || choice.*member > kMostSize)
      return refuse(std::string(name) + " = " + std::to_string(choice.*member) +
                    ": must be a number from 1 to " +
                    std::to_string(kMostSize));
  return Status::ok();
}
