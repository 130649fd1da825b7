// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The Halide engine's faces: what it emits, what it refuses, and its library
// beside the compiler's in one process.
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <thread>

#include "compiler/Halide/Engine.h"
#include "compiler/Halide/halide_abi.h"
#include "support/layers.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/FileSystem.h"

using namespace mlir::tconv;
using ::tconv::Status;
using ::tconv::test::parse;

namespace {

const char *const kLayer = "in_channels=16 out_channels=8 kernel_size=8 "
                           "stride=4 pad_mode=pad padding=2 has_bias=1";

/// One of the engines' libraries, as the runtime opens it.
class Library {
public:
  explicit Library(const char *path)
      : handle(dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
    EXPECT_NE(handle, nullptr) << dlerror();
  }
  template <typename Fn> Fn find(const char *name) {
    return reinterpret_cast<Fn>(dlsym(handle, name));
  }
  const tconv_compiler_api *api() {
    auto query = find<tconv_compiler_query_fn>(TCONV_COMPILER_QUERY_SYMBOL);
    return query ? query(TCONV_COMPILER_ABI_VERSION) : nullptr;
  }

private:
  void *handle; // stays open: LLVM is not made to be unloaded
};

struct Emitted {
  tconv_status status;
  std::string bytes, message;
};

Emitted emit(const char *what, const char *target = "cpu:x86-64-v3",
             const char *tuning = nullptr, const char *layer = kLayer) {
  static Library library(TCONV_HALIDE_LIBRARY);
  auto run = library.find<tconv_halide_emit_fn>(TCONV_HALIDE_EMIT_SYMBOL);
  auto release = library.find<tconv_halide_free_fn>(TCONV_HALIDE_FREE_SYMBOL);
  tconv_compile_request request = {};
  request.struct_size = sizeof(request);
  request.params = parse(layer);
  request.target = target;
  request.tuning = tuning;
  char message[1000] = "";
  char *bytes = nullptr;
  size_t size = 0;
  tconv_status status = run(&request, what, "the_kernel", &bytes, &size,
                            message, sizeof(message));
  Emitted result = {status, bytes ? std::string(bytes, size) : "", message};
  release(bytes);
  return result;
}

TEST(HalideEngine, EmitsWhatItIsAskedFor) {
  struct {
    const char *what, *holds;
  } expected[] = {{"asm", "vfmadd"},
                  {"llvm", "fmul contract"},
                  {"stmt", "produce tile0"},
                  {"schedule", "tile0.compute_at("},
                  {"description", "\"engine\":\"halide\""}};
  for (const auto &[what, holds] : expected) {
    Emitted emitted = emit(what);
    ASSERT_EQ(emitted.status, TCONV_OK) << emitted.message;
    EXPECT_NE(emitted.bytes.find(holds), std::string::npos)
        << what << ": " << emitted.bytes.substr(0, 2000);
  }
}

TEST(HalideEngine, KernelsNeedNothingOutsideThemselves) {
  for (const char *target :
       {"cpu:x86-64", "cpu:x86-64-v3", "cpu:x86-64-v4", "cpu:aarch64+neon"})
    for (const char *tuning : {"kind=positions", "kind=rows", "kind=filter",
                               "kind=phases", "autoscheduler=Mullapudi2016"}) {
      Emitted emitted = emit("object", target, tuning);
      ASSERT_EQ(emitted.status, TCONV_OK) << emitted.message;
      auto object = llvm::object::ObjectFile::createObjectFile(
          llvm::MemoryBufferRef(emitted.bytes, "kernel"));
      ASSERT_TRUE(static_cast<bool>(object));
      int exported = 0;
      for (const llvm::object::SymbolRef &symbol : (*object)->symbols()) {
        uint32_t flags = llvm::cantFail(symbol.getFlags());
        std::string name = llvm::cantFail(symbol.getName()).str();
        EXPECT_FALSE(flags & llvm::object::SymbolRef::SF_Undefined)
            << target << " " << tuning << ": " << name;
        if (!(flags & llvm::object::SymbolRef::SF_Global))
          continue;
        ++exported;
        EXPECT_EQ(name, "the_kernel");
      }
      EXPECT_EQ(exported, 1) << target << " " << tuning;
    }
}

TEST(HalideEngine, TheSameInputGivesTheSameBytes) {
  for (const char *what : {"object", "stmt", "schedule"}) {
    Emitted first = emit(what), second = emit(what);
    ASSERT_FALSE(first.bytes.empty()) << first.message;
    EXPECT_TRUE(first.bytes == second.bytes) << what;
  }
}

TEST(HalideEngine, RefusalsSayWhat) {
  struct {
    const char *what, *target, *tuning, *says;
    tconv_status status;
  } refused[] = {
      {"nothing", "cpu:native", nullptr, "'nothing'", TCONV_INVALID_VALUE},
      {"asm", "cpu:z80", nullptr, "'cpu:z80'", TCONV_INVALID_VALUE},
      {"asm", "nvptx:sm_80", nullptr, "'nvptx:sm_80'", TCONV_UNSUPPORTED},
      {"ptx", "nvptx:sm_20", nullptr, "'nvptx:sm_20'", TCONV_INVALID_VALUE},
      {"ptx", "cpu:native", nullptr, "'cpu:native'", TCONV_INVALID_VALUE},
      {"asm", "cpu:native", "speed=9", "'speed'", TCONV_INVALID_VALUE},
      {"asm", "cpu:native", "tiles=0", "tiles = '0'", TCONV_INVALID_VALUE},
      {"asm", "cpu:native", "kind=best", "'best'", TCONV_INVALID_VALUE},
      {"asm", "cpu:native", "kind=planar", "'planar'", TCONV_INVALID_VALUE},
      {"asm", "cpu:x86-64-v3", "kind=positions,tile=12", "tile = 12",
       TCONV_INVALID_VALUE},
      {"asm", "cpu:x86-64-v3", "kind=positions,rows=64", "rows = 64",
       TCONV_INVALID_VALUE},
      {"asm", "cpu:native", "autoscheduler=Me", "'Me'", TCONV_INVALID_VALUE},
      {"asm", "cpu:native", "autoscheduler=Anderson2021", "'Anderson2021'",
       TCONV_INVALID_VALUE},
      {"ptx", "nvptx:sm_80", "autoscheduler=Adams2019", "'Adams2019'",
       TCONV_INVALID_VALUE},
  };
  for (const auto &one : refused) {
    Emitted emitted = emit(one.what, one.target, one.tuning);
    EXPECT_EQ(emitted.status, one.status) << emitted.message;
    EXPECT_NE(emitted.message.find(one.says), std::string::npos)
        << emitted.message;
    EXPECT_EQ(emitted.bytes, "");
  }
  Emitted emitted =
      emit("asm", "cpu:native", nullptr,
           "in_channels=1 out_channels=1 kernel_size=9 stride=5000000");
  EXPECT_NE(emitted.status, TCONV_OK);
  EXPECT_NE(emitted.message.find("5000000"), std::string::npos)
      << emitted.message;
}

// The libraries as the runtime opens them, in turns.
TEST(HalideEngine, BothLibrariesInOneProcess) {
  Library halide(TCONV_HALIDE_LIBRARY), compiler(TCONV_COMPILER_LIBRARY);
  const tconv_compiler_api *apis[] = {halide.api(), compiler.api()};
  ASSERT_TRUE(apis[0] && apis[1]);
  EXPECT_STRNE(apis[0]->build_id, apis[1]->build_id);
  tconv_compile_request request = {};
  request.struct_size = sizeof(request);
  request.params = parse(kLayer);
  request.target = "cpu:x86-64-v3";
  for (int i = 0; i < 6; ++i) {
    const tconv_compiler_api *api = apis[i % 2];
    request.tuning = i == 2 ? "autoscheduler=Adams2019" : nullptr;
    char message[500];
    tconv_compiled *compiled = nullptr;
    ASSERT_EQ(api->compile(&request, &compiled, message, sizeof(message)),
              TCONV_OK)
        << message;
    ASSERT_NE(api->image(compiled), nullptr);
    EXPECT_GT(api->image(compiled)->size, 0u);
    EXPECT_EQ(api->kernel(compiled), nullptr);
    api->release(compiled);
  }
}

TEST(HalideEngine, IsReentrant) {
  std::vector<std::thread> threads;
  std::vector<Emitted> emitted(3);
  for (size_t i = 0; i < emitted.size(); ++i)
    threads.emplace_back([&, i] { emitted[i] = emit("asm"); });
  for (std::thread &thread : threads)
    thread.join();
  for (const Emitted &one : emitted) {
    EXPECT_EQ(one.status, TCONV_OK) << one.message;
    EXPECT_TRUE(one.bytes == emitted[0].bytes);
  }
}

/// Runs ptxas on a text; "" where it takes it.
std::string assemble(const std::string &ptx, const std::string &architecture) {
  llvm::SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("tconv", folder))
    return "no folder";
  std::string path = folder.str().str();
  std::ofstream(path + "/kernel.ptx") << ptx;
  std::string command = std::string(TCONV_PTXAS) + " -arch=" + architecture +
                        " -o " + path + "/kernel.cubin " + path +
                        "/kernel.ptx > " + path + "/log 2>&1";
  int failed = std::system(command.c_str());
  std::ifstream log(path + "/log");
  std::string said{std::istreambuf_iterator<char>(log), {}};
  llvm::sys::fs::remove_directories(path);
  return failed ? "ptxas: " + said : "";
}

// Compiled and assembled only: no GPU has run it here.
TEST(HalideEngine, PtxAssembles) {
  for (const char *tuning : {"", "autoscheduler=Anderson2021"}) {
    Emitted emitted = emit("ptx", "nvptx:sm_80", tuning);
    ASSERT_EQ(emitted.status, TCONV_OK) << emitted.message;
    ASSERT_NE(emitted.bytes.find(".entry"), std::string::npos);
    ASSERT_NE(emitted.bytes.find(".target sm_80"), std::string::npos);
    EXPECT_NE(emitted.bytes.find("fma.rn.f32"), std::string::npos);
    if (std::string(TCONV_PTXAS).empty())
      GTEST_SKIP() << "there is no ptxas";
    EXPECT_EQ(assemble(emitted.bytes, "sm_80"), "");
    EXPECT_EQ(assemble(emitted.bytes, "sm_90"), "");
  }
}

} // namespace
