// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/types.h"

#include <cstring>

#include "ptx/formats.h"

namespace tconv::davinci {

const char *spaceName(Space space) {
  static const char *const kNames[kSpaces] = {
      "stack", "global memory",  "L1",        "L0A", "L0B", "L0C",
      "UB",    "fixpipe buffer", "bias table"};
  return kNames[static_cast<int>(space)];
}

uint64_t spaceCapacity(Space space) {
  // UB as the compiler may plan on it is 184 KiB; the rest is there all the
  // same.
  static constexpr uint64_t kBytes[kSpaces] = {
      0, 0, 512 << 10, 64 << 10, 64 << 10, 128 << 10, 192 << 10, 2 << 10, 1024};
  return kBytes[static_cast<int>(space)];
}

const char *pipeName(Pipe pipe) {
  static const char *const kNames[kPipes] = {
      "PIPE_S",    "PIPE_V",    "PIPE_M",  "PIPE_MTE1",
      "PIPE_MTE2", "PIPE_MTE3", "PIPE_FIX"};
  return kNames[static_cast<int>(pipe)];
}

bool decodePipe(uint64_t number, Pipe &pipe) {
  constexpr uint64_t kFix = 10;
  if (number != kFix && number >= kAllPipes)
    return false;
  pipe = number == kFix ? Pipe::Fix : static_cast<Pipe>(number);
  return true;
}

namespace {

template <typename T> T load(const uint8_t *from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

template <typename T> void store(uint8_t *to, T value) {
  std::memcpy(to, &value, sizeof(T));
}

} // namespace

double loadElement(const uint8_t *from, Element type) {
  switch (type) {
  case Element::F16:
    return ptx::f16ToFloat(load<uint16_t>(from));
  case Element::BF16:
    return ptx::bf16ToFloat(load<uint16_t>(from));
  case Element::F32:
    return load<float>(from);
  case Element::S16:
    return load<int16_t>(from);
  case Element::U16:
    return load<uint16_t>(from);
  case Element::S32:
    return load<int32_t>(from);
  case Element::U32:
    return load<uint32_t>(from);
  case Element::S8:
    return load<int8_t>(from);
  case Element::U8:
    return load<uint8_t>(from);
  }
  return 0;
}

void storeElement(uint8_t *to, Element type, double value) {
  switch (type) {
  case Element::F16:
    return store(to, ptx::floatToF16(value));
  case Element::BF16:
    return store(to, ptx::floatToBf16(value));
  case Element::F32:
    return store(to, static_cast<float>(value));
  default:
    break;
  }
  int64_t whole = value >= -0x1p62 && value <= 0x1p62
                      ? static_cast<int64_t>(value)
                      : 0; // NaN too
  std::memcpy(to, &whole, static_cast<size_t>(elementBytes(type)));
}

} // namespace tconv::davinci
