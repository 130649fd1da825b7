// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// From the syntax of a kernel to its operations. Whatever isn't understood, in
// an opcode, a modifier or an operand, is an error: nothing is skipped.
#ifndef TCONV_TOOLS_PTX_DECODER_H
#define TCONV_TOOLS_PTX_DECODER_H

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "layer/layer.h"
#include "ptx/alu.h"
#include "ptx/op.h"

namespace tconv::ptx {

/// Decodes one kernel. `program` refers to `function`, which has to stay.
Status decode(const Syntax &syntax, const Function &function, Program &program);

/// Reads the modifiers of an instruction from left to right.
class Modifiers {
public:
  explicit Modifiers(const std::vector<std::string> &names) : names(names) {}
  bool take(const char *name);
  /// Whether one of the names is next, and which.
  int takeOneOf(std::initializer_list<const char *> choices);
  bool takeType(Type &type);
  bool atEnd() const { return at == names.size(); }
  const std::string &peek() const { return names[at]; }
  const std::string *takeIfStartsWith(const char *prefix);

private:
  const std::vector<std::string> &names;
  size_t at = 0;
};

class Decoder {
public:
  Decoder(const Syntax &syntax, const Function &function, Program &program);
  Status run();

private:
  using Method = Status (Decoder::*)(Modifiers &);
  static const std::map<std::string, Method> &methods();

  // decoder.cpp: operands.
  Status fail(const std::string &what) const;
  Status unknownModifier(Modifiers &modifiers) const;
  Status finish(Modifiers &modifiers) const;
  Status count(size_t wanted) const;
  uint32_t place(int bytes);
  uint32_t constant(int bytes, uint64_t value);
  Status specialRegister(const std::string &name, int bytes, uint32_t &offset);
  Status symbolAddress(const Operand &operand, int bytes, uint32_t &offset);
  /// The offset of a source of `bytes` bytes a lane; 0: a predicate.
  /// @param type how numbers are read
  Status source(const Operand &operand, Type type, uint32_t &offset);
  Status predicate(const Operand &operand, uint32_t &offset);
  Status destination(const Operand &operand, Type type, uint32_t &offset);
  /// As above for registers that may be wider than the type: through a
  /// register of the type's width.
  Status narrowSource(const Operand &operand, Type type, uint32_t &offset);
  Status wideDestination(const Operand &operand, Type type, uint32_t &offset);
  Status immediate(const Operand &operand, uint64_t &value) const;
  Type registerType(const Operand &operand) const;
  Op &emit(Handler handler);
  Op &emit(const AluForm &form);
  /// emit, or an error if there is no such form.
  Status emitForm(const AluForm &form, uint32_t dst, uint32_t a = 0,
                  uint32_t b = 0, uint32_t c = 0, uint64_t value = 0);
  /// Gives an op a list whose address becomes its `immediate`.
  void attachList(Op &op, const std::vector<uint32_t> &list);

  // decode_alu.cpp
  Status decodeAddSub(Modifiers &modifiers);
  Status decodeMul(Modifiers &modifiers);
  Status decodeMad(Modifiers &modifiers);
  Status decodeFma(Modifiers &modifiers);
  Status decodeDiv(Modifiers &modifiers);
  Status decodeRem(Modifiers &modifiers);
  Status decodeMinMax(Modifiers &modifiers);
  Status decodeAbsNeg(Modifiers &modifiers);
  Status decodeLogic(Modifiers &modifiers);
  Status decodeNot(Modifiers &modifiers);
  Status decodeShift(Modifiers &modifiers);
  Status decodeFunnel(Modifiers &modifiers);
  Status decodeBits(Modifiers &modifiers);
  Status decodeBfe(Modifiers &modifiers);
  Status decodeBfi(Modifiers &modifiers);
  Status decodePrmt(Modifiers &modifiers);
  Status decodeLop3(Modifiers &modifiers);
  Status decodeApproximate(Modifiers &modifiers);
  Status decodeCopysign(Modifiers &modifiers);
  Status decodeTestp(Modifiers &modifiers);
  Status decodeSetp(Modifiers &modifiers);
  Status decodeSelp(Modifiers &modifiers);
  Status decodeMov(Modifiers &modifiers);
  Status decodeUnpack();
  Status decodePack();
  Status decodeCvt(Modifiers &modifiers);
  Status decodeMma(Modifiers &modifiers);
  Status mixed(const AluForm &form, Type narrow, size_t sources);
  /// The end of a sum, whose factors may have another type than it has.
  Status maybeMixed(Modifiers &modifiers, const AluForm &form, size_t sources,
                    const std::string &what);
  Status elementwise(AluForm form, size_t sources);
  Status floatModifiers(Modifiers &modifiers, AluForm &form);

  // decode_memory.cpp
  Status decodeLoad(Modifiers &modifiers);
  Status decodeStore(Modifiers &modifiers);
  Status decodeAtomic(Modifiers &modifiers);
  Status decodeCopy(Modifiers &modifiers);
  Status decodeMatrix(Modifiers &modifiers);
  Status decodeCvta(Modifiers &modifiers);
  Status decodePrefetch(Modifiers &modifiers);
  Status address(const Operand &operand, MemoryForm &form, Op &op);
  Status accessModifiers(Modifiers &modifiers, MemoryForm &form);
  Status vectorRegisters(const Operand &operand, MemoryForm &form, bool isLoad);
  void noteGranule(const MemoryForm &form);

  // decode_warp.cpp: control, barriers, exchange between lanes.
  Status decodeBra(Modifiers &modifiers);
  Status decodeBrx(Modifiers &modifiers);
  Status decodeRet(Modifiers &modifiers);
  Status decodeTrap(Modifiers &modifiers);
  Status decodeBarrier(Modifiers &modifiers);
  Status decodeFence(Modifiers &modifiers);
  Status decodeShfl(Modifiers &modifiers);
  Status decodeVote(Modifiers &modifiers);
  Status decodeActivemask(Modifiers &modifiers);
  Status decodeNanosleep(Modifiers &modifiers);

  Status layOut();
  Status decodeInstruction();
  void attachRegisters(size_t firstOp);
  void linkBranches();
  void trackRegisters();

  const Syntax &syntax;
  const Function &function;
  Program &program;
  const Instruction *instruction = nullptr;
  uint32_t instructionIndex = 0;
  std::vector<uint32_t> registerOffsets;
  std::map<std::pair<int, uint64_t>, uint32_t> constants;
  std::map<std::string, uint32_t> specials;
  std::map<std::pair<std::string, uint64_t>, uint32_t> symbolConstants;
  std::map<std::string, std::pair<const Variable *, uint64_t>> symbols;
  /// Of each instruction, its first operation.
  std::vector<uint32_t> firstOps;
  /// Registers that the current instruction reads and writes.
  std::vector<uint32_t> uses;
  std::vector<uint32_t> definitions;
  /// Moves that make a wide register of a narrow result, emitted last.
  struct Widening {
    AluForm form;
    uint32_t dst;
    uint32_t from;
  };
  std::vector<Widening> widenings;
  bool propagates = false;
  /// Of each operation.
  std::vector<std::vector<uint32_t>> opUses;
  std::vector<std::vector<uint32_t>> opDefinitions;
  std::vector<size_t> listOps;
};

/// The type of untyped bits of that many bytes: b16, b32, b64.
Type bitsType(int bytes);

#define TRY(call)                                                              \
  do {                                                                         \
    if (Status status_ = (call))                                               \
      return status_;                                                          \
  } while (false)

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_DECODER_H
