// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is accepted, what is refused and how, and that no text does harm.
#include <fstream>
#include <sstream>

#include "tools/ptx/snippet.h"

namespace tconv::ptx::test {
namespace {

std::string readFile(const std::string &name) {
  std::ifstream file(std::string(TCONV_PTX_TEST_DIR "/") + name);
  EXPECT_TRUE(file) << name;
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string withBody(const std::string &body) {
  return header() +
         ".visible .entry k(.param .u64 p) {\n.reg .pred %p<2>;\n.reg .b16 "
         "%h<4>;\n.reg .b32 %r<8>;\n.reg .b64 %rd<4>;\n" +
         body + "\nret;\n}\n";
}

/// Line of the first instruction of withBody.
constexpr const char *kLine = "line 9: ";

std::string refusal(const std::string &text) {
  std::shared_ptr<const Module> module;
  Status status = Module::parse(text, module);
  EXPECT_TRUE(status) << text;
  EXPECT_FALSE(module);
  EXPECT_EQ(status.code(), TCONV_INVALID_VALUE);
  return status.message();
}

TEST(Parser, Entries) {
  std::shared_ptr<const Module> module = parse(
      ".version 8.0\n.target sm_80, debug\n.address_size 64\n"
      ".extern .shared .align 16 .b8 dynamic[];\n"
      ".visible .entry a(.param .u32 x, .param .u64 .ptr .global .align 16 y, "
      ".param .align 4 .b8 z[12])\n.maxntid 64, 2\n.minnctapersm 2\n"
      "{\n.shared .align 16 .b8 s[100];\n.shared .f32 t;\nret;\n}\n"
      ".entry b()\n.reqntid 32\n{\n.loc 1 2 3\nret;\n}\n");
  ASSERT_TRUE(module);
  EXPECT_EQ(module->target(), "sm_80");
  EXPECT_EQ(module->version(), "8.0");
  ASSERT_EQ(module->entries().size(), 2u);
  const Entry &a = module->entries()[0];
  ASSERT_EQ(a.parameters.size(), 3u);
  EXPECT_EQ(a.parameters[1].offset, 8u);
  EXPECT_EQ(a.parameters[2].offset, 16u);
  EXPECT_EQ(a.parameters[2].bytes, 12u);
  EXPECT_EQ(a.parameterBytes, 28u);
  EXPECT_EQ(a.maximumThreads[1], 2u);
  EXPECT_EQ(a.staticSharedBytes, 104u);
  EXPECT_TRUE(a.usesDynamicShared);
  EXPECT_EQ(module->findEntry("b")->requiredThreads[0], 32u);
  EXPECT_EQ(module->findEntry("c"), nullptr);
}

TEST(Parser, RefusalsNameTheLine) {
  struct {
    const char *body;
    const char *message;
  } const all[] = {
      {"frobnicate.f32 %r1, %r2;", "unknown 'frobnicate'"},
      {"wgmma.fence.sync.aligned;", "'wgmma'"},
      {"add.rz.f32 %r1, %r2, %r3;", "modifier '.rz'"},
      {"add.f32.sideways %r1, %r2, %r3;", "modifier '.sideways'"},
      {"ld.global.evil.f32 %r1, [%rd1];", "modifier '.evil'"},
      {"cp.async.bulk.shared.global [%r1], [%rd1], 16;", "modifier '.bulk'"},
      {"bar.red.popc.u32 %r1, 0, %p1;", "modifier '.red'"},
      {"add.s32 %r1, %rd2, %r3;", "'%rd2' is a register of .b64"},
      {"add.s32 %r1, %r2;", "with 2 operands"},
      {"add.s32 %r1, %r9, %r3;", "register '%r9' is not known"},
      {"add.s32 5, %r2, %r3;", "the result needs a register"},
      {"bra NOWHERE;", "label 'NOWHERE' is not known"},
      {"@%r1 bra E; E:", "'%r1' is no predicate"},
      {"L: L: ret;", "label 'L' is defined twice"},
      {"mov.u32 %r1, %clock;", "register '%clock' is not known"},
      {"ld.global.v4.f32 {%r1, %r2}, [%rd1];", "registers for 4 elements"},
      {"cp.async.cg.shared.global [%r1], [%rd1], 8;", "cp.async of 8 bytes"},
      {"setp.lt.b32 %p1, %r1, %r2;", "comparison of .b32"},
      {"cvt.f32.f64 %r1, %rd1;", "conversion is not supported"},
      {"mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16 {%r1, %r2}, {%r1, "
       "%r2, %r3, %r4}, {%r1, %r2}, {%r1, %r2};",
       "mma of these types"},
      {"add.s32 %r1, %r2, 0x11111111111111111;", "no number of 64 bits"},
      {"add.f32 %r1, %r2, 0f123;", "no floating-point number"},
      {"add.s32 %r1, %r2, \"three\";", "'three' where an operand"},
      {"add.s32 %r1, %r2, %r3", "'ret' where ';'"},
      {"add.s32 %r1, %r2, #;", "unexpected character '#'"},
      {".reg .b32 %r1;\n.reg .b33 %x;", "a type"},
      {"call.uni (%r1), f, (%r2);", "'call'"},
  };
  for (const auto &one : all) {
    std::string message = refusal(withBody(one.body));
    EXPECT_NE(message.find(one.message), std::string::npos)
        << one.body << " gives " << message;
    EXPECT_EQ(message.compare(0, 5, "line "), 0) << message;
  }
  EXPECT_EQ(refusal(withBody("frobnicate.f32 %r1;")).substr(0, 8), kLine);
  EXPECT_NE(refusal(withBody("frobnicate.f32 %r1;")).find("`frobnicate.f32"),
            std::string::npos);
}

TEST(Parser, OtherRefusals) {
  EXPECT_NE(refusal("").find("no entry"), std::string::npos);
  EXPECT_NE(refusal(".version 8.0\n.target sm_80\n.address_size 32\n")
                .find("32 bits"),
            std::string::npos);
  EXPECT_NE(refusal(header() + ".func f() { ret; }").find("device functions"),
            std::string::npos);
  EXPECT_NE(refusal(header() + ".entry k() {\n.shared .b8 s[50000];\nret;\n}")
                .find("50000 bytes of static shared memory"),
            std::string::npos);
  EXPECT_NE(refusal(header() + ".entry k() {\n.reg .b32 %r<99999999>;\n}")
                .find("registers"),
            std::string::npos);
  EXPECT_NE(refusal(header() + ".entry k() {\n.local .b8 "
                               "l[99999999999999];\n}")
                .find("larger"),
            std::string::npos);
}

TEST(Launch, Refusals) {
  std::shared_ptr<const Module> module =
      parse(header() + ".entry k(.param .u64 x)\n.maxntid 64\n{ ret; }\n"
                       ".entry r()\n.reqntid 32\n{ ret; }\n");
  ASSERT_TRUE(module);
  Memory memory;
  auto message = [&](LaunchConfig config) {
    Report report;
    Status status = launch(*module, memory, config, LaunchOptions(), report);
    EXPECT_TRUE(status);
    return status.message();
  };
  LaunchConfig good;
  good.entry = "k";
  good.block = {64, 1, 1};
  good.parameters.resize(8);
  Report report;
  EXPECT_FALSE(launch(*module, memory, good, LaunchOptions(), report));
  EXPECT_EQ(report.counts.blocks, 1u);
  LaunchConfig config = good;
  config.entry = "nobody";
  EXPECT_NE(message(config).find("'nobody'"), std::string::npos);
  config = good;
  config.block = {65, 1, 1};
  EXPECT_NE(message(config).find("65 x 1 x 1"), std::string::npos);
  config.block = {0, 1, 1};
  EXPECT_NE(message(config).find("0 x 1 x 1"), std::string::npos);
  config.block = {65536, 65536, 1};
  EXPECT_NE(message(config).find("1024 threads"), std::string::npos);
  config = good;
  config.grid[1] = 65536;
  EXPECT_NE(message(config).find("grid"), std::string::npos);
  config = good;
  config.sharedBytes = 300000;
  EXPECT_NE(message(config).find("300000"), std::string::npos);
  config = good;
  config.parameters.resize(4);
  EXPECT_NE(message(config).find("takes 8 bytes"), std::string::npos);
  config = good;
  config.entry = "r";
  config.parameters.clear();
  EXPECT_NE(message(config).find(".reqntid"), std::string::npos);
}

TEST(MemoryTest, Refusals) {
  Memory memory;
  uint64_t address = 0;
  EXPECT_TRUE(memory.allocate(0, "x", address));
  EXPECT_EQ(memory.allocate(1ull << 60, "x", address).code(),
            TCONV_OUT_OF_MEMORY);
  ASSERT_FALSE(memory.allocate(10, "x", address));
  EXPECT_EQ(address % 256, 0u);
  char bytes[12] = {};
  EXPECT_TRUE(memory.write(address, bytes, 11));
  EXPECT_FALSE(memory.write(address + 4, bytes, 6));
  EXPECT_TRUE(memory.write(address + 4, bytes, 7));
  uint64_t count = 0;
  ASSERT_FALSE(memory.countUnwritten(address, 10, count));
  EXPECT_EQ(count, 4u);
  EXPECT_TRUE(memory.release(address + 4));
  EXPECT_FALSE(memory.release(address));
  EXPECT_TRUE(memory.read(address, bytes, 1));
  EXPECT_TRUE(memory.attach(bytes, 12, false, 3, "x", address));
  // An address as little aligned as asked for.
  ASSERT_FALSE(memory.attach(bytes, 12, false, 4, "x", address));
  EXPECT_EQ(address % 8, 4u);
}

/// Damaged texts give an error or a module, and modules run or are refused;
/// nothing crashes or hangs.
TEST(Parser, DamagedTexts) {
  std::mt19937 random(1);
  int parsed = 0;
  for (const char *name : {"mma_f16.ptx", "mma_tf32.ptx"}) {
    std::string whole = readFile(name);
    for (int round = 0; round < 600; ++round) {
      std::string text = whole;
      if (round % 3 == 0) {
        text.resize(random() % text.size());
      } else {
        for (int change = 0; change <= round % 4; ++change) {
          size_t at = random() % text.size();
          size_t other = random() % text.size();
          switch (random() % 6) {
          case 0:
            text[at] = static_cast<char>(random());
            break;
          case 1:
            text.erase(at, random() % 20);
            break;
          case 2:
            text.insert(at, text.substr(other, random() % 40));
            break;
          case 3:
          case 4:
            // A number that is another one.
            at =
                std::min(text.find_first_of("0123456789", at), text.size() - 1);
            text[at] = static_cast<char>('0' + random() % 10);
            break;
          default:
            std::swap(text[at], text[other]);
            break;
          }
        }
      }
      std::shared_ptr<const Module> module;
      if (Module::parse(text, module))
        continue;
      ++parsed;
      Memory memory;
      std::vector<float> data(4096, 1.0f);
      uint64_t address = 0;
      ASSERT_FALSE(memory.attach(data.data(), 16384, false, 256, "x", address));
      LaunchConfig config;
      config.entry = "gemm";
      config.block[0] = round % 2 ? 32 : 128;
      config.sharedBytes = 24576;
      for (uint64_t value :
           {address, address, address, uint64_t(8), uint64_t(8), uint64_t(8)})
        addParameter(config.parameters, value);
      const Entry *entry = module->findEntry("gemm");
      if (entry)
        config.parameters.resize(entry->parameterBytes);
      LaunchOptions options;
      options.maximumInstructions = 5000;
      Report report;
      (void)launch(*module, memory, config, options, report);
    }
  }
  // Some damage is in a name or a comment.
  EXPECT_GT(parsed, 20);
}

} // namespace
} // namespace tconv::ptx::test
