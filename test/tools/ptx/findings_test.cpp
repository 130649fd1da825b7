// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Each finding, by a small text that has the mistake; the same text without it
// has none.
#include <algorithm>

#include "tools/ptx/snippet.h"

namespace tconv::ptx::test {
namespace {

/// Runs 64 threads (two warps) of two blocks, with 1024 bytes of input, as many
/// of output, 512 bytes of static shared memory `s`, %t the thread, %o 4 * %t,
/// %in and %out the arrays' addresses.
Report run(const std::string &body, LaunchOptions options = LaunchOptions()) {
  std::string text =
      header() +
      ".visible .entry k(.param .u64 in, .param .u64 out) {\n"
      ".shared .align 16 .b8 s[512];\n.local .align 8 .b8 stack[16];\n"
      ".reg .pred %p, %q;\n.reg .b32 %t, %o, %s, %x, %y, %z, %w, %never, "
      "%r<8>;\n.reg .b64 %in, %out, %at, %wide;\n"
      "ld.param.u64 %in, [in];\nld.param.u64 %out, [out];\n"
      "mov.u32 %t, %tid.x;\nshl.b32 %o, %t, 2;\nmov.u32 %s, s;\n"
      "add.u32 %s, %s, %o;\ncvt.u64.u32 %at, %o;\n"
      "add.u64 %out, %out, %at;\nadd.u64 %in, %in, %at;\n"
      "mov.u32 %x, %ctaid.x;\nmul.wide.u32 %wide, %x, 256;\n"
      "add.u64 %out, %out, %wide;\n" +
      body + "\nret;\n}\n";
  Report report;
  std::shared_ptr<const Module> module = parse(text);
  if (!module)
    return report;
  Memory memory;
  std::vector<float> data(256, 1.5f);
  uint64_t in = 0;
  uint64_t out = 0;
  EXPECT_FALSE(memory.attach(data.data(), 1024, true, 16, "in", in));
  EXPECT_FALSE(memory.allocate(1024, "out", out));
  LaunchConfig config;
  config.entry = "k";
  config.grid = {2, 1, 1};
  config.block = {64, 1, 1};
  addParameter(config.parameters, in);
  addParameter(config.parameters, out);
  options.maximumInstructions = 10000;
  Status status = launch(*module, memory, config, options, report);
  EXPECT_FALSE(status) << status.message();
  return report;
}

struct Case {
  const char *name;
  FindingKind kind;
  const char *wrong;
  const char *right;
};

const Case cases[] = {
    {"GlobalOutOfBounds", FindingKind::OutOfBounds,
     "ld.global.f32 %x, [%in+772]; st.global.f32 [%out], %x;",
     "ld.global.f32 %x, [%in+768]; st.global.f32 [%out], %x;"},
    {"GlobalBelow", FindingKind::OutOfBounds, "ld.global.f32 %x, [%in-4];",
     "ld.global.f32 %x, [%in];"},
    {"VectorOverTheEnd", FindingKind::OutOfBounds,
     "mad.wide.u32 %at, %t, 12, %in; ld.global.v4.f32 {%x, %y, %z, %w}, "
     "[%at+16];",
     "mad.wide.u32 %at, %t, 12, %in; setp.lt.u32 %p, %t, 63; @%p "
     "ld.global.v4.f32 {%x, %y, %z, %w}, [%at];"},
    {"SharedOutOfBounds", FindingKind::OutOfBounds,
     "st.shared.b32 [%s+260], %t;", "st.shared.b32 [%s+256], %t;"},
    {"SharedBelow", FindingKind::OutOfBounds, "st.shared.b32 [%s-4], %t;",
     "st.shared.b32 [%s], %t;"},
    {"LocalOutOfBounds", FindingKind::OutOfBounds,
     "mov.u64 %at, stack; st.local.b32 [%at+16], %t;",
     "mov.u64 %at, stack; st.local.b32 [%at+12], %t;"},
    {"StoreToInput", FindingKind::ReadOnly, "st.global.b32 [%in], %t;",
     "st.global.b32 [%out], %t;"},
    {"GlobalMisaligned", FindingKind::Misaligned, "ld.global.b32 %x, [%in+2];",
     "ld.global.b32 %x, [%in+4];"},
    {"VectorMisaligned", FindingKind::Misaligned,
     "ld.global.v2.b32 {%x, %y}, [%in];",
     "add.u64 %at, %in, %at; ld.global.v2.b32 {%x, %y}, [%at];"},
    {"SharedMisaligned", FindingKind::Misaligned, "st.shared.b64 [%s], %in;",
     "add.u32 %s, %s, %o; st.shared.b64 [%s], %in;"},
    {"UnwrittenShared", FindingKind::UnwrittenMemory, "ld.shared.b32 %x, [%s];",
     "st.shared.b32 [%s], %t; ld.shared.b32 %x, [%s];"},
    {"UnwrittenGlobal", FindingKind::UnwrittenMemory,
     "ld.global.b32 %x, [%out];",
     "st.global.b32 [%out], %t; ld.global.b32 %x, [%out];"},
    {"UnwrittenLocal", FindingKind::UnwrittenMemory,
     "mov.u64 %at, stack; st.local.b32 [%at], %t; ld.local.b64 %wide, [%at];",
     "mov.u64 %at, stack; st.local.b64 [%at], %in; ld.local.b64 %wide, "
     "[%at];"},
    {"UnwrittenRegister", FindingKind::UnwrittenRegister,
     "setp.lt.u32 %p, %t, 32; @%p mov.b32 %never, 0; add.u32 %x, %never, 1;",
     "setp.lt.u32 %p, %t, 32; @%p mov.b32 %never, 0; @!%p mov.b32 %never, 1; "
     "add.u32 %x, %never, 1;"},
    // Moving a register that nobody wrote about is what LLVM does with undef.
    {"UnwrittenRegisterThroughMoves", FindingKind::UnwrittenRegister,
     "mov.b64 %wide, {%t, %never}; mov.b64 {%x, %y}, %wide; add.u32 %y, %y, 1;",
     "mov.b64 %wide, {%t, %never}; mov.b64 {%x, %y}, %wide; mov.b32 %z, %y;"},
    // What is not chosen doesn't matter.
    {"UnwrittenRegisterChosen", FindingKind::UnwrittenRegister,
     "setp.lt.u32 %p, %t, 99; selp.b32 %x, %never, %t, %p; add.u32 %x, %x, 1;",
     "setp.lt.u32 %p, %t, 99; selp.b32 %x, %t, %never, %p; add.u32 %x, %x, 1;"},
    {"ReadAfterWrite", FindingKind::SharedRace,
     "st.shared.b32 [%s], %t; xor.b32 %x, %t, 32; shl.b32 %x, %x, 2; "
     "mov.u32 %y, s; add.u32 %x, %x, %y; ld.shared.b32 %z, [%x];",
     "st.shared.b32 [%s], %t; xor.b32 %x, %t, 32; shl.b32 %x, %x, 2; "
     "mov.u32 %y, s; add.u32 %x, %x, %y; bar.sync 0; ld.shared.b32 %z, [%x];"},
    {"WriteAfterRead", FindingKind::SharedRace,
     "st.shared.b32 [%s], %t; bar.sync 0; ld.shared.b32 %x, [s]; "
     "st.shared.b32 [%s], %x;",
     "st.shared.b32 [%s], %t; bar.sync 0; ld.shared.b32 %x, [s]; "
     "bar.sync 0; st.shared.b32 [%s], %x;"},
    {"WriteAfterWrite", FindingKind::SharedRace, "st.shared.b32 [s], %t;",
     "setp.eq.u32 %p, %t, 5; @%p st.shared.b32 [s], %t;"},
    {"WithinAWarp", FindingKind::SharedRace,
     "st.shared.b32 [%s], %t; xor.b32 %x, %t, 1; shl.b32 %x, %x, 2; "
     "mov.u32 %y, s; add.u32 %x, %x, %y; ld.shared.b32 %z, [%x];",
     "st.shared.b32 [%s], %t; xor.b32 %x, %t, 1; shl.b32 %x, %x, 2; "
     "mov.u32 %y, s; add.u32 %x, %x, %y; bar.warp.sync -1; "
     "ld.shared.b32 %z, [%x];"},
    // bar.warp.sync does not order warps.
    {"AcrossWarps", FindingKind::SharedRace,
     "st.shared.b32 [%s], %t; xor.b32 %x, %t, 32; shl.b32 %x, %x, 2; "
     "mov.u32 %y, s; add.u32 %x, %x, %y; bar.warp.sync -1; "
     "ld.shared.b32 %z, [%x];",
     "st.shared.b32 [%s], %t; xor.b32 %x, %t, 32; shl.b32 %x, %x, 2; "
     "mov.u32 %y, s; add.u32 %x, %x, %y; barrier.sync.aligned 0; "
     "ld.shared.b32 %z, [%x];"},
    {"HalvesOfAWord", FindingKind::SharedRace,
     "mov.u32 %y, s; shl.b32 %x, %t, 1; add.u32 %y, %y, %x; "
     "st.shared.b8 [%y], %t; st.shared.b8 [%y+1], %t; st.shared.b8 [%y+2], "
     "%t;",
     "mov.u32 %y, s; shl.b32 %x, %t, 1; add.u32 %y, %y, %x; "
     "st.shared.b8 [%y], %t; st.shared.b8 [%y+1], %t;"},
    {"CopyWithoutWait", FindingKind::CopyRace,
     "cp.async.ca.shared.global [%s], [%in], 4; bar.sync 0; "
     "ld.shared.b32 %x, [%s];",
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.wait_all; "
     "bar.sync 0; ld.shared.b32 %x, [%s];"},
    {"CopyWaitsForTooLittle", FindingKind::CopyRace,
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.commit_group; "
     "cp.async.ca.shared.global [%s+256], [%in], 4; cp.async.commit_group; "
     "cp.async.wait_group 1; bar.sync 0; ld.shared.b32 %x, [%s+256];",
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.commit_group; "
     "cp.async.ca.shared.global [%s+256], [%in], 4; cp.async.commit_group; "
     "cp.async.wait_group 1; bar.sync 0; ld.shared.b32 %x, [%s];"},
    {"CopyWithoutCommit", FindingKind::CopyRace,
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.wait_group 0; "
     "ld.shared.b32 %x, [%s];",
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.commit_group; "
     "cp.async.wait_group 0; ld.shared.b32 %x, [%s];"},
    {"CopyOfOthersWithoutBarrier", FindingKind::SharedRace,
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.wait_all; "
     "xor.b32 %x, %t, 32; shl.b32 %x, %x, 2; mov.u32 %y, s; "
     "add.u32 %x, %x, %y; ld.shared.b32 %z, [%x];",
     "cp.async.ca.shared.global [%s], [%in], 4; cp.async.wait_all; "
     "xor.b32 %x, %t, 32; shl.b32 %x, %x, 2; mov.u32 %y, s; "
     "add.u32 %x, %x, %y; bar.sync 0; ld.shared.b32 %z, [%x];"},
    {"CopyOverWhatIsRead", FindingKind::SharedRace,
     "st.shared.b32 [%s], %t; bar.sync 0; xor.b32 %x, %t, 32; "
     "shl.b32 %x, %x, 2; mov.u32 %y, s; add.u32 %x, %x, %y; "
     "ld.shared.b32 %z, [%x]; cp.async.ca.shared.global [%s], [%in], 4;",
     "st.shared.b32 [%s], %t; bar.sync 0; xor.b32 %x, %t, 32; "
     "shl.b32 %x, %x, 2; mov.u32 %y, s; add.u32 %x, %x, %y; "
     "ld.shared.b32 %z, [%x]; bar.sync 0; "
     "cp.async.ca.shared.global [%s], [%in], 4;"},
    {"TwoBlocksStore", FindingKind::GlobalRace,
     "sub.u64 %out, %out, %wide; st.global.b32 [%out], %t;",
     "st.global.b32 [%out], %t;"},
    {"TwoThreadsStore", FindingKind::GlobalRace,
     "sub.u64 %out, %out, %at; st.global.b32 [%out], %t;",
     "sub.u64 %out, %out, %at; setp.eq.u32 %p, %t, 3; @%p st.global.b32 "
     "[%out], %t;"},
    {"ReadsAnotherBlocks", FindingKind::GlobalRace,
     "st.global.b32 [%out], %t; setp.ne.u64 %p, %wide, 0; @%p ld.global.b32 "
     "%x, [%out-256];",
     "st.global.b32 [%out], %t; setp.ne.u64 %p, %wide, 0; @%p ld.global.b32 "
     "%x, [%out];"},
    {"BarrierOfAPart", FindingKind::DivergentBarrier,
     "setp.lt.u32 %p, %t, 16; @!%p bra E; bar.sync 0; E:",
     "setp.lt.u32 %p, %t, 16; @!%p bra E; E: bar.sync 0;"},
    {"BarrierOfOneWarp", FindingKind::DivergentBarrier,
     "setp.lt.u32 %p, %t, 32; @!%p bra E; bar.sync 0; E:",
     "setp.lt.u32 %p, %t, 64; @!%p bra E; bar.sync 0; E:"},
    {"ExitBeforeBarrier", FindingKind::DivergentBarrier,
     "setp.lt.u32 %p, %t, 8; @%p ret; bar.sync 0;",
     "setp.lt.u32 %p, %t, 8; bar.sync 0; @%p ret;"},
    {"DifferentBarriers", FindingKind::DivergentBarrier,
     "shr.u32 %x, %t, 5; bar.sync %x;", "mov.b32 %x, 1; bar.sync %x;"},
    {"BarrierOfSomeWarps", FindingKind::Unsupported, "bar.sync 0, 32;",
     "bar.sync 0, 64;"},
    {"ShuffleOfAPart", FindingKind::DivergentWarp,
     "setp.lt.u32 %p, %t, 16; @%p shfl.sync.bfly.b32 %x, %t, 1, 31, -1;",
     "setp.lt.u32 %p, %t, 16; shfl.sync.bfly.b32 %x, %t, 1, 31, -1;"},
    {"MatrixLoadOfAPart", FindingKind::DivergentWarp,
     "st.shared.b32 [%s], %t; st.shared.b32 [%s+256], %t; bar.sync 0; and.b32 "
     "%x, %t, 31; shl.b32 %x, %x, 4; mov.u32 %y, s; add.u32 %x, %x, %y; "
     "setp.ne.u32 %p, %t, 3; "
     "@%p ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r0, %r1, %r2, %r3}, "
     "[%x];",
     "st.shared.b32 [%s], %t; st.shared.b32 [%s+256], %t; bar.sync 0; and.b32 "
     "%x, %t, 31; shl.b32 %x, %x, 4; mov.u32 %y, s; add.u32 %x, %x, %y; "
     "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%r0, %r1, %r2, %r3}, [%x];"},
    {"UnroundedTf32", FindingKind::NotTf32,
     "mov.b32 %x, 0f3F800001; mov.b32 %z, 0f00000000; "
     "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%r0, %r1, %r2, %r3}, "
     "{%x, %x}, {%x}, {%z, %z, %z, %z};",
     "mov.b32 %x, 0f3F800001; mov.b32 %z, 0f00000000; cvt.rna.tf32.f32 %x, %x; "
     "mma.sync.aligned.m16n8k4.row.col.f32.tf32.tf32.f32 {%r0, %r1, %r2, %r3}, "
     "{%x, %x}, {%x}, {%z, %z, %z, %z};"},
    {"Trap", FindingKind::Trap, "setp.eq.u32 %p, %t, 9; @%p trap;",
     "setp.eq.u32 %p, %t, 99; @%p trap;"},
    {"Endless", FindingKind::InstructionLimit,
     "mov.b32 %x, 0; L: add.u32 %x, %x, 1; setp.ne.u32 %p, %t, 64; @%p bra L;",
     "mov.b32 %x, 0; L: add.u32 %x, %x, 1; setp.ne.u32 %p, %x, 64; @%p bra "
     "L;"},
};

class Findings : public ::testing::TestWithParam<Case> {};

TEST_P(Findings, WrongAndRight) {
  const Case &one = GetParam();
  for (Schedule schedule : {Schedule::Greedy, Schedule::Reverse,
                            Schedule::RoundRobin, Schedule::Random})
    for (bool eager : {false, true}) {
      LaunchOptions options;
      options.schedule = schedule;
      options.eagerCopies = eager;
      Report wrong = run(one.wrong, options);
      bool found = std::any_of(
          wrong.findings.begin(), wrong.findings.end(),
          [&](const Finding &finding) { return finding.kind == one.kind; });
      EXPECT_TRUE(found) << one.wrong << "\nfindings: " << wrong.findings.size()
                         << (wrong.findings.empty()
                                 ? std::string()
                                 : findingKindName(wrong.findings[0].kind) +
                                       (": " + wrong.findings[0].message));
      Report right = run(one.right, options);
      EXPECT_TRUE(right.findings.empty())
          << one.right << "\n"
          << findingKindName(right.findings[0].kind) << ": "
          << right.findings[0].message;
      EXPECT_FALSE(right.stopped);
    }
}

INSTANTIATE_TEST_SUITE_P(All, Findings, ::testing::ValuesIn(cases),
                         [](const auto &info) { return info.param.name; });

TEST(FindingsText, SaysWhereAndHowOften) {
  Report report = run("st.shared.b32 [%s], %t;\nld.shared.b32 %x, [%s+4];");
  ASSERT_FALSE(report.findings.empty());
  auto found = std::find_if(
      report.findings.begin(), report.findings.end(), [](const Finding &one) {
        return one.kind == FindingKind::SharedRace &&
               one.instruction == "ld.shared.b32 %x, [%s+4];";
      });
  ASSERT_NE(found, report.findings.end());
  const Finding &finding = *found;
  // Lane 31 of the first warp reads what nobody has written yet.
  EXPECT_GT(finding.line, 10);
  EXPECT_EQ(finding.thread[0], 0u);
  EXPECT_EQ(finding.times, 62u * 2);
}

TEST(FindingsTraffic, Counts) {
  // Stores of 4 bytes with a stride of 8: twice the sectors; shared words
  // that are all in one bank: 32 passes.
  Report report = run("sub.u64 %out, %out, %at; sub.u64 %out, %out, %wide; "
                      "mul.wide.u32 %at, %t, 8; add.u64 %out, %out, %at; "
                      "setp.eq.u64 %p, %wide, 0; @%p st.global.b32 [%out], %t; "
                      "setp.lt.u32 %q, %t, 4; mov.u32 %y, s; "
                      "shl.b32 %x, %t, 7; add.u32 %y, %y, %x; "
                      "@%q st.shared.b32 [%y], %t;");
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.counts.globalStoreSectors, 16u);
  EXPECT_EQ(report.counts.globalStoreSectorsLeast, 8u);
  EXPECT_EQ(report.counts.globalStoreBytes, 256u);
  EXPECT_EQ(report.counts.sharedPasses, 8u);
  EXPECT_EQ(report.counts.sharedPassesLeast, 2u);
  EXPECT_EQ(report.counts.byOpcode.at("st.global.b32"), 64u);
}

} // namespace
} // namespace tconv::ptx::test
