// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Loads, stores, copies, atomic operations, ldmatrix.
#include "ptx/decoder.h"
#include "ptx/handlers.h"

#include <algorithm>

namespace tconv::ptx {
namespace {

int takeSpace(Modifiers &modifiers, Space &space) {
  static const Space spaces[] = {Space::Global, Space::Shared, Space::Shared,
                                 Space::Local,  Space::Param,  Space::Param,
                                 Space::Const};
  int which = modifiers.takeOneOf({"global", "shared", "shared::cta", "local",
                                   "param", "param::entry", "const"});
  if (which >= 0)
    space = spaces[which];
  return which;
}

/// Hints about caches; they change nothing that is computed.
void takeCacheHints(Modifiers &modifiers) {
  modifiers.takeOneOf({"ca", "cg", "cs", "lu", "cv", "wb", "wt"});
  modifiers.takeOneOf({"L1::evict_normal", "L1::evict_unchanged",
                       "L1::evict_first", "L1::evict_last", "L1::no_allocate"});
  modifiers.takeOneOf(
      {"L2::evict_normal", "L2::evict_first", "L2::evict_last"});
  modifiers.takeOneOf({"L2::64B", "L2::128B", "L2::256B"});
}

} // namespace

void Decoder::noteGranule(const MemoryForm &form) {
  uint32_t bytes = std::min<uint32_t>(form.bytes, 16);
  if (form.space == Space::Shared || form.space == Space::Generic)
    program.sharedGranule = std::min(program.sharedGranule, bytes);
  if (form.space == Space::Global || form.space == Space::Generic)
    program.globalGranule = std::min(program.globalGranule, bytes);
}

/// Sets the base and the offset of an op.
Status Decoder::address(const Operand &operand, MemoryForm &form, Op &op) {
  if (operand.kind != Operand::Address)
    return fail("an operand that is no address");
  op.immediate = operand.bits;
  if (operand.parts.empty()) {
    form.hasBase = false;
    return Status::ok();
  }
  const Operand &base = operand.parts[0];
  if (base.kind == Operand::Register) {
    int bytes = typeBytes(registerType(base));
    if (bytes != 8 && (bytes != 4 || form.space == Space::Generic ||
                       form.space == Space::Global))
      return fail("'" + base.name + "' as an address of " +
                  spaceName(form.space) + " memory");
    form.address64 = bytes == 8;
    return source(base, bitsType(bytes), op.a);
  }
  auto symbol = symbols.find(base.name);
  if (base.kind != Operand::Symbol || symbol == symbols.end())
    return fail("'" + base.name + "' is not known");
  if (symbol->second.first->space != form.space)
    return fail("'" + base.name + "' is in " +
                spaceName(symbol->second.first->space) + " memory, not in " +
                spaceName(form.space));
  return source(base, Type::B64, op.a);
}

Status Decoder::accessModifiers(Modifiers &modifiers, MemoryForm &form) {
  if (modifiers.takeOneOf({"relaxed", "acquire", "release"}) >= 0) {
    if (modifiers.takeOneOf({"cta", "gpu", "sys", "cluster"}) < 0)
      return unknownModifier(modifiers);
  } else {
    modifiers.takeOneOf({"weak", "volatile"});
  }
  takeSpace(modifiers, form.space);
  takeCacheHints(modifiers);
  if (instruction->opcode == "ld" && modifiers.take("nc")) {
    if (form.space != Space::Global)
      return fail("ld.nc is for global memory");
    takeCacheHints(modifiers);
  }
  int vector = modifiers.takeOneOf({"v2", "v4", "v8"});
  form.elements = static_cast<uint8_t>(vector < 0 ? 1 : 2 << vector);
  if (!modifiers.takeType(form.type) || typeBytes(form.type) == 0 ||
      form.type == Type::TF32 || form.type == Type::F32x2)
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  form.elementBytes = static_cast<uint8_t>(typeBytes(form.type));
  form.bytes = static_cast<uint8_t>(form.elementBytes * form.elements);
  form.isSigned = isSigned(form.type);
  if (form.bytes > (form.space == Space::Global ? 32 : 16))
    return fail("an access of " + std::to_string(form.bytes) + " bytes");
  return Status::ok();
}

/// The registers of a load's result or a store's values.
Status Decoder::vectorRegisters(const Operand &operand, MemoryForm &form,
                                bool isLoad) {
  bool isVector = operand.kind == Operand::Vector;
  if (isVector != (form.elements > 1) ||
      (isVector && operand.parts.size() != form.elements))
    return fail("registers for " + std::to_string(form.elements) +
                " elements are wanted");
  int storage = form.elementBytes == 1 ? 2 : form.elementBytes;
  // A register may be wider than the element; all of one access are alike.
  for (size_t index = 0; index < form.elements; ++index) {
    const Operand &one = isVector ? operand.parts[index] : operand;
    if (one.kind == Operand::Register && registerType(one) != Type::Pred &&
        !isFloat(form.type))
      storage = std::max(storage, std::max(2, typeBytes(registerType(one))));
  }
  form.storageBytes = static_cast<uint8_t>(storage);
  for (size_t index = 0; index < form.elements; ++index) {
    const Operand &one = isVector ? operand.parts[index] : operand;
    if (isLoad && one.kind == Operand::Sink) {
      form.registers[index] = kSink;
      continue;
    }
    if (isLoad)
      TRY(destination(one, bitsType(storage), form.registers[index]));
    else
      TRY(source(one,
                 isFloat(form.type) && storage >= 4 ? form.type
                                                    : bitsType(storage),
                 form.registers[index]));
  }
  return Status::ok();
}

Status Decoder::decodeLoad(Modifiers &modifiers) {
  MemoryForm form;
  TRY(accessModifiers(modifiers, form));
  TRY(count(2));
  Op op;
  TRY(address(instruction->operands[1], form, op));
  TRY(vectorRegisters(instruction->operands[0], form, true));
  noteGranule(form);
  Op &made = emit(load);
  made.a = op.a;
  made.immediate = op.immediate;
  made.extra = static_cast<uint32_t>(program.memory.size());
  program.memory.push_back(form);
  return Status::ok();
}

Status Decoder::decodeStore(Modifiers &modifiers) {
  MemoryForm form;
  TRY(accessModifiers(modifiers, form));
  if (form.space == Space::Param || form.space == Space::Const)
    return fail(std::string("a store to ") + spaceName(form.space) + " memory");
  TRY(count(2));
  Op op;
  TRY(address(instruction->operands[0], form, op));
  TRY(vectorRegisters(instruction->operands[1], form, false));
  noteGranule(form);
  Op &made = emit(store);
  made.a = op.a;
  made.immediate = op.immediate;
  made.extra = static_cast<uint32_t>(program.memory.size());
  program.memory.push_back(form);
  return Status::ok();
}

Status Decoder::decodeAtomic(Modifiers &modifiers) {
  MemoryForm form;
  bool isRed = instruction->opcode == "red";
  if (modifiers.takeOneOf({"relaxed", "acquire", "release", "acq_rel"}) >= 0 &&
      modifiers.takeOneOf({"cta", "gpu", "sys", "cluster"}) < 0)
    return unknownModifier(modifiers);
  // Older texts have the scope before the space or leave it out.
  modifiers.takeOneOf({"cta", "gpu", "sys"});
  takeSpace(modifiers, form.space);
  modifiers.takeOneOf({"cta", "gpu", "sys"});
  int operation = modifiers.takeOneOf(
      {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"});
  if (operation < 0 || form.space == Space::Local ||
      form.space == Space::Param || form.space == Space::Const)
    return unknownModifier(modifiers);
  modifiers.take("noftz");
  if (!modifiers.takeType(form.type) || typeBytes(form.type) < 4 ||
      form.type == Type::TF32 || form.type == Type::F16x2 ||
      form.type == Type::BF16x2 || form.type == Type::F32x2 ||
      (isFloat(form.type) &&
       operation != static_cast<int>(AtomicOperation::Add)))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  form.operation = static_cast<uint8_t>(operation);
  form.elementBytes = static_cast<uint8_t>(typeBytes(form.type));
  form.bytes = form.elementBytes;
  form.storageBytes = form.elementBytes;
  bool isCas = operation == static_cast<int>(AtomicOperation::Cas);
  if (isRed && (isCas || operation == static_cast<int>(AtomicOperation::Exch)))
    return fail("red has no exch and no cas");
  size_t first = isRed ? 0 : 1;
  TRY(count(first + 2 + isCas));
  const std::vector<Operand> &operands = instruction->operands;
  Op op;
  TRY(address(operands[first], form, op));
  TRY(source(operands[first + 1], form.type, op.b));
  if (isCas)
    TRY(source(operands[first + 2], form.type, op.c));
  form.registers[0] = kSink;
  if (!isRed && operands[0].kind != Operand::Sink)
    TRY(destination(operands[0], form.type, form.registers[0]));
  noteGranule(form);
  Op &made = emit(atomic);
  made.a = op.a;
  made.b = op.b;
  made.c = op.c;
  made.immediate = op.immediate;
  made.extra = static_cast<uint32_t>(program.memory.size());
  program.memory.push_back(form);
  return Status::ok();
}

Status Decoder::decodePrefetch(Modifiers &modifiers) {
  MemoryForm form;
  takeSpace(modifiers, form.space);
  if (modifiers.takeOneOf({"L1", "L2", "L2::evict_last", "L2::evict_normal"}) <
      0)
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(1));
  Op op;
  TRY(address(instruction->operands[0], form, op));
  // It may go anywhere and does nothing.
  emit(doNothing);
  return Status::ok();
}

Status Decoder::decodeCopy(Modifiers &modifiers) {
  if (!modifiers.take("async"))
    return unknownModifier(modifiers);
  if (modifiers.take("commit_group")) {
    TRY(finish(modifiers));
    TRY(count(0));
    emit(commitGroup);
    return Status::ok();
  }
  if (modifiers.take("wait_all")) {
    TRY(finish(modifiers));
    TRY(count(0));
    emit(waitAll);
    return Status::ok();
  }
  if (modifiers.take("wait_group")) {
    TRY(finish(modifiers));
    TRY(count(1));
    uint64_t groups = 0;
    TRY(immediate(instruction->operands[0], groups));
    emit(waitGroup).immediate = groups;
    return Status::ok();
  }
  int cache = modifiers.takeOneOf({"ca", "cg"});
  if (cache < 0 || modifiers.takeOneOf({"shared", "shared::cta"}) < 0 ||
      !modifiers.take("global"))
    return unknownModifier(modifiers);
  modifiers.takeOneOf({"L2::64B", "L2::128B", "L2::256B"});
  TRY(finish(modifiers));
  const std::vector<Operand> &operands = instruction->operands;
  if (operands.size() != 3 && operands.size() != 4)
    return count(3);
  uint64_t bytes = 0;
  TRY(immediate(operands[2], bytes));
  bool isGood = bytes == 16 || (cache == 0 && (bytes == 4 || bytes == 8));
  if (!isGood)
    return fail("cp.async of " + std::to_string(bytes) + " bytes");
  MemoryForm target;
  target.space = Space::Shared;
  target.elementBytes = target.bytes = static_cast<uint8_t>(bytes);
  MemoryForm from = target;
  from.space = Space::Global;
  Op op;
  Op fromOp;
  TRY(address(operands[0], target, op));
  TRY(address(operands[1], from, fromOp));
  if (!target.hasBase || !from.hasBase)
    return fail("cp.async needs addresses in registers");
  uint32_t size = 0;
  if (operands.size() == 4) {
    if (registerType(operands[3]) == Type::Pred)
      return fail("cp.async with ignore-src is not supported");
    TRY(source(operands[3], Type::B32, size));
  }
  noteGranule(target);
  Op &made = emit(copyAsync);
  made.a = op.a;
  made.b = fromOp.a;
  made.c = size;
  made.immediate = op.immediate;
  made.extra = static_cast<uint32_t>(program.memory.size());
  target.registers[0] = static_cast<uint32_t>(fromOp.immediate);
  program.memory.push_back(target);
  return Status::ok();
}

Status Decoder::decodeMatrix(Modifiers &modifiers) {
  bool isLoad = instruction->opcode == "ldmatrix";
  MemoryForm form;
  if (!modifiers.take("sync") || !modifiers.take("aligned") ||
      !modifiers.take("m8n8"))
    return unknownModifier(modifiers);
  int size = modifiers.takeOneOf({"x1", "x2", "x4"});
  if (size < 0)
    return unknownModifier(modifiers);
  form.operation = modifiers.take("trans");
  if (modifiers.takeOneOf({"shared", "shared::cta"}) < 0 ||
      !modifiers.take("b16"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  form.space = Space::Shared;
  form.elements = static_cast<uint8_t>(1 << size);
  form.elementBytes = 16;
  form.bytes = 16;
  TRY(count(2));
  const Operand &list = instruction->operands[isLoad ? 0 : 1];
  bool isVector = list.kind == Operand::Vector;
  if ((!isVector && form.elements != 1) ||
      (isVector && list.parts.size() != form.elements))
    return fail("registers for " + std::to_string(form.elements) +
                " matrices are wanted");
  Op op;
  TRY(address(instruction->operands[isLoad ? 1 : 0], form, op));
  if (!form.hasBase)
    return fail(instruction->opcode + " needs an address in a register");
  for (size_t index = 0; index < form.elements; ++index) {
    const Operand &one = isVector ? list.parts[index] : list;
    if (isLoad)
      TRY(destination(one, Type::B32, form.registers[index]));
    else
      TRY(source(one, Type::B32, form.registers[index]));
  }
  noteGranule(form);
  Op &made = emit(isLoad ? loadMatrix : storeMatrix);
  made.aligned = true;
  made.a = op.a;
  made.immediate = op.immediate;
  made.extra = static_cast<uint32_t>(program.memory.size());
  program.memory.push_back(form);
  return Status::ok();
}

Status Decoder::decodeCvta(Modifiers &modifiers) {
  bool isFrom = modifiers.take("to");
  Space space = Space::Generic;
  if (takeSpace(modifiers, space) < 0 || !modifiers.take("u64"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(2));
  uint32_t dst = 0;
  uint32_t a = 0;
  TRY(source(instruction->operands[1], Type::B64, a));
  TRY(destination(instruction->operands[0], Type::B64, dst));
  Op &op = emit(convertAddress);
  op.dst = dst;
  op.a = a;
  op.b = !isFrom;
  op.c = static_cast<uint32_t>(space);
  return Status::ok();
}

} // namespace tconv::ptx
