// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "davinci/instructions.h"

namespace tconv::davinci {

std::string stemOf(const std::string &name) {
  return name.substr(0, name.find('.'));
}

std::string suffixOf(const std::string &name) {
  size_t point = name.find('.');
  return point == std::string::npos ? "" : name.substr(point + 1);
}

bool elementOf(const std::string &text, Element &type) {
  static constexpr struct {
    const char *name;
    Element type;
  } kNames[] = {
      {"f16", Element::F16}, {"bf16", Element::BF16}, {"f32", Element::F32},
      {"s16", Element::S16}, {"u16", Element::U16},   {"s32", Element::S32},
      {"u32", Element::U32}, {"s8", Element::S8},     {"u8", Element::U8}};
  for (const auto &one : kNames) {
    if (text == one.name) {
      type = one.type;
      return true;
    }
  }
  return false;
}

Instruction makeInstruction(const std::string &name) {
  Instruction made;
  made.name = name;
  for (auto make : {makeControl, makeCopy, makeLoad, makeCube, makeFixpipe,
                    makeVector, makeVectorMove}) {
    made.run = make(name, made.arguments);
    if (made.run)
      return made;
  }
  made.arguments = -1;
  made.run = [name](Core &core, const uint64_t *) -> uint64_t {
    core.unsupported(Pipe::Scalar, "the model doesn't know " + name);
    return 0;
  };
  return made;
}

} // namespace tconv::davinci
