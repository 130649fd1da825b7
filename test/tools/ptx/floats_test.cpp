// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Floating-point instructions, bit for bit. The short formats are checked
// against a table of all their values, not against the code under test.
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "tools/ptx/snippet.h"

namespace tconv::ptx::test {
namespace {

constexpr size_t kCount = 2000;
constexpr uint32_t kNan32 = 0x7fffffff;

uint32_t canonical(float value) {
  return std::isnan(value) ? kNan32 : bitsOf<uint32_t>(value);
}
float flushed(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

void checkFloat(const std::string &body,
                std::function<float(float, float, float)> expected) {
  std::vector<float> a = values<float>(kCount, 1);
  std::vector<float> b = values<float>(kCount, 2);
  std::vector<float> c = values<float>(kCount, 3);
  std::vector<uint32_t> d = evaluate<uint32_t>(body, a, b, c);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(d[i], canonical(expected(a[i], b[i], c[i])))
        << body << " of " << a[i] << ", " << b[i] << ", " << c[i];
}

TEST(Floats, Arithmetic) {
  checkFloat("add.rn.f32 %d, %a, %b;",
             [](float a, float b, float) { return a + b; });
  checkFloat("sub.f32 %d, %a, %b;",
             [](float a, float b, float) { return a - b; });
  checkFloat("mul.f32 %d, %a, %b;",
             [](float a, float b, float) { return a * b; });
  checkFloat("fma.rn.f32 %d, %a, %b, %c;",
             [](float a, float b, float c) { return std::fma(a, b, c); });
  checkFloat("div.rn.f32 %d, %a, %b;",
             [](float a, float b, float) { return a / b; });
  checkFloat("sqrt.rn.f32 %d, %a;",
             [](float a, float, float) { return std::sqrt(a); });
  checkFloat("rcp.rn.f32 %d, %a;",
             [](float a, float, float) { return 1.0f / a; });
  checkFloat("add.ftz.f32 %d, %a, %b;", [](float a, float b, float) {
    return flushed(flushed(a) + flushed(b));
  });
  checkFloat("fma.rn.ftz.f32 %d, %a, %b, %c;", [](float a, float b, float c) {
    return flushed(std::fma(flushed(a), flushed(b), flushed(c)));
  });
  checkFloat("fma.rn.sat.f32 %d, %a, %b, %c;", [](float a, float b, float c) {
    float d = std::fma(a, b, c);
    return d > 0 ? std::min(d, 1.0f) : 0.0f;
  });
}

TEST(Floats, MinimumMaximum) {
  auto lower = [](float a, float b, float) {
    if (std::isnan(a) || std::isnan(b))
      return std::isnan(a) ? b : a;
    if (a == b)
      return std::signbit(a) ? a : b;
    return a < b ? a : b;
  };
  checkFloat("min.f32 %d, %a, %b;", lower);
  checkFloat("max.f32 %d, %a, %b;",
             [=](float a, float b, float c) { return -lower(-a, -b, c); });
  checkFloat("min.NaN.f32 %d, %a, %b;", [=](float a, float b, float c) {
    return std::isnan(a) || std::isnan(b) ? a + b : lower(a, b, c);
  });
}

TEST(Floats, Signs) {
  std::vector<uint32_t> a = values<uint32_t>(kCount, 4);
  std::vector<uint32_t> negative = evaluate<uint32_t>("neg.f32 %d, %a;", a);
  std::vector<uint32_t> absolute = evaluate<uint32_t>("abs.f32 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(negative[i], a[i] ^ 0x80000000u);
    ASSERT_EQ(absolute[i], a[i] & 0x7fffffffu);
  }
}

TEST(Floats, Doubles) {
  std::vector<double> a = values<double>(kCount, 5);
  std::vector<double> b = values<double>(kCount, 6);
  std::vector<double> c = values<double>(kCount, 7);
  std::vector<double> d =
      evaluate<double>("fma.rn.f64 %d, %a, %b, %c;", a, b, c);
  for (size_t i = 0; i < kCount; ++i) {
    double wanted = std::fma(a[i], b[i], c[i]);
    ASSERT_EQ(bitsOf<uint64_t>(d[i]),
              std::isnan(wanted) ? ~0ull >> 1 : bitsOf<uint64_t>(wanted));
  }
}

TEST(Floats, Pairs) {
  std::vector<uint64_t> a = values<uint64_t>(kCount, 8);
  std::vector<uint64_t> b = values<uint64_t>(kCount, 9);
  std::vector<uint64_t> c = values<uint64_t>(kCount, 10);
  std::vector<uint64_t> d =
      evaluate<uint64_t>("fma.rn.f32x2 %d, %a, %b, %c;", a, b, c);
  for (size_t i = 0; i < kCount; ++i)
    for (int half = 0; half < 64; half += 32) {
      auto part = [=](uint64_t bits) {
        return bitsOf<float>(static_cast<uint32_t>(bits >> half));
      };
      ASSERT_EQ(static_cast<uint32_t>(d[i] >> half),
                canonical(std::fma(part(a[i]), part(b[i]), part(c[i]))));
    }
}

TEST(Floats, Comparisons) {
  struct {
    const char *name;
    std::function<bool(float, float)> holds;
  } const all[] = {{"eq", [](float a, float b) { return a == b; }},
                   {"ne", [](float a, float b) { return a < b || a > b; }},
                   {"lt", [](float a, float b) { return a < b; }},
                   {"ge", [](float a, float b) { return a >= b; }},
                   {"equ", [](float a, float b) { return !(a < b || a > b); }},
                   {"neu", [](float a, float b) { return a != b; }},
                   {"ltu", [](float a, float b) { return !(a >= b); }},
                   {"geu", [](float a, float b) { return !(a < b); }},
                   {"num", [](float a, float b) { return a == a && b == b; }},
                   {"nan", [](float a, float b) { return a != a || b != b; }}};
  std::vector<float> a = values<float>(kCount, 11);
  std::vector<float> b = values<float>(kCount, 12);
  for (size_t i = 0; i < kCount; i += 5)
    b[i] = i % 2 ? a[i] : std::numeric_limits<float>::quiet_NaN();
  for (const auto &one : all) {
    std::vector<uint32_t> d =
        evaluate<uint32_t>("{ .reg .pred %q; setp." + std::string(one.name) +
                               ".f32 %q, %a, %b; selp.b32 %d, 1, 0, %q; }",
                           a, b);
    for (size_t i = 0; i < kCount; ++i)
      ASSERT_EQ(d[i], one.holds(a[i], b[i]) ? 1u : 0u)
          << one.name << " of " << a[i] << ", " << b[i];
  }
}

TEST(Floats, ToIntegers) {
  std::vector<float> a = values<float>(kCount, 13);
  for (size_t i = 0; i < kCount; i += 2)
    a[i] = static_cast<float>(static_cast<int>(i) - 1000) / 4;
  auto clampTo = [](double value) {
    if (std::isnan(value))
      return 0;
    return static_cast<int32_t>(std::clamp(value, -2147483648.0, 2147483647.0));
  };
  std::vector<int32_t> zero = evaluate<int32_t>("cvt.rzi.s32.f32 %d, %a;", a);
  std::vector<int32_t> near = evaluate<int32_t>("cvt.rni.s32.f32 %d, %a;", a);
  std::vector<int32_t> down = evaluate<int32_t>("cvt.rmi.s32.f32 %d, %a;", a);
  std::vector<int32_t> up = evaluate<int32_t>("cvt.rpi.s32.f32 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i) {
    double wide = static_cast<double>(a[i]);
    ASSERT_EQ(zero[i], clampTo(std::trunc(wide))) << a[i];
    ASSERT_EQ(near[i], clampTo(std::nearbyint(wide))) << a[i];
    ASSERT_EQ(down[i], clampTo(std::floor(wide))) << a[i];
    ASSERT_EQ(up[i], clampTo(std::ceil(wide))) << a[i];
  }
}

TEST(Floats, FromIntegers) {
  std::vector<int64_t> a = values<int64_t>(kCount, 14);
  std::vector<float> d = evaluate<float>("cvt.rn.f32.s64 %d, %a;", a);
  std::vector<double> e = evaluate<double>("cvt.rn.f64.u64 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(d[i], static_cast<float>(a[i]));
    ASSERT_EQ(e[i], static_cast<double>(static_cast<uint64_t>(a[i])));
  }
}

//===- f16, bf16, TF32 ------------------------------------------------------//

/// A short format, from its definition.
struct Format {
  int exponentBits;
  int mantissaBits;
  const char *name;

  int bits() const { return 1 + exponentBits + mantissaBits; }
  uint32_t infinity() const {
    return ((1u << exponentBits) - 1) << mantissaBits;
  }
  uint32_t signBit() const { return 1u << (exponentBits + mantissaBits); }
  double value(uint32_t code) const {
    uint32_t magnitude = code & (signBit() - 1);
    int exponent = static_cast<int>(magnitude >> mantissaBits);
    double mantissa = magnitude & ((1u << mantissaBits) - 1);
    int bias = (1 << (exponentBits - 1)) - 1;
    double result;
    if (magnitude >= infinity())
      result = magnitude == infinity() ? INFINITY : NAN;
    else if (exponent == 0)
      result = std::ldexp(mantissa, 1 - bias - mantissaBits);
    else
      result = std::ldexp(mantissa + (1 << mantissaBits),
                          exponent - bias - mantissaBits);
    return code & signBit() ? -result : result;
  }
  /// The nearest code, by a search among all of them; `compare(code)` is the
  /// sign of the exact magnitude minus the code's, as if infinity were the next
  /// number, and `half(code)` that of it minus the middle of code and code + 1.
  uint32_t nearest(std::function<int(uint32_t)> half) const {
    uint32_t low = 0;
    uint32_t high = infinity();
    // The first code whose middle with the next is not below the value.
    while (low < high) {
      uint32_t middle = (low + high) / 2;
      if (half(middle) > 0)
        low = middle + 1;
      else
        high = middle;
    }
    if (low < infinity() && half(low) == 0 && (low & 1))
      ++low;
    return low;
  }
  /// The middle between a code and the next one.
  double middle(uint32_t code) const {
    double next = code + 1 == infinity()
                      ? std::ldexp(1.0, 1 << (exponentBits - 1))
                      : value(code + 1);
    return (value(code) + next) / 2;
  }
  uint32_t round(double exact) const {
    if (std::isnan(exact))
      return signBit() - 1;
    double magnitude = std::fabs(exact);
    uint32_t code = nearest([&](uint32_t c) {
      double m = middle(c);
      return magnitude > m ? 1 : magnitude < m ? -1 : 0;
    });
    return code | (std::signbit(exact) ? signBit() : 0);
  }
};

const Format kF16 = {5, 10, "f16"};
const Format kBf16 = {8, 7, "bf16"};

/// Values near the format's own and anywhere.
std::vector<float> floatsNear(const Format &format, uint32_t seed) {
  std::vector<float> result = values<float>(kCount, seed);
  std::mt19937 random(seed);
  for (size_t i = 0; i < kCount; ++i) {
    uint32_t code = random() % format.infinity();
    float middle = static_cast<float>(format.middle(code));
    if (i % 4 == 1)
      result[i] = middle;
    if (i % 4 == 2)
      result[i] = std::nextafter(middle, 0.0f);
    if (i % 4 == 3)
      result[i] = -std::nextafter(middle, 1e38f);
  }
  return result;
}

TEST(ShortFloats, Widening) {
  for (const Format &format : {kF16, kBf16}) {
    std::vector<uint16_t> a(65536);
    for (uint32_t code = 0; code < 65536; ++code)
      a[code] = static_cast<uint16_t>(code);
    std::string opcode = std::string("cvt.f32.") + format.name;
    std::vector<uint32_t> d = evaluate<uint32_t>(opcode + " %d, %a;", a);
    for (uint32_t code = 0; code < 65536; ++code)
      ASSERT_EQ(d[code], canonical(static_cast<float>(format.value(code))))
          << opcode << " of " << code;
  }
}

TEST(ShortFloats, Narrowing) {
  for (const Format &format : {kF16, kBf16}) {
    std::vector<float> a = floatsNear(format, 15);
    std::string type = format.name;
    std::vector<uint16_t> d =
        evaluate<uint16_t>("cvt.rn." + type + ".f32 %d, %a;", a);
    std::vector<float> b(a.rbegin(), a.rend());
    std::vector<uint32_t> two =
        evaluate<uint32_t>("cvt.rn." + type + "x2.f32 %d, %a, %b;", a, b);
    std::vector<uint16_t> toZero =
        evaluate<uint16_t>("cvt.rz." + type + ".f32 %d, %a;", a);
    for (size_t i = 0; i < kCount; ++i) {
      uint32_t high = format.round(static_cast<double>(a[i]));
      uint32_t low = format.round(static_cast<double>(b[i]));
      ASSERT_EQ(d[i], high) << type << " of " << a[i];
      ASSERT_EQ(two[i], high << 16 | low);
      // Towards zero: what is kept is no larger, the next one is.
      if (!std::isfinite(a[i]))
        continue;
      double kept = std::fabs(format.value(toZero[i]));
      double magnitude = std::fabs(static_cast<double>(a[i]));
      ASSERT_LE(kept, magnitude);
      uint32_t next = (toZero[i] & 0x7fffu) + 1;
      if (next < format.infinity()) {
        ASSERT_GT(format.value(next), magnitude);
      }
    }
  }
}

TEST(ShortFloats, Tf32) {
  std::vector<float> a = values<float>(kCount, 16);
  std::vector<uint32_t> d = evaluate<uint32_t>("cvt.rna.tf32.f32 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i) {
    uint32_t bits = bitsOf<uint32_t>(a[i]);
    // Half of the last place is added and the rest cut off.
    uint32_t wanted = std::isnan(a[i])   ? kNan32
                      : std::isinf(a[i]) ? bits
                                         : (bits + 0x1000) & ~0x1fffu;
    ASSERT_EQ(d[i], wanted) << a[i];
  }
}

/// f16: exact sums in units of 2^-48, rounded once.
TEST(ShortFloats, FusedMultiplyAdd) {
  __extension__ using Exact = __int128;
  std::vector<uint16_t> a = values<uint16_t>(kCount, 17);
  std::vector<uint16_t> b = values<uint16_t>(kCount, 18);
  std::vector<uint16_t> c = values<uint16_t>(kCount, 19);
  std::vector<uint16_t> d =
      evaluate<uint16_t>("fma.rn.f16 %d, %a, %b, %c;", a, b, c);
  std::vector<uint16_t> sums = evaluate<uint16_t>("add.f16 %d, %a, %b;", a, b);
  auto units = [](double value) {
    return static_cast<Exact>(std::ldexp(value, 24));
  };
  for (size_t i = 0; i < kCount; ++i) {
    double x = kF16.value(a[i]);
    double y = kF16.value(b[i]);
    double z = kF16.value(c[i]);
    ASSERT_EQ(sums[i], kF16.round(x + y)) << x << " + " << y;
    double rough = x * y + z;
    if (!std::isfinite(rough)) {
      ASSERT_EQ(d[i], kF16.round(rough));
      continue;
    }
    Exact exact = units(x) * units(y) + units(z) * (Exact(1) << 24);
    bool negative = exact < 0 || (exact == 0 && std::signbit(rough));
    Exact magnitude = exact < 0 ? -exact : exact;
    uint32_t code = kF16.nearest([&](uint32_t one) {
      // Middles are multiples of 2^-25.
      Exact middle = static_cast<Exact>(std::ldexp(kF16.middle(one), 25)) << 23;
      return magnitude > middle ? 1 : magnitude < middle ? -1 : 0;
    });
    ASSERT_EQ(d[i], code | (negative ? 0x8000u : 0u))
        << x << " * " << y << " + " << z;
  }
}

TEST(ShortFloats, Packed) {
  std::vector<uint32_t> a = values<uint32_t>(kCount, 20);
  std::vector<uint32_t> b = values<uint32_t>(kCount, 21);
  std::vector<uint32_t> d = evaluate<uint32_t>("mul.f16x2 %d, %a, %b;", a, b);
  std::vector<uint32_t> e = evaluate<uint32_t>("mul.bf16x2 %d, %a, %b;", a, b);
  for (size_t i = 0; i < kCount; ++i)
    for (int half = 0; half < 32; half += 16) {
      uint32_t x = a[i] >> half & 0xffff;
      uint32_t y = b[i] >> half & 0xffff;
      ASSERT_EQ(d[i] >> half & 0xffff,
                kF16.round(kF16.value(x) * kF16.value(y)));
      ASSERT_EQ(e[i] >> half & 0xffff,
                kBf16.round(kBf16.value(x) * kBf16.value(y)));
    }
}

TEST(ShortFloats, Mixed) {
  std::vector<uint16_t> a = values<uint16_t>(kCount, 22);
  std::vector<uint16_t> b = values<uint16_t>(kCount, 23);
  std::vector<float> c = values<float>(kCount, 24);
  std::vector<uint32_t> d =
      evaluate<uint32_t>("fma.rn.f32.bf16 %d, %a, %b, %c;", a, b, c);
  std::vector<uint32_t> e =
      evaluate<uint32_t>("sub.rn.f32.f16 %d, %a, %c;", a, b, c);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(d[i],
              canonical(std::fma(static_cast<float>(kBf16.value(a[i])),
                                 static_cast<float>(kBf16.value(b[i])), c[i])));
    ASSERT_EQ(e[i], canonical(static_cast<float>(kF16.value(a[i])) - c[i]));
  }
}

TEST(Floats, Approximations) {
  std::vector<float> a;
  for (int i = 0; i < 512; ++i)
    a.push_back(static_cast<float>(i - 200) / 17);
  std::vector<float> d = evaluate<float>("ex2.approx.f32 %d, %a;", a);
  std::vector<float> e = evaluate<float>("tanh.approx.f32 %d, %a;", a);
  for (size_t i = 0; i < a.size(); ++i) {
    double x = static_cast<double>(a[i]);
    ASSERT_NEAR(static_cast<double>(d[i]), std::exp2(x), 1e-6 * std::exp2(x));
    ASSERT_NEAR(static_cast<double>(e[i]), std::tanh(x), 1e-6);
  }
}

} // namespace
} // namespace tconv::ptx::test
