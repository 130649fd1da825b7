// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The compiler's C++ interface: targets, stages, determinism, refusals, and
// what generated code must not contain.
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <thread>

#include "compiler/API/Compiler.h"
#include "support/layers.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir::tconv;
using ::tconv::Status;
using ::tconv::test::parse;

namespace {

const char *const kLayer = "in_channels=64 out_channels=32 kernel_size=8 "
                           "stride=4 pad_mode=pad padding=2 has_bias=1";
/// Its steps have compact weights, where there are some.
const char *const kDeepLayer = "in_channels=1024 out_channels=256 "
                               "kernel_size=16 stride=8 pad_mode=pad";

CompileOptions forTarget(const char *target) {
  CompileOptions options;
  options.target = target;
  return options;
}

TEST(Compilation, TargetsNameWhatTheyAre) {
  struct {
    const char *name, *schedules;
    int64_t lanes;
  } known[] = {{"cpu:x86-64", "cpu/portable", 4},
               {"cpu:x86-64-v2", "cpu/portable", 4},
               {"cpu:x86-64-v3", "cpu/avx2", 8},
               {"cpu:x86-64-v4", "cpu/avx512", 16},
               {"cpu:x86-64-v4+amx", "cpu/avx512", 16},
               {"cpu:aarch64+neon", "cpu/portable", 4}};
  for (const auto &target : known) {
    llvm::Expected<CpuTarget> parsed = parseCpuTarget(target.name);
    ASSERT_TRUE(static_cast<bool>(parsed)) << target.name;
    EXPECT_EQ(parsed->schedules, target.schedules);
    EXPECT_EQ(parsed->machine.lanes, target.lanes);
  }
  for (const char *name : {"", "cpu", "cpu:", "cpu:x86-64-v5", "CPU:native"}) {
    llvm::Expected<CpuTarget> parsed = parseCpuTarget(name);
    ASSERT_FALSE(static_cast<bool>(parsed)) << name;
    std::string message = llvm::toString(parsed.takeError());
    EXPECT_NE(message.find("'" + std::string(name) + "'"), std::string::npos)
        << message;
    EXPECT_NE(message.find("cpu:x86-64-v4"), std::string::npos) << message;
  }
}

TEST(Compilation, StagesComeInOrder) {
  Compilation compilation(parse(kLayer), forTarget("cpu:x86-64-v3"));
  const char *holds[] = {"tconv.conv1d_transpose", "tconv.phases",
                         "tconv.contract", "vector.fma", "llvm.func"};
  const char *gone[] = {"memref", "tensor<", "tconv.phases", "tconv.contract",
                        "scf.for"};
  for (auto [i, info] : llvm::enumerate(stages())) {
    Status status = compilation.runTo(info.stage);
    ASSERT_FALSE(status) << status.message();
    std::string text = compilation.moduleText();
    EXPECT_NE(text.find(holds[i]), std::string::npos) << info.name.str();
    EXPECT_EQ(text.find(gone[i]), std::string::npos) << info.name.str();
  }
}

// Of small weights and few rows, vectors of positions; of others, along the
// rows. Either way a launch may lay short batch items one after the other,
// which those for many positions don't.
TEST(Compilation, MediumLengthsTakeTheBetterVectors) {
  const char *const large = "in_channels=512 out_channels=256 kernel_size=16 "
                            "stride=8 pad_mode=pad padding=4";
  struct {
    const char *layer;
    tconv_length_class lengths;
    const char *kind;
    bool folds;
  } expected[] = {{kLayer, TCONV_LENGTH_MEDIUM, "positions", true},
                  {large, TCONV_LENGTH_MEDIUM, "rows", true},
                  {kLayer, TCONV_LENGTH_BULK, "positions", false},
                  {large, TCONV_LENGTH_BULK, "positions", false}};
  for (const auto &e : expected) {
    SCOPED_TRACE(e.layer);
    CompileOptions options = forTarget("cpu:x86-64-v4");
    options.accuracy = TCONV_ACCURACY_DIRECT;
    options.lengthClass = e.lengths;
    Compilation compilation(parse(e.layer), options);
    Status status = compilation.runTo(Stage::schedule);
    ASSERT_FALSE(status) << status.message();
    std::string text = compilation.moduleText();
    std::string schedule = std::string("cpu/avx512/") + e.kind + ".mlir";
    EXPECT_NE(text.find(schedule), std::string::npos) << schedule;
    EXPECT_EQ(text.find("tconv.item_granule") != std::string::npos, e.folds);
  }
}

TEST(Compilation, TheSameInputGivesTheSameBytes) {
  llvm::SmallVector<char, 0> first, second;
  for (auto *bytes : {&first, &second}) {
    Compilation compilation(parse(kLayer), forTarget("cpu:x86-64-v3"));
    Status status = compilation.object(*bytes);
    ASSERT_FALSE(status) << status.message();
  }
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first, second);
}

TEST(Compilation, KernelsNeedNothingOutsideThemselves) {
  for (const char *target : {"cpu:x86-64", "cpu:x86-64-v3", "cpu:x86-64-v4",
                             "cpu:x86-64-v4+amx", "cpu:aarch64+neon"})
    for (const char *line :
         {kLayer, kDeepLayer,
          "in_channels=700 out_channels=1 kernel_size=300 stride=100",
          "in_channels=12 out_channels=12 kernel_size=9 stride=4 dilation=6 "
          "group=12"})
      for (auto lengthClass : {TCONV_LENGTH_BULK, TCONV_LENGTH_MEDIUM,
                               TCONV_LENGTH_SHORT, TCONV_LENGTH_STEP}) {
        CompileOptions options = forTarget(target);
        options.lengthClass = lengthClass;
        Compilation compilation(parse(line), options);
        llvm::SmallVector<char, 0> bytes;
        Status status = compilation.object(bytes);
        ASSERT_FALSE(status) << status.message();
        auto object =
            llvm::object::ObjectFile::createObjectFile(llvm::MemoryBufferRef(
                llvm::StringRef(bytes.data(), bytes.size()), "kernel"));
        ASSERT_TRUE(static_cast<bool>(object));
        for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
          uint32_t flags = llvm::cantFail(symbol.getFlags());
          EXPECT_FALSE(flags & llvm::object::SymbolRef::SF_Undefined)
              << target << " " << line << ": "
              << llvm::cantFail(symbol.getName()).str();
        }
      }
}

/// The lines of the innermost loop with the most lines that contain `marker`:
/// from a label to a jump back to it.
std::vector<std::string> hottestLoop(const std::string &assembly,
                                     const std::string &marker) {
  std::vector<std::string> lines, best;
  std::istringstream stream(assembly);
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line);
  size_t mostMarked = 0;
  for (size_t label = 0; label < lines.size(); ++label) {
    if (lines[label].rfind(".L", 0) != 0)
      continue;
    std::string name = lines[label].substr(0, lines[label].find(':'));
    size_t marked = 0;
    for (size_t i = label + 1; i < lines.size(); ++i) {
      if (lines[i].rfind(".L", 0) == 0)
        break; // another block begins: not innermost
      marked += lines[i].find(marker) != std::string::npos;
      bool jump = lines[i].find("\tj") == 0 || lines[i].find("\tb.") == 0;
      size_t at = lines[i].find(name);
      if (!jump || at == std::string::npos ||
          lines[i].substr(at).find_first_of(" \t#") == 0)
        continue;
      if (marked > mostMarked) {
        mostMarked = marked;
        best.assign(lines.begin() + label, lines.begin() + i + 1);
      }
      break;
    }
  }
  return best;
}

/// The register tile stays in registers: as many FMAs as the tile has, on the
/// target's widest registers, and nothing of the loop touches the stack.
TEST(Compilation, RegisterTilesDoNotSpill) {
  const char *const depthwise = "in_channels=13 out_channels=13 kernel_size=4 "
                                "stride=2 group=13 has_bias=1";
  // No more rows in a group than a tile of them has.
  const char *const rows16 = "in_channels=128 out_channels=128 kernel_size=2 "
                             "stride=1 group=8 has_bias=1";
  const char *const rows48 = "in_channels=128 out_channels=192 kernel_size=4 "
                             "stride=2 group=8 has_bias=1";
  constexpr auto direct = TCONV_ACCURACY_DIRECT, fast = TCONV_ACCURACY_DEFAULT;
  constexpr auto bulk = TCONV_LENGTH_BULK, medium = TCONV_LENGTH_MEDIUM;
  struct {
    const char *layer;
    tconv_accuracy accuracy;
    tconv_length_class lengths;
    const char *target, *fma, *reg, *stack;
    size_t fmas;
  } expected[] = {
      // Two taps a step.
      {kLayer, direct, bulk, "cpu:x86-64-v3", "vfmadd", "%ymm", "(%rsp", 24},
      {kLayer, direct, bulk, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 48},
      {kLayer, direct, bulk, "cpu:aarch64+neon", "fmla", ".4s", "[sp", 24},
      // One, and a point is one.
      {kLayer, direct, medium, "cpu:x86-64-v3", "vfmadd", "%ymm", "(%rsp", 12},
      {kLayer, direct, medium, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 16},
      {rows16, direct, medium, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 8},
      {rows48, direct, medium, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 24},
      {kLayer, fast, bulk, "cpu:x86-64-v3", "vfmadd", "%ymm", "(%rsp", 12},
      {kLayer, fast, bulk, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 24},
      {kLayer, fast, bulk, "cpu:aarch64+neon", "fmla", ".4s", "[sp", 12},
      // Addresses may, in a loop of so many cycles; sums may not.
      {kLayer, fast, bulk, "cpu:x86-64-v4+amx", "tdpbf16ps", "%tmm",
       "tilestored", 24},
      {kLayer, fast, medium, "cpu:x86-64-v3", "vfmadd", "%ymm", "(%rsp", 12},
      {kLayer, fast, medium, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 16},
      {rows16, fast, medium, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 8},
      {rows48, fast, medium, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 24},
      {depthwise, direct, bulk, "cpu:x86-64-v3", "vfmadd", "%ymm", "(%rsp", 16},
      {depthwise, direct, bulk, "cpu:x86-64-v4", "vfmadd", "%zmm", "(%rsp", 32},
      {depthwise, direct, bulk, "cpu:aarch64+neon", "fmla", ".4s", "[sp", 16}};
  for (const auto &e : expected) {
    SCOPED_TRACE(e.layer);
    SCOPED_TRACE(e.accuracy == direct ? "direct" : "fast");
    CompileOptions options = forTarget(e.target);
    options.accuracy = e.accuracy;
    options.lengthClass = e.lengths;
    if (e.lengths == medium) // small weights may have vectors of positions
      options.scheduleKind = "rows";
    Compilation compilation(parse(e.layer), options);
    std::string assembly;
    Status status = compilation.assembly(assembly);
    ASSERT_FALSE(status) << status.message();
    std::vector<std::string> loop = hottestLoop(assembly, e.fma);
    size_t fmas = 0;
    for (const std::string &line : loop) {
      EXPECT_EQ(line.find(e.stack), std::string::npos)
          << e.target << ": " << line;
      if (line.find(e.fma) == std::string::npos)
        continue;
      ++fmas;
      EXPECT_NE(line.find(e.reg), std::string::npos)
          << e.target << ": " << line;
    }
    EXPECT_EQ(fmas, e.fmas) << e.target;
  }
}

TEST(Compilation, RefusalsSayWhat) {
  std::string text;
  Status status = Compilation(parse(kLayer), forTarget("cpu:z80")).llvmIR(text);
  EXPECT_EQ(status.code(), TCONV_INVALID_VALUE);
  EXPECT_NE(status.message().find("'cpu:z80'"), std::string::npos)
      << status.message();

  tconv_params params = parse(kLayer);
  params.stride = 0;
  status = Compilation(params, CompileOptions()).llvmIR(text);
  EXPECT_EQ(status.code(), TCONV_INVALID_VALUE);
  EXPECT_NE(status.message().find("stride"), std::string::npos)
      << status.message();
}

/// A folder of schedules that is removed in the end.
struct ScheduleFolder {
  ScheduleFolder() {
    llvm::SmallString<128> path;
    EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("tconv", path));
    root = path.str().str();
    EXPECT_FALSE(llvm::sys::fs::create_directories(root + "/cpu/avx2"));
  }
  ~ScheduleFolder() { EXPECT_FALSE(llvm::sys::fs::remove_directories(root)); }
  Status compileWith(const std::string &text) {
    std::ofstream(root + "/cpu/avx2/positions.mlir") << text;
    CompileOptions options = forTarget("cpu:x86-64-v3");
    options.schedulePath = root;
    std::string ir;
    return Compilation(parse(kLayer), options).llvmIR(ir);
  }
  std::string root;
};

TEST(Compilation, SchedulesOfTheUserComeFirstAndFailClearly) {
  ScheduleFolder folder;
  Status status = folder.compileWith("this is no schedule");
  EXPECT_EQ(status.code(), TCONV_COMPILE_ERROR);
  EXPECT_NE(status.message().find(folder.root), std::string::npos)
      << status.message();
  status = folder.compileWith("module {}");
  EXPECT_NE(status.message().find("has no named sequence @schedule"),
            std::string::npos)
      << status.message();
  // A schedule that leaves the layer as it is can't become a kernel.
  status = folder.compileWith(
      "module attributes {transform.with_named_sequence} {\n"
      "  transform.named_sequence @schedule(%l: !transform.any_op\n"
      "      {transform.readonly}) { transform.yield }\n}\n");
  EXPECT_EQ(status.code(), TCONV_COMPILE_ERROR) << status.message();
}

TEST(Compilation, DumpsEveryStage) {
  ScheduleFolder folder;
  CompileOptions options = forTarget("cpu:x86-64-v3");
  options.dumpPath = folder.root + "/dump";
  std::string ir;
  Status status = Compilation(parse(kLayer), options).llvmIR(ir);
  ASSERT_FALSE(status) << status.message();
  std::error_code error;
  size_t files = 0;
  for (llvm::sys::fs::directory_iterator at(options.dumpPath, error), end;
       at != end && !error; at.increment(error))
    ++files;
  EXPECT_EQ(files, stages().size() + 1) << "all stages and the LLVM IR";
}

TEST(Compilation, IsReentrant) {
  std::vector<std::thread> threads;
  std::vector<llvm::SmallVector<char, 0>> objects(4);
  std::vector<std::string> errors(4);
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      Compilation compilation(parse(kLayer), forTarget("cpu:x86-64-v3"));
      errors[i] = compilation.object(objects[i]).message();
    });
  for (std::thread &thread : threads)
    thread.join();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(errors[i], "");
    EXPECT_EQ(objects[i], objects[0]);
  }
}

} // namespace
