// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cvt.
#include "ptx/alu_parts.h"

namespace tconv::ptx::TCONV_PTX_ISA {
namespace {

template <typename T> inline T roundIntegral(T value, Rounding rounding) {
  switch (rounding) {
  case Rounding::IntegerNearest:
    return std::nearbyint(value);
  case Rounding::IntegerDown:
    return std::floor(value);
  case Rounding::IntegerUp:
    return std::ceil(value);
  default:
    return std::trunc(value);
  }
}

/// To an integer, clamped to its range.
template <typename D, typename S>
inline D floatToInteger(S value, Rounding rounding, bool fromDouble) {
  if (value != value)
    return sizeof(D) == 8 || fromDouble
               ? static_cast<D>(1ull << (bitsOf<D> - 1))
               : D(0);
  constexpr bool hasSign = D(-1) < D(0);
  double integral = static_cast<double>(roundIntegral(value, rounding));
  double above = std::ldexp(1.0, bitsOf<D> - hasSign);
  double below = hasSign ? -above : 0.0;
  if (integral >= above)
    return static_cast<D>(~0ull >> (64 - bitsOf<D> + hasSign));
  if (integral < below)
    return hasSign ? static_cast<D>(1ull << (bitsOf<D> - 1)) : D(0);
  return static_cast<D>(integral);
}

template <typename D, typename S>
void convertToInteger(Warp &warp, const Op &op, uint32_t mask) {
  Storage<D> *d = lanesOf<Storage<D>>(warp, op.dst);
  const S *a = lanesOf<S>(warp, op.a);
  Rounding rounding = static_cast<Rounding>(op.immediate & 0xff);
  bool ftz = op.immediate >> 8 & 1;
  forLanes(mask, [=](uint32_t i) {
    S value = ftz ? flush(a[i]) : a[i];
    d[i] = static_cast<Storage<D>>(
        floatToInteger<D>(value, rounding, sizeof(S) == 8));
  });
}
template <typename D, typename Format>
void convertShortToInteger(Warp &warp, const Op &op, uint32_t mask) {
  Storage<D> *d = lanesOf<Storage<D>>(warp, op.dst);
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  Rounding rounding = static_cast<Rounding>(op.immediate & 0xff);
  forLanes(mask, [=](uint32_t i) {
    d[i] = static_cast<Storage<D>>(
        floatToInteger<D>(Format::load(a[i]), rounding, false));
  });
}
template <typename D, typename S>
void convertToFloat(Warp &warp, const Op &op, uint32_t mask) {
  D *d = lanesOf<D>(warp, op.dst);
  const Storage<S> *a = lanesOf<Storage<S>>(warp, op.a);
  forLanes(mask,
           [=](uint32_t i) { d[i] = static_cast<D>(static_cast<S>(a[i])); });
}
template <typename Format, typename S>
void convertToShort(Warp &warp, const Op &op, uint32_t mask) {
  uint16_t *d = lanesOf<uint16_t>(warp, op.dst);
  const Storage<S> *a = lanesOf<Storage<S>>(warp, op.a);
  forLanes(mask, [=](uint32_t i) {
    S value = static_cast<S>(a[i]);
    double wide = static_cast<double>(value);
    // Beyond 2^53 what is lost makes the double odd.
    if (sizeof(S) == 8) {
      Int128 lost = Int128(value) - Int128(wide);
      uint64_t bits = bitsAs<uint64_t>(wide);
      if (lost != 0 && (bits & 1) == 0)
        wide = bitsAs<double>(bits + ((lost > 0) == (wide > 0) ? 1 : ~0ull));
    }
    d[i] = Format::store(wide);
  });
}
template <typename D, typename S, bool Sat>
void convertInteger(Warp &warp, const Op &op, uint32_t mask) {
  Storage<D> *d = lanesOf<Storage<D>>(warp, op.dst);
  const Storage<S> *a = lanesOf<Storage<S>>(warp, op.a);
  forLanes(mask, [=](uint32_t i) {
    S value = static_cast<S>(a[i]);
    if (Sat) {
      constexpr bool hasSign = D(-1) < D(0);
      Int128 most = (Int128(1) << (bitsOf<D> - hasSign)) - 1;
      Int128 least = hasSign ? -most - 1 : Int128(0);
      Int128 wide = value;
      wide = wide < least ? least : wide > most ? most : wide;
      d[i] = static_cast<Storage<D>>(static_cast<D>(wide));
    } else {
      d[i] = static_cast<Storage<D>>(static_cast<D>(value));
    }
  });
}

/// Bits of Op::immediate beside the rounding.
constexpr uint64_t kCvtFtz = 1u << 8;
constexpr uint64_t kCvtSat = 1u << 9;
constexpr uint64_t kCvtRelu = 1u << 10;

inline double prepare(double value, uint64_t flags) {
  if (flags & kCvtRelu)
    value = value < 0 || (value == 0 && std::signbit(value)) ? 0.0 : value;
  return flags & kCvtSat ? saturate(value) : value;
}
struct LoadF32 {
  using Kind = float;
  static double load(float value, uint64_t flags) {
    return flags & kCvtFtz ? flush(value) : value;
  }
};
struct LoadF64 {
  using Kind = double;
  static double load(double value, uint64_t) { return value; }
};
struct LoadF16 {
  using Kind = uint16_t;
  static double load(uint16_t value, uint64_t) { return f16ToFloat(value); }
};
struct LoadBF16 {
  using Kind = uint16_t;
  static double load(uint16_t value, uint64_t) { return bf16ToFloat(value); }
};
struct StoreF32 {
  using Kind = uint32_t;
  static uint32_t store(double value, Rounding rounding, uint64_t flags) {
    uint32_t bits = roundToFormat(value, 8, 23, rounding);
    if (flags & kCvtFtz && (bits & 0x7f800000u) == 0)
      bits &= 0x80000000u;
    return bits;
  }
};
struct StoreTF32 {
  using Kind = uint32_t;
  static uint32_t store(double value, Rounding rounding, uint64_t) {
    return floatToTf32(value, rounding);
  }
};
struct StoreF64 {
  using Kind = double;
  static double store(double value, Rounding, uint64_t) {
    return canonical(value);
  }
};
struct StoreF16 {
  using Kind = uint16_t;
  static uint16_t store(double value, Rounding rounding, uint64_t) {
    return floatToF16(value, rounding);
  }
};
struct StoreBF16 {
  using Kind = uint16_t;
  static uint16_t store(double value, Rounding rounding, uint64_t) {
    return floatToBf16(value, rounding);
  }
};

template <typename To, typename From>
void convertFloat(Warp &warp, const Op &op, uint32_t mask) {
  auto *d = lanesOf<typename To::Kind>(warp, op.dst);
  const auto *a = lanesOf<typename From::Kind>(warp, op.a);
  uint64_t flags = op.immediate;
  Rounding rounding = static_cast<Rounding>(flags & 0xff);
  bool integral = rounding >= Rounding::IntegerNearest;
  Rounding last = integral ? Rounding::NearestEven : rounding;
  forLanes(mask, [=](uint32_t i) {
    double value = From::load(a[i], flags);
    if (integral)
      value = roundIntegral(value, rounding);
    d[i] = To::store(prepare(value, flags), last, flags);
  });
}
/// The common widening, for speed.
template <typename From>
void widenShort(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  const uint16_t *a = lanesOf<uint16_t>(warp, op.a);
  forLanes(mask, [=](uint32_t i) {
    d[i] = bitsAs<uint32_t>(canonical(static_cast<float>(From::load(a[i], 0))));
  });
}

/// The first operand becomes the upper half.
template <typename To>
void convertTwo(Warp &warp, const Op &op, uint32_t mask) {
  uint32_t *d = lanesOf<uint32_t>(warp, op.dst);
  const float *a = lanesOf<float>(warp, op.a);
  const float *b = lanesOf<float>(warp, op.b);
  uint64_t flags = op.immediate;
  Rounding rounding = static_cast<Rounding>(flags & 0xff);
  forLanes(mask, [=](uint32_t i) {
    uint32_t high = To::store(prepare(a[i], flags), rounding, flags);
    uint32_t low = To::store(prepare(b[i], flags), rounding, flags);
    d[i] = high << 16 | low;
  });
}

template <typename From> Handler findFromFloat(const AluForm &form) {
  switch (form.type) {
  case Type::F32:
    return convertFloat<StoreF32, From>;
  case Type::F64:
    return convertFloat<StoreF64, From>;
  case Type::F16:
    return convertFloat<StoreF16, From>;
  case Type::BF16:
    return convertFloat<StoreBF16, From>;
  case Type::TF32:
    return convertFloat<StoreTF32, From>;
  default:
    return nullptr;
  }
}
template <typename D> Handler findToInteger(const AluForm &form);
template <typename D, typename S> Handler integerCvt(const AluForm &form) {
  return form.saturate ? convertInteger<D, S, true>
                       : convertInteger<D, S, false>;
}
template <typename D> Handler findToInteger(const AluForm &form) {
  switch (form.second) {
  case Type::U8:
    return integerCvt<D, uint8_t>(form);
  case Type::U16:
    return integerCvt<D, uint16_t>(form);
  case Type::U32:
    return integerCvt<D, uint32_t>(form);
  case Type::U64:
    return integerCvt<D, uint64_t>(form);
  case Type::S8:
    return integerCvt<D, int8_t>(form);
  case Type::S16:
    return integerCvt<D, int16_t>(form);
  case Type::S32:
    return integerCvt<D, int32_t>(form);
  case Type::S64:
    return integerCvt<D, int64_t>(form);
  case Type::F32:
    return convertToInteger<D, float>;
  case Type::F64:
    return convertToInteger<D, double>;
  case Type::F16:
    return convertShortToInteger<D, F16>;
  case Type::BF16:
    return convertShortToInteger<D, BF16>;
  default:
    return nullptr;
  }
}
template <typename S> Handler findFromInteger(const AluForm &form) {
  switch (form.type) {
  case Type::F32:
    return convertToFloat<float, S>;
  case Type::F64:
    return convertToFloat<double, S>;
  case Type::F16:
    return convertToShort<F16, S>;
  case Type::BF16:
    return convertToShort<BF16, S>;
  default:
    return nullptr;
  }
}

Handler findCvt(const AluForm &form) {
  switch (form.type) {
  case Type::U8:
    return findToInteger<uint8_t>(form);
  case Type::U16:
    return findToInteger<uint16_t>(form);
  case Type::U32:
    return findToInteger<uint32_t>(form);
  case Type::U64:
    return findToInteger<uint64_t>(form);
  case Type::S8:
    return findToInteger<int8_t>(form);
  case Type::S16:
    return findToInteger<int16_t>(form);
  case Type::S32:
    return findToInteger<int32_t>(form);
  case Type::S64:
    return findToInteger<int64_t>(form);
  default:
    break;
  }
  bool plain = !form.ftz && !form.saturate && !form.relu &&
               form.type == Type::F32 &&
               form.rounding < Rounding::IntegerNearest;
  switch (form.second) {
  case Type::U8:
    return findFromInteger<uint8_t>(form);
  case Type::U16:
    return findFromInteger<uint16_t>(form);
  case Type::U32:
    return findFromInteger<uint32_t>(form);
  case Type::U64:
    return findFromInteger<uint64_t>(form);
  case Type::S8:
    return findFromInteger<int8_t>(form);
  case Type::S16:
    return findFromInteger<int16_t>(form);
  case Type::S32:
    return findFromInteger<int32_t>(form);
  case Type::S64:
    return findFromInteger<int64_t>(form);
  case Type::F32:
    return findFromFloat<LoadF32>(form);
  case Type::F64:
    return findFromFloat<LoadF64>(form);
  case Type::F16:
    return plain ? widenShort<LoadF16> : findFromFloat<LoadF16>(form);
  case Type::BF16:
    return plain ? widenShort<LoadBF16> : findFromFloat<LoadBF16>(form);
  default:
    return nullptr;
  }
}

} // namespace

Handler findConversions(const AluForm &form) {
  switch (form.operation) {
  case Operation::Cvt:
    return findCvt(form);
  case Operation::Cvt2:
    return form.type == Type::F16x2    ? convertTwo<StoreF16>
           : form.type == Type::BF16x2 ? convertTwo<StoreBF16>
                                       : nullptr;
  default:
    return nullptr;
  }
}

} // namespace tconv::ptx::TCONV_PTX_ISA
