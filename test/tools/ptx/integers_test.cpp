// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Integer instructions against C++.
#include <algorithm>
#include <functional>

#include "tools/ptx/snippet.h"

namespace tconv::ptx::test {
namespace {

constexpr size_t kCount = 500;

template <typename D, typename A, typename B>
void checkBinary(const std::string &body, std::function<D(A, B)> expected) {
  std::vector<A> a = values<A>(kCount, 1);
  std::vector<B> b = values<B>(kCount, 2);
  std::vector<D> d = evaluate<D>(body, a, b);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(d[i], expected(a[i], b[i]))
        << body << " of " << +a[i] << " and " << +b[i];
}

template <typename T>
void checkSame(const std::string &opcode, std::function<T(T, T)> expected) {
  checkBinary<T, T, T>(opcode + " %d, %a, %b;", expected);
}

template <typename D, typename A, typename B, typename C>
void checkTernary(const std::string &body, std::function<D(A, B, C)> expected) {
  std::vector<A> a = values<A>(kCount, 3);
  std::vector<B> b = values<B>(kCount, 4);
  std::vector<C> c = values<C>(kCount, 5);
  std::vector<D> d = evaluate<D>(body, a, b, c);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(d[i], expected(a[i], b[i], c[i]))
        << body << " of " << +a[i] << ", " << +b[i] << " and " << +c[i];
}

template <typename T>
void checkUnary(const std::string &opcode, std::function<T(T)> expected) {
  std::vector<T> a = values<T>(kCount, 6);
  std::vector<T> d = evaluate<T>(opcode + " %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(d[i], expected(a[i])) << opcode << " of " << +a[i];
}

template <typename S, typename U> void checkArithmetic(const char *bits) {
  std::string s = std::string(".s") + bits;
  std::string u = std::string(".u") + bits;
  checkSame<U>("add" + s, [](U a, U b) { return U(a + b); });
  checkSame<U>("sub" + u, [](U a, U b) { return U(a - b); });
  checkSame<U>("mul.lo" + s, [](U a, U b) { return U(uint64_t(a) * b); });
  checkSame<S>("min" + s, [](S a, S b) { return std::min(a, b); });
  checkSame<S>("max" + s, [](S a, S b) { return std::max(a, b); });
  checkSame<U>("min" + u, [](U a, U b) { return std::min(a, b); });
  checkSame<U>("max" + u, [](U a, U b) { return std::max(a, b); });
  // Division by zero is not defined.
  std::string zero = std::string("{ .reg .pred %z; setp.eq") + u +
                     " %z, %b, 0; selp.b" + bits + " %b, 1, %b, %z; ";
  checkBinary<U, U, U>(zero + "div" + u + " %d, %a, %b; }",
                       [](U a, U b) { return U(b ? a / b : a); });
  checkBinary<U, U, U>(zero + "rem" + u + " %d, %a, %b; }",
                       [](U a, U b) { return U(b ? a % b : 0); });
  checkBinary<S, S, S>(zero + "div" + s + " %d, %a, %b; }", [](S a, S b) {
    return b == 0 ? a : b == -1 ? S(U(0) - U(a)) : S(a / b);
  });
  checkBinary<S, S, S>(zero + "rem" + s + " %d, %a, %b; }", [](S a, S b) {
    return b == 0 || b == -1 ? S(0) : S(a % b);
  });
  checkUnary<S>("neg" + s, [](S a) { return S(U(0) - U(a)); });
  checkUnary<S>("abs" + s, [](S a) { return a < 0 ? S(U(0) - U(a)) : a; });
}

TEST(Integers, Arithmetic) {
  checkArithmetic<int16_t, uint16_t>("16");
  checkArithmetic<int32_t, uint32_t>("32");
  checkArithmetic<int64_t, uint64_t>("64");
}

TEST(Integers, Products) {
  __extension__ using Wide = __int128;
  __extension__ using UnsignedWide = unsigned __int128;
  checkBinary<int64_t, int32_t, int32_t>(
      "mul.wide.s32 %d, %a, %b;",
      [](int32_t a, int32_t b) { return int64_t(a) * b; });
  checkBinary<uint64_t, uint32_t, uint32_t>(
      "mul.wide.u32 %d, %a, %b;",
      [](uint32_t a, uint32_t b) { return uint64_t(a) * b; });
  checkBinary<int32_t, int16_t, int16_t>(
      "mul.wide.s16 %d, %a, %b;",
      [](int16_t a, int16_t b) { return int32_t(a) * b; });
  checkSame<uint32_t>("mul.hi.u32", [](uint32_t a, uint32_t b) {
    return uint32_t(uint64_t(a) * b >> 32);
  });
  checkSame<int32_t>("mul.hi.s32", [](int32_t a, int32_t b) {
    return int32_t(int64_t(a) * b >> 32);
  });
  checkSame<uint64_t>("mul.hi.u64", [](uint64_t a, uint64_t b) {
    return uint64_t(UnsignedWide(a) * b >> 64);
  });
  checkSame<int64_t>("mul.hi.s64", [](int64_t a, int64_t b) {
    return int64_t(Wide(a) * b >> 64);
  });
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "mad.lo.s32 %d, %a, %b, %c;",
      [](uint32_t a, uint32_t b, uint32_t c) { return a * b + c; });
  checkTernary<uint64_t, uint32_t, uint32_t, uint64_t>(
      "mad.wide.u32 %d, %a, %b, %c;",
      [](uint32_t a, uint32_t b, uint64_t c) { return uint64_t(a) * b + c; });
  checkTernary<int32_t, int32_t, int32_t, int32_t>(
      "mad.hi.s32 %d, %a, %b, %c;", [](int32_t a, int32_t b, int32_t c) {
        return int32_t(uint32_t(int64_t(a) * b >> 32) + uint32_t(c));
      });
}

TEST(Integers, Bits) {
  checkSame<uint32_t>("and.b32", [](uint32_t a, uint32_t b) { return a & b; });
  checkSame<uint64_t>("or.b64", [](uint64_t a, uint64_t b) { return a | b; });
  checkSame<uint16_t>("xor.b16", [](uint16_t a, uint16_t b) { return a ^ b; });
  checkUnary<uint64_t>("not.b64", [](uint64_t a) { return ~a; });
  checkUnary<uint32_t>("cnot.b32", [](uint32_t a) { return a == 0; });
  checkUnary<uint32_t>(
      "popc.b32", [](uint32_t a) { return uint32_t(__builtin_popcount(a)); });
  checkUnary<uint32_t>("clz.b32", [](uint32_t a) {
    return a ? uint32_t(__builtin_clz(a)) : 32;
  });
  checkUnary<uint32_t>("brev.b32", [](uint32_t a) {
    uint32_t result = 0;
    for (int i = 0; i < 32; ++i)
      result = result << 1 | (a >> i & 1);
    return result;
  });
  std::vector<uint64_t> wide = values<uint64_t>(kCount, 7);
  std::vector<uint32_t> zeros = evaluate<uint32_t>("clz.b64 %d, %a;", wide);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(zeros[i], wide[i] ? uint32_t(__builtin_clzll(wide[i])) : 64u);
}

TEST(Integers, Shifts) {
  // Amounts beyond the width shift everything out.
  checkBinary<uint32_t, uint32_t, uint32_t>(
      "shl.b32 %d, %a, %b;",
      [](uint32_t a, uint32_t b) { return b < 32 ? a << b : 0; });
  checkBinary<uint64_t, uint64_t, uint32_t>(
      "shl.b64 %d, %a, %b;",
      [](uint64_t a, uint32_t b) { return b < 64 ? a << b : 0; });
  checkBinary<uint64_t, uint64_t, uint32_t>(
      "shr.u64 %d, %a, %b;",
      [](uint64_t a, uint32_t b) { return b < 64 ? a >> b : 0; });
  checkBinary<int32_t, int32_t, uint32_t>(
      "shr.s32 %d, %a, %b;",
      [](int32_t a, uint32_t b) { return a >> (b < 32 ? b : 31); });
  checkBinary<uint16_t, uint16_t, uint32_t>(
      "shl.b16 %d, %a, %b;",
      [](uint16_t a, uint32_t b) { return uint16_t(b < 16 ? a << b : 0); });
  auto both = [](uint32_t low, uint32_t high) {
    return uint64_t(high) << 32 | low;
  };
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "shf.l.wrap.b32 %d, %a, %b, %c;",
      [=](uint32_t a, uint32_t b, uint32_t c) {
        return uint32_t(both(a, b) << (c & 31) >> 32);
      });
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "shf.r.wrap.b32 %d, %a, %b, %c;",
      [=](uint32_t a, uint32_t b, uint32_t c) {
        return uint32_t(both(a, b) >> (c & 31));
      });
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "shf.r.clamp.b32 %d, %a, %b, %c;",
      [=](uint32_t a, uint32_t b, uint32_t c) {
        return c < 32 ? uint32_t(both(a, b) >> c) : b;
      });
}

TEST(Integers, Fields) {
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "{ and.b32 %b, %b, 31; and.b32 %c, %c, 31; bfe.u32 %d, %a, %b, %c; }",
      [](uint32_t a, uint32_t b, uint32_t c) {
        b &= 31, c &= 31;
        return uint32_t(uint64_t(a) >> b & ((1ull << c) - 1));
      });
  checkTernary<int32_t, int32_t, uint32_t, uint32_t>(
      "{ and.b32 %b, %b, 15; and.b32 %c, %c, 15; add.u32 %c, %c, 1; "
      "bfe.s32 %d, %a, %b, %c; }",
      [](int32_t a, uint32_t b, uint32_t c) {
        b &= 15, c = (c & 15) + 1;
        return int32_t(uint32_t(a) << (32 - b - c)) >> (32 - c);
      });
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "bfi.b32 %d, %a, %b, 5, 9;", [](uint32_t a, uint32_t b, uint32_t) {
        return (b & ~(511u << 5)) | (a & 511u) << 5;
      });
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "prmt.b32 %d, %a, %b, %c;", [](uint32_t a, uint32_t b, uint32_t c) {
        uint8_t bytes[8];
        std::memcpy(bytes, &a, 4);
        std::memcpy(bytes + 4, &b, 4);
        uint32_t result = 0;
        for (int i = 0; i < 4; ++i) {
          uint32_t nibble = c >> (4 * i) & 15;
          uint32_t value = bytes[nibble & 7];
          if (nibble & 8)
            value = value >> 7 ? 255 : 0;
          result |= value << (8 * i);
        }
        return result;
      });
  // 0x96 is the sum of three bits, 0xca chooses between two.
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "lop3.b32 %d, %a, %b, %c, 0x96;",
      [](uint32_t a, uint32_t b, uint32_t c) { return a ^ b ^ c; });
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "lop3.b32 %d, %a, %b, %c, 0xca;",
      [](uint32_t a, uint32_t b, uint32_t c) { return (a & b) | (~a & c); });
}

template <typename T> void checkComparisons(const std::string &type) {
  struct {
    const char *name;
    std::function<bool(T, T)> holds;
  } const all[] = {{"eq", [](T a, T b) { return a == b; }},
                   {"ne", [](T a, T b) { return a != b; }},
                   {"lt", [](T a, T b) { return a < b; }},
                   {"le", [](T a, T b) { return a <= b; }},
                   {"gt", [](T a, T b) { return a > b; }},
                   {"ge", [](T a, T b) { return a >= b; }}};
  for (const auto &one : all)
    checkBinary<uint32_t, T, T>(
        "{ .reg .pred %q; setp." + std::string(one.name) + type +
            " %q, %a, %b; selp.b32 %d, 7, 9, %q; }",
        [&](T a, T b) { return one.holds(a, b) ? 7u : 9u; });
}

TEST(Integers, Comparisons) {
  checkComparisons<int16_t>(".s16");
  checkComparisons<uint16_t>(".u16");
  checkComparisons<int32_t>(".s32");
  checkComparisons<uint32_t>(".u32");
  checkComparisons<int64_t>(".s64");
  checkComparisons<uint64_t>(".u64");
  // Two results, joined with a third value.
  checkTernary<uint32_t, uint32_t, uint32_t, uint32_t>(
      "{ .reg .pred %p, %q, %r; .reg .b32 %x, %y; setp.lt.u32 %r, %c, 100; "
      "setp.gt.and.u32 %p|%q, %a, %b, !%r; selp.b32 %x, 1, 0, %p; "
      "selp.b32 %y, 2, 0, %q; or.b32 %d, %x, %y; }",
      [](uint32_t a, uint32_t b, uint32_t c) {
        return c < 100 ? 0u : a > b ? 1u : 2u;
      });
}

TEST(Integers, Predicates) {
  checkBinary<uint32_t, uint32_t, uint32_t>(
      "{ .reg .pred %p, %q, %r; setp.lt.u32 %p, %a, 5000; "
      "setp.lt.u32 %q, %b, 5000; xor.pred %r, %p, %q; not.pred %r, %r; "
      "@%r mov.b32 %d, 1; @!%r mov.b32 %d, 2; or.pred %r, %p, %q; "
      "@!%r mov.b32 %d, 3; and.pred %r, %p, %q; @%r add.u32 %d, %d, 10; }",
      [](uint32_t a, uint32_t b) {
        bool p = a < 5000;
        bool q = b < 5000;
        return !p && !q ? 3u : (p == q ? 1u : 2u) + (p && q ? 10u : 0u);
      });
}

TEST(Integers, Conversions) {
  std::vector<uint64_t> a = values<uint64_t>(kCount, 8);
  std::vector<int64_t> d = evaluate<int64_t>("cvt.s64.s8 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(d[i], static_cast<int8_t>(a[i]));
  std::vector<uint32_t> low = evaluate<uint32_t>("cvt.u32.u64 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(low[i], static_cast<uint32_t>(a[i]));
  std::vector<uint16_t> byte = evaluate<uint16_t>("cvt.u16.u8 %d, %a;", a);
  for (size_t i = 0; i < kCount; ++i)
    ASSERT_EQ(byte[i], static_cast<uint8_t>(a[i]));
  std::vector<int32_t> narrow = values<int32_t>(kCount, 9);
  std::vector<int64_t> wide = evaluate<int64_t>("cvt.s64.s32 %d, %a;", narrow);
  std::vector<int32_t> clamped =
      evaluate<int32_t>("cvt.sat.s16.s32 %d, %a;", narrow);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_EQ(wide[i], narrow[i]);
    ASSERT_EQ(clamped[i], std::clamp(narrow[i], -32768, 32767));
  }
}

TEST(Integers, Vectors) {
  std::vector<uint64_t> a = values<uint64_t>(kCount, 10);
  std::vector<uint64_t> d = evaluate<uint64_t>(
      "{ .reg .b16 %h<4>; .reg .b32 %x, %y; mov.b64 {%h0, %h1, %h2, %h3}, %a; "
      "mov.b32 %x, {%h3, %h0}; mov.b32 %y, {%h1, %h2}; mov.b64 %d, {%x, %y}; }",
      a);
  for (size_t i = 0; i < kCount; ++i) {
    uint64_t h[4];
    for (int part = 0; part < 4; ++part)
      h[part] = a[i] >> (16 * part) & 0xffff;
    ASSERT_EQ(d[i], h[3] | h[0] << 16 | h[1] << 32 | h[2] << 48);
  }
}

} // namespace
} // namespace tconv::ptx::test
