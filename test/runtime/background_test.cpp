// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers whose calls don't wait for the compiler, with a fake one that goes on
// only when it is told to. A call that waited for it would never end. Each of
// these tests needs a process of its own: ctest gives it one.
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/bounds.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

class BackgroundTest : public testing::Test {
protected:
  void SetUp() override {
    setenv("TCONV_COMPILER_LIBRARY", FAKE_COMPILER_LIBRARY, 1);
    setenv("FAKE_COMPILER", "held", 1);
    library = dlopen(FAKE_COMPILER_LIBRARY, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
  }
  // What is held now would be so for ever.
  void TearDown() override { letGo(); }

  template <typename Function> Function *function(const char *name) const {
    return reinterpret_cast<Function *>(dlsym(library, name));
  }
  void letGo() const { function<void()>("fake_compiler_let_go")(); }
  std::thread letGoSoon() const {
    return std::thread([this] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      letGo();
    });
  }
  void waitUntilHeld(int times) const {
    while (function<int()>("fake_compiler_held")() < times)
      std::this_thread::yield();
  }
  int count(int which) const {
    int counts[3];
    function<void(int *, int *, int *)>("fake_compiler_counts")(
        &counts[0], &counts[1], &counts[2]);
    return counts[which];
  }
  int compiled() const { return count(0); }
  int packed() const { return count(2); }

  static LayerHandle make(const std::string &line,
                          int compilation = TCONV_COMPILE_BACKGROUND) {
    tconv_params params = parse(line);
    tconv_layer_options options;
    tconv_layer_options_init(&options);
    options.compilation = compilation;
    tconv_layer *layer = nullptr;
    EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_OK)
        << tconv_last_error();
    return LayerHandle(layer);
  }

  /// A layer's inputs, its results, and the reference's.
  struct Call {
    std::vector<float> y, reference;
    bool isReference() const {
      return std::memcmp(y.data(), reference.data(),
                         y.size() * sizeof(float)) == 0;
    }
  };
  static Call run(tconv_layer *layer, int64_t length) {
    tconv_params params;
    EXPECT_EQ(tconv_layer_params(layer, &params), TCONV_OK);
    Random random(3);
    std::vector<float> x = randomValues(random, xElements(params, 2, length));
    std::vector<float> weight(weightElements(params)),
        bias(params.out_channels);
    EXPECT_EQ(tconv_layer_get_weight(layer, weight.data()), TCONV_OK);
    EXPECT_EQ(tconv_layer_get_bias(layer, bias.data()), TCONV_OK);
    Call call;
    call.y.resize(yElements(params, 2, length));
    call.reference = call.y;
    EXPECT_EQ(tconv_reference_run(&params, weight.data(), bias.data(), x.data(),
                                  2, length, call.reference.data(), 0),
              TCONV_OK);
    EXPECT_EQ(tconv_layer_run(layer, x.data(), 2, length, call.y.data()),
              TCONV_OK)
        << tconv_last_error();
    Accuracy accuracy(params);
    EXPECT_EQ(
        accuracy.compare({x.data(), weight.data(), bias.data(), 2, length},
                         call.y.data()),
        "");
    return call;
  }

  static constexpr const char *kLine =
      "in_channels=24 out_channels=10 kernel_size=5 stride=3 has_bias=1";
  void *library = nullptr;
};

TEST_F(BackgroundTest, CallsGoOnWithoutTheKernel) {
  LayerHandle layer = make(kLine);
  // The fake kernel sums in float64: its results are others.
  EXPECT_TRUE(run(layer.get(), 300).isReference());
  waitUntilHeld(1);
  EXPECT_TRUE(run(layer.get(), 300).isReference());
  EXPECT_TRUE(run(layer.get(), 200).isReference());
  EXPECT_EQ(compiled(), 0);
  letGo();
  // Who asks for it waits.
  ASSERT_EQ(tconv_layer_prepare(layer.get(), 1, 300), TCONV_OK);
  EXPECT_EQ(compiled(), 1);
  EXPECT_EQ(packed(), 1);
  EXPECT_FALSE(run(layer.get(), 300).isReference());
  EXPECT_EQ(described(layer.get(), 1, 300, "path"), "kernel");
  EXPECT_EQ(compiled(), 1);
  EXPECT_EQ(packed(), 1);
}

TEST_F(BackgroundTest, TheKernelIsTakenWhenItIsThere) {
  LayerHandle layer = make(kLine);
  run(layer.get(), 300);
  letGo();
  while (run(layer.get(), 300).isReference())
    std::this_thread::yield();
  EXPECT_EQ(compiled(), 1);
}

TEST_F(BackgroundTest, LengthClassesDoNotWaitForEachOther) {
  LayerHandle layer = make(kLine);
  run(layer.get(), 300);
  waitUntilHeld(1);
  EXPECT_TRUE(run(layer.get(), 1).isReference());
  letGo();
  ASSERT_EQ(tconv_layer_prepare(layer.get(), 1, 1), TCONV_OK);
  ASSERT_EQ(tconv_layer_prepare(layer.get(), 1, 300), TCONV_OK);
  EXPECT_EQ(compiled(), 2);
}

TEST_F(BackgroundTest, KernelsThatAreThereAreTakenAtOnce) {
  letGo();
  LayerHandle first = make(kLine, TCONV_COMPILE_WAIT);
  EXPECT_FALSE(run(first.get(), 300).isReference());
  LayerHandle second = make(kLine);
  EXPECT_FALSE(run(second.get(), 300).isReference());
  EXPECT_EQ(compiled(), 1);
}

TEST_F(BackgroundTest, NewWeightsAreThoseThatArePacked) {
  LayerHandle layer = make(kLine);
  run(layer.get(), 300);
  waitUntilHeld(1);
  std::vector<float> weight(24 * 10 * 5, 0.25F);
  const int64_t shape[] = {24, 10, 5};
  ASSERT_EQ(tconv_layer_set_weight(layer.get(), weight.data(), shape, 3),
            TCONV_OK);
  EXPECT_TRUE(run(layer.get(), 300).isReference());
  letGo();
  ASSERT_EQ(tconv_layer_prepare(layer.get(), 1, 300), TCONV_OK);
  // Its results are checked.
  EXPECT_FALSE(run(layer.get(), 300).isReference());
  EXPECT_EQ(compiled(), 1);
}

TEST_F(BackgroundTest, WhatNobodyNeedsAnyMoreIsNotCompiled) {
  LayerHandle first = make(kLine);
  run(first.get(), 300);
  waitUntilHeld(1);
  LayerHandle second =
      make("in_channels=3 out_channels=2 kernel_size=2 has_bias=1");
  run(second.get(), 300);
  second.reset();
  letGo();
  // Its turn comes after theirs.
  LayerHandle third =
      make("in_channels=3 out_channels=4 kernel_size=2 has_bias=1");
  while (run(third.get(), 300).isReference())
    std::this_thread::yield();
  EXPECT_EQ(compiled(), 2);
}

TEST_F(BackgroundTest, DestroyingWaitsForTheCompiler) {
  LayerHandle layer = make(kLine);
  run(layer.get(), 300);
  waitUntilHeld(1);
  std::thread other = letGoSoon();
  layer.reset();
  EXPECT_EQ(compiled(), 1);
  other.join();
}

TEST_F(BackgroundTest, ARefusalIsFoundLater) {
  setenv("FAKE_COMPILER", "fail", 1);
  LayerHandle layer = make(kLine);
  EXPECT_TRUE(run(layer.get(), 300).isReference());
  EXPECT_EQ(described(layer.get(), 1, 300, "status"), "TCONV_COMPILE_ERROR");
  EXPECT_TRUE(run(layer.get(), 300).isReference());
  EXPECT_EQ(compiled(), 1);
}

TEST_F(BackgroundTest, AChildCompilesAnew) {
  setenv("FAKE_COMPILER", "slow", 1);
  LayerHandle busy = make(kLine);
  LayerHandle other =
      make("in_channels=3 out_channels=2 kernel_size=2 has_bias=1");
  run(busy.get(), 300);
  // Waits behind the other one, and is lost in the child.
  run(other.get(), 300);
  pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    while (run(other.get(), 300).isReference())
      std::this_thread::yield();
    _exit(HasFailure());
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  ASSERT_EQ(tconv_layer_prepare(other.get(), 1, 300), TCONV_OK);
}

// What is being compiled is finished; what waits is dropped.
TEST_F(BackgroundTest, AProgramMayEndAtAnyTime) {
  auto end = [this] {
    // Called after what is registered later.
    static const auto *count =
        new std::function<int()>([&] { return compiled(); });
    std::atexit([] { _exit((*count)() == 1 ? 0 : 3); });
    LayerHandle layer = make(kLine);
    LayerHandle next =
        make("in_channels=3 out_channels=2 kernel_size=2 has_bias=1");
    run(layer.get(), 300);
    run(next.get(), 300);
    waitUntilHeld(1);
    letGoSoon().detach();
    // Nobody destroys them.
    layer.release();
    next.release();
    std::exit(1);
  };
  EXPECT_EXIT(end(), testing::ExitedWithCode(0), "");
}

TEST_F(BackgroundTest, OtherNumbersAreRefused) {
  tconv_params params = parse(kLine);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.compilation = 2;
  tconv_layer *layer = nullptr;
  EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(),
               "compilation = 2: must be 0 (wait) or 1 (background)");
  EXPECT_EQ(layer, nullptr);
}

} // namespace
