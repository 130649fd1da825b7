// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layer lines: "NAME: key=value key=value ...".
#include "layer/layer.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>

using namespace tconv;

namespace {

struct Key {
  const char *name;
  int64_t tconv_params::*wide; ///< one of these three is set ...
  int32_t tconv_params::*narrow;
  int64_t tconv_shape::*shape; ///< ... or none: pad_mode and dtype
  bool required;
};

constexpr Key kKeys[] = {
    {"in_channels", &tconv_params::in_channels, nullptr, nullptr, true},
    {"out_channels", &tconv_params::out_channels, nullptr, nullptr, true},
    {"kernel_size", &tconv_params::kernel_size, nullptr, nullptr, true},
    {"stride", &tconv_params::stride, nullptr, nullptr, false},
    {"pad_mode", nullptr, nullptr, nullptr, false},
    {"padding", &tconv_params::padding, nullptr, nullptr, false},
    {"dilation", &tconv_params::dilation, nullptr, nullptr, false},
    {"group", &tconv_params::group, nullptr, nullptr, false},
    {"has_bias", nullptr, &tconv_params::has_bias, nullptr, false},
    {"output_padding", &tconv_params::output_padding, nullptr, nullptr, false},
    {"crop_begin", &tconv_params::crop_begin, nullptr, nullptr, false},
    {"crop_end", &tconv_params::crop_end, nullptr, nullptr, false},
    {"output_length", &tconv_params::output_length, nullptr, nullptr, false},
    {"batch", nullptr, nullptr, &tconv_shape::batch, false},
    {"length", nullptr, nullptr, &tconv_shape::length, false},
    {"dtype", nullptr, nullptr, nullptr, false}};

struct Choice {
  const char *name;
  int32_t value;
};
constexpr Choice kPadModes[] = {{"same", TCONV_SAME},
                                {"valid", TCONV_VALID},
                                {"pad", TCONV_PAD},
                                {"crop", TCONV_CROP}};
constexpr Choice kDtypes[] = {
    {"f32", TCONV_F32}, {"f16", TCONV_F16}, {"bf16", TCONV_BF16}};

Status refuse(std::string message) {
  return {TCONV_INVALID_VALUE, std::move(message)};
}

/// Number of single-letter edits between two words.
size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t above = row[j];
      size_t change = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
      row[j] = std::min({change, above + 1, row[j - 1] + 1});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view nearestKey(std::string_view word) {
  // Nothing beyond this many letters is a typing error, and a hostile line
  // must not cost quadratic time.
  word = word.substr(0, 64);
  const Key *best = std::min_element(
      std::begin(kKeys), std::end(kKeys), [&](const Key &a, const Key &b) {
        return editDistance(word, a.name) < editDistance(word, b.name);
      });
  return best->name;
}

std::string quoted(std::string_view text) {
  constexpr size_t kShown = 80;
  std::string result = "'";
  result += text.substr(0, kShown);
  result += text.size() > kShown ? "...'" : "'";
  return result;
}

Status parseInteger(const Key &key, std::string_view text, int64_t &value) {
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range)
    return refuse(std::string(key.name) + " = " + quoted(text) +
                  ": doesn't fit a signed 64-bit number");
  if (error != std::errc() || end != text.data() + text.size())
    return refuse(std::string(key.name) + " = " + quoted(text) +
                  ": must be an integer");
  return Status::ok();
}

template <size_t N>
Status parseChoice(const Key &key, std::string_view text,
                   const Choice (&choices)[N], int32_t &value) {
  std::string known;
  for (const Choice &choice : choices) {
    if (text == choice.name) {
      value = choice.value;
      return Status::ok();
    }
    known += known.empty() ? "" : ", ";
    known += choice.name;
  }
  return refuse(std::string(key.name) + " = " + quoted(text) +
                ": must be one of " + known);
}

Status setKey(const Key &key, std::string_view text, tconv_params &params,
              tconv_shape &shape) {
  if (!std::strcmp(key.name, "pad_mode"))
    return parseChoice(key, text, kPadModes, params.pad_mode);
  if (!std::strcmp(key.name, "dtype"))
    return parseChoice(key, text, kDtypes, params.dtype);
  int64_t value = 0;
  if (Status error = parseInteger(key, text, value))
    return error;
  if (key.wide)
    params.*key.wide = value;
  else if (key.shape)
    shape.*key.shape = value;
  else if (value != 0 && value != 1)
    return refuse(std::string(key.name) + " = " + quoted(text) +
                  ": must be 0 or 1");
  else
    params.*key.narrow = static_cast<int32_t>(value);
  return Status::ok();
}

bool isSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/// Takes the first word off `text`; empty at the end.
std::string_view nextWord(std::string_view &text) {
  while (!text.empty() && isSpace(text.front()))
    text.remove_prefix(1);
  size_t end = 0;
  while (end < text.size() && !isSpace(text[end]))
    ++end;
  std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

} // namespace

Status tconv::parseLayerLine(std::string_view line, tconv_params &params,
                             tconv_shape &shape, std::string &name) {
  tconv_params newParams = defaultParams();
  tconv_shape newShape = {1, 0};
  std::string newName;
  std::string_view rest = line;

  // A name ends in the first colon; no key or value holds one.
  if (size_t colon = rest.find(':'); colon != std::string_view::npos) {
    std::string_view before = rest.substr(0, colon);
    newName = nextWord(before);
    if (newName.empty() || newName.find('=') != std::string::npos ||
        !nextWord(before).empty())
      return refuse("layer line " + quoted(line) +
                    ": a name of one word must stand before ':'");
    rest.remove_prefix(colon + 1);
  }

  std::set<std::string_view> seen;
  for (std::string_view word = nextWord(rest); !word.empty();
       word = nextWord(rest)) {
    size_t equals = word.find('=');
    if (equals == std::string_view::npos)
      return refuse("layer line: " + quoted(word) +
                    " is not of the form "
                    "key=value");
    std::string_view keyName = word.substr(0, equals);
    auto key = std::find_if(std::begin(kKeys), std::end(kKeys),
                            [&](const Key &k) { return keyName == k.name; });
    if (key == std::end(kKeys))
      return refuse("layer line: unknown key " + quoted(keyName) +
                    "; did you mean '" + std::string(nearestKey(keyName)) +
                    "'?");
    if (!seen.insert(key->name).second)
      return refuse("layer line: key " + quoted(keyName) + " stands twice");
    if (Status error =
            setKey(*key, word.substr(equals + 1), newParams, newShape))
      return error;
  }
  for (const Key &key : kKeys)
    if (key.required && !seen.count(key.name))
      return refuse(std::string("layer line: ") + key.name + " is missing");
  if (Status error = checkParams(newParams))
    return error;
  if (newShape.batch < 0)
    return refuse("batch = " + std::to_string(newShape.batch) +
                  ": must be at least 0");
  if (newShape.length < 1 && seen.count("length"))
    return refuse("length = " + std::to_string(newShape.length) +
                  ": must be at least 1");
  params = newParams;
  shape = newShape;
  name = std::move(newName);
  return Status::ok();
}

std::string tconv::formatLayerLine(const tconv_params &params) {
  tconv_params defaults = defaultParams();
  std::string line;
  auto add = [&](const char *key, const std::string &value) {
    line += (line.empty() ? "" : " ") + std::string(key) + "=" + value;
  };
  for (const Key &key : kKeys) {
    if (key.wide && (key.required || params.*key.wide != defaults.*key.wide))
      add(key.name, std::to_string(params.*key.wide));
    if (key.narrow && params.*key.narrow != defaults.*key.narrow)
      add(key.name, std::to_string(params.*key.narrow));
    if (!std::strcmp(key.name, "pad_mode") &&
        params.pad_mode != defaults.pad_mode)
      for (const Choice &choice : kPadModes)
        if (choice.value == params.pad_mode)
          add(key.name, choice.name);
  }
  for (const Choice &choice : kDtypes)
    if (choice.value == params.dtype && choice.value != defaults.dtype)
      add("dtype", choice.name);
  return line;
}

Status tconv::parseLayerFile(const std::string &path,
                             std::vector<NamedLayer> &layers) {
  std::ifstream file(path);
  if (!file)
    return {TCONV_NOT_FOUND, path + ": can't be read: " + std::strerror(errno)};
  std::vector<NamedLayer> result;
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    std::string_view text = std::string_view(line).substr(0, line.find('#'));
    std::string_view probe = text;
    if (nextWord(probe).empty())
      continue;
    NamedLayer layer;
    if (Status error =
            parseLayerLine(text, layer.params, layer.shape, layer.name))
      return {error.code(),
              path + ":" + std::to_string(number) + ": " + error.message()};
    result.push_back(std::move(layer));
  }
  if (file.bad())
    return {TCONV_NOT_FOUND, path + ": can't be read: " + std::strerror(errno)};
  layers = std::move(result);
  return Status::ok();
}
