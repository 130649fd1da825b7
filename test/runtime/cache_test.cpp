// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The loader and the cache, with a fake compiler. A process opens its compiler
// once, so each of these tests needs a process of its own: ctest gives it one.
#include <atomic>
#include <cstdlib>
#include <thread>

#include <dlfcn.h>
#include <gtest/gtest.h>

#include "support/bounds.h"
#include "support/layers.h"

using namespace tconv;
using namespace tconv::test;

namespace {

struct Counts {
  int compiled = 0, released = 0, packed = 0;
};

Counts counts() {
  void *library = dlopen(FAKE_COMPILER_LIBRARY, RTLD_NOW | RTLD_NOLOAD);
  Counts result;
  if (!library)
    return result;
  auto ask = reinterpret_cast<void (*)(int *, int *, int *)>(
      dlsym(library, "fake_compiler_counts"));
  ask(&result.compiled, &result.released, &result.packed);
  dlclose(library);
  return result;
}

class CacheTest : public testing::Test {
protected:
  void SetUp() override {
    setenv("TCONV_COMPILER_LIBRARY", FAKE_COMPILER_LIBRARY, 1);
    use("");
  }
  static void use(const char *mode) { setenv("FAKE_COMPILER", mode, 1); }

  static LayerHandle make(const std::string &line) {
    tconv_params params = parse(line);
    tconv_layer *layer = nullptr;
    EXPECT_EQ(tconv_layer_create(&params, nullptr, &layer), TCONV_OK);
    return LayerHandle(layer);
  }

  static tconv_cache_stats stats() {
    tconv_cache_stats result;
    EXPECT_EQ(tconv_get_cache_stats(&result), TCONV_OK);
    return result;
  }

  /// Runs a layer and checks its result; returns the path that it took.
  static std::string runAndCheck(tconv_layer *layer, int64_t batch,
                                 int64_t length) {
    tconv_params params;
    EXPECT_EQ(tconv_layer_params(layer, &params), TCONV_OK);
    Random random(1);
    std::vector<float> x =
        randomValues(random, xElements(params, batch, length));
    std::vector<float> weight(weightElements(params)),
        bias(params.out_channels), y(yElements(params, batch, length));
    EXPECT_EQ(tconv_layer_get_weight(layer, weight.data()), TCONV_OK);
    if (params.has_bias) {
      EXPECT_EQ(tconv_layer_get_bias(layer, bias.data()), TCONV_OK);
    }
    EXPECT_EQ(tconv_layer_run(layer, x.data(), batch, length, y.data()),
              TCONV_OK)
        << tconv_last_error();
    Accuracy accuracy(params, runsFast(layer, batch, length));
    EXPECT_EQ(accuracy.compare({x.data(), weight.data(),
                                params.has_bias ? bias.data() : nullptr, batch,
                                length},
                               y.data()),
              "");
    return described(layer, batch, length, "path");
  }

  static constexpr const char *kLine =
      "in_channels=6 out_channels=4 kernel_size=5 stride=3 group=2 has_bias=1";
};

TEST_F(CacheTest, RunsTheKernel) {
  LayerHandle layer = make(kLine);
  EXPECT_EQ(runAndCheck(layer.get(), 2, 37), "kernel");
  EXPECT_EQ(described(layer.get(), 2, 37, "kind"), "fake");
  EXPECT_EQ(described(layer.get(), 2, 37, "workspace_bytes"), "1000");
  EXPECT_EQ(counts().compiled, 1);
  EXPECT_EQ(counts().packed, 1);
}

TEST_F(CacheTest, NoLengthCompilesAnew) {
  LayerHandle layer = make(kLine);
  for (int64_t length : {1, 2, 3, 50, 1000, 77, 64})
    EXPECT_EQ(runAndCheck(layer.get(), 1, length), "kernel");
  EXPECT_EQ(counts().compiled, 1);
  EXPECT_EQ(counts().packed, 1);
}

TEST_F(CacheTest, LengthClassesHaveTheirOwnKernels) {
  LayerHandle layer = make("in_channels=8 out_channels=2 kernel_size=4 "
                           "stride=2");
  EXPECT_EQ(runAndCheck(layer.get(), 1, 15), "kernel");
  EXPECT_EQ(described(layer.get(), 1, 15, "length_class"), "short");
  EXPECT_EQ(counts().compiled, 1);
  EXPECT_EQ(runAndCheck(layer.get(), 1, 200), "kernel");
  EXPECT_EQ(described(layer.get(), 1, 200, "length_class"), "bulk");
  EXPECT_EQ(counts().compiled, 2);
  EXPECT_EQ(counts().packed, 2);
}

TEST_F(CacheTest, LayersThatDifferInTheOutputsLengthShareAKernel) {
  std::string common = "in_channels=2 out_channels=3 kernel_size=7 stride=3 ";
  LayerHandle a = make(common + "pad_mode=pad padding=2");
  LayerHandle b = make(common + "pad_mode=pad padding=2 output_padding=2");
  LayerHandle c = make(common + "pad_mode=crop crop_begin=2 crop_end=-9");
  LayerHandle d = make(common + "pad_mode=crop crop_begin=2 output_length=55");
  for (tconv_layer *layer : {a.get(), b.get(), c.get(), d.get()})
    EXPECT_EQ(runAndCheck(layer, 1, 40), "kernel");
  EXPECT_EQ(counts().compiled, 1);
  EXPECT_EQ(stats().misses, 1);
  EXPECT_EQ(stats().hits, 3);
  LayerHandle e = make(common + "pad_mode=pad padding=1");
  EXPECT_EQ(runAndCheck(e.get(), 1, 40), "kernel");
  EXPECT_EQ(counts().compiled, 2);
}

TEST_F(CacheTest, AccuracyAndTargetHaveTheirOwnKernels) {
  tconv_params params = parse(kLine);
  tconv_layer_options options;
  tconv_layer_options_init(&options);
  std::vector<LayerHandle> layers;
  for (int accuracy : {0, 1})
    for (const char *target : {"cpu:native", "cpu:x86-64"}) {
      options.accuracy = accuracy;
      options.target = target;
      tconv_layer *layer = nullptr;
      if (tconv_layer_create(&params, &options, &layer) == TCONV_UNSUPPORTED)
        continue;
      layers.emplace_back(layer);
      EXPECT_EQ(runAndCheck(layer, 1, 9), "kernel");
      EXPECT_EQ(counts().compiled, static_cast<int>(layers.size()));
    }
  EXPECT_GE(layers.size(), 2u);
}

TEST_F(CacheTest, OneThreadCompilesAndTheOthersWait) {
  use("slow");
  constexpr int kThreads = 8;
  std::vector<LayerHandle> layers;
  for (int i = 0; i < kThreads; ++i)
    layers.push_back(make(kLine));
  std::vector<std::thread> threads;
  for (LayerHandle &layer : layers)
    threads.emplace_back(
        [&layer] { EXPECT_EQ(runAndCheck(layer.get(), 1, 20), "kernel"); });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(counts().compiled, 1);
  tconv_cache_stats s = stats();
  EXPECT_EQ(s.misses, 1);
  EXPECT_EQ(s.hits + s.waits, kThreads - 1);
  EXPECT_GE(s.waits, 1);
  EXPECT_EQ(s.entries, 1);
}

TEST_F(CacheTest, ThreadsOfOneLayerPackOnce) {
  use("slow");
  LayerHandle layer = make(kLine);
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back(
        [&layer] { EXPECT_EQ(runAndCheck(layer.get(), 1, 20), "kernel"); });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(counts().compiled, 1);
  EXPECT_EQ(counts().packed, 1);
}

TEST_F(CacheTest, LeastRecentlyUsedGoesFirst) {
  ASSERT_EQ(tconv_set_cache_capacity(2), TCONV_OK);
  auto line = [](int channels) {
    return "in_channels=1 kernel_size=2 out_channels=" +
           std::to_string(channels);
  };
  auto touch = [&](int channels) {
    int before = counts().compiled;
    LayerHandle layer = make(line(channels));
    EXPECT_EQ(runAndCheck(layer.get(), 1, 5), "kernel");
    return counts().compiled != before;
  };
  EXPECT_TRUE(touch(1));
  EXPECT_TRUE(touch(2));
  EXPECT_FALSE(touch(1)); // now 2 is the oldest
  EXPECT_TRUE(touch(3));
  EXPECT_EQ(stats().evictions, 1);
  EXPECT_EQ(stats().entries, 2);
  EXPECT_EQ(counts().released, 1);
  EXPECT_FALSE(touch(1));
  EXPECT_TRUE(touch(2));
  ASSERT_EQ(tconv_set_cache_capacity(1), TCONV_OK);
  EXPECT_EQ(stats().entries, 1);
  EXPECT_EQ(tconv_set_cache_capacity(0), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(), "kernels = 0: must be at least 1");
}

TEST_F(CacheTest, KernelsInUseOutliveTheCache) {
  ASSERT_EQ(tconv_set_cache_capacity(1), TCONV_OK);
  LayerHandle a = make("in_channels=1 out_channels=1 kernel_size=2");
  LayerHandle b = make("in_channels=1 out_channels=2 kernel_size=2");
  EXPECT_EQ(runAndCheck(a.get(), 1, 5), "kernel");
  EXPECT_EQ(runAndCheck(b.get(), 1, 5), "kernel");
  EXPECT_EQ(stats().evictions, 1);
  EXPECT_EQ(counts().released, 0);
  EXPECT_EQ(runAndCheck(a.get(), 1, 6), "kernel");
  EXPECT_EQ(counts().compiled, 2);
  a.reset();
  EXPECT_EQ(counts().released, 1);
}

TEST_F(CacheTest, SharesOfKernelsAreForOtherLaunchers) {
  ASSERT_EQ(tconv_set_cache_capacity(1), TCONV_OK);
  tconv_params params = parse("in_channels=1 out_channels=1 kernel_size=2");
  tconv_kernel_ref *one = nullptr, *two = nullptr, *other = nullptr;
  ASSERT_EQ(tconv_kernel_acquire(&params, nullptr, 5, &one), TCONV_OK);
  ASSERT_EQ(tconv_kernel_acquire(&params, nullptr, 9, &two), TCONV_OK);
  EXPECT_EQ(tconv_kernel_get(one), tconv_kernel_get(two));
  EXPECT_EQ(counts().compiled, 1);
  // Another kernel takes its place in the cache; the shares keep it alive.
  tconv_params more = parse("in_channels=1 out_channels=2 kernel_size=2");
  ASSERT_EQ(tconv_kernel_acquire(&more, nullptr, 5, &other), TCONV_OK);
  tconv_kernel_release(one);
  EXPECT_EQ(counts().released, 0);

  const tconv_kernel *kernel = tconv_kernel_get(two);
  const float weight[] = {2, 3}, x[] = {1, 10};
  std::vector<float> packed(static_cast<size_t>(kernel->packed_bytes)), y(3);
  std::vector<char> workspace(static_cast<size_t>(kernel->workspace_bytes));
  tconv_pack_args pack = {};
  pack.struct_size = sizeof(pack);
  pack.weight = weight;
  pack.packed = packed.data();
  kernel->pack(&pack);
  tconv_kernel_args args = {};
  args.struct_size = sizeof(args);
  args.x = x;
  args.weights = packed.data();
  args.y = y.data();
  args.workspace = workspace.data();
  args.batch = 1;
  args.length = args.x_channel_stride = args.x_batch_stride = 2;
  args.output_length = args.y_channel_stride = args.y_batch_stride = 3;
  kernel->run(&args, 0, tconv_kernel_task_count(kernel, &args));
  EXPECT_EQ(y, (std::vector<float>{2, 23, 30}));

  tconv_kernel_release(two);
  EXPECT_EQ(counts().released, 1);
  tconv_kernel_release(other);
}

TEST_F(CacheTest, FailureStaysWithTheLayerOnly) {
  use("fail_once");
  LayerHandle first = make(kLine);
  EXPECT_EQ(runAndCheck(first.get(), 1, 20), "reference");
  EXPECT_EQ(described(first.get(), 1, 20, "status"), "TCONV_COMPILE_ERROR");
  EXPECT_EQ(described(first.get(), 1, 20, "why"),
            "fake diagnostics for cpu:native");
  EXPECT_EQ(runAndCheck(first.get(), 1, 20), "reference");
  EXPECT_EQ(counts().compiled, 1) << "a layer asks once";
  LayerHandle second = make(kLine);
  EXPECT_EQ(runAndCheck(second.get(), 1, 20), "kernel");
}

TEST_F(CacheTest, FallingBackIsSaid) {
  use("fail");
  setenv("TCONV_VERBOSE", "1", 1);
  LayerHandle layer = make(kLine);
  testing::internal::CaptureStderr();
  EXPECT_EQ(runAndCheck(layer.get(), 1, 20), "reference");
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("reference for in_channels=6"), std::string::npos)
      << said;
  EXPECT_NE(said.find("TCONV_COMPILE_ERROR: fake diagnostics"),
            std::string::npos)
      << said;
}

TEST_F(CacheTest, CompilingIsSaid) {
  setenv("TCONV_VERBOSE", "1", 1);
  LayerHandle layer = make(kLine);
  testing::internal::CaptureStderr();
  EXPECT_EQ(runAndCheck(layer.get(), 1, 20), "kernel");
  std::string said = testing::internal::GetCapturedStderr();
  EXPECT_NE(said.find("kernel for in_channels=6"), std::string::npos) << said;
  EXPECT_NE(said.find("schedule=fake from=compiled ms="), std::string::npos)
      << said;
}

TEST_F(CacheTest, NothingIsSaidUnasked) {
  use("fail");
  unsetenv("TCONV_VERBOSE");
  LayerHandle layer = make(kLine);
  testing::internal::CaptureStderr();
  runAndCheck(layer.get(), 1, 20);
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST_F(CacheTest, WeightsThatAreNotFiniteTakeTheReference) {
  LayerHandle layer = make("in_channels=1 out_channels=1 kernel_size=3");
  const int64_t shape[] = {1, 1, 3};
  const float wild[] = {1, INFINITY, 2}, tame[] = {1, 2, 3};
  ASSERT_EQ(tconv_layer_set_weight(layer.get(), wild, shape, 3), TCONV_OK);
  EXPECT_EQ(runAndCheck(layer.get(), 1, 9), "reference");
  EXPECT_EQ(described(layer.get(), 1, 9, "why"),
            "weight holds a value that isn't finite");
  ASSERT_EQ(tconv_layer_set_weight(layer.get(), tame, shape, 3), TCONV_OK);
  EXPECT_EQ(runAndCheck(layer.get(), 1, 9), "kernel");
}

TEST_F(CacheTest, NewWeightsPackAnewAndDoNotCompile) {
  LayerHandle layer = make("in_channels=1 out_channels=1 kernel_size=3");
  const int64_t shape[] = {1, 1, 3};
  for (int i = 1; i <= 3; ++i) {
    const float weight[] = {1.0f * i, 2, 3};
    ASSERT_EQ(tconv_layer_set_weight(layer.get(), weight, shape, 3), TCONV_OK);
    EXPECT_EQ(runAndCheck(layer.get(), 1, 9), "kernel");
    EXPECT_EQ(runAndCheck(layer.get(), 1, 9), "kernel");
    EXPECT_EQ(counts().packed, i);
  }
  EXPECT_EQ(counts().compiled, 1);
}

struct Refused {
  const char *mode, *status, *why;
};

class RefusedTest : public CacheTest,
                    public testing::WithParamInterface<Refused> {};

TEST_P(RefusedTest, FallsBackAndSaysWhy) {
  use(GetParam().mode);
  LayerHandle layer = make(kLine);
  EXPECT_EQ(runAndCheck(layer.get(), 1, 20), "reference");
  EXPECT_EQ(described(layer.get(), 1, 20, "status"), GetParam().status);
  std::string why = described(layer.get(), 1, 20, "why");
  EXPECT_NE(why.find(GetParam().why), std::string::npos) << why;
  Counts c = counts();
  EXPECT_EQ(c.packed, 0) << "a refused kernel must not be called";
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedTest,
    testing::Values(
        Refused{"no_api", "TCONV_ABI_MISMATCH", "refuses this runtime"},
        Refused{"api_version", "TCONV_ABI_MISMATCH",
                "its interface has version"},
        Refused{"api_size", "TCONV_ABI_MISMATCH", "has 16 bytes"},
        Refused{"fail", "TCONV_COMPILE_ERROR", "fake diagnostics"},
        Refused{"no_kernel", "TCONV_ABI_MISMATCH", "no kernel"},
        Refused{"kernel_version", "TCONV_ABI_MISMATCH", "abi_version = 77"},
        Refused{"kernel_size", "TCONV_ABI_MISMATCH", "struct_size = 8"},
        Refused{"kernel_layer", "TCONV_ABI_MISMATCH", "crop_begin = 2"}),
    [](const auto &info) { return std::string(info.param.mode); });

TEST(LoaderTest, AbsentCompilerIsNotFound) {
  setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/libtconv_compiler.so", 1);
  tconv_params params = parse("in_channels=1 out_channels=1 kernel_size=1");
  tconv_layer *layer = nullptr;
  ASSERT_EQ(tconv_layer_create(&params, nullptr, &layer), TCONV_OK);
  LayerHandle handle(layer);
  EXPECT_EQ(described(layer, 1, 1, "path"), "reference");
  EXPECT_EQ(described(layer, 1, 1, "status"), "TCONV_NOT_FOUND");
  std::string why = described(layer, 1, 1, "why");
  EXPECT_NE(why.find("/nonexistent/"), std::string::npos) << why;
}

} // namespace
