// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "mutation/explain.h"

#include <algorithm>
#include <set>

#include "mutation/ranges.h"

using namespace tconv;
using namespace tconv::test;
using ptx::Function;
using ptx::Instruction;
using ptx::Operand;

namespace {

/// Calls `visit` with each register that an instruction reads.
template <typename Visit>
void forReads(const Instruction &instruction, Visit &&visit) {
  auto one = [&](const Operand &operand) {
    if (operand.kind == Operand::Register)
      visit(operand.index);
    for (const Operand &part : operand.parts)
      if (part.kind == Operand::Register)
        visit(part.index);
  };
  if (instruction.guarded)
    visit(instruction.guard);
  size_t first = writtenRegister(instruction) >= 0 ? 1 : 0;
  for (size_t index = first; index < instruction.operands.size(); ++index)
    one(instruction.operands[index]);
}

bool reads(const Instruction &instruction, int64_t index) {
  bool found = false;
  forReads(instruction, [&](uint32_t one) { found |= one == index; });
  return found;
}

const Instruction *atLine(const Function &function, int line) {
  for (const Instruction &instruction : function.instructions)
    if (instruction.line == line)
      return &instruction;
  return nullptr;
}

const Function *entryOf(const ptx::Syntax &syntax, const std::string &name) {
  for (const Function &function : syntax.functions)
    if (function.name == name)
      return &function;
  return nullptr;
}

/// The operand whose value the instruction hands on as it is, or null.
const Operand *handsOn(const Instruction &instruction, const Ranges &ranges) {
  const std::string &opcode = instruction.opcode;
  if ((opcode == "add" || opcode == "sub" || opcode == "or" ||
       opcode == "xor") &&
      ranges.of(instruction.operands[2]) == Range{0, 0})
    return &instruction.operands[1];
  return nullptr;
}

bool isSame(const Operand &a, const Operand &b) {
  return a.kind == Operand::Register && b.kind == Operand::Register &&
         a.index == b.index;
}

/// Whether the changed value reaches nothing that counts: it is the same, or a
/// comparison that takes it is decided as before, or it is never chosen.
bool changesNothing(const Function &before, const Function &after, int line) {
  if (before.instructions.size() != after.instructions.size())
    return false;
  Ranges was(before), is(after);
  std::vector<int> writes = countWrites(before);
  std::set<int64_t> differ;
  for (size_t index = 0; index < before.instructions.size(); ++index) {
    const Instruction &a = before.instructions[index];
    const Instruction &b = after.instructions[index];
    bool takes = a.line == line;
    forReads(a, [&](uint32_t one) { takes |= differ.count(one) == 1; });
    if (!takes)
      continue;
    int64_t to = writtenRegister(a);
    if (to < 0 || writes[to] != 1 || a.operands[0].kind != Operand::Register ||
        a.guarded || a.opcode == "ld" || a.opcode == "mma")
      return false;
    Range one = was.result(a), other = is.result(b);
    if (one.isOne() && one == other)
      continue;
    const Operand *from = handsOn(a, was), *now = handsOn(b, is);
    if (from && now && isSame(*from, *now) && !differ.count(from->index))
      continue;
    if (a.line != line && a.opcode == "selp") {
      Range chosen = was.of(a.operands[3]);
      if (chosen.isOne() && chosen == is.of(b.operands[3])) {
        const Operand &taken = a.operands[chosen.low ? 1 : 2];
        if (taken.kind != Operand::Register || !differ.count(taken.index))
          continue;
      }
    }
    differ.insert(to);
  }
  return true;
}

/// Whether the reciprocal of a divisor may be one more: the quotient is the
/// same for every dividend below 2^20.
bool isReciprocal(const Function &function, const Instruction &instruction) {
  if (instruction.opcode != "mul" || instruction.modifiers[0] != "hi" ||
      instruction.modifiers.back() != "u32")
    return false;
  const Operand &factor = instruction.operands[2];
  if (factor.kind != Operand::Immediate)
    return false;
  uint64_t shift = 32, more = 64;
  for (const Instruction &use : function.instructions)
    if (reads(use, instruction.operands[0].index)) {
      bool shifts =
          use.opcode == "shr" && use.operands[2].kind == Operand::Immediate;
      more = std::min<uint64_t>(more, shifts ? use.operands[2].bits : 0);
    }
  shift += more % 64;
  auto number = static_cast<uint32_t>(factor.bits);
  if (number < 1u << 24)
    return false;
  for (uint64_t n = 0; n < 1u << 20; ++n)
    if (n * number >> shift != n * (number + 1ull) >> shift)
      return false;
  return true;
}

/// Whether all that an instruction reads comes from the thread, the block's
/// column and constants, so that each launch computes all its values.
bool isOfEveryLaunch(const Function &function, const Instruction &start) {
  std::set<uint32_t> seen;
  std::vector<const Instruction *> todo = {&start};
  while (!todo.empty()) {
    const Instruction *one = todo.back();
    todo.pop_back();
    if (one->opcode == "ld" && one->modifiers[0] == "param")
      return false;
    // The only division is that of the block's number by the blocks that lie
    // along the positions: what is left is the column and the batch item.
    if (one->opcode == "div")
      continue;
    // What is loaded goes by its address; sums of loaded values do as well.
    forReads(*one, [&](uint32_t index) {
      if (!seen.insert(index).second)
        return;
      for (const Instruction &other : function.instructions) {
        bool writes = writtenRegister(other) == index;
        if (writtenRegister(other) >= 0)
          for (const Operand &part : other.operands[0].parts)
            writes |= part.kind == Operand::Register && part.index == index;
        if (writes)
          todo.push_back(&other);
      }
    });
  }
  return true;
}

/// A zero in place of the address of an element that doesn't count, because
/// what is loaded there is replaced by another zero.
bool isUnneededAddress(const Function &function,
                       const Instruction &instruction) {
  if (instruction.opcode != "selp" ||
      instruction.operands[3].kind != Operand::Register)
    return false;
  // Predicates that are false where the address is not needed.
  std::set<int64_t> off = {instruction.operands[3].index};
  std::set<int64_t> differ = {instruction.operands[0].index};
  for (const Instruction &use : function.instructions) {
    int64_t to = writtenRegister(use);
    if (use.opcode == "and" && use.modifiers.back() == "pred" &&
        (off.count(use.operands[1].index) || off.count(use.operands[2].index)))
      off.insert(to);
    bool takes = false;
    forReads(use, [&](uint32_t one) { takes |= differ.count(one) == 1; });
    if (!takes)
      continue;
    if (to < 0)
      return false;
    const Operand &first = use.operands[0];
    if (use.opcode == "selp" && off.count(use.operands[3].index) &&
        !(use.operands[2].kind == Operand::Register &&
          differ.count(use.operands[2].index)))
      continue;
    if (first.kind != Operand::Register)
      return false;
    differ.insert(to);
  }
  return true;
}

/// A dividend whose lowest bit alone is turned: stride times the positions of
/// a block is even, so that its number of blocks is the same.
bool turnsLowestBit(const Function &function, const Instruction &instruction,
                    const ptx::Mutant &mutant) {
  if (instruction.opcode != "selp" ||
      mutant.before.find(", -1, 0, ") == std::string::npos ||
      mutant.after.find(", -1, 1, ") == std::string::npos)
    return false;
  for (const Instruction &use : function.instructions)
    if (reads(use, instruction.operands[0].index) && use.opcode != "xor")
      return false;
  return true;
}

/// A sum that is only compared with 1: dividends below 1 are rounded up in
/// another way.
bool isNumberBelowOne(const Function &function,
                      const Instruction &instruction) {
  if (instruction.opcode != "add" || instruction.modifiers.back() != "s64")
    return false;
  for (const Instruction &use : function.instructions)
    if (reads(use, instruction.operands[0].index) &&
        !(use.opcode == "setp" && use.modifiers[0] == "lt" &&
          use.operands[2].kind == Operand::Immediate &&
          use.operands[2].bits == 1))
      return false;
  return true;
}

/// The zero in place of x of channels that fill up a chunk: the packed weights
/// that it meets are zero.
bool fillsChannels(const Function &function, const Instruction &instruction) {
  if (instruction.opcode != "selp" || instruction.modifiers.back() != "b32" ||
      instruction.operands[3].kind != Operand::Register)
    return false;
  for (const Instruction &other : function.instructions)
    if (writtenRegister(other) == instruction.operands[3].index)
      return other.opcode == "setp" && isOfEveryLaunch(function, other);
  return false;
}

/// A copy that reads nothing: zeros are all that it writes.
bool readsNothing(const Instruction &instruction) {
  const Operand &last = instruction.operands.back();
  return instruction.opcode == "cp" && instruction.operands.size() == 4 &&
         last.kind == Operand::Immediate && last.bits == 0;
}

/// The address of a copy that reads nothing.
bool isAddressOfNothing(const Function &function,
                        const Instruction &instruction) {
  if (instruction.opcode != "add")
    return false;
  std::set<int64_t> differ = {instruction.operands[0].index};
  for (const Instruction &use : function.instructions) {
    bool takes = false;
    forReads(use, [&](uint32_t one) { takes |= differ.count(one) == 1; });
    if (!takes)
      continue;
    if (use.opcode == "add")
      differ.insert(writtenRegister(use));
    else if (!readsNothing(use))
      return false;
  }
  return true;
}

/// "| 64" on the way of a NaN to bf16.
bool quietsNan(const Function &function, const Instruction &instruction) {
  if (instruction.opcode != "or" ||
      instruction.operands[2].kind != Operand::Immediate ||
      instruction.operands[2].bits != 64)
    return false;
  std::set<uint32_t> nans;
  for (const Instruction &use : function.instructions) {
    if (use.opcode == "setp" && use.modifiers[0] == "nan")
      nans.insert(use.operands[0].index);
    if (reads(use, instruction.operands[0].index) &&
        !(use.opcode == "selp" && nans.count(use.operands[3].index)))
      return false;
  }
  return true;
}

/// The distance of y's channels, the last parameter: where there are several,
/// it shows.
bool isChannelStride(const Function &function, const Instruction &instruction) {
  if (instruction.opcode != "shl" ||
      instruction.operands[1].kind != Operand::Register)
    return false;
  const std::string &last = function.parameters.back().name;
  for (const Instruction &other : function.instructions)
    if (writtenRegister(other) == instruction.operands[1].index)
      return other.opcode == "ld" && other.modifiers[0] == "param" &&
             !other.operands[1].parts.empty() &&
             other.operands[1].parts[0].name == last;
  return false;
}

} // namespace

std::string test::explainSurvivor(const ptx::Syntax &syntax,
                                  const ptx::Syntax &changed,
                                  const std::string &entry,
                                  const ptx::Mutant &mutant) {
  // Whatever these order or bring has to be missed.
  bool product = mutant.kind == "drop-operation";
  if ((mutant.kind.compare(0, 5, "drop-") == 0 && !product) ||
      mutant.kind == "wait-for-less" || mutant.kind == "negate-guard")
    return "";
  const Function *before = entryOf(syntax, entry);
  const Function *after = entryOf(changed, entry);
  const Instruction *instruction = atLine(*before, mutant.line);
  if (product)
    return isOfEveryLaunch(*before, *instruction)
               ? "rows and positions that fill up a tile"
               : "";
  if (changesNothing(*before, *after, mutant.line))
    return "equivalent: a case of a rounded-up division that counts of 1 and "
           "more never take";
  if (mutant.kind == "change-number" && isReciprocal(*before, *instruction))
    return "the reciprocal of a divisor: wrong only for dividends from 2^20 "
           "on";
  if (turnsLowestBit(*before, *instruction, mutant))
    return "equivalent: blocks end at even numbers";
  if (mutant.kind == "change-number" &&
      isUnneededAddress(*before, *instruction))
    return "the address of an element that is not looked at";
  if (isNumberBelowOne(*before, *instruction))
    return "of a rounded-up division: taken for the few first outputs, which "
           "are one block either way";
  // Where it writes to is the same, or it would have been missed.
  if (isAddressOfNothing(*before, *instruction) ||
      (mutant.kind == "shift-address" && readsNothing(*instruction)))
    return "redundant: the address of a copy that reads nothing";
  if (mutant.kind == "change-number" && fillsChannels(*before, *instruction))
    return "equivalent: x of channels that fill up a chunk, whose weights are "
           "zero";
  if (isChannelStride(*before, *instruction))
    return "the distance of y's channels: there is one";
  if (quietsNan(*before, *instruction))
    return "equivalent: a NaN of arithmetic has all these bits already";
  if (!isOfEveryLaunch(*before, *instruction))
    return "";
  static const std::set<std::string> products = {"fma", "mma", "ldmatrix"};
  bool shared = (instruction->opcode == "ld" || instruction->opcode == "st") &&
                instruction->modifiers[0] == "shared";
  if (products.count(instruction->opcode) || shared)
    return "rows and positions that fill up a tile";
  return "of threads, columns and chunks only, all of which each launch has: "
         "this layer has no case that differs";
}
