// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/syntax.h"

namespace tconv::ptx {
namespace {

struct TypeFacts {
  const char *name;
  int bytes;
  bool isSigned;
  bool isFloat;
};

/// In the order of Type.
constexpr TypeFacts facts[] = {
    {"", 0, false, false},     {"pred", 0, false, false},
    {"b8", 1, false, false},   {"b16", 2, false, false},
    {"b32", 4, false, false},  {"b64", 8, false, false},
    {"u8", 1, false, false},   {"u16", 2, false, false},
    {"u32", 4, false, false},  {"u64", 8, false, false},
    {"s8", 1, true, false},    {"s16", 2, true, false},
    {"s32", 4, true, false},   {"s64", 8, true, false},
    {"f16", 2, false, true},   {"f16x2", 4, false, true},
    {"bf16", 2, false, true},  {"bf16x2", 4, false, true},
    {"tf32", 4, false, true},  {"f32", 4, false, true},
    {"f32x2", 8, false, true}, {"f64", 8, false, true},
};

constexpr const char *spaces[] = {"generic", "global", "shared",
                                  "local",   "param",  "const"};

const TypeFacts &factsOf(Type type) { return facts[static_cast<int>(type)]; }

} // namespace

int typeBytes(Type type) { return factsOf(type).bytes; }
bool isSigned(Type type) { return factsOf(type).isSigned; }
bool isFloat(Type type) { return factsOf(type).isFloat; }
const char *typeName(Type type) { return factsOf(type).name; }

Type typeOfName(const std::string &name) {
  int index = 0;
  for (const TypeFacts &one : facts) {
    if (index != 0 && name == one.name)
      return static_cast<Type>(index);
    ++index;
  }
  return Type::None;
}

const char *spaceName(Space space) { return spaces[static_cast<int>(space)]; }

} // namespace tconv::ptx
