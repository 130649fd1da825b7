// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "ptx/decoder.h"

#include <cstring>

#include "ptx/flow.h"
#include "ptx/parser.h"

namespace tconv::ptx {

Type bitsType(int bytes) {
  return bytes == 8 ? Type::B64 : bytes == 4 ? Type::B32 : Type::B16;
}

//===- Modifiers ----------------------------------------------------------===//

bool Modifiers::take(const char *name) {
  if (atEnd() || names[at] != name)
    return false;
  ++at;
  return true;
}

int Modifiers::takeOneOf(std::initializer_list<const char *> choices) {
  int index = 0;
  for (const char *choice : choices) {
    if (take(choice))
      return index;
    ++index;
  }
  return -1;
}

bool Modifiers::takeType(Type &type) {
  if (atEnd())
    return false;
  Type found = typeOfName(names[at]);
  if (found == Type::None)
    return false;
  type = found;
  ++at;
  return true;
}

const std::string *Modifiers::takeIfStartsWith(const char *prefix) {
  if (atEnd() || names[at].compare(0, std::strlen(prefix), prefix) != 0)
    return nullptr;
  return &names[at++];
}

//===- Errors -------------------------------------------------------------===//

Decoder::Decoder(const Syntax &syntax, const Function &function,
                 Program &program)
    : syntax(syntax), function(function), program(program) {}

Status Decoder::fail(const std::string &what) const {
  return errorAt(syntax, instruction ? instruction->line : function.line, what);
}

Status Decoder::unknownModifier(Modifiers &modifiers) const {
  if (modifiers.atEnd())
    return fail("'" + instruction->opcode + "' lacks a modifier");
  return fail("'" + instruction->opcode + "' with the modifier '." +
              modifiers.peek() + "' is not supported");
}

Status Decoder::finish(Modifiers &modifiers) const {
  return modifiers.atEnd() ? Status::ok() : unknownModifier(modifiers);
}

Status Decoder::count(size_t wanted) const {
  if (instruction->operands.size() == wanted)
    return Status::ok();
  return fail("'" + instruction->opcode + "' with " +
              std::to_string(instruction->operands.size()) +
              " operands; here it takes " + std::to_string(wanted));
}

//===- Operands -----------------------------------------------------------===//

uint32_t Decoder::place(int bytes) {
  // A predicate is one word; lanes start at multiples of 64 bytes.
  uint32_t size = bytes == 0 ? 4 : static_cast<uint32_t>(bytes) * kLanes;
  uint32_t alignment = bytes == 0 ? 4 : 64;
  uint32_t start = (program.fileBytes + alignment - 1) / alignment * alignment;
  program.fileBytes = start + size;
  return start;
}

uint32_t Decoder::constant(int bytes, uint64_t value) {
  if (bytes == 2)
    value &= 0xffff;
  if (bytes == 4 || bytes == 0)
    value &= 0xffffffff;
  auto found = constants.find({bytes, value});
  if (found != constants.end())
    return found->second;
  uint32_t offset = place(bytes);
  constants[{bytes, value}] = offset;
  program.constants.push_back({offset, static_cast<uint8_t>(bytes), value});
  return offset;
}

Status Decoder::specialRegister(const std::string &name, int bytes,
                                uint32_t &offset) {
  static const std::map<std::string, Special> known = {
      {"%laneid", Special::Laneid},
      {"%warpid", Special::Warpid},
      {"%nwarpid", Special::Nwarpid},
      {"%lanemask_eq", Special::LanemaskEq},
      {"%lanemask_le", Special::LanemaskLe},
      {"%lanemask_lt", Special::LanemaskLt},
      {"%lanemask_ge", Special::LanemaskGe},
      {"%lanemask_gt", Special::LanemaskGt},
      {"%smid", Special::Smid},
      {"%nsmid", Special::Nsmid},
      {"%gridid", Special::Gridid},
      {"%dynamic_smem_size", Special::DynamicShared},
      {"%total_smem_size", Special::TotalShared}};
  static const std::map<std::string, Special> axes = {
      {"%tid", Special::Tid},
      {"%ntid", Special::Ntid},
      {"%ctaid", Special::Ctaid},
      {"%nctaid", Special::Nctaid}};
  uint8_t special = 0;
  if (auto one = known.find(name); one != known.end()) {
    special = static_cast<uint8_t>(one->second);
  } else {
    size_t dot = name.find('.');
    auto axis = axes.find(name.substr(0, dot));
    size_t which =
        dot == std::string::npos ? 3 : std::string("xyz").find(name[dot + 1]);
    if (axis == axes.end() || which > 2)
      return fail("register '" + name + "' is not known");
    special = static_cast<uint8_t>(static_cast<uint8_t>(axis->second) + which);
  }
  int width = name == "%gridid" ? 8 : 4;
  if (bytes != width)
    return fail("'" + name + "' has " + std::to_string(8 * width) + " bits");
  auto found = specials.find(name);
  if (found != specials.end()) {
    offset = found->second;
    return Status::ok();
  }
  offset = place(bytes);
  specials[name] = offset;
  program.specials.push_back({offset, static_cast<uint8_t>(bytes), special});
  return Status::ok();
}

Status Decoder::symbolAddress(const Operand &operand, int bytes,
                              uint32_t &offset) {
  auto found = symbols.find(operand.name);
  if (found == symbols.end())
    return fail("'" + operand.name + "' is not known");
  const Variable *variable = found->second.first;
  uint64_t value = found->second.second + operand.bits;
  bool isGlobal =
      variable->space == Space::Global || variable->space == Space::Const;
  if (bytes != 8 && (bytes != 4 || isGlobal))
    return fail("the address of '" + operand.name + "' as " +
                std::to_string(8 * bytes) + " bits");
  if (!isGlobal) {
    offset = constant(bytes, value);
    return Status::ok();
  }
  auto known = symbolConstants.find({operand.name, operand.bits});
  if (known != symbolConstants.end()) {
    offset = known->second;
    return Status::ok();
  }
  uint32_t index = 0;
  while (index < program.globals.size() && program.globals[index] != variable)
    ++index;
  if (index == program.globals.size())
    program.globals.push_back(variable);
  offset = place(bytes);
  symbolConstants[{operand.name, operand.bits}] = offset;
  program.symbols.push_back(
      {offset, static_cast<uint8_t>(bytes), index, operand.bits});
  return Status::ok();
}

Type Decoder::registerType(const Operand &operand) const {
  return operand.kind == Operand::Register
             ? function.registers[operand.index].type
             : Type::None;
}

/// Bytes of a lane of a register: 8-bit ones are kept in 16 bits.
static int registerBytes(Type type) {
  int bytes = typeBytes(type);
  return bytes == 1 ? 2 : bytes;
}

Status Decoder::source(const Operand &operand, Type type, uint32_t &offset) {
  if (type == Type::Pred)
    return predicate(operand, offset);
  int bytes = registerBytes(type);
  if (operand.negated)
    return fail("'!' before something that is no predicate");
  uint64_t bits = operand.bits;
  switch (operand.kind) {
  case Operand::Register: {
    Type declared = registerType(operand);
    if (declared == Type::Pred || registerBytes(declared) != bytes)
      return fail("'" + operand.name + "' is a register of ." +
                  typeName(declared) + ", not of " + std::to_string(8 * bytes) +
                  " bits");
    offset = registerOffsets[operand.index];
    uses.push_back(operand.index);
    return Status::ok();
  }
  case Operand::Special:
    return specialRegister(operand.name, bytes, offset);
  case Operand::Symbol:
    return symbolAddress(operand, bytes, offset);
  case Operand::Immediate:
    if (isFloat(type) && type != Type::F16 && type != Type::BF16 &&
        type != Type::F16x2 && type != Type::BF16x2 && bits != 0)
      return fail("an integer where a floating-point number is wanted");
    offset = constant(bytes, bits);
    return Status::ok();
  case Operand::Float32: {
    double wide = 0;
    float narrow = 0;
    uint32_t low = static_cast<uint32_t>(bits);
    std::memcpy(&narrow, &low, 4);
    wide = static_cast<double>(narrow);
    if (bytes == 8)
      std::memcpy(&bits, &wide, 8);
    if (bytes == 2)
      return fail("a 32-bit number where 16 bits are wanted");
    offset = constant(bytes, bits);
    return Status::ok();
  }
  case Operand::Float64: {
    if (bytes == 4) {
      double wide = 0;
      std::memcpy(&wide, &bits, 8);
      float narrow = static_cast<float>(wide);
      uint32_t low = 0;
      std::memcpy(&low, &narrow, 4);
      bits = low;
    }
    if (bytes == 2)
      return fail("a 64-bit number where 16 bits are wanted");
    offset = constant(bytes, bits);
    return Status::ok();
  }
  default:
    return fail("an operand that is neither a register nor a number");
  }
}

Status Decoder::predicate(const Operand &operand, uint32_t &offset) {
  if (operand.kind == Operand::Immediate) {
    // LLVM writes 0 and -1 (or 1).
    offset = constant(0, operand.bits ? ~0ull : 0);
    return Status::ok();
  }
  if (registerType(operand) != Type::Pred)
    return fail("an operand that is no predicate");
  offset = registerOffsets[operand.index];
  uses.push_back(operand.index);
  return Status::ok();
}

Status Decoder::destination(const Operand &operand, Type type,
                            uint32_t &offset) {
  if (operand.kind == Operand::Sink) {
    offset = place(registerBytes(type));
    return Status::ok();
  }
  if (operand.kind != Operand::Register || operand.negated)
    return fail("the result needs a register");
  Type declared = registerType(operand);
  if ((declared == Type::Pred) != (type == Type::Pred) ||
      registerBytes(declared) != registerBytes(type))
    return fail("'" + operand.name + "' is a register of ." +
                typeName(declared) + ", the result is of ." + typeName(type));
  offset = registerOffsets[operand.index];
  definitions.push_back(operand.index);
  return Status::ok();
}

Status Decoder::narrowSource(const Operand &operand, Type type,
                             uint32_t &offset) {
  Type declared = registerType(operand);
  if (operand.kind != Operand::Register || declared == Type::Pred ||
      registerBytes(declared) <= registerBytes(type))
    return source(operand, type, offset);
  uint32_t wide = 0;
  TRY(source(operand, declared, wide));
  offset = place(registerBytes(type));
  AluForm form;
  form.operation = Operation::Resize;
  form.type = bitsType(registerBytes(type));
  form.second = bitsType(registerBytes(declared));
  return emitForm(form, offset, wide);
}

Status Decoder::wideDestination(const Operand &operand, Type type,
                                uint32_t &offset) {
  Type declared = registerType(operand);
  if (operand.kind != Operand::Register || declared == Type::Pred ||
      registerBytes(declared) <= registerBytes(type))
    return destination(operand, type, offset);
  uint32_t wide = 0;
  TRY(destination(operand, declared, wide));
  offset = place(registerBytes(type));
  AluForm form;
  form.operation = Operation::Cvt;
  form.second = type;
  if (isFloat(type) || type == Type::B8 || type == Type::B16 ||
      type == Type::B32)
    form.second = registerBytes(type) == 4 ? Type::U32
                  : type == Type::B8       ? Type::U8
                                           : Type::U16;
  form.type = isSigned(type)
                  ? (registerBytes(declared) == 8 ? Type::S64 : Type::S32)
                  : (registerBytes(declared) == 8 ? Type::U64 : Type::U32);
  widenings.push_back({form, wide, offset});
  return Status::ok();
}

Status Decoder::immediate(const Operand &operand, uint64_t &value) const {
  if (operand.kind != Operand::Immediate)
    return fail("an operand that is no number");
  value = operand.bits;
  return Status::ok();
}

//===- Emission -----------------------------------------------------------===//

Op &Decoder::emit(Handler handler) {
  program.ops.emplace_back();
  Op &op = program.ops.back();
  op.handler = handler;
  op.instruction = instructionIndex;
  if (instruction && instruction->guarded) {
    op.guard = registerOffsets[instruction->guard];
    op.guardNegated = instruction->guardNegated;
  }
  return op;
}

Status Decoder::emitForm(const AluForm &form, uint32_t dst, uint32_t a,
                         uint32_t b, uint32_t c, uint64_t value) {
  Handler handler = findAlu(form);
  if (!handler)
    return fail("'" + instruction->opcode + "' of ." + typeName(form.type) +
                " is not supported");
  Op &op = emit(handler);
  op.dst = dst;
  op.a = a;
  op.b = b;
  op.c = c;
  op.immediate = value;
  return Status::ok();
}

void Decoder::attachList(Op &op, const std::vector<uint32_t> &list) {
  op.extra = static_cast<uint32_t>(program.lists.size());
  program.lists.insert(program.lists.end(), list.begin(), list.end());
  listOps.push_back(static_cast<size_t>(&op - program.ops.data()));
}

//===- The whole kernel -----------------------------------------------------//

static uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) / alignment * alignment;
}

Status Decoder::layOut() {
  for (const Variable &parameter : function.parameters) {
    uint64_t offset = alignUp(program.parameterBytes, parameter.alignment);
    program.parameterOffsets.push_back(offset);
    program.parameterBytes = offset + parameter.bytes;
    if (!symbols.emplace(parameter.name, std::make_pair(&parameter, offset))
             .second)
      return fail("parameter '" + parameter.name + "' is declared twice");
  }
  // Everything that is declared counts, as it does for the driver; dynamic
  // shared memory lies behind.
  for (const auto *list : {&syntax.variables, &function.variables}) {
    for (const Variable &variable : *list) {
      uint64_t offset = 0;
      if (variable.space == Space::Shared && !variable.dynamic) {
        offset = alignUp(program.staticShared, variable.alignment);
        program.staticShared = offset + variable.bytes;
        offset += kSharedBase;
      } else if (variable.space == Space::Local) {
        offset = alignUp(program.localBytes, variable.alignment);
        program.localBytes = offset + variable.bytes;
      } else if (variable.dynamic) {
        program.sharedAlignment =
            std::max(program.sharedAlignment, variable.alignment);
      }
      if (!symbols.emplace(variable.name, std::make_pair(&variable, offset))
               .second)
        return fail("'" + variable.name + "' is declared twice");
    }
  }
  if (program.staticShared > 48 * 1024)
    return fail("kernel '" + function.name + "' has " +
                std::to_string(program.staticShared) +
                " bytes of static shared memory; the limit is 49152");
  if (program.localBytes > 512 * 1024)
    return fail("kernel '" + function.name + "' has " +
                std::to_string(program.localBytes) +
                " bytes of local memory a thread; the limit is 524288");
  for (auto &[name, symbol] : symbols) {
    if (symbol.first->dynamic)
      symbol.second =
          kSharedBase + alignUp(program.staticShared, program.sharedAlignment);
  }
  program.fileBytes = 64;
  // Predicates first: they are small.
  registerOffsets.resize(function.registers.size());
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t index = 0; index < function.registers.size(); ++index) {
      Type type = function.registers[index].type;
      if ((type == Type::Pred) == (pass == 0))
        registerOffsets[index] = place(registerBytes(type));
    }
    if (program.fileBytes > 1u << 26)
      return fail("kernel '" + function.name + "' has too many registers");
  }
  return Status::ok();
}

Status Decoder::decodeInstruction() {
  static const std::set<std::string> later = {
      "wgmma", "tcgen05",   "setmaxnreg",   "mbarrier", "clusterlaunchcontrol",
      "elect", "tensormap", "cp.async.bulk"};
  auto method = methods().find(instruction->opcode);
  if (method == methods().end())
    return fail((later.count(instruction->opcode) ? "'" : "unknown '") +
                instruction->opcode + "': this instruction is not supported");
  uses.clear();
  definitions.clear();
  widenings.clear();
  propagates = false;
  size_t first = program.ops.size();
  Modifiers modifiers(instruction->modifiers);
  TRY((this->*method->second)(modifiers));
  for (const Widening &widening : widenings)
    TRY(emitForm(widening.form, widening.dst, widening.from));
  attachRegisters(first);
  return Status::ok();
}

void Decoder::attachRegisters(size_t firstOp) {
  if (instruction->guarded)
    uses.push_back(instruction->guard);
  opUses.resize(program.ops.size());
  opDefinitions.resize(program.ops.size());
  if (firstOp == program.ops.size())
    return;
  // What moves values about without looking at them is one operation, or
  // several that each read what they write from; those are marked where they
  // are made.
  if (propagates) {
    for (size_t index = firstOp; index < program.ops.size(); ++index) {
      program.ops[index].propagates = true;
      opUses[index] = uses;
      opDefinitions[index] = definitions;
    }
    return;
  }
  opUses[firstOp] = uses;
  opDefinitions[program.ops.size() - 1] = definitions;
}

Status Decoder::run() {
  program.function = &function;
  TRY(layOut());
  for (const Instruction &one : function.instructions) {
    instruction = &one;
    firstOps.push_back(static_cast<uint32_t>(program.ops.size()));
    if (program.ops.size() > 1u << 22)
      return fail("kernel '" + function.name + "' is too long");
    TRY(decodeInstruction());
    ++instructionIndex;
  }
  instruction = nullptr;
  if (program.ops.empty())
    return fail("kernel '" + function.name + "' has no instructions");
  // Running off the end is leaving.
  uint32_t end = static_cast<uint32_t>(program.ops.size());
  firstOps.push_back(end);
  --instructionIndex;
  emit(nullptr).control = Control::Exit;
  opUses.resize(program.ops.size());
  opDefinitions.resize(program.ops.size());
  for (size_t index : listOps) {
    Op &op = program.ops[index];
    op.immediate = reinterpret_cast<uint64_t>(program.lists.data() + op.extra);
  }
  for (Op &op : program.ops) {
    if (op.control == Control::Branch)
      op.target = firstOps[op.target];
  }
  findRejoins(program);
  trackRegisters();
  return Status::ok();
}

void Decoder::trackRegisters() {
  std::vector<bool> tracked = findMaybeUnwritten(
      program, function.registers.size(), opUses, opDefinitions);
  std::vector<uint32_t> words(tracked.size(), 0);
  for (size_t index = 0; index < tracked.size(); ++index) {
    if (!tracked[index])
      continue;
    words[index] = program.trackedCount++;
    Type type = function.registers[index].type;
    uint32_t bytes = type == Type::Pred
                         ? 4
                         : static_cast<uint32_t>(registerBytes(type)) * kLanes;
    program.trackedRegisters.emplace_back(registerOffsets[index], bytes);
    program.trackedNames.push_back(function.registers[index].name);
  }
  for (size_t index = 0; index < program.ops.size(); ++index) {
    Op &op = program.ops[index];
    op.checkBegin = static_cast<uint32_t>(program.tracked.size());
    for (uint32_t use : opUses[index]) {
      if (tracked[use] && op.checks < 255) {
        program.tracked.push_back(words[use]);
        ++op.checks;
      }
    }
    for (uint32_t definition : opDefinitions[index]) {
      if (tracked[definition] && op.notes < 255) {
        program.tracked.push_back(words[definition]);
        ++op.notes;
      }
    }
  }
}

Status decode(const Syntax &syntax, const Function &function,
              Program &program) {
  return Decoder(syntax, function, program).run();
}

const std::map<std::string, Decoder::Method> &Decoder::methods() {
  static const std::map<std::string, Method> table = {
      {"abs", &Decoder::decodeAbsNeg},
      {"activemask", &Decoder::decodeActivemask},
      {"add", &Decoder::decodeAddSub},
      {"and", &Decoder::decodeLogic},
      {"atom", &Decoder::decodeAtomic},
      {"bar", &Decoder::decodeBarrier},
      {"barrier", &Decoder::decodeBarrier},
      {"bfe", &Decoder::decodeBfe},
      {"bfi", &Decoder::decodeBfi},
      {"bra", &Decoder::decodeBra},
      {"brx", &Decoder::decodeBrx},
      {"brev", &Decoder::decodeBits},
      {"clz", &Decoder::decodeBits},
      {"cnot", &Decoder::decodeBits},
      {"copysign", &Decoder::decodeCopysign},
      {"cos", &Decoder::decodeApproximate},
      {"cp", &Decoder::decodeCopy},
      {"cvt", &Decoder::decodeCvt},
      {"cvta", &Decoder::decodeCvta},
      {"div", &Decoder::decodeDiv},
      {"ex2", &Decoder::decodeApproximate},
      {"exit", &Decoder::decodeRet},
      {"fence", &Decoder::decodeFence},
      {"fma", &Decoder::decodeFma},
      {"ld", &Decoder::decodeLoad},
      {"ldmatrix", &Decoder::decodeMatrix},
      {"ldu", &Decoder::decodeLoad},
      {"lg2", &Decoder::decodeApproximate},
      {"lop3", &Decoder::decodeLop3},
      {"mad", &Decoder::decodeMad},
      {"max", &Decoder::decodeMinMax},
      {"membar", &Decoder::decodeFence},
      {"min", &Decoder::decodeMinMax},
      {"mma", &Decoder::decodeMma},
      {"mov", &Decoder::decodeMov},
      {"mul", &Decoder::decodeMul},
      {"nanosleep", &Decoder::decodeNanosleep},
      {"neg", &Decoder::decodeAbsNeg},
      {"not", &Decoder::decodeNot},
      {"or", &Decoder::decodeLogic},
      {"popc", &Decoder::decodeBits},
      {"prefetch", &Decoder::decodePrefetch},
      {"prmt", &Decoder::decodePrmt},
      {"rcp", &Decoder::decodeApproximate},
      {"red", &Decoder::decodeAtomic},
      {"rem", &Decoder::decodeRem},
      {"ret", &Decoder::decodeRet},
      {"rsqrt", &Decoder::decodeApproximate},
      {"selp", &Decoder::decodeSelp},
      {"setp", &Decoder::decodeSetp},
      {"shf", &Decoder::decodeFunnel},
      {"shfl", &Decoder::decodeShfl},
      {"shl", &Decoder::decodeShift},
      {"shr", &Decoder::decodeShift},
      {"sin", &Decoder::decodeApproximate},
      {"sqrt", &Decoder::decodeApproximate},
      {"st", &Decoder::decodeStore},
      {"stmatrix", &Decoder::decodeMatrix},
      {"sub", &Decoder::decodeAddSub},
      {"tanh", &Decoder::decodeApproximate},
      {"testp", &Decoder::decodeTestp},
      {"trap", &Decoder::decodeTrap},
      {"vote", &Decoder::decodeVote},
      {"xor", &Decoder::decodeLogic},
  };
  return table;
}

} // namespace tconv::ptx
