// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mutation/ranges.h"

#include <algorithm>

using namespace tconv;
using namespace tconv::test;
using ptx::Instruction;
using ptx::Operand;

namespace {

/// Batch, length and outputs are the parameters 4 to 6 of a kernel, and less
/// than this; so are blocks.
constexpr int64_t kLargest = INT64_C(1) << 40;

Range clamped(__int128 low, __int128 high) {
  // What may wrap may be anything.
  if (low < -(static_cast<__int128>(1) << 62) || high > static_cast<__int128>(1)
                                                            << 62)
    return {};
  return {static_cast<int64_t>(low), static_cast<int64_t>(high)};
}

bool endsWith(const std::string &text, const std::string &end) {
  return text.size() >= end.size() &&
         text.compare(text.size() - end.size(), end.size(), end) == 0;
}

Range parameterRange(const Instruction &instruction) {
  const Operand &address = instruction.operands[1];
  for (const Operand &part : address.parts)
    for (const char *count : {"_param_4", "_param_5", "_param_6"})
      if (endsWith(part.name, count))
        return {1, kLargest};
  return {};
}

/// 1 or 0 where the comparison is decided, else both.
Range compare(const std::string &how, Range a, Range b) {
  auto decided = [](bool yes, bool no) {
    return Range{yes ? 1 : 0, no ? 0 : 1};
  };
  if (how == "lt")
    return decided(a.high < b.low, a.low >= b.high);
  if (how == "le")
    return decided(a.high <= b.low, a.low > b.high);
  if (how == "gt")
    return decided(a.low > b.high, a.high <= b.low);
  if (how == "ge")
    return decided(a.low >= b.high, a.high < b.low);
  return {0, 1};
}

Range shiftRight(Range a, int64_t by) {
  by = std::min<int64_t>(by, 63);
  return {a.low >> by, a.high >> by};
}

} // namespace

std::vector<int> test::countWrites(const ptx::Function &function) {
  std::vector<int> writes(function.registers.size());
  auto count = [&](const Operand &operand) {
    if (operand.kind == Operand::Register)
      ++writes[operand.index];
    for (const Operand &part : operand.parts)
      if (part.kind == Operand::Register)
        ++writes[part.index];
  };
  for (const Instruction &instruction : function.instructions)
    if (writtenRegister(instruction) >= 0)
      count(instruction.operands[0]);
  return writes;
}

int64_t test::writtenRegister(const Instruction &instruction) {
  if (instruction.operands.empty() || instruction.opcode == "st" ||
      instruction.opcode == "bra" || instruction.opcode == "cp" ||
      instruction.opcode == "bar" || instruction.opcode == "brx")
    return -1;
  const Operand &first = instruction.operands[0];
  if (first.kind == Operand::Register)
    return first.index;
  if (!first.parts.empty() && first.parts[0].kind == Operand::Register &&
      first.kind != Operand::Address)
    return first.parts[0].index;
  return -1;
}

Ranges::Ranges(const ptx::Function &function)
    : registers_(function.registers.size()) {
  std::vector<int> writes = countWrites(function);
  for (const Instruction &instruction : function.instructions) {
    int64_t to = writtenRegister(instruction);
    if (to >= 0 && writes[to] == 1 && !instruction.guarded &&
        instruction.operands[0].kind == Operand::Register)
      registers_[to] = result(instruction);
  }
}

Range Ranges::of(const Operand &operand) const {
  switch (operand.kind) {
  case Operand::Register:
    return operand.negated ? Range{} : registers_[operand.index];
  case Operand::Immediate: {
    auto value = static_cast<int64_t>(operand.bits);
    return {value, value};
  }
  case Operand::Special:
    if (operand.name.find("tid") != std::string::npos)
      return {0, operand.name.find("ctaid") != std::string::npos ? INT32_MAX
                                                                 : 1023};
    return {};
  default:
    return {};
  }
}

Range Ranges::result(const Instruction &instruction) const {
  const std::string &opcode = instruction.opcode;
  const std::vector<Operand> &operands = instruction.operands;
  const std::string type =
      instruction.modifiers.empty() ? "" : instruction.modifiers.back();
  if (opcode == "ld" && instruction.modifiers[0] == "param")
    return parameterRange(instruction);
  if (opcode == "setp" && operands.size() == 3) {
    Range a = of(operands[1]), b = of(operands[2]);
    // Without a sign only what has none in any case.
    bool known = type[0] == 's' || (a.low >= 0 && b.low >= 0);
    return known ? compare(instruction.modifiers[0], a, b) : Range{0, 1};
  }
  if (opcode == "selp") {
    Range chosen = of(operands[3]);
    Range a = of(operands[1]), b = of(operands[2]);
    if (chosen.isOne())
      return chosen.low ? a : b;
    return {std::min(a.low, b.low), std::max(a.high, b.high)};
  }
  // Narrower numbers may wrap; few of them matter here.
  if (opcode == "mov")
    return of(operands[1]);
  if (type != "s64" && type != "u64" && type != "b64")
    return {};
  if (opcode == "add" || opcode == "sub") {
    Range a = of(operands[1]), b = of(operands[2]);
    bool add = opcode == "add";
    return clamped(static_cast<__int128>(a.low) +
                       (add ? b.low : -static_cast<__int128>(b.high)),
                   static_cast<__int128>(a.high) +
                       (add ? b.high : -static_cast<__int128>(b.low)));
  }
  if (opcode == "shr" || opcode == "shl") {
    Range a = of(operands[1]), by = of(operands[2]);
    if (!by.isOne() || by.low < 0)
      return {};
    if (a == Range{0, 0})
      return a;
    if (opcode == "shr" && (type == "s64" || a.low >= 0))
      return shiftRight(a, by.low);
    return {};
  }
  if (opcode == "mul" && instruction.modifiers[0] == "hi") {
    Range a = of(operands[1]), b = of(operands[2]);
    if (a.low >= 0 && b.low >= 0)
      return {0, static_cast<int64_t>(static_cast<__int128>(a.high) * b.high >>
                                      64)};
    return {};
  }
  if (opcode == "xor" || opcode == "or") {
    if (of(operands[2]) == Range{0, 0})
      return of(operands[1]);
  }
  return {};
}
