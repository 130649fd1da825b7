// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Control flow, barriers and exchange between the lanes of a warp.
#include "ptx/decoder.h"
#include "ptx/handlers.h"

namespace tconv::ptx {

Status Decoder::decodeBra(Modifiers &modifiers) {
  modifiers.take("uni");
  TRY(finish(modifiers));
  TRY(count(1));
  const Operand &operand = instruction->operands[0];
  auto label = function.labels.find(operand.name);
  if (operand.kind != Operand::Symbol || operand.bits != 0 ||
      label == function.labels.end())
    return fail("label '" + operand.name + "' is not known");
  Op &op = emit(nullptr);
  op.control = Control::Branch;
  op.target = label->second; // an instruction; run() makes it an operation
  return Status::ok();
}

/// As a chain of branches, one for each label of the list.
Status Decoder::decodeBrx(Modifiers &modifiers) {
  if (!modifiers.take("idx"))
    return unknownModifier(modifiers);
  modifiers.take("uni");
  TRY(finish(modifiers));
  TRY(count(2));
  const std::vector<Operand> &operands = instruction->operands;
  auto list = function.branchTargets.find(operands[1].name);
  if (operands[1].kind != Operand::Symbol ||
      list == function.branchTargets.end())
    return fail("list of labels '" + operands[1].name + "' is not known");
  if (instruction->guarded)
    return fail("brx.idx with a guard is not supported");
  uint32_t index = 0;
  TRY(source(operands[0], Type::U32, index));
  size_t size = list->second.size();
  Op &check = emit(checkIndex);
  check.a = index;
  check.immediate = size;
  for (size_t which = 0; which < size; ++which) {
    auto label = function.labels.find(list->second[which]);
    if (label == function.labels.end())
      return fail("label '" + list->second[which] + "' is not known");
    uint32_t chosen = 0;
    if (which + 1 < size) {
      chosen = place(0);
      AluForm form;
      form.operation = Operation::Setp;
      form.type = Type::U32;
      TRY(emitForm(form, chosen, index, constant(4, which)));
    }
    Op &op = emit(nullptr);
    op.control = Control::Branch;
    op.guard = chosen;
    op.target = label->second;
  }
  return Status::ok();
}

Status Decoder::decodeRet(Modifiers &modifiers) {
  modifiers.take("uni");
  TRY(finish(modifiers));
  TRY(count(0));
  emit(nullptr).control = Control::Exit;
  return Status::ok();
}

Status Decoder::decodeTrap(Modifiers &modifiers) {
  TRY(finish(modifiers));
  TRY(count(0));
  emit(nullptr).control = Control::Trap;
  return Status::ok();
}

Status Decoder::decodeBarrier(Modifiers &modifiers) {
  const std::vector<Operand> &operands = instruction->operands;
  if (modifiers.take("warp")) {
    if (!modifiers.take("sync"))
      return unknownModifier(modifiers);
    TRY(finish(modifiers));
    TRY(count(1));
    uint32_t lanes = 0;
    TRY(source(operands[0], Type::B32, lanes));
    emit(syncWarp).a = lanes;
    return Status::ok();
  }
  modifiers.take("cta");
  if (!modifiers.take("sync"))
    return unknownModifier(modifiers);
  modifiers.take("aligned");
  TRY(finish(modifiers));
  if (operands.size() != 1 && operands.size() != 2)
    return count(1);
  uint32_t number = 0;
  uint32_t threads = 0;
  TRY(source(operands[0], Type::B32, number));
  if (operands.size() == 2)
    TRY(source(operands[1], Type::B32, threads));
  Op &op = emit(nullptr);
  op.control = Control::Barrier;
  op.a = number;
  op.b = threads; // 0: all
  return Status::ok();
}

Status Decoder::decodeFence(Modifiers &modifiers) {
  // What they order is in order here.
  modifiers.takeOneOf({"sc", "acq_rel", "acquire", "release"});
  if (modifiers.takeOneOf({"cta", "gl", "gpu", "sys", "cluster"}) < 0)
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(0));
  emit(doNothing);
  return Status::ok();
}

Status Decoder::decodeNanosleep(Modifiers &modifiers) {
  if (!modifiers.take("u32"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(1));
  uint32_t time = 0;
  TRY(source(instruction->operands[0], Type::U32, time));
  emit(doNothing);
  return Status::ok();
}

Status Decoder::decodeShfl(Modifiers &modifiers) {
  if (!modifiers.take("sync"))
    return unknownModifier(modifiers);
  int mode = modifiers.takeOneOf({"up", "down", "bfly", "idx"});
  if (mode < 0 || !modifiers.take("b32"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(5));
  const std::vector<Operand> &operands = instruction->operands;
  const Operand *result = &operands[0];
  uint32_t valid = place(0);
  if (result->kind == Operand::Pair) {
    TRY(destination(result->parts[1], Type::Pred, valid));
    result = &operands[0].parts[0];
  }
  std::vector<uint32_t> list(4);
  uint32_t dst = 0;
  TRY(destination(*result, Type::B32, dst));
  TRY(source(operands[1], Type::B32, list[0]));
  TRY(source(operands[2], Type::B32, list[1]));
  TRY(source(operands[3], Type::B32, list[2]));
  TRY(source(operands[4], Type::B32, list[3]));
  Op &op = emit(shuffle);
  op.dst = dst;
  op.a = valid;
  op.b = static_cast<uint32_t>(mode);
  attachList(op, list);
  return Status::ok();
}

Status Decoder::decodeVote(Modifiers &modifiers) {
  if (!modifiers.take("sync"))
    return unknownModifier(modifiers);
  int mode = modifiers.takeOneOf({"all", "any", "uni", "ballot"});
  if (mode < 0 || !modifiers.take(mode == 3 ? "b32" : "pred"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(3));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t dst = 0;
  uint32_t what = 0;
  uint32_t members = 0;
  TRY(destination(operands[0], mode == 3 ? Type::B32 : Type::Pred, dst));
  TRY(predicate(operands[1], what));
  TRY(source(operands[2], Type::B32, members));
  Op &op = emit(vote);
  op.dst = dst;
  op.a = what;
  op.b = members;
  op.c = static_cast<uint32_t>(mode);
  op.immediate = operands[1].negated;
  return Status::ok();
}

Status Decoder::decodeActivemask(Modifiers &modifiers) {
  if (!modifiers.take("b32"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(1));
  uint32_t dst = 0;
  TRY(destination(instruction->operands[0], Type::B32, dst));
  emit(activeMask).dst = dst;
  return Status::ok();
}

} // namespace tconv::ptx
