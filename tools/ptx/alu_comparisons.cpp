// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Comparisons, and what is done with predicates.
#include "ptx/alu_parts.h"

namespace tconv::ptx::TCONV_PTX_ISA {
namespace {

template <Compare C, typename T> inline bool compare(T a, T b) {
  bool unordered = a != a || b != b;
  switch (C) {
  case Compare::Eq:
    return a == b;
  case Compare::Ne:
    return !unordered && a != b;
  case Compare::Lt:
    return a < b;
  case Compare::Le:
    return a <= b;
  case Compare::Gt:
    return a > b;
  case Compare::Ge:
    return a >= b;
  case Compare::Equ:
    return unordered || a == b;
  case Compare::Neu:
    return a != b;
  case Compare::Ltu:
    return unordered || a < b;
  case Compare::Leu:
    return unordered || a <= b;
  case Compare::Gtu:
    return unordered || a > b;
  case Compare::Geu:
    return unordered || a >= b;
  case Compare::Num:
    return !unordered;
  case Compare::Nan:
    return unordered;
  }
  return false;
}

/// The bits of 32 booleans.
template <typename F>
[[gnu::always_inline]] inline uint32_t gather(uint32_t mask, F f) {
  uint32_t result = 0;
  if (mask == kAllLanes) {
    uint8_t each[kLanes];
    for (uint32_t i = 0; i < kLanes; ++i)
      each[i] = f(i);
    // Eight booleans at a time, by a product that lines them up.
    for (uint32_t part = 0; part < 4; ++part) {
      uint64_t eight;
      __builtin_memcpy(&eight, each + 8 * part, 8);
      result |= static_cast<uint32_t>((eight * 0x0102040810204080ull) >> 56)
                << (8 * part);
    }
    return result;
  }
  for (uint32_t rest = mask; rest != 0; rest &= rest - 1) {
    uint32_t i = static_cast<uint32_t>(__builtin_ctz(rest));
    result |= static_cast<uint32_t>(f(i)) << i;
  }
  return result;
}

inline void setPredicate(Warp &warp, uint32_t offset, uint32_t mask,
                         uint32_t value) {
  uint32_t *p = lanesOf<uint32_t>(warp, offset);
  *p = (*p & ~mask) | (value & mask);
}

template <typename T, Compare C>
void compareInto(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = lanesOf<T>(warp, op.a);
  const T *b = lanesOf<T>(warp, op.b);
  setPredicate(warp, op.dst, mask, gather(mask, [=](uint32_t i) {
                 return compare<C>(a[i], b[i]);
               }));
}
template <Compare C>
void compareFlushed(Warp &warp, const Op &op, uint32_t mask) {
  const float *a = lanesOf<float>(warp, op.a);
  const float *b = lanesOf<float>(warp, op.b);
  setPredicate(warp, op.dst, mask, gather(mask, [=](uint32_t i) {
                 return compare<C>(flush(a[i]), flush(b[i]));
               }));
}
template <typename Format, Compare C>
void compareShort(Warp &warp, const Op &op, uint32_t mask) {
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  const uint16_t *b = lanesOf<uint16_t>(warp, op.b);
  setPredicate(warp, op.dst, mask, gather(mask, [=](uint32_t i) {
                 return compare<C>(Format::load(a[i]), Format::load(b[i]));
               }));
}

template <Compare C> Handler findCompare(const AluForm &form) {
  switch (form.type) {
  case Type::B16:
  case Type::U16:
    return compareInto<uint16_t, C>;
  case Type::B32:
  case Type::U32:
    return compareInto<uint32_t, C>;
  case Type::B64:
  case Type::U64:
    return compareInto<uint64_t, C>;
  case Type::S16:
    return compareInto<int16_t, C>;
  case Type::S32:
    return compareInto<int32_t, C>;
  case Type::S64:
    return compareInto<int64_t, C>;
  case Type::F32:
    return form.ftz ? compareFlushed<C> : compareInto<float, C>;
  case Type::F64:
    return compareInto<double, C>;
  case Type::F16:
    return compareShort<F16, C>;
  case Type::BF16:
    return compareShort<BF16, C>;
  default:
    return nullptr;
  }
}

Handler findSetp(const AluForm &form) {
  switch (form.compare) {
  case Compare::Eq:
    return findCompare<Compare::Eq>(form);
  case Compare::Ne:
    return findCompare<Compare::Ne>(form);
  case Compare::Lt:
    return findCompare<Compare::Lt>(form);
  case Compare::Le:
    return findCompare<Compare::Le>(form);
  case Compare::Gt:
    return findCompare<Compare::Gt>(form);
  case Compare::Ge:
    return findCompare<Compare::Ge>(form);
  case Compare::Equ:
    return findCompare<Compare::Equ>(form);
  case Compare::Neu:
    return findCompare<Compare::Neu>(form);
  case Compare::Ltu:
    return findCompare<Compare::Ltu>(form);
  case Compare::Leu:
    return findCompare<Compare::Leu>(form);
  case Compare::Gtu:
    return findCompare<Compare::Gtu>(form);
  case Compare::Geu:
    return findCompare<Compare::Geu>(form);
  case Compare::Num:
    return findCompare<Compare::Num>(form);
  case Compare::Nan:
    return findCompare<Compare::Nan>(form);
  }
  return nullptr;
}

template <typename T> inline bool isOfClass(T value, FloatClass wanted) {
  switch (wanted) {
  case FloatClass::Finite:
    return std::isfinite(value);
  case FloatClass::Infinite:
    return std::isinf(value);
  case FloatClass::Number:
    return !std::isnan(value);
  case FloatClass::NotANumber:
    return std::isnan(value);
  case FloatClass::Normal:
    return std::isnormal(value);
  case FloatClass::Subnormal:
    return std::isfinite(value) && !std::isnormal(value) && value != 0;
  }
  return false;
}
template <typename T> void testFloat(Warp &warp, const Op &op, uint32_t mask) {
  const T *a = lanesOf<T>(warp, op.a);
  FloatClass wanted = static_cast<FloatClass>(op.immediate);
  setPredicate(warp, op.dst, mask, gather(mask, [=](uint32_t i) {
                 return isOfClass(a[i], wanted);
               }));
}

struct PredicateAnd {
  static uint32_t apply(uint32_t a, uint32_t b) { return a & b; }
};
struct PredicateOr {
  static uint32_t apply(uint32_t a, uint32_t b) { return a | b; }
};
struct PredicateXor {
  static uint32_t apply(uint32_t a, uint32_t b) { return a ^ b; }
};
/// Op::immediate: bits 0 and 1 negate a and b.
template <typename F>
void predicateBinary(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t a = *lanesOf<uint32_t>(warp, op.a) ^ (op.immediate & 1 ? ~0u : 0u);
  uint32_t b = *lanesOf<uint32_t>(warp, op.b) ^ (op.immediate & 2 ? ~0u : 0u);
  setPredicate(warp, op.dst, mask, F::apply(a, b));
}
void predicateMove(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t a = *lanesOf<uint32_t>(warp, op.a) ^ (op.immediate & 1 ? ~0u : 0u);
  setPredicate(warp, op.dst, mask, a);
}

} // namespace

Handler findComparisons(const AluForm &form) {
  switch (form.operation) {
  case Operation::Setp:
    return findSetp(form);
  case Operation::Testp:
    return form.type == Type::F32   ? testFloat<float>
           : form.type == Type::F64 ? testFloat<double>
                                    : nullptr;
  case Operation::PredAnd:
    return predicateBinary<PredicateAnd>;
  case Operation::PredOr:
    return predicateBinary<PredicateOr>;
  case Operation::PredXor:
    return predicateBinary<PredicateXor>;
  case Operation::PredNot:
  case Operation::PredMov:
    return predicateMove;
  default:
    return nullptr;
  }
}

} // namespace tconv::ptx::TCONV_PTX_ISA
