// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operations on registers alone. They are compiled once for any machine and, on
// x86-64, once with AVX2 and FMA.
#ifndef TCONV_TOOLS_PTX_ALU_H
#define TCONV_TOOLS_PTX_ALU_H

#include "ptx/op.h"

namespace tconv::ptx {

enum class Operation : uint8_t {
  Add,
  Sub,
  MulLo,
  MulHi,
  MulWide,
  MadLo,
  MadHi,
  MadWide,
  Mul, ///< of floats
  Fma,
  Div,
  Rem,
  Min,
  Max,
  Abs,
  Neg,
  And,
  Or,
  Xor,
  Not,
  Cnot,
  Shl,
  Shr,
  ShfLeftWrap,
  ShfLeftClamp,
  ShfRightWrap,
  ShfRightClamp,
  Popc,
  Clz,
  Brev,
  Bfe,
  Bfi, ///< four operands: `extra` has the list dst, a, b, c, d
  Prmt,
  Lop3,
  Sqrt,
  Rcp,
  Rsqrt,
  Ex2,
  Lg2,
  Sin,
  Cos,
  Tanh,
  Copysign,
  Testp, ///< compare: what is tested
  Setp,
  Set, ///< second: type of the result
  Selp,
  Mov,
  Cvt,  ///< from `second` to `type`
  Cvt2, ///< two f32 packed into `type`
  PredAnd,
  PredOr,
  PredXor,
  PredNot,
  PredMov,
  Broadcast, ///< Op::immediate into all lanes
  Extract,   ///< element `compare` of a wider register
  Pack,      ///< elements from the list of `extra` into a wider register
  Resize,    ///< between registers of different width, zero-extended
};

enum class Compare : uint8_t {
  Eq,
  Ne,
  Lt,
  Le,
  Gt,
  Ge,
  Equ, ///< the unordered ones: true where a value is NaN
  Neu,
  Ltu,
  Leu,
  Gtu,
  Geu,
  Num, ///< neither is NaN
  Nan,
};

/// For Testp.
enum class FloatClass : uint8_t {
  Finite,
  Infinite,
  Number,
  NotANumber,
  Normal,
  Subnormal
};

enum class Rounding : uint8_t {
  NearestEven,
  NearestAway,
  Zero,
  Down,
  Up,
  IntegerNearest,
  IntegerZero,
  IntegerDown,
  IntegerUp,
};

struct AluForm {
  Operation operation = Operation::Mov;
  Type type = Type::None;
  Type second = Type::None;
  Rounding rounding = Rounding::NearestEven;
  Compare compare = Compare::Eq;
  bool ftz = false;
  bool saturate = false;
  bool propagateNan = false; ///< min.NaN, max.NaN
  bool relu = false;         ///< cvt.relu
};

/// The handler of a form; null where there is none. Setp puts its result into
/// the predicate `dst`.
Handler findAlu(const AluForm &form);

/// mma.sync: shapes m16n8k4, k8, k16 with f32 sums. The list at `extra` has
/// d[4], a[2 or 4], b[1 or 2], c[4].
Handler findMma(Type type, int depth);

} // namespace tconv::ptx

#endif // TCONV_TOOLS_PTX_ALU_H
