// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tconv-ptx/buffers.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include <nlohmann/json.hpp>

#include "ptx/formats.h"

namespace tconv::tools {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaximumElements = 1ull << 28;

Status wrong(const std::string &what) {
  return Status(TCONV_INVALID_VALUE, what);
}

Status invalid(const std::string &text, const std::string &what) {
  return Status(TCONV_INVALID_VALUE, "--param '" + text + "' " + what);
}

/// Bytes of an element of "f32", "f16", "bf16"; 0 for anything else.
size_t elementBytes(const std::string &type) {
  return type == "f32" ? 4 : type == "f16" || type == "bf16" ? 2 : 0;
}

void encode(float value, const std::string &type, uint8_t *to) {
  uint16_t half =
      type == "f16" ? ptx::floatToF16(value) : ptx::floatToBf16(value);
  if (type == "f32")
    std::memcpy(to, &value, 4);
  else
    std::memcpy(to, &half, 2);
}

float decode(const uint8_t *from, const std::string &type) {
  float value = 0;
  uint16_t half = 0;
  std::memcpy(&half, from, 2);
  std::memcpy(&value, from, type == "f32" ? 4 : 2);
  return type == "f32"   ? value
         : type == "f16" ? ptx::f16ToFloat(half)
                         : ptx::bf16ToFloat(half);
}

bool hasNpy(const std::string &text) {
  return text.find(".npy") != std::string::npos;
}

} // namespace

std::vector<uint8_t> encodeValues(const std::vector<float> &values,
                                  const std::string &type) {
  size_t size = elementBytes(type);
  std::vector<uint8_t> raw(values.size() * size);
  for (size_t at = 0; at < values.size(); ++at)
    encode(values[at], type, raw.data() + at * size);
  return raw;
}

std::vector<float> decodeValues(const std::vector<uint8_t> &raw,
                                const std::string &type) {
  size_t size = elementBytes(type);
  std::vector<float> values(raw.size() / size);
  for (size_t at = 0; at < values.size(); ++at)
    values[at] = decode(raw.data() + at * size, type);
  return values;
}

bool BufferArguments::names(const std::string &text) {
  return hasNpy(text) || text.compare(0, 8, "scratch:") == 0;
}

Status BufferArguments::add(const std::string &text, uint64_t &address) {
  if (text.compare(0, 4, "out:") == 0)
    return output(text, address);
  return text.compare(0, 8, "scratch:") == 0 ? scratch(text, address)
                                             : input(text, address);
}

Status BufferArguments::scratch(const std::string &text, uint64_t &value) {
  std::string digits = text.substr(8);
  if (digits.empty() || digits.size() > 18 ||
      digits.find_first_not_of("0123456789") != std::string::npos)
    return invalid(text, "has no number of bytes");
  return memory.allocate(std::stoull(digits), text, value);
}

/// FILE.npy or FILE.npy:TYPE.
Status BufferArguments::input(const std::string &text, uint64_t &value) {
  size_t end = text.rfind(".npy") + 4;
  std::string type = "f32";
  if (end < text.size())
    type = text.substr(end + 1);
  if (elementBytes(type) == 0)
    return invalid(text,
                   "has the type '" + type + "'; f32, f16 or bf16 is wanted");
  Array array;
  if (Status status = readNpy(text.substr(0, end), array))
    return status;
  std::vector<uint8_t> raw = encodeValues(array.values, type);
  if (raw.empty()) {
    value = 0;
    return Status::ok();
  }
  if (Status status = memory.allocate(raw.size(), text, value))
    return status;
  return memory.write(value, raw.data(), raw.size());
}

/// out:FILE.npy:2x3x50 or out:FILE.npy:2x3x50:f16.
Status BufferArguments::output(const std::string &text, uint64_t &value) {
  size_t end = text.rfind(".npy") + 4;
  Output made;
  made.path = text.substr(4, end - 4);
  made.type = "f32";
  std::string shape = end < text.size() ? text.substr(end + 1) : "";
  size_t colon = shape.find(':');
  if (colon != std::string::npos) {
    made.type = shape.substr(colon + 1);
    shape.resize(colon);
  }
  uint64_t count = 1;
  for (size_t begin = 0; begin <= shape.size();) {
    size_t next = std::min(shape.find('x', begin), shape.size());
    std::string digits = shape.substr(begin, next - begin);
    if (digits.empty() || digits.size() > 12 ||
        digits.find_first_not_of("0123456789") != std::string::npos ||
        __builtin_mul_overflow(count, std::stoull(digits), &count) ||
        count > 1ull << 40)
      return invalid(text, "has the shape '" + shape +
                               "'; one like 2x3x50 is wanted");
    made.array.shape.push_back(std::stoll(digits));
    begin = next + 1;
  }
  if (elementBytes(made.type) == 0)
    return invalid(text, "has the type '" + made.type +
                             "'; f32, f16 or bf16 is wanted");
  if (count == 0)
    return invalid(text, "has no elements");
  if (Status status = memory.allocate(count * elementBytes(made.type),
                                      made.path, made.address))
    return status;
  made.array.values.resize(count);
  value = made.address;
  outputs.push_back(std::move(made));
  return Status::ok();
}

Status BufferArguments::write() {
  for (Output &one : outputs) {
    size_t size = elementBytes(one.type);
    std::vector<uint8_t> raw(one.array.values.size() * size);
    if (Status status = memory.read(one.address, raw.data(), raw.size()))
      return status;
    one.array.values = decodeValues(raw, one.type);
    if (Status status = writeNpy(one.path, one.array))
      return status;
  }
  return Status::ok();
}

Status readNumberArgument(const std::string &text, uint64_t size,
                          uint64_t &value) {
  if (size > 8)
    return invalid(text, "is for a parameter of more than 8 bytes");
  errno = 0;
  char *end = nullptr;
  bool isDecimal = text.compare(0, 2, "0x") != 0 &&
                   text.find_first_of(".eE") != std::string::npos;
  if (isDecimal) {
    double real = std::strtod(text.c_str(), &end);
    float narrow = static_cast<float>(real);
    if (size == 8)
      std::memcpy(&value, &real, 8);
    else if (size == 4)
      std::memcpy(&value, &narrow, 4);
    else
      return invalid(text, "is no integer");
  } else if (text[0] == '-') {
    value = static_cast<uint64_t>(std::strtoll(text.c_str(), &end, 0));
  } else {
    value = std::strtoull(text.c_str(), &end, 0);
  }
  if (end == text.c_str() || *end != '\0' || errno != 0)
    return invalid(text, "is no number, no .npy file, no out:FILE.npy:SHAPE "
                         "and no scratch:BYTES");
  int64_t whole = static_cast<int64_t>(value);
  uint64_t bits = 8 * size;
  if (!isDecimal && size < 8 && whole >> bits != 0 && whole >> (bits - 1) != -1)
    return invalid(text, "does not fit " + std::to_string(size) + " bytes");
  return Status::ok();
}

Status readTrialNumber(const Json &object, const char *key, uint64_t most,
                       uint64_t &value) {
  auto found = object.find(key);
  if (found == object.end())
    return Status::ok();
  if (!found->is_number_unsigned() || found->get<uint64_t>() > most)
    return wrong(std::string("\"") + key + "\": " + found->dump() +
                 " is no whole number up to " + std::to_string(most));
  value = found->get<uint64_t>();
  return Status::ok();
}

Status readTrialSizes(const Json &object, const char *key,
                      std::array<uint32_t, 3> &sizes) {
  auto found = object.find(key);
  if (found == object.end())
    return wrong(std::string("a launch has no \"") + key + "\"");
  bool isGood = found->is_array() && !found->empty() && found->size() <= 3;
  for (size_t axis = 0; isGood && axis < found->size(); ++axis) {
    isGood = (*found)[axis].is_number_unsigned() &&
             (*found)[axis].get<uint64_t>() <= 0x7fffffff;
    if (isGood)
      sizes[axis] = (*found)[axis].get<uint32_t>();
  }
  return isGood ? Status::ok()
                : wrong(std::string("\"") + key + "\": " + found->dump() +
                        " is no list of one to three sizes");
}

Status readTrialBuffer(const Json &object, TrialBuffer &buffer) {
  uint64_t count = 0;
  uint64_t range = 3;
  uint64_t seed = 1;
  uint64_t infinite = 0;
  buffer.isOutput = object.contains("output");
  buffer.type = "f32";
  if (object.contains("type") && object["type"].is_string())
    buffer.type = object["type"].get<std::string>();
  if (buffer.type != "f32" && buffer.type != "f16" && buffer.type != "bf16")
    return wrong("the type \"" + buffer.type + "\" is not known");
  if (!buffer.isOutput && !object.contains("random"))
    return wrong("a parameter that is neither \"random\" nor \"output\": " +
                 object.dump());
  if (Status status =
          readTrialNumber(object, buffer.isOutput ? "output" : "random",
                          kMaximumElements, count))
    return status;
  if (Status status = readTrialNumber(object, "range", 1024, range))
    return status;
  if (Status status = readTrialNumber(object, "seed", UINT32_MAX, seed))
    return status;
  if (Status status =
          readTrialNumber(object, "infinite", kMaximumElements, infinite))
    return status;
  size_t size = buffer.type == "f32" ? 4 : 2;
  buffer.bytes.resize(count * size);
  std::mt19937 random(static_cast<uint32_t>(seed));
  for (uint64_t at = 0; !buffer.isOutput && at < count; ++at) {
    float value = static_cast<float>(random() % (2 * range + 1)) -
                  static_cast<float>(range);
    if (infinite != 0 && at % infinite == 0)
      value = HUGE_VALF;
    uint16_t half =
        buffer.type == "f16" ? ptx::floatToF16(value) : ptx::floatToBf16(value);
    std::memcpy(buffer.bytes.data() + at * size,
                size == 4 ? static_cast<void *>(&value) : &half, size);
  }
  return Status::ok();
}

} // namespace tconv::tools
