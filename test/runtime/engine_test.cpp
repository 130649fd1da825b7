// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Engines: their names, their libraries, and what each of them is asked for.
// Both libraries are fakes. A process opens each once, so that every test needs
// a process of its own: ctest gives it one.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "engine/engine.h"
#include "kernel/compiler_loader.h"
#include "kernel/kernel_key.h"
#include "support/bounds.h"
#include "support/layers.h"
#include "tuning/tuning_file.h"

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr const char *kLine =
    "in_channels=6 out_channels=4 kernel_size=5 stride=3 group=2 has_bias=1";

/// Kernels that the fake library of a file has compiled; 0 where it isn't open.
int compiledBy(const char *file) {
  void *library = dlopen(file, RTLD_NOW | RTLD_NOLOAD);
  if (!library)
    return 0;
  int compiled = 0, released = 0, packed = 0;
  reinterpret_cast<void (*)(int *, int *, int *)>(
      dlsym(library, "fake_compiler_counts"))(&compiled, &released, &packed);
  dlclose(library);
  return compiled;
}

/// What the fake Halide engine's last request had for its tuning.
std::string halideTuning() {
  void *library = dlopen(FAKE_HALIDE_LIBRARY, RTLD_NOW | RTLD_NOLOAD);
  if (!library)
    return "not open";
  std::string tuning = reinterpret_cast<const char *(*)()>(
      dlsym(library, "fake_compiler_tuning"))();
  dlclose(library);
  return tuning;
}

class EngineTest : public testing::Test {
protected:
  void SetUp() override {
    setenv("TCONV_COMPILER_LIBRARY", FAKE_COMPILER_LIBRARY, 1);
    setenv("TCONV_HALIDE_LIBRARY", FAKE_HALIDE_LIBRARY, 1);
    setenv("FAKE_COMPILER", "", 1);
  }

  static LayerHandle make(const char *engine, const char *line = kLine) {
    tconv_params params = parse(line);
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.engine = engine;
    tconv_layer *layer = nullptr;
    EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_OK)
        << tconv_last_error();
    return LayerHandle(layer);
  }

  /// Runs a layer and compares it with float64 sums; returns its path.
  static std::string runAndCheck(tconv_layer *layer, int64_t length = 37) {
    tconv_params params;
    EXPECT_EQ(tconv_layer_params(layer, &params), TCONV_OK);
    Random random(3);
    std::vector<float> x = randomValues(random, xElements(params, 1, length));
    std::vector<float> weight(weightElements(params)),
        bias(params.out_channels), y(yElements(params, 1, length));
    EXPECT_EQ(tconv_layer_get_weight(layer, weight.data()), TCONV_OK);
    EXPECT_EQ(tconv_layer_get_bias(layer, bias.data()), TCONV_OK);
    EXPECT_EQ(tconv_layer_run(layer, x.data(), 1, length, y.data()), TCONV_OK)
        << tconv_last_error();
    EXPECT_EQ(Accuracy(params, false)
                  .compare({x.data(), weight.data(), bias.data(), 1, length},
                           y.data()),
              "");
    return described(layer, 1, length, "path");
  }
};

TEST(EngineNames, AreReadAndRefused) {
  Engine engine;
  ASSERT_FALSE(parseEngine("halide:Adams2019", engine));
  EXPECT_EQ(engine.kind, EngineKind::halide);
  EXPECT_EQ(engine.autoscheduler, "Adams2019");
  ASSERT_FALSE(parseEngine("halide", engine));
  EXPECT_EQ(engine.autoscheduler, "");
  ASSERT_FALSE(parseEngine("mlir", engine));
  EXPECT_EQ(engine.kind, EngineKind::mlir);
  for (const char *wrong : {"", "Halide", "halide:", "halide:adams2019",
                            "halide:Adams2019:", "mlir:Adams2019", ":"}) {
    engine.autoscheduler = "kept";
    Status status = parseEngine(wrong, engine);
    EXPECT_EQ(status.code(), TCONV_INVALID_VALUE) << wrong;
    EXPECT_NE(status.message().find("engine = '" + std::string(wrong) + "'"),
              std::string::npos)
        << status.message();
    EXPECT_EQ(engine.autoscheduler, "kept");
  }
  EXPECT_EQ(checkedEngine("").kind, EngineKind::mlir);
  EXPECT_EQ(requestTuning({EngineKind::halide, "Li2018"}, "positions=8"),
            "autoscheduler=Li2018,positions=8");
  EXPECT_EQ(requestTuning({EngineKind::halide, ""}, ""), "");
}

TEST(EngineNames, AreInTheKeyOfTheirKernels) {
  KernelRequest request = {parse(kLine), "cpu:x86-64", TCONV_ACCURACY_DEFAULT,
                           TCONV_LENGTH_BULK};
  std::string plain = requestText(request);
  EXPECT_EQ(plain.find("engine"), std::string::npos) << plain;
  // Naming the default changes nothing on disk.
  request.engine = "mlir";
  EXPECT_EQ(requestText(request), plain);
  request.engine = "halide";
  std::string halide = requestText(request);
  EXPECT_NE(halide.find(" engine=halide target=cpu:x86-64"), std::string::npos)
      << halide;
  request.engine = "halide:Adams2019";
  EXPECT_NE(requestText(request), halide);
  EXPECT_NE(ownCompilerText(EngineKind::halide),
            ownCompilerText(EngineKind::mlir));
}

TEST_F(EngineTest, BothServeOneProcess) {
  LayerHandle first = make(nullptr), second = make("halide"),
              third = make("halide:Adams2019"), again = make("mlir");
  for (int i = 0; i < 2; ++i)
    for (tconv_layer *layer : {first.get(), second.get(), third.get()})
      EXPECT_EQ(runAndCheck(layer), "kernel");
  EXPECT_EQ(compiledBy(FAKE_COMPILER_LIBRARY), 1);
  EXPECT_EQ(compiledBy(FAKE_HALIDE_LIBRARY), 2);
  EXPECT_EQ(described(first.get(), 1, 37, "engine"), "mlir");
  EXPECT_EQ(described(second.get(), 1, 37, "engine"), "halide");
  EXPECT_EQ(described(second.get(), 1, 37, "autoscheduler"), "");
  EXPECT_EQ(described(third.get(), 1, 37, "engine"), "halide:Adams2019");
  EXPECT_EQ(described(third.get(), 1, 37, "autoscheduler"), "Adams2019");
  EXPECT_EQ(halideTuning(), "autoscheduler=Adams2019");
  EXPECT_EQ(described(again.get(), 1, 37, "engine"), "mlir");
}

TEST_F(EngineTest, OnlyTheEngineThatIsAskedForIsOpened) {
  LayerHandle layer = make("halide");
  EXPECT_EQ(runAndCheck(layer.get()), "kernel");
  EXPECT_EQ(dlopen(FAKE_COMPILER_LIBRARY, RTLD_NOW | RTLD_NOLOAD), nullptr);
}

TEST_F(EngineTest, SaysWhichEngine) {
  setenv("TCONV_VERBOSE", "1", 1);
  LayerHandle layer = make("halide:Li2018");
  testing::internal::CaptureStderr();
  EXPECT_EQ(runAndCheck(layer.get()), "kernel");
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("Halide engine " FAKE_HALIDE_LIBRARY ", LLVM none"),
            std::string::npos)
      << said;
  EXPECT_NE(said.find(" engine=halide:Li2018 "), std::string::npos) << said;
}

TEST_F(EngineTest, AnAbsentEngineSaysHowToGetIt) {
  setenv("TCONV_HALIDE_LIBRARY", "/nonexistent/libtconv_halide.so", 1);
  LayerHandle layer = make("halide");
  EXPECT_EQ(runAndCheck(layer.get()), "reference");
  EXPECT_EQ(described(layer.get(), 1, 37, "engine"), "halide");
  EXPECT_EQ(described(layer.get(), 1, 37, "status"), "TCONV_NOT_FOUND");
  std::string why = described(layer.get(), 1, 37, "why");
  for (const char *part :
       {"no Halide engine: ", "built with Halide 21", "pip install halide==21",
        "TCONV_HALIDE=ON", "/nonexistent/libtconv_halide.so"})
    EXPECT_NE(why.find(part), std::string::npos) << part << ": " << why;
  // The other engine is none the worse.
  LayerHandle other = make(nullptr);
  EXPECT_EQ(runAndCheck(other.get()), "kernel");
}

/// A tuning file with one entry for kLine, in a folder of this test's own.
class TunedEngineTest : public EngineTest {
protected:
  void SetUp() override {
    EngineTest::SetUp();
    char name[] = "/tmp/tconv-engine-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  void choose(const char *engine, const char *halideLine = "build=fake "
                                                           "llvm=none") {
    TuningFile file;
    file.identity = identityHere("build=fake llvm=none", halideLine);
    TuningEntry entry;
    entry.key = tuningKey({parse(kLine), "cpu:native", TCONV_ACCURACY_DEFAULT,
                           TCONV_LENGTH_BULK});
    entry.choice.engine = engine;
    entry.tuned = true;
    file.entries.push_back(entry);
    std::ofstream(folder + "/tuning.json") << formatTuningFile(file);
    setenv("TCONV_TUNING", (folder + "/tuning.json").c_str(), 1);
  }

  std::string folder;
};

TEST_F(TunedEngineTest, TheFileChoosesWhereTheCallerDoesNot) {
  choose("halide:Mullapudi2016");
  LayerHandle open = make(nullptr), mlir = make("mlir"), hand = make("halide");
  EXPECT_EQ(runAndCheck(open.get(), 400), "kernel");
  EXPECT_EQ(described(open.get(), 1, 400, "engine"), "halide:Mullapudi2016");
  EXPECT_EQ(halideTuning(), "autoscheduler=Mullapudi2016");
  EXPECT_EQ(runAndCheck(mlir.get(), 400), "kernel");
  EXPECT_EQ(described(mlir.get(), 1, 400, "engine"), "mlir");
  EXPECT_EQ(runAndCheck(hand.get(), 400), "kernel");
  EXPECT_EQ(described(hand.get(), 1, 400, "engine"), "halide");
}

TEST_F(TunedEngineTest, AnAbsentEngineIsNotTaken) {
  choose("halide");
  setenv("TCONV_HALIDE_LIBRARY", "/nonexistent/libtconv_halide.so", 1);
  // The file is of no other Halide engine than this build's.
  choose("halide", ownCompilerText(EngineKind::halide).c_str());
  setenv("TCONV_VERBOSE", "1", 1);
  LayerHandle layer = make(nullptr);
  testing::internal::CaptureStderr();
  EXPECT_EQ(runAndCheck(layer.get(), 400), "kernel");
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("tuning: 'engine=halide'"), std::string::npos) << said;
  EXPECT_NE(said.find("no Halide engine"), std::string::npos) << said;
  EXPECT_EQ(described(layer.get(), 1, 400, "engine"), "mlir");
}

TEST_F(TunedEngineTest, AFileOfAnotherHalideIsNotUsed) {
  choose("halide", "build=other llvm=none");
  LayerHandle layer = make(nullptr);
  EXPECT_EQ(runAndCheck(layer.get(), 400), "kernel");
  EXPECT_EQ(described(layer.get(), 1, 400, "engine"), "mlir");
  EXPECT_EQ(compiledBy(FAKE_HALIDE_LIBRARY), 0);
}

} // namespace
