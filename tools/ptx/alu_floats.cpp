// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic of f32, f64, pairs of f32, f16 and bf16.
#include "ptx/alu_parts.h"

namespace tconv::ptx::TCONV_PTX_ISA {
namespace {

//===- Floats -------------------------------------------------------------===//

template <bool Ftz, bool Sat, typename T> inline T finish(T value) {
  value = canonical(value);
  if (Ftz)
    value = flush(value);
  return Sat ? saturate(value) : value;
}
template <bool Ftz, typename T> inline T begin(T value) {
  return Ftz ? flush(value) : value;
}

inline float fusedMultiplyAdd(float a, float b, float c) {
  return __builtin_fmaf(a, b, c);
}
inline double fusedMultiplyAdd(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}

template <typename T> inline bool signBit(T value) {
  return std::signbit(value);
}
template <typename T> inline T smaller(T a, T b) {
  if (a != a)
    return b;
  if (b != b)
    return a;
  if (a == b)
    return signBit(a) ? a : b;
  return a < b ? a : b;
}
template <typename T> inline T larger(T a, T b) {
  if (a != a)
    return b;
  if (b != b)
    return a;
  if (a == b)
    return signBit(a) ? b : a;
  return a > b ? a : b;
}

struct AddF {
  template <typename T> static T apply(T a, T b) { return a + b; }
};
struct SubF {
  template <typename T> static T apply(T a, T b) { return a - b; }
};
struct MulF {
  template <typename T> static T apply(T a, T b) { return a * b; }
};
struct DivF {
  template <typename T> static T apply(T a, T b) { return a / b; }
};
struct MinF {
  template <typename T> static T apply(T a, T b) { return smaller(a, b); }
};
struct MaxF {
  template <typename T> static T apply(T a, T b) { return larger(a, b); }
};
struct MinNanF {
  template <typename T> static T apply(T a, T b) {
    return a != a || b != b ? a + b : smaller(a, b);
  }
};
struct MaxNanF {
  template <typename T> static T apply(T a, T b) {
    return a != a || b != b ? a + b : larger(a, b);
  }
};
struct SqrtF {
  static float apply(float a) { return __builtin_sqrtf(a); }
  static double apply(double a) { return __builtin_sqrt(a); }
};
struct RcpF {
  template <typename T> static T apply(T a) { return T(1) / a; }
};
struct RsqrtF {
  static float apply(float a) {
    return static_cast<float>(1.0 / __builtin_sqrt(static_cast<double>(a)));
  }
  static double apply(double a) { return 1.0 / __builtin_sqrt(a); }
};
struct Ex2F {
  static float apply(float a) { return exp2f(a); }
  static double apply(double a) { return exp2(a); }
};
struct Lg2F {
  static float apply(float a) { return log2f(a); }
  static double apply(double a) { return log2(a); }
};
struct SinF {
  static float apply(float a) { return sinf(a); }
  static double apply(double a) { return sin(a); }
};
struct CosF {
  static float apply(float a) { return cosf(a); }
  static double apply(double a) { return cos(a); }
};
struct TanhF {
  static float apply(float a) { return tanhf(a); }
  static double apply(double a) { return tanh(a); }
};

template <typename T, typename F, bool Ftz, bool Sat>
void floatUnary(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  forLanes(mask, [=](uint32_t i) {
    d[i] = finish<Ftz, Sat>(F::apply(begin<Ftz>(a[i])));
  });
}

template <typename T, typename F, bool Ftz, bool Sat>
void floatBinary(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  forLanes(mask, [=](uint32_t i) {
    d[i] = finish<Ftz, Sat>(F::apply(begin<Ftz>(a[i]), begin<Ftz>(b[i])));
  });
}

template <typename T, bool Ftz, bool Sat>
void floatFma(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  const T *c = lanesOf<T>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    d[i] = finish<Ftz, Sat>(
        fusedMultiplyAdd(begin<Ftz>(a[i]), begin<Ftz>(b[i]), begin<Ftz>(c[i])));
  });
}

template <typename T, typename F> Handler pickUnary(const AluForm &form) {
  if (form.ftz)
    return form.saturate ? floatUnary<T, F, true, true>
                         : floatUnary<T, F, true, false>;
  return form.saturate ? floatUnary<T, F, false, true>
                       : floatUnary<T, F, false, false>;
}
template <typename T, typename F> Handler pickBinary(const AluForm &form) {
  if (form.ftz)
    return form.saturate ? floatBinary<T, F, true, true>
                         : floatBinary<T, F, true, false>;
  return form.saturate ? floatBinary<T, F, false, true>
                       : floatBinary<T, F, false, false>;
}
template <typename T> Handler pickFma(const AluForm &form) {
  if (form.ftz)
    return form.saturate ? floatFma<T, true, true> : floatFma<T, true, false>;
  return form.saturate ? floatFma<T, false, true> : floatFma<T, false, false>;
}

/// Two f32 in each register of 64 bits.
template <typename F, bool Ftz>
void pairBinary(Warp &warp, const Op &op, uint32_t mask) {
  float *d = lanesOf<float>(warp, op.dst);
  const float *a = lanesOf<float>(warp, op.a);
  const float *b = lanesOf<float>(warp, op.b);
  forLanes(mask, [=](uint32_t i) {
    for (uint32_t j = 2 * i; j < 2 * i + 2; ++j)
      d[j] = finish<Ftz, false>(F::apply(begin<Ftz>(a[j]), begin<Ftz>(b[j])));
  });
}
template <bool Ftz> void pairFma(Warp &warp, const Op &op, uint32_t mask) {
  float *d = lanesOf<float>(warp, op.dst);
  const float *a = lanesOf<float>(warp, op.a);
  const float *b = lanesOf<float>(warp, op.b);
  const float *c = lanesOf<float>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    for (uint32_t j = 2 * i; j < 2 * i + 2; ++j)
      d[j] = finish<Ftz, false>(fusedMultiplyAdd(
          begin<Ftz>(a[j]), begin<Ftz>(b[j]), begin<Ftz>(c[j])));
  });
}

template <typename T> Handler findFloat(const AluForm &form) {
  switch (form.operation) {
  case Operation::Add:
    return pickBinary<T, AddF>(form);
  case Operation::Sub:
    return pickBinary<T, SubF>(form);
  case Operation::Mul:
    return pickBinary<T, MulF>(form);
  case Operation::Fma:
    return pickFma<T>(form);
  case Operation::Div:
    return pickBinary<T, DivF>(form);
  case Operation::Min:
    return form.propagateNan ? pickBinary<T, MinNanF>(form)
                             : pickBinary<T, MinF>(form);
  case Operation::Max:
    return form.propagateNan ? pickBinary<T, MaxNanF>(form)
                             : pickBinary<T, MaxF>(form);
  case Operation::Sqrt:
    return pickUnary<T, SqrtF>(form);
  case Operation::Rcp:
    return pickUnary<T, RcpF>(form);
  case Operation::Rsqrt:
    return pickUnary<T, RsqrtF>(form);
  case Operation::Ex2:
    return pickUnary<T, Ex2F>(form);
  case Operation::Lg2:
    return pickUnary<T, Lg2F>(form);
  case Operation::Sin:
    return pickUnary<T, SinF>(form);
  case Operation::Cos:
    return pickUnary<T, CosF>(form);
  case Operation::Tanh:
    return pickUnary<T, TanhF>(form);
  default:
    return nullptr;
  }
}

Handler findPair(const AluForm &form) {
  switch (form.operation) {
  case Operation::Add:
    return form.ftz ? pairBinary<AddF, true> : pairBinary<AddF, false>;
  case Operation::Sub:
    return form.ftz ? pairBinary<SubF, true> : pairBinary<SubF, false>;
  case Operation::Mul:
    return form.ftz ? pairBinary<MulF, true> : pairBinary<MulF, false>;
  case Operation::Fma:
    return form.ftz ? pairFma<true> : pairFma<false>;
  default:
    return nullptr;
  }
}

//===- f16 and bf16 ---------------------------------------------------------//

/// Sums to odd, so that the store's rounding is the only one.
struct AddH {
  static double apply(double a, double b) { return fmaToOdd(a, 1.0, b); }
};
struct SubH {
  static double apply(double a, double b) { return fmaToOdd(a, 1.0, -b); }
};

template <typename Format, bool Ftz> inline double loadShort(uint16_t bits) {
  if (Ftz && (bits & Format::exponent) == 0)
    bits &= 0x8000;
  return Format::load(bits);
}
template <typename Format, bool Ftz, bool Sat>
inline uint16_t storeShort(double value) {
  if (Sat)
    value = saturate(value);
  uint16_t bits = Format::store(value);
  if (Ftz && (bits & Format::exponent) == 0)
    bits &= 0x8000;
  return bits;
}

/// Elements: 1 or 2 in each register.
template <typename Format, typename F, bool Ftz, bool Sat, uint32_t Elements>
void shortBinary(Warp &warp, const Op &op, uint32_t mask) {
  uint16_t *d = lanesOf<uint16_t>(warp, op.dst);
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  const uint16_t *b = lanesOf<uint16_t>(warp, op.b);
  forLanes(mask, [=](uint32_t i) {
    for (uint32_t j = Elements * i; j < Elements * (i + 1); ++j)
      d[j] = storeShort<Format, Ftz, Sat>(
          F::apply(loadShort<Format, Ftz>(a[j]), loadShort<Format, Ftz>(b[j])));
  });
}
template <typename Format, bool Ftz, bool Sat, uint32_t Elements>
void shortFma(Warp &warp, const Op &op, uint32_t mask) {
  uint16_t *d = lanesOf<uint16_t>(warp, op.dst);
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  const uint16_t *b = lanesOf<uint16_t>(warp, op.b);
  const uint16_t *c = lanesOf<uint16_t>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    for (uint32_t j = Elements * i; j < Elements * (i + 1); ++j)
      d[j] = storeShort<Format, Ftz, Sat>(
          fmaToOdd(loadShort<Format, Ftz>(a[j]), loadShort<Format, Ftz>(b[j]),
                   loadShort<Format, Ftz>(c[j])));
  });
}
template <typename Format, typename F, uint32_t Elements>
void shortUnary(Warp &warp, const Op &op, uint32_t mask) {
  uint16_t *d = lanesOf<uint16_t>(warp, op.dst);
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  forLanes(mask, [=](uint32_t i) {
    for (uint32_t j = Elements * i; j < Elements * (i + 1); ++j)
      d[j] = Format::store(F::apply(Format::load(a[j])));
  });
}
/// Abs and Neg change a sign and nothing else.
template <uint16_t Keep, uint16_t Flip, uint32_t Elements>
void shortSign(Warp &warp, const Op &op, uint32_t mask) {
  uint16_t *d = lanesOf<uint16_t>(warp, op.dst);
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  forLanes(mask, [=](uint32_t i) {
    for (uint32_t j = Elements * i; j < Elements * (i + 1); ++j)
      d[j] = static_cast<uint16_t>((a[j] & Keep) ^ Flip);
  });
}

template <typename Format, typename F, uint32_t Elements>
Handler pickShort(const AluForm &form) {
  if (form.ftz)
    return form.saturate ? shortBinary<Format, F, true, true, Elements>
                         : shortBinary<Format, F, true, false, Elements>;
  return form.saturate ? shortBinary<Format, F, false, true, Elements>
                       : shortBinary<Format, F, false, false, Elements>;
}

template <typename Format, uint32_t Elements>
Handler findShort(const AluForm &form) {
  switch (form.operation) {
  case Operation::Add:
    return pickShort<Format, AddH, Elements>(form);
  case Operation::Sub:
    return pickShort<Format, SubH, Elements>(form);
  case Operation::Mul:
    return pickShort<Format, MulF, Elements>(form);
  case Operation::Min:
    return form.propagateNan ? pickShort<Format, MinNanF, Elements>(form)
                             : pickShort<Format, MinF, Elements>(form);
  case Operation::Max:
    return form.propagateNan ? pickShort<Format, MaxNanF, Elements>(form)
                             : pickShort<Format, MaxF, Elements>(form);
  case Operation::Fma:
    if (form.ftz)
      return form.saturate ? shortFma<Format, true, true, Elements>
                           : shortFma<Format, true, false, Elements>;
    return form.saturate ? shortFma<Format, false, true, Elements>
                         : shortFma<Format, false, false, Elements>;
  case Operation::Ex2:
    return shortUnary<Format, Ex2F, Elements>;
  case Operation::Tanh:
    return shortUnary<Format, TanhF, Elements>;
  case Operation::Abs:
    return shortSign<0x7fff, 0, Elements>;
  case Operation::Neg:
    return shortSign<0xffff, 0x8000, Elements>;
  default:
    return nullptr;
  }
}

/// Abs and Neg of floats change a sign (and may flush).
template <typename U, typename T, U Keep, U Flip>
void floatSign(Warp &warp, const Op &op, uint32_t mask) {
  U *d = lanesOf<U>(warp, op.dst);
  const U *a = lanesOf<U>(warp, op.a);
  bool ftz = op.immediate & 1;
  forLanes(mask, [=](uint32_t i) {
    U value = a[i];
    if (ftz)
      value = bitsAs<U>(flush(bitsAs<T>(value)));
    d[i] = (value & Keep) ^ Flip;
  });
}

} // namespace

Handler findFloats(const AluForm &form) {
  bool isAbs = form.operation == Operation::Abs;
  bool isSign = isAbs || form.operation == Operation::Neg;
  switch (form.type) {
  case Type::F32:
    if (isSign)
      return isAbs ? floatSign<uint32_t, float, 0x7fffffffu, 0>
                   : floatSign<uint32_t, float, ~0u, 0x80000000u>;
    return findFloat<float>(form);
  case Type::F64:
    if (isSign)
      return isAbs ? floatSign<uint64_t, double, (~0ull >> 1), 0>
                   : floatSign<uint64_t, double, ~0ull, 1ull << 63>;
    return findFloat<double>(form);
  case Type::F32x2:
    return findPair(form);
  case Type::F16:
    return findShort<F16, 1>(form);
  case Type::F16x2:
    return findShort<F16, 2>(form);
  case Type::BF16:
    return findShort<BF16, 1>(form);
  case Type::BF16x2:
    return findShort<BF16, 2>(form);
  default:
    return nullptr;
  }
}

} // namespace tconv::ptx::TCONV_PTX_ISA
