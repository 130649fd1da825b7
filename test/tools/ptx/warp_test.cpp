// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Control flow, exchange between lanes, matrices, memories.
#include <cmath>

#include "ptx/formats.h"
#include "tools/ptx/snippet.h"

namespace tconv::ptx::test {
namespace {

std::vector<uint32_t> iota(size_t count) {
  std::vector<uint32_t> result(count);
  for (size_t i = 0; i < count; ++i)
    result[i] = static_cast<uint32_t>(i);
  return result;
}

TEST(Flow, LoopsOfDifferentLengths) {
  std::vector<uint32_t> a = iota(100);
  // The sum of 1 .. a % 7, with a way out in the middle of the loop.
  std::vector<uint32_t> d = evaluate<uint32_t>(
      "{ .reg .pred %q, %r; .reg .b32 %n, %k; rem.u32 %n, %a, 7; mov.b32 %d, "
      "0; mov.b32 %k, 0; L: setp.ge.u32 %q, %k, %n; @%q bra E; add.u32 %k, %k, "
      "1; setp.eq.u32 %r, %k, 5; @%r bra E; add.u32 %d, %d, %k; bra.uni L; "
      "E: add.u32 %d, %d, 100; }",
      a);
  for (uint32_t i : a) {
    uint32_t wanted = 100;
    for (uint32_t k = 1; k <= i % 7 && k != 5; ++k)
      wanted += k;
    ASSERT_EQ(d[i], wanted) << i;
  }
}

TEST(Flow, WaysMeetAgain) {
  // The branches lie behind the place where they meet, and one of them splits
  // again; the ballot after it has all lanes.
  std::vector<uint32_t> d = evaluate<uint32_t>(
      "{ .reg .pred %q, %r; and.b32 %d, %a, 3; setp.eq.u32 %q, %d, 0; @%q bra "
      "A; bra B; M: vote.sync.ballot.b32 %d, 1, -1; bra X; A: setp.gt.u32 %r, "
      "%a, 9; @%r bra M; add.u32 %d, %d, 1; bra M; B: add.u32 %d, %d, 2; bra "
      "M; X: }",
      iota(32));
  for (uint32_t value : d)
    ASSERT_EQ(value, ~0u);
}

TEST(Flow, Switch) {
  std::vector<uint32_t> d = evaluate<uint32_t>(
      "{ .reg .b32 %k; T: .branchtargets A, B, A, C; and.b32 %k, %a, 3; "
      "mov.b32 %d, 0; brx.idx %k, T; A: add.u32 %d, %d, 1; bra E; B: add.u32 "
      "%d, %d, 10; C: add.u32 %d, %d, 100; E: vote.sync.ballot.b32 %k, 1, -1; "
      "popc.b32 %k, %k; mad.lo.u32 %d, %k, 1000, %d; }",
      iota(32));
  const uint32_t wanted[] = {1, 110, 1, 100};
  for (uint32_t i = 0; i < 32; ++i)
    ASSERT_EQ(d[i], 32000 + wanted[i % 4]);
}

TEST(Flow, LanesLeave) {
  std::vector<uint32_t> d = evaluate<uint32_t>(
      "{ .reg .pred %q; .reg .b32 %k; mov.b32 %k, 0; L: add.u32 %k, %k, 1; "
      "setp.gt.u32 %q, %k, %a; mov.b32 %d, %k; @%q bra E; bra L; E: }",
      iota(32));
  for (uint32_t i = 0; i < 32; ++i)
    ASSERT_EQ(d[i], i + 1);
}

TEST(Warp, Shuffles) {
  std::vector<uint32_t> a = values<uint32_t>(32, 1);
  auto down = evaluate<uint32_t>("shfl.sync.down.b32 %d, %a, 4, 31, -1;", a);
  auto up = evaluate<uint32_t>("shfl.sync.up.b32 %d, %a, 3, 0, -1;", a);
  auto across = evaluate<uint32_t>("shfl.sync.bfly.b32 %d, %a, 5, 31, -1;", a);
  auto from = evaluate<uint32_t>("shfl.sync.idx.b32 %d, %a, 9, 31, -1;", a);
  // Segments of 8 lanes.
  auto segments =
      evaluate<uint32_t>("shfl.sync.idx.b32 %d, %a, 2, 0x181f, -1;", a);
  auto valid = evaluate<uint32_t>(
      "{ .reg .pred %q; shfl.sync.down.b32 %d|%q, %a, 4, 31, -1; "
      "selp.b32 %d, 1, 0, %q; }",
      a);
  for (uint32_t i = 0; i < 32; ++i) {
    ASSERT_EQ(down[i], a[i + 4 < 32 ? i + 4 : i]);
    ASSERT_EQ(up[i], a[i >= 3 ? i - 3 : i]);
    ASSERT_EQ(across[i], a[i ^ 5]);
    ASSERT_EQ(from[i], a[9]);
    ASSERT_EQ(segments[i], a[(i & 24) | 2]);
    ASSERT_EQ(valid[i], i + 4 < 32 ? 1u : 0u);
  }
}

TEST(Warp, Votes) {
  std::vector<uint32_t> a = iota(32);
  auto ballot = evaluate<uint32_t>("{ .reg .pred %q; setp.lt.u32 %q, %a, 5; "
                                   "vote.sync.ballot.b32 %d, %q, -1; }",
                                   a);
  auto any = evaluate<uint32_t>(
      "{ .reg .pred %q, %r; setp.lt.u32 %q, %a, 5; vote.sync.any.pred %r, %q, "
      "-1; selp.b32 %d, 1, 0, %r; vote.sync.all.pred %r, !%q, -1; @%r mov.b32 "
      "%d, 2; }",
      a);
  auto active = evaluate<uint32_t>(
      "{ .reg .pred %q; setp.lt.u32 %q, %a, 6; mov.b32 %d, 0; "
      "@%q activemask.b32 %d; }",
      a);
  for (uint32_t i = 0; i < 32; ++i) {
    ASSERT_EQ(ballot[i], 31u);
    ASSERT_EQ(any[i], 1u);
    ASSERT_EQ(active[i], i < 6 ? 63u : 0u);
  }
}

TEST(Warp, SpecialRegisters) {
  auto d = evaluate<uint32_t>(
      "{ .reg .b32 %x; mov.u32 %d, %laneid; mov.u32 %x, %lanemask_lt; popc.b32 "
      "%x, %x; mad.lo.u32 %d, %x, 100, %d; mov.u32 %x, %ntid.x; mad.lo.u32 %d, "
      "%x, 10000, %d; mov.u32 %x, %nctaid.x; mad.lo.u32 %d, %x, 1000000, %d; }",
      iota(64));
  for (uint32_t i = 0; i < 64; ++i)
    ASSERT_EQ(d[i], i % 32 + 100 * (i % 32) + 320000 + 2000000);
}

//===- Matrices -------------------------------------------------------------//

/// D = A * B + C of 16 x Depth, Depth x 8 values, by the fragments that the
/// PTX manual draws: `a(register, half)` and so on say which element a lane's
/// register holds.
template <int Depth>
void checkMma(const std::string &type, int perRegister,
              uint32_t (*encode)(int)) {
  std::mt19937 random(Depth);
  std::vector<std::vector<int>> a(16, std::vector<int>(Depth));
  std::vector<std::vector<int>> b(Depth, std::vector<int>(8));
  std::vector<std::vector<int>> c(16, std::vector<int>(8));
  for (auto *matrix : {&a, &b, &c})
    for (auto &row : *matrix)
      for (int &value : row)
        value = static_cast<int>(random() % 15) - 7;
  int chunk = 4 * perRegister; // columns of A that one register of a row holds
  int parts = Depth / chunk;
  auto pack = [&](auto element) {
    uint32_t bits = 0;
    for (int e = 0; e < perRegister; ++e)
      bits |= encode(element(e)) << (16 * e);
    return bits;
  };
  // Inputs of the lanes, through memory: register r of lane l at 32 * r + l.
  std::vector<uint32_t> input;
  for (int part = 0; part < parts; ++part)
    for (int half = 0; half < 2; ++half)
      for (int lane = 0; lane < 32; ++lane)
        input.push_back(pack([&](int e) {
          return a[static_cast<size_t>(lane / 4 + 8 * half)]
                  [static_cast<size_t>(chunk * part + perRegister * (lane % 4) +
                                       e)];
        }));
  for (int part = 0; part < parts; ++part)
    for (int lane = 0; lane < 32; ++lane)
      input.push_back(pack([&](int e) {
        return b[static_cast<size_t>(chunk * part + perRegister * (lane % 4) +
                                     e)][static_cast<size_t>(lane / 4)];
      }));
  for (int i = 0; i < 4; ++i)
    for (int lane = 0; lane < 32; ++lane)
      input.push_back(bitsOf<uint32_t>(
          static_cast<float>(c[static_cast<size_t>(lane / 4 + 8 * (i / 2))]
                              [static_cast<size_t>(2 * (lane % 4) + i % 2)])));
  auto list = [](int first, int count) {
    std::string text = "{";
    for (int i = 0; i < count; ++i)
      text += (i ? ", %r" : "%r") + std::to_string(first + i);
    return text + "}";
  };
  int inputs = 3 * parts + 4;
  std::string text =
      header() + ".visible .entry k(.param .u64 in, .param .u64 out) {\n.reg "
                 ".b32 %r<32>, %t;\n.reg .b64 %p, %q, %o;\nld.param.u64 %p, "
                 "[in];\nld.param.u64 %q, [out];\nmov.u32 %t, "
                 "%tid.x;\nmul.wide.u32 %o, %t, 4;\nadd.u64 %p, %p, "
                 "%o;\nadd.u64 %q, %q, %o;\n";
  for (int i = 0; i < inputs; ++i)
    text += "ld.global.b32 %r" + std::to_string(i) + ", [%p+" +
            std::to_string(128 * i) + "];\n";
  text += "mma.sync.aligned.m16n8k" + std::to_string(Depth) + ".row.col.f32." +
          type + "." + type + ".f32 " + list(20, 4) + ", " +
          list(0, 2 * parts) + ", " + list(2 * parts, parts) + ", " +
          list(3 * parts, 4) + ";\n";
  for (int i = 0; i < 4; ++i)
    text += "st.global.b32 [%q+" + std::to_string(128 * i) + "], %r" +
            std::to_string(20 + i) + ";\n";
  std::shared_ptr<const Module> module = parse(text + "ret;\n}\n");
  ASSERT_TRUE(module);
  Memory memory;
  uint64_t in = 0;
  uint64_t out = 0;
  ASSERT_FALSE(
      memory.attach(input.data(), 4 * input.size(), true, 4, "in", in));
  ASSERT_FALSE(memory.allocate(512, "out", out));
  LaunchConfig config;
  config.entry = "k";
  config.block[0] = 32;
  addParameter(config.parameters, in);
  addParameter(config.parameters, out);
  Report report;
  ASSERT_FALSE(launch(*module, memory, config, LaunchOptions(), report));
  ASSERT_TRUE(report.findings.empty()) << report.findings[0].message;
  float d[128];
  ASSERT_FALSE(memory.read(out, d, sizeof(d)));
  for (size_t row = 0; row < 16; ++row)
    for (size_t column = 0; column < 8; ++column) {
      int sum = c[row][column];
      for (size_t k = 0; k < Depth; ++k)
        sum += a[row][k] * b[k][column];
      size_t lane = row % 8 * 4 + column / 2;
      size_t which = row / 8 * 2 + column % 2;
      ASSERT_EQ(d[32 * which + lane], static_cast<float>(sum))
          << type << " " << row << ", " << column;
    }
}

TEST(Matrices, Mma) {
  auto half = [](int value) { return uint32_t(floatToF16(value)); };
  auto brain = [](int value) { return uint32_t(floatToBf16(value)); };
  auto whole = [](int value) {
    return bitsOf<uint32_t>(static_cast<float>(value));
  };
  checkMma<16>("f16", 2, half);
  checkMma<8>("f16", 2, half);
  checkMma<16>("bf16", 2, brain);
  checkMma<8>("bf16", 2, brain);
  checkMma<8>("tf32", 1, whole);
  checkMma<4>("tf32", 1, whole);
}

/// 8 x 8 elements of 16 bits, rows 16 bytes long: what each lane gets.
TEST(Matrices, LoadAndStore) {
  for (bool transposed : {false, true}) {
    std::string trans = transposed ? ".trans" : "";
    // Element (row, column) of matrix m is 64 * m + 8 * row + column.
    std::string text =
        "{ .reg .b32 %s, %x, %y<4>; .shared .align 16 .b8 s[512]; mov.u32 %s, "
        "s; shl.b32 %x, %a, 4; add.u32 %s, %s, %x; shl.b32 %x, %a, 3; ";
    for (int i = 0; i < 4; ++i)
      text += "add.u32 %y" + std::to_string(i) + ", %x, " +
              std::to_string(2 * i) + "; mad.lo.u32 %y" + std::to_string(i) +
              ", %y" + std::to_string(i) + ", 65537, 65536; ";
    text += "st.shared.v4.b32 [%s], {%y0, %y1, %y2, %y3}; bar.warp.sync -1; "
            "ldmatrix.sync.aligned.m8n8.x4" +
            trans +
            ".shared.b16 {%y0, %y1, %y2, %y3}, [%s]; xor.b32 %d, %y1, %y3; "
            "mov.b32 %d, %y2; bar.warp.sync -1; ";
    std::vector<uint32_t> d = evaluate<uint32_t>(text + "}", iota(32));
    // Stored the way it was loaded, every row is what it was.
    std::vector<uint32_t> back = evaluate<uint32_t>(
        text + "stmatrix.sync.aligned.m8n8.x4" + trans +
            ".shared.b16 [%s], {%y0, %y1, %y2, %y3}; bar.warp.sync -1; "
            "ld.shared.b32 %d, [%s+4]; }",
        iota(32));
    for (uint32_t lane = 0; lane < 32; ++lane) {
      uint32_t row = lane / 4;
      uint32_t column = 2 * (lane % 4);
      uint32_t low = 128 + (transposed ? 8 * column + row : 8 * row + column);
      uint32_t high = low + (transposed ? 8 : 1);
      ASSERT_EQ(d[lane], high << 16 | low) << lane;
      uint32_t first = 8 * lane + 2;
      ASSERT_EQ(back[lane], (first + 1) << 16 | first) << lane;
    }
  }
}

//===- Memories -------------------------------------------------------------//

TEST(Memories, NarrowLoadsAndGenericAddresses) {
  std::vector<uint32_t> a = values<uint32_t>(64, 2);
  std::vector<int32_t> d = evaluate<int32_t>(
      "{ .reg .b64 %g, %l; .reg .b16 %h; .reg .b32 %x; "
      ".shared .align 4 .b8 s[128]; .local .align 4 .b8 l[8]; "
      "mov.u32 %x, %tid.x; mul.wide.u32 %g, %x, 4; "
      "mov.u64 %l, s; cvta.shared.u64 %l, %l; add.u64 %g, %g, %l; "
      "st.b32 [%g], %a; ld.s8 %d, [%g+1]; mov.u64 %l, l; "
      "cvta.local.u64 %l, %l; st.u16 [%l+4], %d; ld.local.s16 %h, [l+4]; "
      "cvt.s32.s16 %d, %h; }",
      a);
  for (size_t i = 0; i < a.size(); ++i)
    ASSERT_EQ(d[i], static_cast<int8_t>(a[i] >> 8));
}

TEST(Memories, CopiesFillWithZero) {
  std::vector<uint32_t> a = iota(32);
  for (bool isLast : {false, true}) {
    std::vector<uint32_t> d = evaluate<uint32_t>(
        "{ .reg .b32 %s, %x, %y<4>; .reg .b64 %g; .shared .align 16 .b8 "
        "s[512]; mov.u32 %s, s; mov.u32 %x, %tid.x; shl.b32 %y0, %x, 4; "
        "add.u32 "
        "%s, %s, %y0; ld.param.u64 %g, [pa]; and.b32 %x, %x, 3; shl.b32 %x, "
        "%x, 2; cp.async.cg.shared.global [%s], [%g], 16, %x; "
        "cp.async.commit_group; cp.async.wait_group 0; "
        "ld.shared.v4.b32 {%y0, %y1, %y2, %y3}, [%s]; mov.b32 %d, %y" +
            std::string(isLast ? "3" : "1") + "; }",
        a);
    for (uint32_t lane = 0; lane < 32; ++lane)
      ASSERT_EQ(d[lane], !isLast && lane % 4 >= 2 ? 1u : 0u);
  }
}

TEST(Memories, Atomics) {
  std::vector<uint32_t> a = iota(32);
  std::vector<uint32_t> d = evaluate<uint32_t>(
      "{ .reg .b32 %s, %x; .reg .pred %q; .shared .align 4 .b8 s[8]; mov.u32 "
      "%s, s; setp.eq.u32 %q, %a, 0; @%q st.shared.b32 [%s], 0; bar.sync 0; "
      "atom.shared.add.u32 %x, [%s], %a; red.shared.max.u32 [%s], 3; bar.sync "
      "0; ld.shared.b32 %d, [%s]; }",
      a);
  for (uint32_t value : d)
    ASSERT_EQ(value, 496u);
}

TEST(Memories, VariablesOfTheModule) {
  std::shared_ptr<const Module> module = parse(
      header() +
      ".const .align 4 .b32 table[4] = {5, 6, 7, 8};\n"
      ".global .align 4 .f32 scale = 0f40000000;\n"
      ".visible .entry k(.param .u64 out) {\n.reg .b64 %p, %q;\n.reg .b32 "
      "%t, %x;\n.reg .f32 %f;\nmov.u32 %t, %tid.x;\nmul.wide.u32 %q, %t, 4;\n"
      "mov.u64 %p, table;\nadd.u64 %p, %p, %q;\nld.const.u32 %x, [%p];\n"
      "cvt.rn.f32.u32 %f, %x;\nld.global.f32 %x, [scale];\nmul.f32 %f, %f, "
      "%x;\nld.param.u64 %p, [out];\nadd.u64 %p, %p, %q;\nst.global.f32 [%p], "
      "%f;\nret;\n}\n");
  ASSERT_TRUE(module);
  for (int repeat = 0; repeat < 2; ++repeat) {
    Memory memory;
    uint64_t out = 0;
    ASSERT_FALSE(memory.allocate(16, "out", out));
    LaunchConfig config;
    config.entry = "k";
    config.block[0] = 4;
    addParameter(config.parameters, out);
    Report report;
    ASSERT_FALSE(launch(*module, memory, config, LaunchOptions(), report));
    ASSERT_TRUE(report.findings.empty()) << report.findings[0].message;
    float values[4];
    ASSERT_FALSE(memory.read(out, values, 16));
    for (int i = 0; i < 4; ++i)
      ASSERT_EQ(values[i], static_cast<float>(2 * (5 + i)));
    EXPECT_EQ(memory.bytesInUse(), 16u);
  }
}

} // namespace
} // namespace tconv::ptx::test
