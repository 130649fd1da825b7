// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Arithmetic of integers and bits.
#include "ptx/alu_parts.h"

namespace tconv::ptx::TCONV_PTX_ISA {
namespace {

template <typename T> struct WideOf;
template <> struct WideOf<int16_t> {
  using Kind = int32_t;
};
template <> struct WideOf<uint16_t> {
  using Kind = uint32_t;
};
template <> struct WideOf<int32_t> {
  using Kind = int64_t;
};
template <> struct WideOf<uint32_t> {
  using Kind = uint64_t;
};
template <> struct WideOf<int64_t> {
  using Kind = Int128;
};
template <> struct WideOf<uint64_t> {
  using Kind = Unsigned128;
};
template <typename T> using Wide = typename WideOf<T>::Kind;
template <typename T> struct UnsignedOf;
template <> struct UnsignedOf<int16_t> {
  using Kind = uint16_t;
};
template <> struct UnsignedOf<int32_t> {
  using Kind = uint32_t;
};
template <> struct UnsignedOf<int64_t> {
  using Kind = uint64_t;
};
template <> struct UnsignedOf<uint16_t> {
  using Kind = uint16_t;
};
template <> struct UnsignedOf<uint32_t> {
  using Kind = uint32_t;
};
template <> struct UnsignedOf<uint64_t> {
  using Kind = uint64_t;
};
/// Wide enough that no product is a signed overflow.
template <typename T> inline T wrap(uint64_t value) {
  return static_cast<T>(value);
}

struct AddI {
  template <typename T> static T apply(T a, T b) {
    return wrap<T>(uint64_t(a) + uint64_t(b));
  }
};
struct SubI {
  template <typename T> static T apply(T a, T b) {
    return wrap<T>(uint64_t(a) - uint64_t(b));
  }
};
struct MulLoI {
  template <typename T> static T apply(T a, T b) {
    using U = typename UnsignedOf<T>::Kind;
    // Two uint16_t would be multiplied as int.
    return static_cast<T>(static_cast<U>(1u * U(a) * U(b)));
  }
};
struct MulHiI {
  template <typename T> static T apply(T a, T b) {
    return static_cast<T>((Wide<T>(a) * Wide<T>(b)) >> bitsOf<T>);
  }
};
struct DivI {
  template <typename T> static T apply(T a, T b) {
    if (b == 0)
      return static_cast<T>(~T(0));
    if (T(-1) < T(0) && b == T(-1))
      return wrap<T>(0 - uint64_t(a));
    return static_cast<T>(a / b);
  }
};
struct RemI {
  template <typename T> static T apply(T a, T b) {
    if (b == 0)
      return a;
    if (T(-1) < T(0) && b == T(-1))
      return 0;
    return static_cast<T>(a % b);
  }
};
struct MinI {
  template <typename T> static T apply(T a, T b) { return a < b ? a : b; }
};
struct MaxI {
  template <typename T> static T apply(T a, T b) { return a > b ? a : b; }
};
struct AndI {
  template <typename T> static T apply(T a, T b) { return a & b; }
};
struct OrI {
  template <typename T> static T apply(T a, T b) { return a | b; }
};
struct XorI {
  template <typename T> static T apply(T a, T b) { return a ^ b; }
};
struct CopysignI {
  template <typename T> static T apply(T sign, T magnitude) {
    T top = static_cast<T>(T(1) << (bitsOf<T> - 1));
    return static_cast<T>((magnitude & static_cast<T>(~top)) | (sign & top));
  }
};

template <typename T, typename F>
void integerBinary(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  forLanes(mask, [=](uint32_t i) { d[i] = F::apply(a[i], b[i]); });
}

template <typename T> void mulWide(Warp &warp, const Op &op, uint32_t mask) {
  Wide<T> *d = lanesOf<Wide<T>>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  forLanes(mask, [=](uint32_t i) { d[i] = Wide<T>(a[i]) * Wide<T>(b[i]); });
}
template <typename T> void madWide(Warp &warp, const Op &op, uint32_t mask) {
  Wide<T> *d = lanesOf<Wide<T>>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  const Wide<T> *c = lanesOf<Wide<T>>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    d[i] =
        wrap<Wide<T>>(uint64_t(Wide<T>(a[i]) * Wide<T>(b[i])) + uint64_t(c[i]));
  });
}
template <typename T, typename Product>
void integerMad(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  const T *c = lanesOf<T>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    d[i] = wrap<T>(uint64_t(Product::apply(a[i], b[i])) + uint64_t(c[i]));
  });
}

struct AbsI {
  template <typename T> static T apply(T a) {
    return a < T(0) ? wrap<T>(0 - uint64_t(a)) : a;
  }
};
struct NegI {
  template <typename T> static T apply(T a) { return wrap<T>(0 - uint64_t(a)); }
};
struct NotI {
  template <typename T> static T apply(T a) { return static_cast<T>(~a); }
};
struct CnotI {
  template <typename T> static T apply(T a) { return a == 0 ? 1 : 0; }
};
struct BrevI {
  template <typename T> static T apply(T a) {
    T result = 0;
    for (int bit = 0; bit < bitsOf<T>; ++bit)
      result |= ((a >> bit) & T(1)) << (bitsOf<T> - 1 - bit);
    return result;
  }
};
template <typename T, typename F>
void integerUnary(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  forLanes(mask, [=](uint32_t i) { d[i] = F::apply(a[i]); });
}

/// Results of 32 bits from T.
struct PopcI {
  template <typename T> static uint32_t apply(T a) {
    return static_cast<uint32_t>(__builtin_popcountll(a));
  }
};
struct ClzI {
  template <typename T> static uint32_t apply(T a) {
    return a == 0
               ? bitsOf<T>
               : static_cast<uint32_t>(__builtin_clzll(a)) - (64 - bitsOf<T>);
  }
};
template <typename T, typename F>
void countBits(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  forLanes(mask, [=](uint32_t i) { d[i] = F::apply(a[i]); });
}

/// Shifts by more than the width are shifts by the width.
template <typename T> void shiftLeft(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const uint32_t *b = lanesOf<uint32_t>(warp, op.b);
  forLanes(mask, [=](uint32_t i) {
    d[i] = b[i] < bitsOf<T> ? static_cast<T>(a[i] << (b[i] & (bitsOf<T> - 1)))
                            : T(0);
  });
}
template <typename T> void shiftRight(Warp &warp, const Op &op, uint32_t mask) {
  T *d = lanesOf<T>(warp, op.dst);
  const T *a = lanesOf<T>(warp, op.a);
  const uint32_t *b = lanesOf<uint32_t>(warp, op.b);
  forLanes(mask, [=](uint32_t i) {
    uint32_t by = b[i] < bitsOf<T> ? b[i] : bitsOf<T> - 1;
    T shifted = static_cast<T>(a[i] >> by);
    d[i] = T(-1) < T(0) || b[i] < bitsOf<T> ? shifted : T(0);
  });
}
template <bool Left, bool Clamp>
void funnel(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  const uint32_t *a = lanesOf<uint32_t>(warp, op.a);
  const uint32_t *b = lanesOf<uint32_t>(warp, op.b);
  const uint32_t *c = lanesOf<uint32_t>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    uint32_t by = Clamp ? (c[i] < 32 ? c[i] : 32) : c[i] & 31;
    uint64_t both = static_cast<uint64_t>(b[i]) << 32 | a[i];
    d[i] = static_cast<uint32_t>(Left ? (both << by) >> 32 : both >> by);
  });
}

template <typename T> void bitExtract(Warp &warp, const Op &op, uint32_t mask) {
  using U = typename UnsignedOf<T>::Kind;
  U *d = lanesOf<U>(warp, op.dst);
  const U *a = lanesOf<U>(warp, op.a);
  const uint32_t *b = lanesOf<uint32_t>(warp, op.b);
  const uint32_t *c = lanesOf<uint32_t>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    uint32_t position = b[i] & 0xff;
    uint32_t length = c[i] & 0xff;
    uint32_t last = position + length - 1;
    constexpr uint32_t top = bitsOf<T> - 1;
    U fill = 0;
    if (T(-1) < T(0) && length != 0)
      fill = (a[i] >> (last < top ? last : top)) & 1;
    U result = 0;
    for (uint32_t bit = 0; bit <= top; ++bit) {
      bool inside = bit < length && position + bit <= top;
      U value = inside ? (a[i] >> (position + bit)) & 1 : fill;
      result |= static_cast<U>(value << bit);
    }
    d[i] = result;
  });
}
template <typename T> void bitInsert(Warp &warp, const Op &op, uint32_t mask) {
  // d, field, base, position, length
  const auto *list = reinterpret_cast<const uint32_t *>(op.immediate);
  T *d = lanesOf<T>(warp, list[0]);
  const T *a = lanesOf<T>(warp, list[1]);
  const T *b = lanesOf<T>(warp, list[2]);
  const uint32_t *c = lanesOf<uint32_t>(warp, list[3]);
  const uint32_t *e = lanesOf<uint32_t>(warp, list[4]);
  forLanes(mask, [=](uint32_t i) {
    uint32_t position = c[i] & 0xff;
    uint32_t length = e[i] & 0xff;
    T result = b[i];
    for (uint32_t bit = 0; bit < length && position + bit < bitsOf<T>; ++bit) {
      T one = static_cast<T>(T(1) << (position + bit));
      result = (a[i] >> bit) & 1 ? result | one : result & ~one;
    }
    d[i] = result;
  });
}
void permute(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  const uint32_t *a = lanesOf<uint32_t>(warp, op.a);
  const uint32_t *b = lanesOf<uint32_t>(warp, op.b);
  const uint32_t *c = lanesOf<uint32_t>(warp, op.c);
  forLanes(mask, [=](uint32_t i) {
    uint64_t both = static_cast<uint64_t>(b[i]) << 32 | a[i];
    uint32_t result = 0;
    for (uint32_t byte = 0; byte < 4; ++byte) {
      uint32_t select = c[i] >> (4 * byte) & 0xf;
      uint32_t value = static_cast<uint32_t>(both >> (8 * (select & 7))) & 0xff;
      if (select & 8)
        value = value & 0x80 ? 0xff : 0;
      result |= value << (8 * byte);
    }
    d[i] = result;
  });
}
void logic3(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  const uint32_t *a = lanesOf<uint32_t>(warp, op.a);
  const uint32_t *b = lanesOf<uint32_t>(warp, op.b);
  const uint32_t *c = lanesOf<uint32_t>(warp, op.c);
  uint32_t table = static_cast<uint32_t>(op.immediate);
  forLanes(mask, [=](uint32_t i) {
    uint32_t result = 0;
    for (uint32_t term = 0; term < 8; ++term) {
      uint32_t chosen = table >> term & 1 ? ~0u : 0u;
      result |= chosen & (term & 4 ? a[i] : ~a[i]) & (term & 2 ? b[i] : ~b[i]) &
                (term & 1 ? c[i] : ~c[i]);
    }
    d[i] = result;
  });
}

template <typename T> Handler findInteger(const AluForm &form) {
  using U = typename UnsignedOf<T>::Kind;
  switch (form.operation) {
  case Operation::Add:
    return integerBinary<U, AddI>;
  case Operation::Sub:
    return integerBinary<U, SubI>;
  case Operation::MulLo:
    return integerBinary<U, MulLoI>;
  case Operation::MulHi:
    return integerBinary<T, MulHiI>;
  case Operation::MadLo:
    return integerMad<U, MulLoI>;
  case Operation::MadHi:
    return integerMad<T, MulHiI>;
  case Operation::Div:
    return integerBinary<T, DivI>;
  case Operation::Rem:
    return integerBinary<T, RemI>;
  case Operation::Min:
    return integerBinary<T, MinI>;
  case Operation::Max:
    return integerBinary<T, MaxI>;
  case Operation::And:
    return integerBinary<U, AndI>;
  case Operation::Or:
    return integerBinary<U, OrI>;
  case Operation::Xor:
    return integerBinary<U, XorI>;
  case Operation::Copysign:
    return integerBinary<U, CopysignI>;
  case Operation::Abs:
    return integerUnary<T, AbsI>;
  case Operation::Neg:
    return integerUnary<T, NegI>;
  case Operation::Not:
    return integerUnary<U, NotI>;
  case Operation::Cnot:
    return integerUnary<U, CnotI>;
  case Operation::Brev:
    return integerUnary<U, BrevI>;
  case Operation::Popc:
    return countBits<U, PopcI>;
  case Operation::Clz:
    return countBits<U, ClzI>;
  case Operation::Shl:
    return shiftLeft<U>;
  case Operation::Shr:
    return shiftRight<T>;
  case Operation::Bfe:
    return bitExtract<T>;
  case Operation::Bfi:
    return bitInsert<U>;
  default:
    return nullptr;
  }
}

template <typename T> Handler findWide(const AluForm &form) {
  return form.operation == Operation::MulWide ? mulWide<T> : madWide<T>;
}

Handler findBits(const AluForm &form) {
  switch (form.operation) {
  case Operation::Prmt:
    return permute;
  case Operation::Lop3:
    return logic3;
  case Operation::ShfLeftWrap:
    return funnel<true, false>;
  case Operation::ShfLeftClamp:
    return funnel<true, true>;
  case Operation::ShfRightWrap:
    return funnel<false, false>;
  case Operation::ShfRightClamp:
    return funnel<false, true>;
  default:
    return nullptr;
  }
}

} // namespace

Handler findIntegers(const AluForm &form) {
  bool isWide = form.operation == Operation::MulWide ||
                form.operation == Operation::MadWide;
  switch (form.type) {
  case Type::B16:
  case Type::U16:
    return isWide ? findWide<uint16_t>(form) : findInteger<uint16_t>(form);
  case Type::S16:
    return isWide ? findWide<int16_t>(form) : findInteger<int16_t>(form);
  case Type::B32:
    if (Handler handler = findBits(form))
      return handler;
    return findInteger<uint32_t>(form);
  case Type::U32:
    return isWide ? findWide<uint32_t>(form) : findInteger<uint32_t>(form);
  case Type::S32:
    return isWide ? findWide<int32_t>(form) : findInteger<int32_t>(form);
  case Type::B64:
  case Type::U64:
    return isWide ? nullptr : findInteger<uint64_t>(form);
  case Type::S64:
    return isWide ? nullptr : findInteger<int64_t>(form);
  case Type::F32: // copysign moves bits
    return integerBinary<uint32_t, CopysignI>;
  case Type::F64:
    return integerBinary<uint64_t, CopysignI>;
  default:
    return nullptr;
  }
}

} // namespace tconv::ptx::TCONV_PTX_ISA
