// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic, comparisons, moves and conversions.
#include "ptx/decoder.h"
#include "ptx/handlers.h"

namespace tconv::ptx {
namespace {

bool isShortFloat(Type type) {
  return type == Type::F16 || type == Type::F16x2 || type == Type::BF16 ||
         type == Type::BF16x2;
}
bool isUntyped(Type type) {
  return type == Type::B8 || type == Type::B16 || type == Type::B32 ||
         type == Type::B64;
}
/// Integers that arithmetic takes: 16, 32 and 64 bits.
bool isInteger(Type type) {
  return !isFloat(type) && !isUntyped(type) && typeBytes(type) >= 2;
}

} // namespace

/// Emits an operation of `sources` operands of the form's type.
Status Decoder::elementwise(AluForm form, size_t sources) {
  TRY(count(sources + 1));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t offsets[3] = {0, 0, 0};
  uint32_t dst = 0;
  for (size_t index = 0; index < sources; ++index)
    TRY(source(operands[index + 1], form.type, offsets[index]));
  TRY(destination(operands[0], form.type, dst));
  return emitForm(form, dst, offsets[0], offsets[1], offsets[2]);
}

/// .rn, .ftz and .sat in front of a float's type, where there is one.
Status Decoder::floatModifiers(Modifiers &modifiers, AluForm &form) {
  modifiers.take("rn");
  form.ftz = modifiers.take("ftz");
  form.saturate = modifiers.take("sat");
  return Status::ok();
}

/// f32 arithmetic whose factors, or first term, are f16 or bf16: those are
/// widened first, which is exact.
Status Decoder::mixed(const AluForm &form, Type narrow, size_t sources) {
  TRY(count(sources + 1));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t offsets[3] = {0, 0, 0};
  uint32_t dst = 0;
  for (size_t index = 0; index + 1 < sources; ++index) {
    uint32_t from = 0;
    TRY(source(operands[index + 1], narrow, from));
    offsets[index] = place(4);
    AluForm widen;
    widen.operation = Operation::Cvt;
    widen.type = Type::F32;
    widen.second = narrow;
    TRY(emitForm(widen, offsets[index], from));
  }
  TRY(source(operands[sources], Type::F32, offsets[sources - 1]));
  TRY(destination(operands[0], Type::F32, dst));
  return emitForm(form, dst, offsets[0], offsets[1], offsets[2]);
}

Status Decoder::maybeMixed(Modifiers &modifiers, const AluForm &form,
                           size_t sources, const std::string &what) {
  Type narrow = Type::None;
  if (form.type == Type::F32 && modifiers.takeType(narrow) &&
      (narrow == Type::F16 || narrow == Type::BF16)) {
    TRY(finish(modifiers));
    return mixed(form, narrow, sources);
  }
  if (narrow != Type::None)
    return fail(what + " of these types is not supported");
  TRY(finish(modifiers));
  return elementwise(form, sources);
}

Status Decoder::decodeAddSub(Modifiers &modifiers) {
  AluForm form;
  form.operation =
      instruction->opcode == "add" ? Operation::Add : Operation::Sub;
  bool isPlain = !modifiers.atEnd() && isInteger(typeOfName(modifiers.peek()));
  TRY(floatModifiers(modifiers, form));
  if (!modifiers.takeType(form.type) ||
      !(isInteger(form.type) ? isPlain : isFloat(form.type)) ||
      form.type == Type::TF32)
    return unknownModifier(modifiers);
  return maybeMixed(modifiers, form, 2, "a sum");
}

Status Decoder::decodeMul(Modifiers &modifiers) {
  AluForm form;
  int which = modifiers.takeOneOf({"lo", "hi", "wide"});
  if (which < 0) {
    form.operation = Operation::Mul;
    TRY(floatModifiers(modifiers, form));
    if (!modifiers.takeType(form.type) || !isFloat(form.type) ||
        form.type == Type::TF32)
      return unknownModifier(modifiers);
    TRY(finish(modifiers));
    return elementwise(form, 2);
  }
  if (!modifiers.takeType(form.type) || !isInteger(form.type))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  form.operation = which == 0   ? Operation::MulLo
                   : which == 1 ? Operation::MulHi
                                : Operation::MulWide;
  if (which < 2)
    return elementwise(form, 2);
  TRY(count(3));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t dst = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  TRY(source(operands[1], form.type, a));
  TRY(source(operands[2], form.type, b));
  TRY(destination(operands[0], bitsType(2 * typeBytes(form.type)), dst));
  return emitForm(form, dst, a, b);
}

Status Decoder::decodeMad(Modifiers &modifiers) {
  AluForm form;
  int which = modifiers.takeOneOf({"lo", "hi", "wide"});
  if (which < 0)
    return decodeFma(modifiers);
  if (!modifiers.takeType(form.type) || !isInteger(form.type))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  form.operation = which == 0   ? Operation::MadLo
                   : which == 1 ? Operation::MadHi
                                : Operation::MadWide;
  if (which < 2)
    return elementwise(form, 3);
  TRY(count(4));
  const std::vector<Operand> &operands = instruction->operands;
  Type wide = bitsType(2 * typeBytes(form.type));
  uint32_t dst = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  TRY(source(operands[1], form.type, a));
  TRY(source(operands[2], form.type, b));
  TRY(source(operands[3], wide, c));
  TRY(destination(operands[0], wide, dst));
  return emitForm(form, dst, a, b, c);
}

Status Decoder::decodeFma(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Fma;
  if (!modifiers.take("rn"))
    return unknownModifier(modifiers);
  form.ftz = modifiers.take("ftz");
  form.saturate = modifiers.take("sat");
  if (!modifiers.takeType(form.type) || !isFloat(form.type) ||
      form.type == Type::TF32)
    return unknownModifier(modifiers);
  return maybeMixed(modifiers, form, 3, "fma");
}

Status Decoder::decodeDiv(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Div;
  // Approximate ones are made exact: a kernel must not rely on more.
  bool isFloatDivision = modifiers.takeOneOf({"rn", "full", "approx"}) >= 0;
  form.ftz = isFloatDivision && modifiers.take("ftz");
  if (!modifiers.takeType(form.type) ||
      (isFloatDivision ? form.type != Type::F32 && form.type != Type::F64
                       : !isInteger(form.type)))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  return elementwise(form, 2);
}

Status Decoder::decodeRem(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Rem;
  if (!modifiers.takeType(form.type) || !isInteger(form.type))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  return elementwise(form, 2);
}

Status Decoder::decodeMinMax(Modifiers &modifiers) {
  AluForm form;
  form.operation =
      instruction->opcode == "min" ? Operation::Min : Operation::Max;
  form.ftz = modifiers.take("ftz");
  form.propagateNan = modifiers.take("NaN");
  if (!modifiers.takeType(form.type) ||
      !(isInteger(form.type) ? !form.ftz && !form.propagateNan
                             : isFloat(form.type)))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  return elementwise(form, 2);
}

Status Decoder::decodeAbsNeg(Modifiers &modifiers) {
  AluForm form;
  form.operation =
      instruction->opcode == "abs" ? Operation::Abs : Operation::Neg;
  bool ftz = modifiers.take("ftz");
  if (!modifiers.takeType(form.type) ||
      !(isFloat(form.type) || (isInteger(form.type) && isSigned(form.type))) ||
      (ftz && form.type != Type::F32))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(elementwise(form, 1));
  program.ops.back().immediate = ftz;
  return Status::ok();
}

Status Decoder::decodeLogic(Modifiers &modifiers) {
  AluForm form;
  const std::string &opcode = instruction->opcode;
  if (!modifiers.takeType(form.type) ||
      !(form.type == Type::Pred ||
        (isUntyped(form.type) && form.type != Type::B8)))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  bool isPredicate = form.type == Type::Pred;
  if (opcode == "and")
    form.operation = isPredicate ? Operation::PredAnd : Operation::And;
  else if (opcode == "or")
    form.operation = isPredicate ? Operation::PredOr : Operation::Or;
  else
    form.operation = isPredicate ? Operation::PredXor : Operation::Xor;
  TRY(elementwise(form, 2));
  if (isPredicate)
    program.ops.back().immediate =
        static_cast<uint64_t>(instruction->operands[1].negated) |
        static_cast<uint64_t>(instruction->operands[2].negated) << 1;
  return Status::ok();
}

Status Decoder::decodeNot(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Not;
  if (!modifiers.takeType(form.type) ||
      !(form.type == Type::Pred ||
        (isUntyped(form.type) && form.type != Type::B8)))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  if (form.type != Type::Pred)
    return elementwise(form, 1);
  form.operation = Operation::PredNot;
  TRY(elementwise(form, 1));
  program.ops.back().immediate = !instruction->operands[1].negated;
  return Status::ok();
}

Status Decoder::decodeShift(Modifiers &modifiers) {
  AluForm form;
  bool isLeft = instruction->opcode == "shl";
  form.operation = isLeft ? Operation::Shl : Operation::Shr;
  if (!modifiers.takeType(form.type) ||
      !((isUntyped(form.type) && form.type != Type::B8) ||
        (!isLeft && isInteger(form.type))))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(3));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t dst = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  TRY(source(operands[1], form.type, a));
  TRY(source(operands[2], Type::U32, b));
  TRY(destination(operands[0], form.type, dst));
  return emitForm(form, dst, a, b);
}

Status Decoder::decodeFunnel(Modifiers &modifiers) {
  AluForm form;
  int side = modifiers.takeOneOf({"l", "r"});
  int mode = modifiers.takeOneOf({"wrap", "clamp"});
  if (side < 0 || mode < 0 || !modifiers.take("b32"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  form.type = Type::B32;
  form.operation =
      side == 0
          ? (mode == 0 ? Operation::ShfLeftWrap : Operation::ShfLeftClamp)
          : (mode == 0 ? Operation::ShfRightWrap : Operation::ShfRightClamp);
  return elementwise(form, 3);
}

Status Decoder::decodeBits(Modifiers &modifiers) {
  AluForm form;
  const std::string &opcode = instruction->opcode;
  form.operation = opcode == "popc"   ? Operation::Popc
                   : opcode == "clz"  ? Operation::Clz
                   : opcode == "brev" ? Operation::Brev
                                      : Operation::Cnot;
  if (!modifiers.takeType(form.type) ||
      !(form.type == Type::B32 || form.type == Type::B64))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(2));
  bool counts = opcode == "popc" || opcode == "clz";
  uint32_t dst = 0;
  uint32_t a = 0;
  TRY(source(instruction->operands[1], form.type, a));
  TRY(destination(instruction->operands[0], counts ? Type::B32 : form.type,
                  dst));
  return emitForm(form, dst, a);
}

Status Decoder::decodeBfe(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Bfe;
  if (!modifiers.takeType(form.type) || !isInteger(form.type) ||
      typeBytes(form.type) < 4)
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(4));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t dst = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  TRY(source(operands[1], form.type, a));
  TRY(source(operands[2], Type::U32, b));
  TRY(source(operands[3], Type::U32, c));
  TRY(destination(operands[0], form.type, dst));
  return emitForm(form, dst, a, b, c);
}

Status Decoder::decodeBfi(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Bfi;
  if (!modifiers.takeType(form.type) ||
      !(form.type == Type::B32 || form.type == Type::B64))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(5));
  const std::vector<Operand> &operands = instruction->operands;
  std::vector<uint32_t> list(5);
  TRY(source(operands[1], form.type, list[1]));
  TRY(source(operands[2], form.type, list[2]));
  TRY(source(operands[3], Type::U32, list[3]));
  TRY(source(operands[4], Type::U32, list[4]));
  TRY(destination(operands[0], form.type, list[0]));
  TRY(emitForm(form, list[0]));
  attachList(program.ops.back(), list);
  return Status::ok();
}

Status Decoder::decodePrmt(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Prmt;
  form.type = Type::B32;
  if (!modifiers.take("b32"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  return elementwise(form, 3);
}

Status Decoder::decodeLop3(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Lop3;
  form.type = Type::B32;
  if (!modifiers.take("b32"))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(5));
  const std::vector<Operand> &operands = instruction->operands;
  uint64_t table = 0;
  uint32_t offsets[3] = {0, 0, 0};
  uint32_t dst = 0;
  for (size_t index = 0; index < 3; ++index)
    TRY(source(operands[index + 1], Type::B32, offsets[index]));
  TRY(immediate(operands[4], table));
  if (table > 255)
    return fail("the table of lop3 has 8 bits, not " + std::to_string(table));
  TRY(destination(operands[0], Type::B32, dst));
  return emitForm(form, dst, offsets[0], offsets[1], offsets[2], table);
}

/// sqrt, rcp, rsqrt, ex2, lg2, sin, cos, tanh.
Status Decoder::decodeApproximate(Modifiers &modifiers) {
  AluForm form;
  const std::string &opcode = instruction->opcode;
  form.operation = opcode == "sqrt"    ? Operation::Sqrt
                   : opcode == "rcp"   ? Operation::Rcp
                   : opcode == "rsqrt" ? Operation::Rsqrt
                   : opcode == "ex2"   ? Operation::Ex2
                   : opcode == "lg2"   ? Operation::Lg2
                   : opcode == "sin"   ? Operation::Sin
                   : opcode == "cos"   ? Operation::Cos
                                       : Operation::Tanh;
  bool hasExact = opcode == "sqrt" || opcode == "rcp";
  bool isExact = hasExact && modifiers.take("rn");
  if (!isExact && !modifiers.take("approx"))
    return unknownModifier(modifiers);
  form.ftz = modifiers.take("ftz");
  bool takesShort = opcode == "ex2" || opcode == "tanh";
  if (!modifiers.takeType(form.type) ||
      !(form.type == Type::F32 || (form.type == Type::F64 && isExact) ||
        (takesShort && isShortFloat(form.type))))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  return elementwise(form, 1);
}

Status Decoder::decodeCopysign(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Copysign;
  if (!modifiers.takeType(form.type) ||
      !(form.type == Type::F32 || form.type == Type::F64))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  return elementwise(form, 2);
}

Status Decoder::decodeTestp(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Testp;
  int which = modifiers.takeOneOf(
      {"finite", "infinite", "number", "notanumber", "normal", "subnormal"});
  if (which < 0 || !modifiers.takeType(form.type) ||
      !(form.type == Type::F32 || form.type == Type::F64))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(2));
  uint32_t dst = 0;
  uint32_t a = 0;
  TRY(source(instruction->operands[1], form.type, a));
  TRY(destination(instruction->operands[0], Type::Pred, dst));
  return emitForm(form, dst, a, 0, 0, static_cast<uint64_t>(which));
}

Status Decoder::decodeSetp(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Setp;
  int which =
      modifiers.takeOneOf({"eq", "ne", "lt", "le", "gt", "ge", "equ", "neu",
                           "ltu", "leu", "gtu", "geu", "num", "nan"});
  // Names for comparisons of unsigned numbers.
  static const Compare unsignedNames[] = {Compare::Lt, Compare::Le, Compare::Gt,
                                          Compare::Ge};
  int alias = which < 0 ? modifiers.takeOneOf({"lo", "ls", "hi", "hs"}) : -1;
  if (which < 0 && alias < 0)
    return unknownModifier(modifiers);
  form.compare =
      alias >= 0 ? unsignedNames[alias] : static_cast<Compare>(which);
  int combine = modifiers.takeOneOf({"and", "or", "xor"});
  form.ftz = modifiers.take("ftz");
  if (!modifiers.takeType(form.type))
    return unknownModifier(modifiers);
  bool ordersFloats = which >= static_cast<int>(Compare::Equ);
  bool isWrong =
      typeBytes(form.type) < 2 || form.type == Type::TF32 ||
      form.type == Type::F16x2 || form.type == Type::BF16x2 ||
      form.type == Type::F32x2 || (ordersFloats && !isFloat(form.type)) ||
      (form.ftz && form.type != Type::F32) ||
      (alias >= 0 && (isFloat(form.type) || isSigned(form.type))) ||
      (isUntyped(form.type) && which > static_cast<int>(Compare::Ne));
  TRY(finish(modifiers));
  if (isWrong)
    return fail("this comparison of ." + std::string(typeName(form.type)) +
                " is not supported");
  TRY(count(combine >= 0 ? 4 : 3));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t a = 0;
  uint32_t b = 0;
  TRY(source(operands[1], form.type, a));
  TRY(source(operands[2], form.type, b));
  const Operand *first = &operands[0];
  const Operand *second = nullptr;
  if (first->kind == Operand::Pair) {
    second = &operands[0].parts[1];
    first = &operands[0].parts[0];
  }
  uint32_t dst = 0;
  if (combine < 0 && !second) {
    TRY(destination(*first, Type::Pred, dst));
    return emitForm(form, dst, a, b);
  }
  // The comparison, then what combines it, for it and for its opposite.
  uint32_t compared = place(0);
  TRY(emitForm(form, compared, a, b));
  uint32_t other = 0;
  bool negated = false;
  if (combine >= 0) {
    TRY(predicate(operands[3], other));
    negated = operands[3].negated;
  } else {
    other = constant(0, ~0ull);
    combine = 0;
  }
  AluForm join;
  join.operation = combine == 0   ? Operation::PredAnd
                   : combine == 1 ? Operation::PredOr
                                  : Operation::PredXor;
  uint64_t flags = static_cast<uint64_t>(negated) << 1;
  // A result may be the operand of the other one.
  uint32_t kept = place(0);
  AluForm move;
  move.operation = Operation::PredMov;
  TRY(emitForm(move, kept, other));
  TRY(destination(*first, Type::Pred, dst));
  TRY(emitForm(join, dst, compared, kept, 0, flags));
  if (!second)
    return Status::ok();
  TRY(destination(*second, Type::Pred, dst));
  return emitForm(join, dst, compared, kept, 0, flags | 1);
}

Status Decoder::decodeSelp(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Selp;
  if (!modifiers.takeType(form.type) || typeBytes(form.type) < 2 ||
      isShortFloat(form.type) || form.type == Type::TF32 ||
      form.type == Type::F32x2)
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(4));
  const std::vector<Operand> &operands = instruction->operands;
  uint32_t dst = 0;
  uint32_t a = 0;
  uint32_t b = 0;
  uint32_t c = 0;
  TRY(source(operands[1], form.type, a));
  TRY(source(operands[2], form.type, b));
  TRY(predicate(operands[3], c));
  if (operands[3].negated)
    return fail("'!' before the predicate of selp");
  TRY(destination(operands[0], form.type, dst));
  propagates = true;
  TRY(emitForm(form, dst, a, b, c));
  program.ops.back().selects = true;
  return Status::ok();
}

Status Decoder::decodeMov(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Mov;
  if (!modifiers.takeType(form.type) || form.type == Type::TF32 ||
      form.type == Type::F32x2 ||
      (typeBytes(form.type) < 2 && form.type != Type::Pred))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  TRY(count(2));
  const std::vector<Operand> &operands = instruction->operands;
  propagates = true;
  bool untyped = isUntyped(form.type);
  if (operands[0].kind == Operand::Vector && untyped)
    return decodeUnpack();
  if (operands[1].kind == Operand::Vector && untyped)
    return decodePack();
  if (form.type == Type::Pred)
    form.operation = Operation::PredMov;
  uint32_t dst = 0;
  uint32_t a = 0;
  TRY(source(operands[1], form.type, a));
  TRY(destination(operands[0], form.type, dst));
  return emitForm(form, dst, a, 0, 0, operands[1].negated);
}

Status Decoder::decodeUnpack() {
  const std::vector<Operand> &operands = instruction->operands;
  const std::vector<Operand> &parts = operands[0].parts;
  int bytes = typeBytes(typeOfName(instruction->modifiers[0]));
  int count = static_cast<int>(parts.size());
  int each = bytes / count;
  if (each < 2 || each * count != bytes)
    return fail("a register of " + std::to_string(8 * bytes) + " bits into " +
                std::to_string(count) + " parts");
  uint32_t from = 0;
  TRY(source(operands[1], bitsType(bytes), from));
  AluForm form;
  form.operation = Operation::Extract;
  form.type = bitsType(each);
  form.second = bitsType(bytes);
  for (int part = 0; part < count; ++part) {
    const Operand &operand = parts[static_cast<size_t>(part)];
    if (operand.kind == Operand::Sink)
      continue;
    uint32_t dst = 0;
    TRY(destination(operand, form.type, dst));
    TRY(emitForm(form, dst, from, 0, 0, static_cast<uint64_t>(part)));
  }
  return Status::ok();
}

Status Decoder::decodePack() {
  const std::vector<Operand> &operands = instruction->operands;
  const std::vector<Operand> &parts = operands[1].parts;
  int bytes = typeBytes(typeOfName(instruction->modifiers[0]));
  int count = static_cast<int>(parts.size());
  int each = bytes / count;
  if (each < 2 || each * count != bytes)
    return fail(std::to_string(count) + " parts into a register of " +
                std::to_string(8 * bytes) + " bits");
  AluForm form;
  form.operation = Operation::Pack;
  form.type = bitsType(bytes);
  form.second = bitsType(each);
  std::vector<uint32_t> list(parts.size());
  for (size_t part = 0; part < parts.size(); ++part)
    TRY(source(parts[part], form.second, list[part]));
  uint32_t dst = 0;
  TRY(destination(operands[0], form.type, dst));
  TRY(emitForm(form, dst));
  attachList(program.ops.back(), list);
  return Status::ok();
}

Status Decoder::decodeCvt(Modifiers &modifiers) {
  AluForm form;
  form.operation = Operation::Cvt;
  int rounding = modifiers.takeOneOf(
      {"rn", "rna", "rz", "rm", "rp", "rni", "rzi", "rmi", "rpi"});
  form.rounding = static_cast<Rounding>(rounding < 0 ? 0 : rounding);
  form.relu = modifiers.take("relu");
  form.ftz = modifiers.take("ftz");
  form.saturate = modifiers.take("sat");
  if (!modifiers.takeType(form.type))
    return unknownModifier(modifiers);
  if (!modifiers.takeType(form.second))
    return unknownModifier(modifiers);
  TRY(finish(modifiers));
  const std::vector<Operand> &operands = instruction->operands;
  uint64_t flags = static_cast<uint64_t>(form.rounding) |
                   static_cast<uint64_t>(form.ftz) << 8 |
                   static_cast<uint64_t>(form.saturate) << 9 |
                   static_cast<uint64_t>(form.relu) << 10;
  bool toFloat = isFloat(form.type);
  bool fromFloat = isFloat(form.second);
  bool isIntegral = rounding >= static_cast<int>(Rounding::IntegerNearest);
  bool isWrong = isUntyped(form.type) || isUntyped(form.second) ||
                 form.type == Type::Pred || form.second == Type::Pred ||
                 form.second == Type::TF32 || form.type == Type::F32x2 ||
                 form.second == Type::F32x2 || form.second == Type::F16x2 ||
                 form.second == Type::BF16x2;
  if (fromFloat && !toFloat)
    isWrong |= !isIntegral || form.saturate || form.relu;
  else if (!fromFloat && toFloat)
    // Other roundings of integers would need code that nobody uses.
    isWrong |= form.rounding != Rounding::NearestEven || rounding < 0 ||
               form.saturate || form.relu || form.ftz;
  else if (!fromFloat)
    isWrong |= rounding >= 0 || form.relu || form.ftz;
  else {
    bool narrows = typeBytes(form.type) < typeBytes(form.second) ||
                   form.type == Type::TF32 ||
                   (form.type != form.second &&
                    typeBytes(form.type) == typeBytes(form.second));
    bool packs = form.type == Type::F16x2 || form.type == Type::BF16x2;
    isWrong |= (narrows || packs) && (rounding < 0 || isIntegral);
    isWrong |= !narrows && !packs && form.type != form.second && rounding >= 0;
    isWrong |= form.type == form.second && rounding >= 0 && !isIntegral;
    isWrong |=
        form.rounding == Rounding::NearestAway && form.type != Type::TF32;
    isWrong |= form.relu && !packs && typeBytes(form.type) != 2 &&
               form.type != Type::TF32;
  }
  if (isWrong)
    return fail("this conversion is not supported");
  if (form.type == Type::F16x2 || form.type == Type::BF16x2) {
    if (form.second != Type::F32)
      return fail("this conversion is not supported");
    form.operation = Operation::Cvt2;
    TRY(count(3));
    uint32_t dst = 0;
    uint32_t a = 0;
    uint32_t b = 0;
    TRY(source(operands[1], Type::F32, a));
    TRY(source(operands[2], Type::F32, b));
    TRY(destination(operands[0], form.type, dst));
    return emitForm(form, dst, a, b, 0, flags);
  }
  TRY(count(2));
  uint32_t dst = 0;
  uint32_t a = 0;
  TRY(narrowSource(operands[1], form.second, a));
  TRY(wideDestination(operands[0], form.type, dst));
  return emitForm(form, dst, a, 0, 0, flags);
}

Status Decoder::decodeMma(Modifiers &modifiers) {
  if (!modifiers.take("sync") || !modifiers.take("aligned"))
    return unknownModifier(modifiers);
  int shape = modifiers.takeOneOf({"m16n8k4", "m16n8k8", "m16n8k16"});
  Type types[4] = {Type::None, Type::None, Type::None, Type::None};
  if (shape < 0 || !modifiers.take("row") || !modifiers.take("col"))
    return unknownModifier(modifiers);
  for (Type &type : types) {
    if (!modifiers.takeType(type))
      return unknownModifier(modifiers);
  }
  TRY(finish(modifiers));
  int depth = 4 << shape;
  Handler handler = findMma(types[1], depth);
  if (types[0] != Type::F32 || types[3] != Type::F32 || types[1] != types[2] ||
      !handler)
    return fail("mma of these types and this shape is not supported");
  TRY(count(4));
  const std::vector<Operand> &operands = instruction->operands;
  size_t parts = static_cast<size_t>(depth) / (types[1] == Type::TF32 ? 4 : 8);
  const size_t sizes[4] = {4, 2 * parts, parts, 4};
  std::vector<uint32_t> list;
  for (size_t which = 0; which < 4; ++which) {
    const Operand &operand = operands[which];
    bool isSingle = sizes[which] == 1 && operand.kind != Operand::Vector;
    size_t size = isSingle ? 1 : operand.parts.size();
    if ((!isSingle && operand.kind != Operand::Vector) || size != sizes[which])
      return fail("operand " + std::to_string(which + 1) + " of mma takes " +
                  std::to_string(sizes[which]) + " registers");
    for (size_t part = 0; part < size; ++part) {
      const Operand &one = isSingle ? operand : operand.parts[part];
      uint32_t offset = 0;
      if (which == 0)
        TRY(destination(one, Type::F32, offset));
      else
        TRY(source(one, which == 3 ? Type::F32 : Type::B32, offset));
      list.push_back(offset);
    }
  }
  if (types[1] == Type::TF32) {
    Op &check = emit(checkTf32);
    check.c = static_cast<uint32_t>(3 * parts);
    attachList(check, std::vector<uint32_t>(list.begin() + 4, list.end() - 4));
  }
  Op &op = emit(handler);
  op.aligned = true;
  attachList(op, list);
  return Status::ok();
}

} // namespace tconv::ptx
