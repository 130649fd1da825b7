// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each finding, by a few instructions that have the mistake; the same without
// it have none.
#include <functional>
#include <ostream>

#include "tools/davinci/bench.h"

namespace tconv::davinci::test {
namespace {

constexpr const char *kIn = "MOV.OUT.TO.UB.ALIGN.b32.V220";
constexpr const char *kOut = "MOV.UB.TO.OUT.ALIGN.b32.V220";
constexpr const char *kNd2Nz = "MOV.OUT.TO.L1.MULTI.ND2NZ.f16";
constexpr const char *kLoadA = "LOAD.L1.TO.L0A.3DV2.f16";
constexpr const char *kLoadB = "LOAD.L1.TO.L0B.3DV2.f16";
constexpr const char *kMad = "MAD.f162f32";
constexpr const char *kFix = "FIX.L0C.TO.OUT.f32";

struct Case {
  const char *name;
  const char *kind;
  std::function<void(Bench &, bool isWrong)> run;
};

/// As a test's parameter is printed.
std::ostream &operator<<(std::ostream &out, const Case &one) {
  return out << one.name;
}

std::vector<float> ones(size_t count) { return std::vector<float>(count, 1); }

/// 64 floats from global memory to UB.
void copyIn(Bench &b, uint64_t to = 0) {
  b.run(kIn, {to, b.input(ones(64)), burst(1, 256), 0});
}

/// 16 x 16 of f16 into both operands.
void fillOperands(Bench &b) {
  uint64_t x = b.input(ones(256), true);
  b.run(kNd2Nz, {0, x, ndFirst(16, 16), ndSecond(16, 16)});
  b.order(MTE2, MTE1);
  b.run("SET.FMATRIX", {16 | field(1, 16)});
  b.run("SET.FMATRIX.B", {16 | field(1, 16)});
  b.run(kLoadA, {0, 0, loadFirst(16, 16), loadSecond(16, false)});
  b.run(kLoadB, {0, 0, loadFirst(16, 16), loadSecond(16, true)});
  b.order(MTE1, M);
}

/// Their product in L0C, told to the fixpipe.
void product(Bench &b) {
  fillOperands(b);
  b.run(kMad, {0, 0, 0, madWord(16, 16, 16)});
  b.order(M, FIX);
}

const Case cases[] = {
    {"UbCapacity", "capacity",
     [](Bench &b, bool w) { copyIn(b, (192 << 10) - (w ? 128 : 256)); }},
    {"L1Capacity", "capacity",
     [](Bench &b, bool w) {
       b.run(kNd2Nz, {(512 << 10) - (w ? 32u : 512u), b.input(ones(256), true),
                      ndFirst(16, 16), ndSecond(16, 16)});
     }},
    {"L0cCapacity", "capacity",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {w ? 128u << 10 : 127u << 10, 0, 0, madWord(16, 16, 16)});
     }},
    {"UbAlignment", "alignment",
     [](Bench &b, bool w) { copyIn(b, w ? 16 : 32); }},
    {"L1Alignment", "alignment",
     [](Bench &b, bool w) {
       b.run(kNd2Nz, {w ? 48u : 64u, b.input(ones(256), true), ndFirst(16, 16),
                      ndSecond(16, 16)});
     }},
    {"L0Alignment", "alignment",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.order(M, MTE1);
       b.run(kLoadA,
             {w ? 256u : 512u, 0, loadFirst(16, 16), loadSecond(16, false)});
     }},
    {"L0cAlignment", "alignment",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {w ? 512u : 1024u, 0, 0, madWord(16, 16, 16)});
     }},
    {"FixSourceAlignment", "alignment",
     [](Bench &b, bool w) {
       product(b);
       b.run(kFix, {b.output(1024), w ? 32u : 64u, fixFirst(16, 15, 16),
                    fixSecond(16)});
     }},
    {"VectorAlignment", "alignment",
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, V);
       b.run("VADD.f32", {w ? 1028u : 1024u, 0, 0, binaryWord(1)});
     }},
    {"MadSizes", "field-range",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {0, 0, 0, madWord(16, w ? 0 : 16, 16)});
     }},
    {"Nd2NzRows", "field-range",
     [](Bench &b, bool w) {
       b.run(kNd2Nz, {0, b.input(ones(16400), true),
                      ndFirst(w ? 16385 : 16384, 1), ndSecond(1, 16384)});
     }},
    {"CopyOfNothing", "field-range",
     [](Bench &b, bool w) {
       b.run(kIn, {0, b.input(ones(64)), burst(w ? 0 : 1, 256), 0});
     }},
    {"CopyPadding", "field-range",
     [](Bench &b, bool w) {
       b.run(kIn, {0, b.input(ones(64)), burst(1, 4, 0, w ? 9 : 7), 0});
     }},
    {"Nd2NzColumns", "layout",
     [](Bench &b, bool w) {
       b.run(kNd2Nz, {0, b.input(ones(512), true), ndFirst(16, 32),
                      ndSecond(32, w ? 8 : 16)});
     }},
    {"LoadBeyondChannels", "layout",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.order(M, MTE1);
       b.run(kLoadA, {0, 0, loadFirst(w ? 32 : 16, 16), loadSecond(16, false)});
     }},
    {"FixColumns", "layout",
     [](Bench &b, bool w) {
       product(b);
       b.run(kFix,
             {b.output(1024), 0, fixFirst(16, 16, 16), fixSecond(w ? 8 : 16)});
     }},
    {"FixRows", "layout",
     [](Bench &b, bool w) {
       product(b);
       b.run(kFix,
             {b.output(1024), 0, fixFirst(16, 16, w ? 12 : 16), fixSecond(16)});
     }},
    {"RowStride", "layout",
     [](Bench &b, bool w) { b.run("ROW.STRIDE", {w ? 2u : 1u}); }},
    {"ReadBeyond", "out-of-bounds",
     [](Bench &b, bool w) {
       b.run(kIn, {0, b.input(ones(w ? 63 : 64)), burst(1, 256), 0});
     }},
    {"ReadRowBeyond", "out-of-bounds",
     [](Bench &b, bool w) {
       b.run(kNd2Nz, {0, b.input(ones(w ? 255 : 256), true), ndFirst(16, 16),
                      ndSecond(16, 16)});
     }},
    {"WriteBeyond", "out-of-bounds",
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, MTE3);
       b.run(kOut, {b.output(w ? 252 : 256), 0, burst(1, 256), 0});
     }},
    {"FixBeyond", "out-of-bounds",
     [](Bench &b, bool w) {
       product(b);
       b.run(kFix, {b.output(w ? 1020 : 1024), 0, fixFirst(16, 16, 16),
                    fixSecond(16)});
     }},
    {"ReadOnly", "read-only",
     [](Bench &b, bool w) {
       static float data[64] = {};
       uint64_t address = 0;
       ASSERT_FALSE(b.memory.attach(data, 256, w, 256, "data", address));
       copyIn(b);
       b.order(MTE2, MTE3);
       b.run(kOut, {address, 0, burst(1, 256), 0});
     }},
    {"UnwrittenUb", "uninitialised",
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, MTE3);
       b.run(kOut, {b.output(256), w ? 32u : 0u, burst(1, 256), 0});
     }},
    {"UnwrittenGlobal", "uninitialised",
     [](Bench &b, bool w) {
       uint64_t from = w ? b.output(256) : b.input(ones(64));
       b.run(kIn, {0, from, burst(1, 256), 0});
       b.order(MTE2, MTE3);
       b.run(kOut, {b.output(256), 0, burst(1, 256), 0});
     }},
    {"UnwrittenSum", "uninitialised", // what the cube adds to
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {0, 0, 0, madWord(16, 16, 16, !w)});
       b.order(M, FIX);
       b.run(kFix, {b.output(1024), 0, fixFirst(16, 16, 16), fixSecond(16)});
     }},
    {"UnwrittenByVector", "uninitialised", // through an addition
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, V);
       b.run("VADD.f32", {1024, 0, w ? 512u : 0u, binaryWord(1)});
       b.order(V, MTE3);
       b.run(kOut, {b.output(256), 1024, burst(1, 256), 0});
     }},
    {"BurstPadding", "uninitialised", // the rest of a block
     [](Bench &b, bool w) {
       b.run(kIn, {0, b.input(ones(1)), burst(1, 4, 0, w ? 6 : 7), 0});
       b.order(MTE2, MTE3);
       b.run(kOut, {b.output(32), 0, burst(1, 32), 0});
     }},
    {"UnwrittenScalar", "uninitialised",
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, S);
       b.core->scalarAccess(Space::UB, w ? 256 : 252, 4, false);
     }},
    {"ReadTooEarly", "pipe-race",
     [](Bench &b, bool w) {
       copyIn(b);
       if (!w)
         b.order(MTE2, V);
       b.run("VADD.f32", {1024, 0, 0, binaryWord(1)});
     }},
    {"WriteTooEarly", "pipe-race", // over what is still read
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, V);
       b.run("VADD.f32", {1024, 0, 0, binaryWord(1)});
       b.run("BARRIER", {MTE2});
       if (!w)
         b.order(V, MTE2);
       copyIn(b);
     }},
    {"OtherFlag", "pipe-race", // a wait that says nothing of MTE2
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(w ? MTE3 : MTE2, V);
       b.run("VADD.f32", {1024, 0, 0, binaryWord(1)});
     }},
    {"FlagBeforeCopy", "pipe-race",
     [](Bench &b, bool w) {
       if (w)
         b.set(MTE2, V);
       copyIn(b);
       if (!w)
         b.set(MTE2, V);
       b.wait(MTE2, V);
       b.run("VADD.f32", {1024, 0, 0, binaryWord(1)});
     }},
    {"VectorAfterVector", "pipe-race",
     [](Bench &b, bool w) {
       copyIn(b);
       b.order(MTE2, V);
       b.run("VADD.f32", {1024, 0, 0, binaryWord(1)});
       if (!w)
         b.run("BARRIER", {V});
       b.run("VADD.f32", {2048, 1024, 0, binaryWord(1)});
     }},
    {"RepeatAfterRepeat", "pipe-race", // within one instruction
     [](Bench &b, bool w) {
       b.run(kIn, {0, b.input(ones(256)), burst(1, 1024), 0});
       b.order(MTE2, V);
       b.run("VADD.f32", {w ? 256u : 512u, 0, 0, binaryWord(2)});
     }},
    {"CopyOverCopy", "pipe-race",
     [](Bench &b, bool w) {
       copyIn(b);
       if (!w)
         b.run("BARRIER", {MTE2});
       copyIn(b, 32);
     }},
    {"SmallProducts", "pipe-race",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {0, 0, 0, madWord(16, 16, 16)});
       if (!w)
         b.run("BARRIER", {M});
       b.run(kMad, {0, 0, 0, madWord(16, 16, 16, false)});
     }},
    {"SumsTooEarly", "pipe-race",
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {0, 0, 0, madWord(16, 16, 16)});
       if (!w)
         b.order(M, FIX);
       b.run(kFix, {b.output(1024), 0, fixFirst(16, 16, 16), fixSecond(16)});
     }},
    {"ScalarTooEarly", "pipe-race",
     [](Bench &b, bool w) {
       copyIn(b);
       if (!w)
         b.order(MTE2, S);
       b.core->scalarAccess(Space::UB, 0, 4, false);
     }},
    {"GlobalTooEarly", "pipe-race", // written and read by one block
     [](Bench &b, bool w) {
       uint64_t at = b.output(256);
       copyIn(b);
       b.order(MTE2, MTE3);
       b.run(kOut, {at, 0, burst(1, 256), 0});
       if (!w)
         b.order(MTE3, MTE2);
       b.run(kIn, {1024, at, burst(1, 256), 0});
     }},
    {"TwoCoresWrite", "core-race",
     [](Bench &b, bool w) {
       uint64_t at = b.output(516);
       for (uint64_t block : {0, 1}) {
         b.begin(block);
         copyIn(b);
         b.order(MTE2, MTE3);
         b.run(kOut, {at + block * (w ? 252 : 256), 0, burst(1, 256), 0});
       }
     }},
    {"CoreReadsAnothers", "core-race",
     [](Bench &b, bool w) {
       uint64_t at = b.output(256);
       uint64_t other = b.input(ones(64));
       copyIn(b);
       b.order(MTE2, MTE3);
       b.run(kOut, {at, 0, burst(1, 256), 0});
       b.begin(1);
       b.run(kIn, {0, w ? at : other, burst(1, 256), 0});
     }},
    {"CoreWritesWhatOthersRead", "core-race", // itself, too
     [](Bench &b, bool w) {
       uint64_t at = b.input(ones(64));
       for (uint64_t block : {0, 1}) {
         b.begin(block);
         b.run(kIn, {0, at, burst(1, 256), 0});
         b.run("BARRIER", {ALL});
       }
       b.run(kOut, {w ? at : b.output(256), 0, burst(1, 256), 0});
     }},
    {"FlagTwice", "flag-set-twice",
     [](Bench &b, bool w) {
       b.set(MTE2, V);
       if (!w)
         b.wait(MTE2, V);
       b.set(MTE2, V);
       b.wait(MTE2, V);
     }},
    {"FlagNotSet", "flag-not-set",
     [](Bench &b, bool w) {
       b.set(MTE2, V, w ? 1 : 0);
       b.wait(MTE2, V, 0);
       if (w)
         b.wait(MTE2, V, 1);
     }},
    {"FlagLeft", "flag-left-set",
     [](Bench &b, bool w) {
       b.set(MTE2, V);
       if (!w)
         b.wait(MTE2, V);
     }},
    {"FlagEvent", "flag",
     [](Bench &b, bool w) {
       b.set(MTE2, V, w ? 8 : 7);
       if (!w)
         b.wait(MTE2, V, 7);
     }},
    {"FlagPipe", "flag",
     [](Bench &b, bool w) {
       b.set(w ? 9 : MTE2, V);
       if (!w)
         b.wait(MTE2, V);
     }},
    {"Trap", "trap",
     [](Bench &b, bool w) {
       if (w)
         b.run("TRAP");
     }},
    {"Unsupported", "unsupported", // a vector in a row
     [](Bench &b, bool w) {
       fillOperands(b);
       b.run(kMad, {0, 0, 0, madWord(w ? 1 : 2, 16, 16)});
     }},
};

class Findings : public testing::TestWithParam<Case> {};

TEST_P(Findings, WrongOneIsFound) {
  Bench bench;
  GetParam().run(bench, true);
  bench.finish();
  ASSERT_FALSE(bench.report.findings.empty());
  EXPECT_EQ(bench.kinds()[0], GetParam().kind)
      << bench.report.findings[0].message;
  EXPECT_FALSE(bench.report.findings[0].message.empty());
}

TEST_P(Findings, RightOneIsNot) {
  for (Policy policy :
       {Policy::InOrder, Policy::ConsumersFirst, Policy::ProducersFirst}) {
    Bench bench(policy);
    GetParam().run(bench, false);
    bench.finish();
    for (const Finding &finding : bench.report.findings)
      ADD_FAILURE() << findingKindName(finding.kind) << ": " << finding.message;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Findings, testing::ValuesIn(cases),
                         [](const testing::TestParamInfo<Case> &info) {
                           return std::string(info.param.name);
                         });

TEST(Davinci, KernelThatEndsEarly) {
  Bench bench;
  copyIn(bench);
  bench.core->finish();
  EXPECT_EQ(bench.kinds(), std::vector<std::string>{"ends-early"});
}

TEST(Davinci, UnknownInstructionStops) {
  Bench bench;
  Instruction made = makeInstruction("VNONE.f32");
  made.run(*bench.core, nullptr);
  EXPECT_TRUE(bench.core->isStopped());
  EXPECT_EQ(bench.kinds(), std::vector<std::string>{"unsupported"});
}

TEST(Davinci, InstructionLimit) {
  Bench bench;
  bench.core->instructionLimit = 2;
  for (int times = 0; times < 3; ++times)
    copyIn(bench, 256 * static_cast<uint64_t>(times));
  EXPECT_TRUE(bench.core->isStopped());
  EXPECT_EQ(bench.kinds(), std::vector<std::string>{"instruction-limit"});
}

TEST(Davinci, FindingsAreCountedOnce) {
  Bench bench;
  for (int times = 0; times < 5; ++times)
    copyIn(bench, 16);
  ASSERT_EQ(bench.report.findings.size(), 1u);
  EXPECT_EQ(bench.report.findings[0].times, 5u);
  EXPECT_EQ(bench.report.findingCount, 5u);
  EXPECT_EQ(bench.report.findings[0].pipe, Pipe::Mte2);
  EXPECT_EQ(bench.report.findings[0].address, 16u);
}

/// What no flag orders shows in numbers, too, where pipes take their liberty.
TEST(Davinci, PolicyShowsMissingOrder) {
  auto result = [](Policy policy, bool ordered) {
    Bench b(policy);
    uint64_t y = b.output(256);
    copyIn(b);
    b.order(MTE2, V);
    b.run("VADD.f32", {1024, 0, 0, binaryWord(1)});
    if (ordered)
      b.order(V, MTE3);
    b.run(kOut, {y, 1024, burst(1, 256), 0});
    b.finish();
    return b.floats(y, 64)[63];
  };
  EXPECT_EQ(result(Policy::InOrder, false), 2);
  EXPECT_NE(result(Policy::ConsumersFirst, false), 2);
  EXPECT_EQ(result(Policy::ConsumersFirst, true), 2);
  EXPECT_EQ(result(Policy::ProducersFirst, true), 2);
}

} // namespace
} // namespace tconv::davinci::test
