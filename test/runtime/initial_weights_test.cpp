// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers draw their initial weights at first use: what they are is settled when
// the layer is made, whoever uses it first, and when.
#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "support/bounds.h"
#include "support/layers.h"

using namespace tconv::test;

namespace {

constexpr const char *kLine =
    "in_channels=12 out_channels=10 kernel_size=7 stride=3 has_bias=1";
/// Enough to draw for several milliseconds.
constexpr const char *kLargeLine =
    "in_channels=128 out_channels=256 kernel_size=16";

LayerHandle makeLayer(const std::string &line,
                      const tconv_initializer *weightInit = nullptr,
                      const char *target = nullptr) {
  tconv_params params = parse(line);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.weight_init = weightInit;
  options.target = target;
  tconv_layer *layer = nullptr;
  EXPECT_EQ(tconv_layer_create(&params, &options, &layer), TCONV_OK)
      << tconv_last_error();
  return LayerHandle(layer);
}

std::vector<float> weightOf(const LayerHandle &layer) {
  tconv_params params;
  EXPECT_EQ(tconv_layer_params(layer.get(), &params), TCONV_OK);
  std::vector<float> weight(weightElements(params));
  EXPECT_EQ(tconv_layer_get_weight(layer.get(), weight.data()), TCONV_OK)
      << tconv_last_error();
  return weight;
}

std::vector<float> biasOf(const LayerHandle &layer) {
  tconv_params params;
  EXPECT_EQ(tconv_layer_params(layer.get(), &params), TCONV_OK);
  std::vector<float> bias(static_cast<size_t>(params.out_channels));
  EXPECT_EQ(tconv_layer_get_bias(layer.get(), bias.data()), TCONV_OK)
      << tconv_last_error();
  return bias;
}

tconv_initializer named(const char *name) {
  tconv_initializer result;
  EXPECT_EQ(tconv_initializer_by_name(name, &result), TCONV_OK)
      << tconv_last_error();
  return result;
}

void setSeed(uint64_t seed) { ASSERT_EQ(tconv_set_seed(seed), TCONV_OK); }

class DrawnWeights : public testing::TestWithParam<const char *> {};

/// In the order in which layers are made, not that of their use.
TEST_P(DrawnWeights, DontDependOnWhenTheyAreUsed) {
  tconv_initializer init = named(GetParam());
  setSeed(21);
  LayerHandle a = makeLayer(kLine, &init);
  std::vector<float> first = weightOf(a), firstBias = biasOf(a);
  LayerHandle b = makeLayer(kLine, &init);
  std::vector<float> second = weightOf(b), secondBias = biasOf(b);
  EXPECT_NE(first, second);
  EXPECT_NE(firstBias, secondBias);

  setSeed(21);
  LayerHandle c = makeLayer(kLine, &init), d = makeLayer(kLine, &init);
  setSeed(99); // and nothing that comes later
  EXPECT_EQ(weightOf(d), second);
  EXPECT_EQ(weightOf(c), first);
  EXPECT_EQ(weightOf(d), second) << "drawn once";
  EXPECT_EQ(biasOf(d), secondBias);
  EXPECT_EQ(biasOf(c), firstBias);
}

/// A layer that is never used takes as much from the engine as one that is.
TEST_P(DrawnWeights, TakeTheirSeedsUsedOrNot) {
  tconv_initializer init = named(GetParam());
  setSeed(4);
  weightOf(makeLayer(kLine, &init));
  std::vector<float> wanted = weightOf(makeLayer(kLine, &init));
  setSeed(4);
  LayerHandle replaced = makeLayer(kLine, &init);
  std::vector<float> ones(wanted.size(), 1.0f);
  const int64_t shape[] = {12, 10, 7};
  ASSERT_EQ(tconv_layer_set_weight(replaced.get(), ones.data(), shape, 3),
            TCONV_OK);
  EXPECT_EQ(weightOf(makeLayer(kLine, &init)), wanted);
  EXPECT_EQ(weightOf(replaced), ones);
}

/// The same tensors by tconv_initialize, the weight before the bias.
TEST_P(DrawnWeights, AreThoseOfInitialize) {
  tconv_initializer init = named(GetParam()), biasInit = named("normal");
  tconv_params params = parse(kLine);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  options.weight_init = &init;
  options.bias_init = &biasInit;
  setSeed(8);
  tconv_layer *raw = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, &options, &raw), TCONV_OK);
  LayerHandle layer(raw);
  setSeed(8);
  const int64_t shape[] = {12, 10, 7}, biasShape[] = {10};
  std::vector<float> weight(12 * 10 * 7), bias(10);
  ASSERT_EQ(tconv_initialize(&init, shape, 3, weight.data()), TCONV_OK);
  ASSERT_EQ(tconv_initialize(&biasInit, biasShape, 1, bias.data()), TCONV_OK);
  EXPECT_EQ(weightOf(layer), weight);
  EXPECT_EQ(biasOf(layer), bias);
}

INSTANTIATE_TEST_SUITE_P(Initializers, DrawnWeights,
                         testing::Values("uniform", "normal", "truncatednormal",
                                         "heuniform", "xaviernormal",
                                         "orthogonal", "variancescaling"));

TEST(InitialWeights, ConstantsTakeNoSeed) {
  setSeed(6);
  std::vector<float> wanted = weightOf(makeLayer(kLine));
  for (const char *name : {"zero", "one", "dirac"}) {
    tconv_initializer init = named(name);
    setSeed(6);
    // Without a bias, whose default is drawn.
    LayerHandle constant =
        makeLayer("in_channels=3 out_channels=4 kernel_size=5", &init);
    EXPECT_EQ(weightOf(makeLayer(kLine)), wanted) << name;
    std::vector<float> values = weightOf(constant);
    EXPECT_EQ(values[2], std::strcmp(name, "zero") == 0 ? 0.0f : 1.0f);
  }
}

/// Whatever uses a layer first: its weights are there.
TEST(InitialWeights, AreThereForTheFirstRun) {
  std::string tested = testTarget();
  for (const char *target : {tested.c_str(), "reference"}) {
    LayerHandle layer = makeLayer(kLine, nullptr, target);
    tconv_params params = parse(kLine);
    Random random(1);
    std::vector<float> x = randomValues(random, xElements(params, 1, 40));
    std::vector<float> y(yElements(params, 1, 40));
    ASSERT_EQ(tconv_layer_run(layer.get(), x.data(), 1, 40, y.data()), TCONV_OK)
        << tconv_last_error();
    std::vector<float> weight = weightOf(layer), bias = biasOf(layer);
    EXPECT_EQ(Accuracy(params).compare(
                  {x.data(), weight.data(), bias.data(), 1, 40}, y.data()),
              "");
  }
}

TEST(InitialWeights, ThreadsThatUseAFreshLayerAtOnceAgree) {
  constexpr int kThreads = 4, kRounds = 30;
  setSeed(12);
  LayerHandle wanted = makeLayer(kLargeLine);
  std::vector<float> weight = weightOf(wanted);
  tconv_params params = parse(kLargeLine);
  std::vector<float> x(xElements(params, 1, 3), 1.0f);
  std::vector<float> y(yElements(params, 1, 3));
  ASSERT_EQ(tconv_layer_run(wanted.get(), x.data(), 1, 3, y.data()), TCONV_OK);
  for (int round = 0; round < kRounds; ++round) {
    setSeed(12);
    LayerHandle layer = makeLayer(kLargeLine);
    std::atomic<int> ready{0}, wrong{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        ++ready;
        while (ready < kThreads)
          std::this_thread::yield();
        if (t % 2 == 0) {
          wrong += weightOf(layer) != weight;
          return;
        }
        std::vector<float> mine(y.size());
        wrong += tconv_layer_run(layer.get(), x.data(), 1, 3, mine.data()) !=
                     TCONV_OK ||
                 mine != y;
      });
    for (std::thread &thread : threads)
      thread.join();
    ASSERT_EQ(wrong, 0) << "round " << round;
  }
}

/// What a child says; its parent compares.
bool childsWeightIs(const LayerHandle &layer,
                    const std::vector<float> &wanted) {
  pid_t child = fork();
  if (child == 0) {
    alarm(20); // a deadlock is a failure, not a hang
    std::vector<float> weight(wanted.size());
    bool same =
        tconv_layer_get_weight(layer.get(), weight.data()) == TCONV_OK &&
        weight == wanted;
    _exit(same ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST(InitialWeights, ChildrenDrawWhatTheirParentsDo) {
  setSeed(15);
  std::vector<float> wanted = weightOf(makeLayer(kLargeLine));
  setSeed(15);
  LayerHandle layer = makeLayer(kLargeLine);
  EXPECT_TRUE(childsWeightIs(layer, wanted));
  EXPECT_EQ(weightOf(layer), wanted);
  EXPECT_TRUE(childsWeightIs(layer, wanted));
}

TEST(InitialWeights, ForkWhileAnotherThreadDraws) {
#if defined(__SANITIZE_ADDRESS__)
  // See threads_test.cpp: a lock of ASan's allocator stays locked in the child.
  GTEST_SKIP() << "ASan's allocator does not survive fork() beside threads";
#endif
  setSeed(16);
  std::vector<float> wanted = weightOf(makeLayer(kLargeLine));
  for (int round = 0; round < 20; ++round) {
    setSeed(16);
    LayerHandle layer = makeLayer(kLargeLine);
    std::vector<float> drawn(wanted.size());
    std::atomic<bool> begun{false};
    std::thread other([&] {
      begun = true;
      tconv_layer_get_weight(layer.get(), drawn.data());
    });
    while (!begun)
      std::this_thread::yield();
    std::this_thread::sleep_for(std::chrono::microseconds(200 * (round % 10)));
    bool same = childsWeightIs(layer, wanted);
    other.join();
    ASSERT_TRUE(same) << "round " << round;
    EXPECT_EQ(drawn, wanted);
  }
}

} // namespace
