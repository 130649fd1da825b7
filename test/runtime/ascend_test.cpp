// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Layers on an Ascend, by a library that needs none: both ways to launch a
// kernel, streams and memory of the caller's, and everything that can fail.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <set>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

#include "ascend_process.h"
#include "device/ascend_api.h"
#include "device_common.h"
#include "kernel/image.h"
#include "kernel/loaded_kernel.h"
#include "support/half.h"
#include "support/naive_ascend.h"

using namespace tconv;
using namespace tconv::test;

namespace {

constexpr int64_t kLength = 200; // bulk
const char *const kLine = "in_channels=4 out_channels=6 kernel_size=5 stride=3 "
                          "group=2 pad_mode=pad padding=2 has_bias=1";

/// Refuses a product whose workspace holds one that nobody has stored.
int runInPairs(const void *object, size_t objectSize, const char *name,
               uint32_t blocks, const void *parameters, size_t parameterSize) {
  static std::mutex mutex;
  static std::set<uint64_t> full;
  uint64_t workspace;
  std::memcpy(&workspace, static_cast<const char *>(parameters) + 8,
              sizeof(workspace));
  std::string kernel = name;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (kernel == "product" && !full.insert(workspace).second)
      return 507999;
    if (kernel == "store" && !full.erase(workspace))
      return 507998;
  }
  return runNaiveAscend(object, objectSize, name, blocks, parameters,
                        parameterSize);
}

class Ascend : public testing::TestWithParam<const char *> {
protected:
  Ascend() : fake(GetParam()) {
    fake.get<fake_ascend_set_kernels_fn>("fake_ascend_set_kernels")(
        runNaiveAscend);
  }
  void SetUp() override {
    setenv("TCONV_ASCENDCL_LIBRARY", GetParam(), 1);
    setenv("TCONV_COMPILER_LIBRARY", "/nonexistent/compiler", 1);
  }
  static void add(const tconv_params &params,
                  const char *target = "ascend:910b3") {
    const tconv_kernel *kernel = &(new NaiveAscend(params, target))->kernel;
    ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK)
        << tconv_last_error();
  }
  /// A layer on arrays of the host, checked; the first failure.
  tconv_status runOnHost(tconv_layer *layer, const tconv_params &params,
                         int64_t batch = 2, int64_t length = kLength) const {
    std::vector<float> x =
        random(static_cast<size_t>(xElements(params, batch, length)));
    std::vector<float> y(static_cast<size_t>(yElements(params, batch, length)),
                         77);
    std::vector<float> before = y;
    tconv_status status =
        tconv_layer_run(layer, x.data(), batch, length, y.data());
    if (status) {
      // A failed call changes nothing; where waiting after the last copy
      // fails, y is there.
      if (y != before) {
        EXPECT_EQ(compareWithExact(layer, params, x, batch, length, y), "");
      }
      return status;
    }
    EXPECT_EQ(compareWithExact(layer, params, x, batch, length, y), "");
    return TCONV_OK;
  }
  static std::vector<float> random(size_t count) {
    std::vector<float> values(count);
    uint32_t state = 12345;
    for (float &value : values) {
      state = state * 1664525 + 1013904223;
      value = static_cast<float>(state >> 8) / (1 << 23) - 1;
    }
    return values;
  }
  FakeAscend fake;
};

INSTANTIATE_TEST_SUITE_P(Generations, Ascend,
                         testing::Values(FAKE_ASCEND_NEW, FAKE_ASCEND_OLD),
                         [](const auto &info) {
                           return info.index == 0 ? "New" : "Old";
                         });

TEST_P(Ascend, HostArrays) {
  for (const char *line :
       {kLine, "in_channels=3 out_channels=2 kernel_size=4 stride=2",
        "in_channels=4 out_channels=4 kernel_size=2 stride=5 group=4 "
        "dilation=3 has_bias=1"}) {
    tconv_params params = parse(line);
    add(params);
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    EXPECT_EQ(runOnHost(layer.get(), params), TCONV_OK) << tconv_last_error();
    EXPECT_EQ(runOnHost(layer.get(), params, 1, 333), TCONV_OK);
    int32_t device = -1;
    EXPECT_EQ(tconv_layer_device(layer.get(), &device), TCONV_OK);
    EXPECT_EQ(device, 0);
    char json[4096];
    ASSERT_EQ(tconv_layer_describe(layer.get(), 1, kLength, json, sizeof(json),
                                   nullptr),
              TCONV_OK);
    EXPECT_NE(std::string(json).find("\"device\":\"ascend:0\""),
              std::string::npos)
        << json;
    // The weights were packed once: 1 + 2 * 2 launches.
    EXPECT_EQ(fake.count().launches % 5, 0);
  }
  fake.expectNothingLeft("the layers");
}

TEST_P(Ascend, Halves) {
  tconv_params params = parse(kLine);
  params.dtype = TCONV_F16;
  add(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend:910b3", layer), TCONV_OK)
      << tconv_last_error();
  auto elements = static_cast<size_t>(xElements(params, 1, kLength));
  std::vector<uint16_t> x(elements),
      y(static_cast<size_t>(yElements(params, 1, kLength)));
  std::vector<float> values = random(elements);
  fromFloats(TCONV_F16, values.data(), static_cast<int64_t>(elements),
             x.data());
  ASSERT_EQ(tconv_layer_run(layer.get(), x.data(), 1, kLength, y.data()),
            TCONV_OK)
      << tconv_last_error();
  // The same by the plain implementation: it rounds where a kernel does, and
  // sums in another order.
  LayerHandle plain;
  params.dtype = TCONV_F32;
  ASSERT_EQ(makeLayer(params, "reference", plain), TCONV_OK);
  std::vector<float> weight(static_cast<size_t>(weightElements(params)));
  std::vector<float> bias(static_cast<size_t>(params.out_channels));
  ASSERT_EQ(tconv_layer_get_weight(layer.get(), weight.data()), TCONV_OK);
  ASSERT_EQ(tconv_layer_get_bias(layer.get(), bias.data()), TCONV_OK);
  for (std::vector<float> *rounded : {&weight, &bias})
    for (float &value : *rounded)
      value = fromF16(toF16(value));
  const int64_t shape[] = {params.in_channels,
                           params.out_channels / params.group,
                           params.kernel_size};
  ASSERT_EQ(tconv_layer_set_weight(plain.get(), weight.data(), shape, 3),
            TCONV_OK);
  ASSERT_EQ(
      tconv_layer_set_bias(plain.get(), bias.data(), &params.out_channels, 1),
      TCONV_OK);
  for (size_t i = 0; i < elements; ++i)
    values[i] = fromF16(x[i]);
  std::vector<float> exact(y.size());
  ASSERT_EQ(
      tconv_layer_run(plain.get(), values.data(), 1, kLength, exact.data()),
      TCONV_OK);
  for (size_t i = 0; i < y.size(); ++i)
    ASSERT_NEAR(fromF16(y[i]), exact[i], 1e-3 * (1 + std::abs(exact[i]))) << i;
}

TEST_P(Ascend, TheCallersStreamAndMemory) {
  tconv_params params = parse(kLine);
  add(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend:0", layer), TCONV_OK)
      << tconv_last_error();
  std::vector<float> x =
      random(static_cast<size_t>(xElements(params, 2, kLength)));
  auto outputs = static_cast<size_t>(yElements(params, 2, kLength));
  auto xBytes = static_cast<int64_t>(x.size() * sizeof(float));
  auto yBytes = static_cast<int64_t>(outputs * sizeof(float));
  BufferHandle there = makeBuffer(xBytes, "ascend"),
               result = makeBuffer(yBytes, "ascend");
  ASSERT_EQ(tconv_device_buffer_write(there.get(), x.data(), xBytes), TCONV_OK);
  int32_t ignored;
  auto setDevice = fake.get<int (*)(int32_t)>("aclrtSetDevice");
  auto create = fake.get<int (*)(void **)>("aclrtCreateStream");
  ASSERT_EQ(setDevice(0), 0);
  void *stream = nullptr;
  ASSERT_EQ(create(&stream), 0);
  std::vector<float> y(outputs);
  // A second one, longer, finds the workspace too small while it is used.
  for (int64_t batch : {1, 2, 1}) {
    ASSERT_EQ(tconv_layer_run_device(
                  layer.get(), tconv_device_buffer_pointer(there.get()), batch,
                  kLength, tconv_device_buffer_pointer(result.get()), nullptr,
                  stream),
              TCONV_OK)
        << tconv_last_error();
  }
  ASSERT_EQ(tconv_device_buffer_read(result.get(), y.data(), yBytes), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(compareWithExact(layer.get(), params, x, 2, kLength, y), "");
  EXPECT_EQ(fake.get<int (*)(int32_t *)>("aclrtGetDevice")(&ignored), 0)
      << "the thread's context is lost";
  EXPECT_EQ(tconv_layer_run_device(layer.get(), nullptr, 1, kLength, y.data(),
                                   nullptr, stream),
            TCONV_INVALID_TYPE);
  std::vector<float> read(4);
  EXPECT_EQ(tconv_device_read("ascend",
                              tconv_device_buffer_pointer(there.get()), 16,
                              read.data()),
            TCONV_OK);
  EXPECT_EQ(read, std::vector<float>(x.begin(), x.begin() + 4));
  ASSERT_EQ(fake.get<int (*)(void *)>("aclrtDestroyStream")(stream), 0);
  layer.reset(), there.reset(), result.reset();
  fake.expectNothingLeft("the layer");
}

TEST_P(Ascend, MoreBatchItemsThanBlocks) {
  tconv_params params = parse("in_channels=1 out_channels=1 kernel_size=1");
  add(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  // 13 blocks each: 65000 of the 65535 in a round of 5000.
  EXPECT_EQ(runOnHost(layer.get(), params, 10001), TCONV_OK)
      << tconv_last_error();
  EXPECT_GT(fake.count().launches, 1 + 2);
  // One item alone is too long.
  std::vector<float> ignored(1);
  EXPECT_EQ(tconv_layer_run_device(layer.get(), ignored.data(), 1, 16 * 65536,
                                   ignored.data() + (1 << 22), nullptr,
                                   nullptr),
            TCONV_INVALID_VALUE);
  EXPECT_NE(std::string(tconv_last_error()).find("65535"), std::string::npos)
      << tconv_last_error();
}

TEST_P(Ascend, TwoThreadsOnTwoStreams) {
  constexpr int kRuns = 10;
  setenv("FAKE_ASCEND", "pause=200", 1);
  fake.get<fake_ascend_set_kernels_fn>("fake_ascend_set_kernels")(runInPairs);
  tconv_params params = parse(kLine);
  add(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  std::vector<float> x =
      random(static_cast<size_t>(xElements(params, 4, kLength)));
  auto outputs = static_cast<size_t>(yElements(params, 1, kLength));
  auto xBytes = static_cast<int64_t>(x.size() * sizeof(float));
  auto yBytes = static_cast<int64_t>(outputs * sizeof(float));
  BufferHandle there = makeBuffer(xBytes, "ascend");
  ASSERT_EQ(tconv_device_buffer_write(there.get(), x.data(), xBytes), TCONV_OK);
  // Two of the four share a stream; each has an x of its own.
  void *streams[3] = {};
  ASSERT_EQ(fake.get<int (*)(int32_t)>("aclrtSetDevice")(0), 0);
  for (void *&stream : streams)
    ASSERT_EQ(fake.get<int (*)(void **)>("aclrtCreateStream")(&stream), 0);
  auto itemElements = static_cast<size_t>(xElements(params, 1, kLength));
  auto xOf = [&](size_t t) {
    return static_cast<float *>(tconv_device_buffer_pointer(there.get())) +
           t * itemElements;
  };
  std::vector<std::vector<float>> results(4, std::vector<float>(outputs));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      BufferHandle result = makeBuffer(yBytes, "ascend");
      for (int i = 0; i < kRuns; ++i)
        EXPECT_EQ(
            tconv_layer_run_device(layer.get(), xOf(t), 1, kLength,
                                   tconv_device_buffer_pointer(result.get()),
                                   nullptr, streams[t % 3]),
            TCONV_OK)
            << tconv_last_error();
      EXPECT_EQ(
          tconv_device_buffer_read(result.get(), results[t].data(), yBytes),
          TCONV_OK)
          << tconv_last_error();
    });
  for (std::thread &thread : threads)
    thread.join();
  for (size_t t = 0; t < results.size(); ++t) {
    auto begin = x.begin() + static_cast<int64_t>(t * itemElements);
    std::vector<float> item(begin, begin + static_cast<int64_t>(itemElements));
    EXPECT_EQ(
        compareWithExact(layer.get(), params, item, 1, kLength, results[t]),
        "");
  }
  EXPECT_EQ(fake.count().freed_in_use, 0);
  // One set of binaries, one packing.
  EXPECT_EQ(fake.count().loads, 1);
  EXPECT_EQ(fake.count().launches, 1 + 4 * kRuns * 2);
}

TEST_P(Ascend, AKernelThatFailsIsReportedByWhoWaits) {
  tconv_params params = parse(kLine);
  add(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  ASSERT_EQ(runOnHost(layer.get(), params), TCONV_OK);
  auto set = fake.get<fake_ascend_set_kernels_fn>("fake_ascend_set_kernels");
  set([](const void *, size_t, const char *, uint32_t, const void *, size_t) {
    return 507015;
  });
  EXPECT_EQ(runOnHost(layer.get(), params), TCONV_DEVICE_ERROR);
  std::string message = tconv_last_error();
  for (const char *word : {"507015", "aclrtSynchronizeStream", "E30000"})
    EXPECT_NE(message.find(word), std::string::npos) << message;
  set(runNaiveAscend);
  EXPECT_EQ(runOnHost(layer.get(), params), TCONV_OK);
}

/// What a failure's status and words must be.
struct Expected {
  const char *function;
  int result;
  tconv_status status;
};

TEST_P(Ascend, FailuresOfSingleCalls) {
  bool isNew = GetParam() == std::string(FAKE_ASCEND_NEW);
  const Expected all[] = {
      {"aclrtMalloc", 207001, TCONV_OUT_OF_MEMORY},
      {"aclrtMemcpy", 107000, TCONV_DEVICE_ERROR},
      {"aclrtCreateStream", 207000, TCONV_DEVICE_ERROR},
      {"aclrtSynchronizeStream", 507015, TCONV_DEVICE_ERROR},
      {"aclrtSetCurrentContext", 107002, TCONV_DEVICE_ERROR},
      {isNew ? "aclrtBinaryLoadFromData" : "rtDevBinaryRegister", 107000,
       TCONV_COMPILE_ERROR},
      {isNew ? "aclrtBinaryGetFunction" : "rtFunctionRegister", 107008,
       TCONV_DEVICE_ERROR},
      {isNew ? "aclrtLaunchKernelWithHostArgs" : "rtKernelLaunch", 207004,
       TCONV_DEVICE_ERROR},
      {isNew ? "aclrtGetHardwareSyncAddr" : "rtGetC2cCtrlAddr", 207000,
       TCONV_DEVICE_ERROR}};
  tconv_params params = parse(kLine);
  add(params);
  auto check = [&](const Expected &one) {
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    fake.fail(one.function, one.result);
    EXPECT_EQ(runOnHost(layer.get(), params), one.status) << one.function;
    std::string message = tconv_last_error();
    EXPECT_NE(message.find(one.function), std::string::npos) << message;
    EXPECT_NE(message.find(std::to_string(one.result)), std::string::npos)
        << message;
    EXPECT_NE(message.find("ordered to fail"), std::string::npos) << message;
    EXPECT_TRUE(fake.failed()) << one.function;
    EXPECT_EQ(runOnHost(layer.get(), params), TCONV_OK) << one.function;
    layer.reset();
    fake.expectNothingLeft(one.function);
  };
  // A thread that has no context yet needs one.
  for (const Expected &one : all)
    std::thread(check, one).join();
}

TEST_P(Ascend, EveryCallMayFail) {
  tconv_params params = parse(kLine);
  add(params);
  int64_t skip = 0;
  for (bool came = true; came; ++skip) {
    fake.fail(nullptr, 507899, skip);
    {
      LayerHandle layer;
      if (makeLayer(params, "ascend", layer) == TCONV_OK)
        (void)runOnHost(layer.get(), params);
    }
    came = fake.failed();
    fake.expectNothingLeft("call " + std::to_string(skip));
    LayerHandle layer;
    ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK)
        << tconv_last_error();
    ASSERT_EQ(runOnHost(layer.get(), params), TCONV_OK) << tconv_last_error();
    ASSERT_LT(skip, 500);
  }
  EXPECT_GT(skip, 30);
}

TEST_P(Ascend, AfterFork) {
  tconv_params params = parse(kLine);
  add(params);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  ASSERT_EQ(runOnHost(layer.get(), params), TCONV_OK);
  pid_t child = fork();
  if (child == 0) {
    std::vector<float> x(static_cast<size_t>(xElements(params, 1, kLength)));
    std::vector<float> y(static_cast<size_t>(yElements(params, 1, kLength)));
    tconv_status status =
        tconv_layer_run(layer.get(), x.data(), 1, kLength, y.data());
    layer.reset();
    _exit(status == TCONV_UNSUPPORTED ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(runOnHost(layer.get(), params), TCONV_OK);
}

TEST_P(Ascend, AKernelThatIsNoElf) {
  tconv_params params = parse(kLine);
  auto *naive = new NaiveAscend(params);
  naive->code[0] = 'x';
  const tconv_kernel *kernel = &naive->kernel;
  ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  EXPECT_EQ(runOnHost(layer.get(), params), TCONV_COMPILE_ERROR);
  EXPECT_NE(std::string(tconv_last_error()).find("E10001"), std::string::npos)
      << tconv_last_error();
  fake.expectNothingLeft("a refusal");
}

TEST_P(Ascend, AKernelThatItsObjectLacks) {
  tconv_params params = parse(kLine);
  auto *naive = new NaiveAscend(params);
  naive->launches[2].entry = "other";
  const tconv_kernel *kernel = &naive->kernel;
  ASSERT_EQ(tconv_register_kernels(&kernel, 1), TCONV_OK);
  LayerHandle layer;
  ASSERT_EQ(makeLayer(params, "ascend", layer), TCONV_OK);
  EXPECT_EQ(runOnHost(layer.get(), params), TCONV_DEVICE_ERROR);
  EXPECT_NE(std::string(tconv_last_error()).find("kernel other"),
            std::string::npos)
      << tconv_last_error();
}

/// Runs a layer in a child, and says whether its kernel came from `from`.
bool runsInAChild(const tconv_params &params, const char *from) {
  pid_t child = fork();
  if (child == 0) {
    LayerHandle layer;
    std::vector<float> x(static_cast<size_t>(xElements(params, 1, kLength)), 1);
    std::vector<float> y(static_cast<size_t>(yElements(params, 1, kLength)));
    char json[4096] = "";
    bool right =
        makeLayer(params, "ascend", layer) == TCONV_OK &&
        tconv_layer_run(layer.get(), x.data(), 1, kLength, y.data()) ==
            TCONV_OK &&
        compareWithExact(layer.get(), params, x, 1, kLength, y) == "" &&
        tconv_layer_describe(layer.get(), 1, kLength, json, sizeof(json),
                             nullptr) == TCONV_OK &&
        std::string(json).find(from) != std::string::npos;
    if (!right)
      std::fprintf(stderr, "%s: %s\n", tconv_last_error(), json);
    _exit(right ? 0 : 1);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

TEST_P(Ascend, KernelsAreCachedOnDisk) {
  std::string folder = testing::TempDir() + "tconv-ascend-XXXXXX";
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  setenv("TCONV_CACHE_DIR", folder.c_str(), 1);
  unsetenv("TCONV_CACHE_SIZE");
  tconv_params params = parse(kLine);
  setenv("TCONV_COMPILER_LIBRARY", FAKE_GPU_COMPILER_LIBRARY, 1);
  EXPECT_TRUE(runsInAChild(params, "\"from\":\"compiled\""));
  EXPECT_TRUE(runsInAChild(params, "\"from\":\"disk cache\""));
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
}

TEST_P(Ascend, DevicesAreDescribed) {
  setenv("FAKE_ASCEND", "devices=2,soc=Ascend910_9392", 1);
  int32_t count = 0;
  ASSERT_EQ(tconv_device_count_of("ascend", &count), TCONV_OK)
      << tconv_last_error();
  EXPECT_EQ(count, 2);
  tconv_device_info info = {};
  info.struct_size = sizeof(info);
  ASSERT_EQ(tconv_device_get_info_of("ascend", 1, &info), TCONV_OK)
      << tconv_last_error();
  EXPECT_STREQ(info.name, "Ascend910_9392");
  EXPECT_STREQ(info.target, "ascend:910_9392");
  EXPECT_EQ(info.multiprocessors, 20);
  EXPECT_EQ(info.capability, 0);
  // Nothing was set up for that.
  int32_t ignored;
  EXPECT_NE(fake.get<int (*)(int32_t *)>("aclrtGetDevice")(&ignored), 0);
  for (int32_t wrong : {-1, 2}) {
    EXPECT_EQ(tconv_device_get_info_of("ascend", wrong, &info),
              TCONV_INVALID_VALUE);
    EXPECT_NE(std::string(tconv_last_error()).find("there are 2 Ascend"),
              std::string::npos)
        << tconv_last_error();
  }
  EXPECT_EQ(tconv_device_count_of("npu", &count), TCONV_INVALID_VALUE);
  EXPECT_STREQ(tconv_last_error(), "kind = 'npu': must be cuda or ascend");
  EXPECT_EQ(tconv_device_count_of(nullptr, &count), TCONV_INVALID_TYPE);
  EXPECT_EQ(tconv_device_count_of("ascend", nullptr), TCONV_INVALID_TYPE);
  info.struct_size = 4;
  EXPECT_EQ(tconv_device_get_info_of("ascend", 0, &info), TCONV_INVALID_VALUE);
  fake.fail("aclrtGetDeviceCount", 507899);
  EXPECT_EQ(tconv_device_count_of("ascend", &count), TCONV_DEVICE_ERROR);
  EXPECT_TRUE(fake.failed());
}

TEST_P(Ascend, DevicesThatAreNotThere) {
  tconv_params params = parse(kLine);
  const struct {
    const char *words, *target, *message;
  } cases[] = {
      {"devices=0", "ascend", "there are 0 Ascend devices"},
      {"devices=2", "ascend:2", "there are 2 Ascend devices"},
      {"soc=Ascend310P3", "ascend", "is Ascend310P3: kernels are made for"},
      {"soc=Ascend910B1", "ascend:910b3", "is Ascend910B1"},
      {"aclInit=500000", "ascend", "aclInit"}};
  // The words are read once in a process.
  for (const auto &one : cases) {
    pid_t child = fork();
    if (child == 0) {
      setenv("FAKE_ASCEND", one.words, 1);
      LayerHandle layer;
      tconv_status status = makeLayer(params, one.target, layer);
      bool right = status == TCONV_UNSUPPORTED &&
                   std::string(tconv_last_error()).find(one.message) !=
                       std::string::npos;
      if (!right)
        std::fprintf(stderr, "%s: %d %s\n", one.words, status,
                     tconv_last_error());
      _exit(right ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << one.words;
  }
}

TEST(AscendLibrary, MissingOrAnother) {
  tconv_params params = parse(kLine);
  const struct {
    const char *path;
    tconv_status status;
    const char *message;
  } cases[] = {{"/nonexistent/libascendcl.so", TCONV_NOT_FOUND, "no AscendCL"},
               {NOT_ASCEND, TCONV_UNSUPPORTED, "has no aclInit"},
               {FAKE_ASCEND_NONE, TCONV_UNSUPPORTED,
                "has no aclrtBinaryLoadFromData, and libruntime.so no "
                "rtDevBinaryRegister"}};
  for (const auto &one : cases) {
    setenv("TCONV_ASCENDCL_LIBRARY", one.path, 1);
    int32_t count = 5;
    EXPECT_EQ(tconv_device_count_of("ascend", &count), one.status);
    EXPECT_EQ(count, 5);
    tconv_device_info info = {};
    info.struct_size = sizeof(info);
    EXPECT_EQ(tconv_device_get_info_of("ascend", 0, &info), one.status);
    LayerHandle layer;
    EXPECT_EQ(makeLayer(params, "ascend", layer), one.status);
    EXPECT_NE(std::string(tconv_last_error()).find(one.message),
              std::string::npos)
        << tconv_last_error();
  }
}

TEST(AscendImage, IsLoadedAndChecked) {
  NaiveAscend naive(parse(kLine));
  NaiveAscendImage image(naive);
  std::unique_ptr<MappedImage> mapped;
  Status status = MappedImage::map(image.view(), mapped);
  ASSERT_FALSE(status) << status.message();
  EXPECT_FALSE(checkKernelAbi(mapped->kernel()));
  const tconv_device_plan *plan = mapped->kernel()->device->plan;
  EXPECT_STREQ(plan->launches[2].entry, "store");
  EXPECT_EQ(plan->launches[2].arguments[0], TCONV_DEVICE_BIAS);

  // Every pointer is needed, and may not lead outside.
  for (size_t i = 0; i < image.relocations.size(); ++i) {
    NaiveAscendImage lacking(naive);
    lacking.relocations.erase(lacking.relocations.begin() +
                              static_cast<int64_t>(i));
    uint64_t field = image.relocations[i];
    if (field == offsetof(tconv_kernel, description) ||
        field == offsetof(tconv_kernel, target))
      continue;
    EXPECT_TRUE(checkImage(lacking.view())) << field;
    NaiveAscendImage outside(naive);
    uint64_t end = outside.bytes.size();
    std::memcpy(&outside.bytes[field], &end, sizeof(end));
    EXPECT_TRUE(checkImage(outside.view())) << field;
  }
  // Counts that lead outside, and numbers that loading would change.
  for (size_t field : {offsetof(tconv_device_plan, object_count),
                       offsetof(tconv_device_plan, step_count),
                       offsetof(tconv_device_plan, launch_count)}) {
    NaiveAscendImage larger(naive);
    int32_t many = 60000;
    std::memcpy(&larger.bytes[larger.planAt + field], &many, sizeof(many));
    EXPECT_TRUE(checkImage(larger.view())) << field;
  }
  NaiveAscendImage changed(naive);
  changed.relocations.push_back(changed.planAt);
  std::sort(changed.relocations.begin(), changed.relocations.end());
  EXPECT_TRUE(checkImage(changed.view()));
}

} // namespace
