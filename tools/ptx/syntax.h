// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A PTX module as it is written: declarations, and instructions whose names
// are resolved but whose meaning nobody has looked at.
#ifndef TCONV_TOOLS_PTX_SYNTAX_H
#define TCONV_TOOLS_PTX_SYNTAX_H

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tconv::ptx {

/// Fundamental types. Pred is the one-bit type of predicates.
enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F32x2,
  F64,
};

/// Bytes of a value; 0 for Pred and None.
int typeBytes(Type type);
bool isSigned(Type type);
/// .f16, .f32 and so on, packed ones included.
bool isFloat(Type type);
/// Type of "u32"; None where there is no such type.
Type typeOfName(const std::string &name);
const char *typeName(Type type);

/// State spaces.
enum class Space : uint8_t { Generic, Global, Shared, Local, Param, Const };
const char *spaceName(Space space);

/// A variable of a state space; kernel parameters too.
struct Variable {
  std::string name;
  Space space = Space::Global;
  uint64_t bytes = 0;
  uint64_t alignment = 1;
  int line = 0;
  /// Shared memory whose size the launch gives (`.extern .shared x[]`).
  bool dynamic = false;
  std::vector<uint8_t> initial; ///< empty: zero
};

struct Operand {
  enum Kind : uint8_t {
    Register,  ///< `index`
    Special,   ///< %tid.x and the like: `name`
    Immediate, ///< `bits`
    Float32,   ///< 0f...: `bits`
    Float64,   ///< 0d... or a decimal: `bits`
    Symbol,    ///< variable or label: `name`, plus `bits` as an offset
    Address,   ///< [base + offset]: `parts` has the base, or is empty; `bits`
    Vector,    ///< {a, b, ...}: `parts`
    Pair,      ///< a|b: `parts`
    Sink,      ///< _
  };
  Kind kind = Sink;
  bool negated = false; ///< !%p
  uint32_t index = 0;   ///< into Function::registers
  uint64_t bits = 0;
  std::string name;
  std::vector<Operand> parts;
};

struct Instruction {
  int line = 0;
  std::string opcode;                 ///< "ld"
  std::vector<std::string> modifiers; ///< {"global", "nc", "v4", "f32"}
  bool guarded = false;
  bool guardNegated = false;
  uint32_t guard = 0; ///< register of `@%p`
  std::vector<Operand> operands;
};

struct RegisterName {
  std::string name;
  Type type = Type::None;
};

/// A kernel.
struct Function {
  std::string name;
  int line = 0;
  std::vector<Variable> parameters;
  std::vector<Variable> variables; ///< shared, local, global, const
  std::vector<RegisterName> registers;
  std::vector<Instruction> instructions;
  std::map<std::string, uint32_t> labels; ///< to instructions
  /// Lists of labels that brx.idx chooses from (.branchtargets).
  std::map<std::string, std::vector<std::string>> branchTargets;
  std::array<uint32_t, 3> maximumThreads = {0, 0, 0};  ///< .maxntid; 0: none
  std::array<uint32_t, 3> requiredThreads = {0, 0, 0}; ///< .reqntid; 0: none
};

struct Syntax {
  std::string version; ///< "8.8"
  std::string target;  ///< "sm_80"
  std::vector<Variable> variables;
  std::vector<Function> functions;
  std::vector<std::string> lines; ///< the text, for messages
};

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_SYNTAX_H
