// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the units compute, against plain loops.
#include <random>

#include "tools/davinci/bench.h"

namespace tconv::davinci::test {
namespace {

std::vector<float> numbers(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float &value : values)
    value = static_cast<float>(random() % 9) - 4;
  return values;
}

/// w (m x k) times x (k x n), both rows of global memory, as kernels do it.
void product(uint64_t m, uint64_t k, uint64_t n, bool half) {
  Bench b;
  std::vector<float> w = numbers(m * k, 1);
  std::vector<float> x = numbers(k * n, 2);
  const char *type = half ? "f16" : "f32";
  std::string copy =
      std::string("MOV.OUT.TO.L1.MULTI.ND2NZ.") + (half ? "f16" : "f32s");
  uint64_t rows = (m + 15) / 16 * 16;
  uint64_t depth = (k + 15) / 16 * 16;
  uint64_t columns = (n + 15) / 16 * 16;
  uint64_t xAt = 256 << 10;
  b.run(copy, {0, b.input(w, half), ndFirst(m, k), ndSecond(k, rows)});
  b.run(copy, {xAt, b.input(x, half), ndFirst(k, n), ndSecond(n, depth)});
  b.order(MTE2, MTE1);
  b.run("SET.FMATRIX", {rows | field(1, 16)});
  b.run("SET.FMATRIX.B", {depth | field(1, 16)});
  std::string load = "LOAD.L1.TO.L0";
  uint64_t perBlock = half ? 16 : 8;
  uint64_t kBlocks = (k + perBlock - 1) / perBlock * perBlock;
  b.run(load + "A.3DV2." + type,
        {0, 0, loadFirst(kBlocks, rows), loadSecond(kBlocks, false)});
  b.run(load + "B.3DV2." + type,
        {0, xAt, loadFirst(columns, kBlocks), loadSecond(columns, true)});
  b.order(MTE1, M);
  b.run(std::string("MAD.") + type + "2f32", {0, 0, 0, madWord(rows, k, n)});
  b.order(M, FIX);
  uint64_t y = b.output(m * n * 4);
  b.run("FIX.L0C.TO.OUT.f32", {y, 0, fixFirst(n, m, n), fixSecond(rows)});
  b.finish();
  EXPECT_EQ(b.kinds(), std::vector<std::string>());
  std::vector<float> found = b.floats(y, m * n);
  for (uint64_t row = 0; row < m; ++row)
    for (uint64_t column = 0; column < n; ++column) {
      float sum = 0;
      for (uint64_t inner = 0; inner < k; ++inner)
        sum += w[row * k + inner] * x[inner * n + column];
      ASSERT_EQ(found[row * n + column], sum)
          << m << " x " << k << " x " << n << " at " << row << ", " << column;
    }
}

TEST(DavinciUnits, ProductOfHalves) {
  product(16, 16, 16, true);
  product(48, 32, 64, true);
  product(33, 5, 40, true); // tails everywhere
}

TEST(DavinciUnits, ProductOfFloats) {
  product(32, 24, 48, false);
  product(17, 3, 9, false);
}

TEST(DavinciUnits, MultipliesWhatIsThere) {
  Bench b;
  std::vector<float> values(256, 0.5f);
  b.run("MOV.OUT.TO.L1.MULTI.ND2NZ.f16",
        {0, b.input(values, true), ndFirst(16, 16), ndSecond(16, 16)});
  b.order(MTE2, MTE1);
  b.run("SET.FMATRIX", {16 | field(1, 16)});
  b.run("SET.FMATRIX.B", {16 | field(1, 16)});
  b.run("LOAD.L1.TO.L0A.3DV2.f16",
        {0, 0, loadFirst(16, 16), loadSecond(16, false)});
  b.run("LOAD.L1.TO.L0B.3DV2.f16",
        {0, 0, loadFirst(16, 16), loadSecond(16, true)});
  b.order(MTE1, M);
  b.run("MAD.f162f32", {0, 0, 0, madWord(16, 16, 16)});
  b.run("BARRIER", {M});
  b.run("MAD.f162f32", {0, 0, 0, madWord(16, 16, 16, false)});
  b.order(M, FIX);
  uint64_t y = b.output(512);
  b.run("FIX.L0C.TO.OUT.f2h", {y, 0, fixFirst(16, 16, 16), fixSecond(16, 1)});
  b.finish();
  EXPECT_EQ(b.kinds(), std::vector<std::string>());
  std::vector<uint16_t> halves(256);
  ASSERT_FALSE(b.memory.read(y, halves.data(), 512));
  for (uint16_t half : halves)
    ASSERT_EQ(ptx::f16ToFloat(half), 8);
  EXPECT_EQ(b.report.counts.multiplications, 2u * 16 * 16 * 16);
}

TEST(DavinciUnits, FixpipeLeavesBetweenRows) {
  Bench b;
  std::vector<float> values(256, 1);
  b.run("MOV.OUT.TO.L1.MULTI.ND2NZ.f16",
        {0, b.input(values, true), ndFirst(16, 16), ndSecond(16, 16)});
  b.order(MTE2, MTE1);
  b.run("SET.FMATRIX", {16 | field(1, 16)});
  b.run("SET.FMATRIX.B", {16 | field(1, 16)});
  b.run("LOAD.L1.TO.L0A.3DV2.f16",
        {0, 0, loadFirst(16, 16), loadSecond(16, false)});
  b.run("LOAD.L1.TO.L0B.3DV2.f16",
        {0, 0, loadFirst(16, 16), loadSecond(16, true)});
  b.order(MTE1, M);
  b.run("MAD.f162f32", {0, 0, 0, madWord(16, 16, 16)});
  b.order(M, FIX);
  uint64_t y = b.input(std::vector<float>(16 * 20, -1));
  b.run("FIX.L0C.TO.OUT.f32", {y, 0, fixFirst(16, 16, 20), fixSecond(16)});
  b.finish();
  EXPECT_EQ(b.kinds(), std::vector<std::string>());
  std::vector<float> found = b.floats(y, 16 * 20);
  for (size_t at = 0; at < found.size(); ++at)
    ASSERT_EQ(found[at], at % 20 < 16 ? 16 : -1);
}

TEST(DavinciUnits, BurstsWithGapsAndPadding) {
  Bench b;
  std::vector<float> x = numbers(40, 3);
  uint64_t pad = 0;
  float padding = 9;
  std::memcpy(&pad, &padding, 4);
  b.run("SET.MOV.PAD.VAL", {pad});
  // Three bursts of 5 floats, 3 floats between them; one of padding on the
  // left, two on the right; one block between them in UB.
  b.run("MOV.OUT.TO.UB.ALIGN.b32.V220",
        {64, b.input(x), burst(3, 20, 1, 2), 12 | field(1, 32)});
  b.order(MTE2, MTE3);
  uint64_t y = b.output(3 * 40);
  // Out again, one float between them.
  b.run("MOV.UB.TO.OUT.ALIGN.b32.V220",
        {y, 64, burst(3, 32), 1 | field(8, 32)});
  b.finish();
  EXPECT_EQ(b.kinds(), std::vector<std::string>());
  std::vector<float> found = b.floats(y, 30);
  for (size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(found[row * 10], 9);
    EXPECT_EQ(found[row * 10 + 6], 9);
    EXPECT_EQ(found[row * 10 + 7], 9);
    for (size_t at = 0; at < 5; ++at)
      EXPECT_EQ(found[row * 10 + 1 + at], x[row * 8 + at]);
  }
}

/// What `run` makes of 64 floats in UB at 0 and 256, at 1024.
template <typename Run>
std::vector<float> vectorResult(const std::vector<float> &x,
                                const std::vector<float> &z, Run run,
                                uint64_t count = 64) {
  Bench b;
  b.run("MOV.OUT.TO.UB.ALIGN.b32.V220", {0, b.input(x), burst(1, 256), 0});
  b.run("MOV.OUT.TO.UB.ALIGN.b32.V220", {256, b.input(z), burst(1, 256), 0});
  b.order(MTE2, V);
  run(b);
  b.order(V, MTE3);
  uint64_t y = b.output(count * 4);
  b.run("MOV.UB.TO.OUT.ALIGN.b32.V220", {y, 1024, burst(1, count * 4), 0});
  b.finish();
  EXPECT_EQ(b.kinds(), std::vector<std::string>());
  return b.floats(y, count);
}

uint64_t bitsOf(float value) {
  uint32_t word = 0;
  std::memcpy(&word, &value, 4);
  return word;
}

TEST(DavinciUnits, Arithmetic) {
  std::vector<float> x = numbers(64, 4);
  std::vector<float> z = numbers(64, 5);
  struct {
    const char *name;
    float (*wanted)(float, float);
  } const kCases[] = {
      {"VADD.f32", [](float a, float b) { return a + b; }},
      {"VSUB.f32", [](float a, float b) { return a - b; }},
      {"VMUL.f32", [](float a, float b) { return a * b; }},
      {"VMAX.f32", [](float a, float b) { return a > b ? a : b; }},
      {"VMIN.f32", [](float a, float b) { return a < b ? a : b; }},
  };
  for (const auto &one : kCases) {
    std::vector<float> found = vectorResult(x, z, [&](Bench &b) {
      b.run(one.name, {1024, 0, 256, binaryWord(1)});
    });
    for (size_t at = 0; at < 64; ++at)
      ASSERT_EQ(found[at], one.wanted(x[at], z[at])) << one.name;
  }
  std::vector<float> scaled = vectorResult(x, z, [&](Bench &b) {
    b.run("VMULS.f32", {1024, 0, bitsOf(-2.5f), unaryWord(1)});
  });
  for (size_t at = 0; at < 64; ++at)
    ASSERT_EQ(scaled[at], -2.5f * x[at]);
}

TEST(DavinciUnits, MaskLeavesTheRest) {
  std::vector<float> x = numbers(64, 6);
  std::vector<float> found = vectorResult(x, x, [](Bench &b) {
    b.run("VADDS.f32", {1024, 0, 0, unaryWord(1)});
    b.run("BARRIER", {V});
    b.run("MOVEMASK", {1, 0});
    b.run("MOVEMASK", {0, 0xf0});
    b.run("MOVEV.f32", {1024, bitsOf(7), unaryWord(1)});
  });
  for (size_t at = 0; at < 64; ++at)
    ASSERT_EQ(found[at], at >= 4 && at < 8 ? 7 : x[at]);
}

TEST(DavinciUnits, CountModeCounts) {
  std::vector<float> x = numbers(64, 7);
  std::vector<float> found = vectorResult(x, x, [](Bench &b) {
    b.run("VADDS.f32", {1024, 0, 0, unaryWord(1)});
    b.run("BARRIER", {V});
    b.run("SET.CTRL", {b.run("SBITSET1", {b.run("GET.CTRL"), 56})});
    b.run("MOVEMASK", {0, 37});
    b.run("MOVEV.f32", {1024, bitsOf(7), unaryWord(1)});
  });
  for (size_t at = 0; at < 64; ++at)
    ASSERT_EQ(found[at], at < 37 ? 7 : x[at]);
}

TEST(DavinciUnits, SpreadFillsBlocks) {
  std::vector<float> x = numbers(64, 8);
  std::vector<float> found = vectorResult(x, x, [](Bench &b) {
    b.run("VBRCB.b32", {1024, 0, 1 | field(8, 32) | field(1, 56)});
  });
  for (size_t at = 0; at < 64; ++at)
    ASSERT_EQ(found[at], x[at / 8]);
}

TEST(DavinciUnits, ConversionRounds) {
  std::vector<float> x(64, 1 + 0x1.8p-11f); // between two halves
  x[1] = -x[0];
  x[2] = 65536;        // no half
  x[3] = 1 + 0x1p-11f; // in the middle
  struct {
    const char *name;
    uint16_t wanted[4];
  } const kCases[] = {
      {"VCONV.f322f16r.v220", {0x3c01, 0xbc01, 0x7c00, 0x3c00}},
      {"VCONV.f322f16a.v220", {0x3c01, 0xbc01, 0x7c00, 0x3c01}},
      {"VCONV.f322f16z.v220", {0x3c00, 0xbc00, 0x7bff, 0x3c00}},
      {"VCONV.f322f16f.v220", {0x3c00, 0xbc01, 0x7bff, 0x3c00}},
      {"VCONV.f322f16c.v220", {0x3c01, 0xbc00, 0x7c00, 0x3c01}},
  };
  for (const auto &one : kCases) {
    std::vector<float> found = vectorResult(
        x, x, [&](Bench &b) { b.run(one.name, {1024, 0, unaryWord(1, 4, 8)}); },
        32);
    uint16_t halves[4];
    std::memcpy(halves, found.data(), 8);
    for (size_t at = 0; at < 4; ++at)
      EXPECT_EQ(halves[at], one.wanted[at]) << one.name << " " << at;
  }
}

TEST(DavinciUnits, TransposesFloats) {
  std::vector<float> x = numbers(64, 9);
  std::vector<float> z = numbers(64, 10);
  // 16 rows of 8, to 8 rows of 16.
  std::vector<float> found = vectorResult(
      x, z,
      [](Bench &b) {
        auto address = [&](uint64_t reg, uint64_t entry, uint64_t first,
                           uint64_t second) {
          b.run("MOVEVA", {reg, entry, first, second});
        };
        for (uint64_t pair = 0; pair < 8; ++pair) {
          address(pair / 4, pair % 4 * 2, 1024 + pair * 64, 1056 + pair * 64);
          address(2 + pair / 4, pair % 4 * 2, pair * 64, pair * 64 + 32);
        }
        b.run("S.VNCHWCONV.b32", {0, 2, field(1, 56)});
      },
      128);
  for (size_t row = 0; row < 16; ++row)
    for (size_t column = 0; column < 8; ++column)
      ASSERT_EQ(found[column * 16 + row],
                row < 8 ? x[row * 8 + column] : z[(row - 8) * 8 + column]);
}

/// Two copies that overlap, a chain that doesn't.
TEST(DavinciUnits, EstimateOverlaps) {
  auto cycles = [](bool chained) {
    Bench b;
    std::vector<float> x(64, 1);
    b.run("MOV.OUT.TO.UB.ALIGN.b32.V220", {0, b.input(x), burst(1, 256), 0});
    if (chained) {
      b.order(MTE2, V);
      b.run("VADDS.f32", {1024, 0, 0, unaryWord(1)});
      b.order(V, MTE2);
    }
    b.run("MOV.OUT.TO.UB.ALIGN.b32.V220", {512, b.input(x), burst(1, 256), 0});
    b.finish();
    return b.report.counts.cycles;
  };
  double copy = 256 / kGlobalBytesPerCycle;
  EXPECT_NEAR(cycles(false), 2 * copy + kGlobalReadLatency, 4);
  EXPECT_NEAR(cycles(true), 2 * (copy + kGlobalReadLatency) + 2, 8);
}

} // namespace
} // namespace tconv::davinci::test
